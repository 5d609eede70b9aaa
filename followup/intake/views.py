"""The public form for a new matter: no login, no cookie; a look changes nothing, one form is one case."""

import hmac
from collections.abc import Mapping
from datetime import datetime

from flask import Blueprint, Response, g, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from limits import RateLimitItemPerHour
from sqlalchemy.exc import IntegrityError

from core import clock
from core.errors import ConflictError
from core.i18n import LANGUAGES, _, named
from core.i18n import language as present_language
from core.views_limits import within
from core.web import again_after_deadlock, database, settings
from followup.cases.labels import KIND
from followup.intake import actions, stamps
from followup.intake.forms import TRAP, Matter, read_matter, typed
from followup.intake.policy import LIMITS, PEOPLE_NEED
from followup.intake.stamps import Stamp
from followup.measures import publishing
from surveys.views_pages import show

bp = Blueprint("intake", __name__)
PAGE = "feedback"


class TooManyError(ConflictError):
    """Many matters came over this connection within the last hour; try again later, or call us."""


@bp.app_template_global("public_links")
def public_links(*, but: str = "") -> list[tuple[str, str]]:
    """Return the public pages that are switched on or have something to tell, as (address, text)."""
    offered = (
        (PAGE, settings().feedback_form == "on", _("Tell us about a matter")),
        ("progress", settings().progress_page == "on", _("See how far a matter is")),
        ("improvements", publishing.is_anything_told(database(), present()), _("You said, we did")),
    )
    return [(f"/{page}", words) for page, is_open, words in offered if is_open and page != but]


@bp.after_request
def _protect(response: Response) -> Response:
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@bp.get("/feedback")
def form() -> ResponseReturnValue:
    """Show the empty form."""
    if settings().feedback_form == "off":
        return switched_off()
    html = _page(language_asked(), stamps.new_stamp(present()), {})
    # Not "no-store": on the way back the browser shows this same page with what was typed.
    return Response(html, headers={"Cache-Control": "private, no-cache"})


@bp.get("/feedback/send")
def nothing_sent() -> ResponseReturnValue:
    """Lead whoever opens the address of the form to the form."""
    return redirect("/feedback", code=303)


@bp.post(
    "/feedback/send"
)  # an address of its own: browsers forget a page to whose address something was sent
@again_after_deadlock
def send() -> ResponseReturnValue:
    """Register what was handed in, or show what has to be mended with everything still in place."""
    if settings().feedback_form == "off":
        return switched_off()
    now, language, given = present(), language_asked(), request.form
    stamp = stamps.read(
        database().vault, PAGE, given.get("stamp") or "", given.get("csrf_token") or "", now=now
    )
    shown = stamp or stamps.new_stamp(now)
    other = named(given.get("switch_language"))
    if other:
        return _page(other, shown, typed(given))
    with force_locale(language):
        if stamp is None:
            again = _("Please press the button once more; what you entered is still here.")
            return _page(language, shown, typed(given), {"page": again}), 400
        matter, errors = read_matter(given, settings().country)
        if not errors and (given.get(TRAP) or now - stamp.shown_at < PEOPLE_NEED):
            errors = {"page": _("Please press the button once more; what you entered is still here.")}
    if errors:
        return _page(language, stamp, typed(given), errors), 422
    return _take(matter, stamp, language, now)


def _take(matter: Matter, stamp: Stamp, language: str, now: datetime) -> ResponseReturnValue:
    try:
        taken = _store(matter, stamp, language, now)
    except (actions.PhoneLimitError, TooManyError) as limit:
        with force_locale(language):
            errors = {"page": _limit_words(limit)}
        return _page(language, stamp, typed(request.form), errors), 429
    if taken.differs:
        return show("followup/intake/sent_before.html", language, number=taken.number), 409
    signature = signature_of(taken.number)
    return redirect(f"/feedback/sent/{taken.number}/{signature}?lang={language}", code=303)


def _store(matter: Matter, stamp: Stamp, language: str, now: datetime) -> actions.Taken:
    """Register the matter; only what is new counts against the limit of an address."""
    try:
        with database().begin() as session:
            taken = actions.take(session, matter, stamp, language=language, now=now)
            if taken.created and not _may_store():
                raise TooManyError  # and nothing of it is kept
            return taken
    except IntegrityError:  # the same form with another number was faster
        with database().read() as session:
            known = actions.known_as(session, matter, stamp)
        if known is None:
            raise
        return known


def _may_store() -> bool:
    most = settings().feedback_per_hour
    return most == 0 or within(RateLimitItemPerHour(most), "feedback")


def _limit_words(limit: ConflictError) -> str:
    if isinstance(limit, TooManyError):
        return _("Many matters came over this connection. What you entered is still here: send it later.")
    return _(
        "Enough matters came with this telephone number today. What you entered is still here: "
        "send it tomorrow, or call us."
    )


@bp.get("/feedback/sent/<number>/<signature>")
def sent(number: str, signature: str) -> ResponseReturnValue:
    """Say the case number and what happens next; only who handed it in has this address."""
    language = language_asked()
    if not hmac.compare_digest(signature.encode("utf-8", "replace"), signature_of(number).encode()):
        with force_locale(language):
            return closed("unknown", _("There is nothing at this address"), []), 404
    return show("followup/intake/sent.html", language, number=number, public_links=public_links)


def signature_of(number: str) -> str:
    """Sign the address of the page that names a case number."""
    return database().vault.form_signature("feedback sent", number)


def language_asked() -> str:
    """Return the language to answer in: the one asked for, else the browser's."""
    asked = named(request.form.get("language") or request.args.get("lang"))
    return asked if asked in LANGUAGES else present_language()


def present() -> datetime:
    """Return the moment of this request."""
    now = g.get("now")
    return now if isinstance(now, datetime) else clock.now()


def switched_off() -> ResponseReturnValue:
    """Say that this page is not in use here."""
    with force_locale(language_asked()):
        sentences = [_("We are glad to hear from you by phone.")]
        return closed("off", _("This page is not in use"), sentences), 404


def closed(state: str, headline: str, sentences: list[str]) -> str:
    """Show a page that has nothing but a few sentences and the hotline."""
    return show(
        "respondent/closed.html", present_language(), state=state, headline=headline, sentences=sentences
    )


def _page(
    language: str, stamp: Stamp, given: Mapping[str, str], errors: Mapping[str, str] | None = None
) -> str:
    return show(
        "followup/intake/feedback.html",
        language,
        stamp=str(stamp),
        signature=stamps.sign(database().vault, PAGE, stamp),
        given=given,
        errors=errors or {},
        kinds=KIND,
        limits=LIMITS,
        trap=TRAP,
    )
