"""The page behind an open link: the same questionnaire for everybody, one answer for each page.

A GET changes nothing. The page signs what it shows and carries a number of its own, so that a double press,
a reload, the way back and a second tab with the same page are one answer.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import Blueprint, Response, g, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from markupsafe import Markup

from core import clock
from core.errors import ConflictError
from core.i18n import LANGUAGES, _, named, said_day
from core.i18n import language as present_language
from core.web import again_after_deadlock, database, settings
from surveys import views_pages
from surveys.forms import problem_texts
from surveys.openlinks import actions, once, queries
from surveys.openlinks.once import Once
from surveys.openlinks.queries import PublicLink
from surveys.openlinks.views_limits import may_store, may_try_unknown
from surveys.parsing import Given, parse_form
from surveys.queries import LoadedVersion, load_version

bp = Blueprint("open_page", __name__)

_SECONDS = 5  # digits of the time a page was open
STATUS = {"full": 409, "ended": 410, "closed": 410}


class TooManyAnswersError(ConflictError):
    """Many answers came over this connection within the last hour; try again later."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One reader on one page."""

    link: PublicLink
    version: LoadedVersion
    once: Once
    language: str

    def place(self) -> dict[str, str]:
        """Return what differs from reader to reader."""
        return {
            "once": str(self.once),
            # Sent to another address than the page's own: browsers forget a page to whose address something
            # was sent, and on the way back they would fetch a new one.
            "action": f"/o/{self.link.slug}/send",
            "thanks_at": f"/o/{self.link.slug}/thanks",
            "signature": once.sign(database().vault, self.link.slug, self.once),
            "greeting": Markup(),
            "about": Markup(),
        }


@bp.after_request
def _protect(response: Response) -> Response:
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@bp.get("/o/<slug>")
def page(slug: str) -> ResponseReturnValue:
    """Show the questionnaire behind an open link, or why it takes no answers."""
    now = _now()
    with database().look() as session:
        link = queries.find(session, slug, _today(now))
        if link is None:
            return _unknown()
        standing = link.standing(now)
        if standing != "open":
            return _not_open(link, standing)
        version = load_version(session, link.version_id)
    fresh = once.new_once(version.id, _today(now))
    visit = Visit(link, version, fresh, _language(link, version))
    html = views_pages.survey_page(version, visit.language, visit.place(), personal=False)
    # Not "no-store": on the way back, and in a tab made from this one, the browser shows this same page.
    return Response(html, headers={"Cache-Control": "private, no-cache"})


@bp.get("/o/<slug>/send")
def nothing_sent(slug: str) -> ResponseReturnValue:
    """Lead whoever opens the address of the form to the page."""
    return redirect(f"/o/{slug}", code=303)


@bp.post("/o/<slug>")
@bp.post("/o/<slug>/send")
@again_after_deadlock
def answer(slug: str) -> ResponseReturnValue:
    """Take the answers of one page, or show what has to be mended with everything still in place."""
    now = _now()
    with database().look() as session:
        link = queries.find(session, slug, _today(now))
        if link is None:
            return _unknown()
        sent = _sent(link, _today(now))
        known = sent is not None and actions.is_stored(session, sent)
        standing = link.standing(now)
        if standing != "open" and not known:
            return _not_open(link, standing)
        version = load_version(session, sent.version_id if sent else link.version_id)
    shown = sent or once.new_once(version.id, _today(now))
    visit = Visit(link, version, shown, _language(link, version))
    return _switched(visit) or _take(visit, is_signed=sent is not None, now=now)


def _switched(visit: Visit) -> ResponseReturnValue | None:
    """Show the page in the other language with everything still in place; store nothing."""
    asked = named(request.form.get("switch_language"))
    if asked is None or asked not in visit.version.definition.languages:
        return None
    return _filled(Visit(visit.link, visit.version, visit.once, asked))


def _take(visit: Visit, *, is_signed: bool, now: datetime) -> ResponseReturnValue:
    if not is_signed:
        with force_locale(visit.language):
            again = _("Please press the button once more; what you entered is still here.")
        return _filled(visit, {"page": again}), 400
    answers, problems = parse_form(visit.version, request.form, mode="web")
    if problems:
        with force_locale(visit.language):
            errors = problem_texts(visit.version, problems, visit.language)
        return _filled(visit, errors), 422
    try:
        taken = _store(visit, answers, now)
    except actions.QuotaFullError:
        return _not_open(visit.link, "full")
    except TooManyAnswersError:
        with force_locale(visit.language):
            later = _(
                "Many answers came over this connection. What you entered is still here: send it later."
            )
        return _filled(visit, {"page": later}), 429
    if taken.differs:
        return _sent_before(visit)
    return redirect(f"/o/{visit.link.slug}/thanks?lang={visit.language}", code=303)


def _store(visit: Visit, answers: dict[str, Given], now: datetime) -> actions.Taken:
    """Store the answers; only those that are new count against the limit of a place."""
    with database().begin() as session:
        taken = actions.take(
            session,
            visit.link,
            visit.version,
            answers,
            once=visit.once,
            language=visit.language,
            now=now,
            seconds=_seconds_open(),
        )
        if taken.created and not may_store():
            raise TooManyAnswersError  # and nothing of it is kept
        return taken


@bp.get("/o/<slug>/thanks")
def thanks(slug: str) -> ResponseReturnValue:
    """Thank for the answers, and let the next person begin."""
    now = _now()
    with database().look() as session:
        link = queries.find(session, slug, _today(now))
        if link is None:
            return _unknown()
        version = load_version(session, link.version_id)
    return views_pages.show(
        "surveys/openlinks/thanks.html",
        _language(link, version),
        action=f"/o/{slug}",
        again=link.standing(now) == "open",
    )


def _sent(link: PublicLink, today: date) -> Once | None:
    """Return what the posted page carries, if it is one of this link's."""
    form = request.form
    return once.read(database().vault, link.slug, form.get("once") or "", form.get("csrf_token") or "", today)


def _filled(visit: Visit, errors: dict[str, str] | None = None) -> str:
    return views_pages.filled_page(
        visit.version, visit.language, visit.place(), request.form, errors, personal=False
    )


def _language(link: PublicLink | None, version: LoadedVersion | None = None) -> str:
    """Return the language to answer in: the one asked for, the link's, else the browser's."""
    asked = named(request.form.get("language") or request.args.get("lang"))
    wanted = asked or (link.language if link else "") or present_language()
    spoken = [code for code in (version.definition.languages if version else LANGUAGES) if code in LANGUAGES]
    return wanted if wanted in spoken else spoken[0]


def _not_open(link: PublicLink, standing: str) -> ResponseReturnValue:
    """Say why a link takes no answers; each reason has its own page."""
    language = _language(link)
    with force_locale(language):
        headline, sentences = _reasons(link, standing, language)
    return _closed_page(language, standing, headline, sentences), STATUS[standing]


def _reasons(link: PublicLink, standing: str, language: str) -> tuple[str, list[str]]:
    if standing == "full":
        return _("Today’s places are taken"), [
            _("Thank you for wanting to answer. We take only a certain number of answers a day here."),
            _("Please come back tomorrow: the same link works again from midnight."),
        ]
    if standing == "ended":
        zone, now = settings().zone, _now()
        last = ((link.answer_by or now) - timedelta(seconds=1)).astimezone(zone).date()
        return _("This survey has ended"), [
            _(
                "Its last day was %(day)s. Thank you to everybody who took part.",
                day=said_day(last, language, now.astimezone(zone).date()),
            ),
            _("We are still glad to hear from you by phone."),
        ]
    return _("This survey is closed"), [
        _("Answers are no longer collected here."),
        _("We are still glad to hear from you by phone."),
    ]


def _sent_before(visit: Visit) -> ResponseReturnValue:
    """Say that this page was sent before, with other answers: the first ones count."""
    action = f"/o/{visit.link.slug}"
    return views_pages.show("surveys/openlinks/sent.html", visit.language, action=action), 409


def _unknown() -> ResponseReturnValue:
    """Answer an address that nobody knows; hold up who tries many."""
    status = 404 if may_try_unknown() else 429
    language = _language(None)
    with force_locale(language):
        headline = _("There is no survey at this address")
        sentences = [
            _("Please check the address on the poster; capital and small letters differ."),
            _("We are still glad to hear from you by phone."),
        ]
    return _closed_page(language, "unknown", headline, sentences), status


def _closed_page(language: str, state: str, headline: str, sentences: list[str]) -> str:
    return views_pages.show(
        "respondent/closed.html", language, state=state, headline=headline, sentences=sentences
    )


def _now() -> datetime:
    now = g.get("now")
    return now if isinstance(now, datetime) else clock.now()


def _today(now: datetime) -> date:
    return now.astimezone(settings().zone).date()


def _seconds_open() -> int | None:
    text = request.form.get("seconds") or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _SECONDS else None
