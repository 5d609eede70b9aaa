"""The pages a customer sees. A GET changes nothing; the form is signed for its link and needs no cookie."""

import hmac
import ipaddress
from dataclasses import dataclass, replace
from datetime import datetime

from flask import Blueprint, Response, current_app, g, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from limits import RateLimitItemPerMinute, storage
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from core import clock
from core.db import Database
from core.i18n import _, named, said_moment
from core.web import again_after_deadlock, database, settings
from surveys import actions, answering, links, views_pages
from surveys import models as tables
from surveys.forms import problem_texts
from surveys.lifecycle import may_amend, may_answer
from surveys.links import Link
from surveys.queries import LoadedVersion, load_version
from surveys.views_pages import show

bp = Blueprint("respond", __name__)

GONE = 410
BAD_LINKS = RateLimitItemPerMinute(30)  # unknown links from one address; known ones are never held up
_SECONDS = 5  # digits of the time a page was open


@dataclass(frozen=True, slots=True)
class Visit:
    """One reader on one page."""

    link: Link
    version: LoadedVersion
    token: str
    language: str

    def place(self) -> dict[str, str]:
        return views_pages.place_of(database(), self.link, self.token, self.language)


@bp.app_template_global("respondent_style")
def respondent_style() -> str:
    """Return the address of the stylesheet."""
    return views_pages.style_url()


@bp.get("/respondent.css")
def style() -> ResponseReturnValue:
    """Serve the one stylesheet of these pages."""
    response = Response(views_pages.stylesheet(), mimetype="text/css")
    named_now = request.args.get("v") and request.full_path == views_pages.style_url()
    response.headers["Cache-Control"] = f"public, max-age={31_536_000 if named_now else 300}"
    return response


@bp.after_request
def _protect(response: Response) -> Response:
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@bp.get("/s/<token>")
def survey(token: str) -> ResponseReturnValue:
    """Show the questionnaire of a personal link, or what became of the link."""
    with database().look() as session:
        link = links.find(session, token)
        if link is None:
            return _unknown()
        now = _now()
        if request.args.get("amend") and may_amend(link.state, link.lock_at, now):
            return _amend_page(session, link, token)
        if link.state in {"answered", "locked"}:
            return _thanks_page(link, token, now)
        if not may_answer(link.state, link.answer_by, now):
            return _closed(link)
        version = load_version(session, link.version_id)
    visit = Visit(link, version, token, views_pages.language_of(link, version))
    score, overall = request.args.get("score"), version.with_role("overall")
    if score is None or overall is None:
        return views_pages.survey_page(version, visit.language, visit.place())
    return _filled(visit, MultiDict([(overall.item_key, score)]))


@bp.post("/s/<token>")
@again_after_deadlock
def answer(token: str) -> ResponseReturnValue:
    """Take the answers, or show what has to be mended with everything still in place."""
    with database().begin() as session:
        link = links.find(session, token)
        if link is None:
            return _unknown()
        now = _now()
        if link.state not in {"answered", "locked"} and not may_answer(link.state, link.answer_by, now):
            return _closed(link)
        version = load_version(session, link.version_id)
        visit = Visit(link, version, token, views_pages.language_of(link, version))
        return _switched(visit) or _take(session, visit, now)


def _switched(visit: Visit) -> ResponseReturnValue | None:
    """Show the page in the other language with everything still in place; store nothing."""
    asked = named(request.form.get("switch_language"))
    if asked is None or asked not in visit.version.definition.languages:
        return None
    return _filled(replace(visit, language=asked), request.form)


def _take(session: Session, visit: Visit, now: datetime) -> ResponseReturnValue:
    if not _is_signed(visit.token):
        with force_locale(visit.language):
            again = _("Please press “Send my rating” once more; what you entered is still here.")
        return _filled(visit, request.form, {"page": again}), 400
    answers, problems = answering.parse_form(visit.version, request.form, mode="web")
    if problems:
        with force_locale(visit.language):
            errors = problem_texts(visit.version, problems, visit.language)
        return _filled(visit, request.form, errors), 422
    try:
        answering.answer_link(
            session, visit.link, visit.version, answers, language=visit.language, now=now, seconds=_seconds()
        )
    except answering.LockedError:
        return _locked(visit.link)
    except answering.ClosedError:  # the agent was faster by a moment
        return _closed(links.find(session, visit.token) or visit.link)
    said = "" if visit.language == visit.link.language else f"?lang={visit.language}"
    return redirect(f"/s/{visit.token}/thanks{said}", code=303)


@bp.get("/s/<token>/thanks")
def thanks(token: str) -> ResponseReturnValue:
    """Thank for the answers, and say what happens next."""
    with database().look() as session:
        link = links.find(session, token)
    if link is None:
        return _unknown()
    if link.state in {"answered", "locked"}:
        return _thanks_page(link, token, _now())
    if may_answer(link.state, link.answer_by, _now()):
        return redirect(f"/s/{token}", code=303)
    return _closed(link)


@bp.get("/s/<token>/stop")
def stop(token: str) -> ResponseReturnValue:
    """Ask whether invitations shall stop; only the button makes it so."""
    with database().look() as session:
        link = links.find(session, token)
    if link is None or link.state == "revoked":
        return _unknown() if link is None else _closed(link)
    return _stop_page(link, token, done=link.state == "opted_out" or "done" in request.args)


@bp.post("/s/<token>/stop")
@again_after_deadlock
def stop_for_good(token: str) -> ResponseReturnValue:
    """Send this person no more invitations."""
    with database().begin() as session:
        link = links.find(session, token)
        if link is None or link.state == "revoked":
            return _unknown() if link is None else _closed(link)
        if not _is_signed(token):
            return _stop_page(link, token, stale=True), 400
        actions.opt_out(session, link, now=_now())
    language = views_pages.language_of(link)
    return redirect(f"/s/{token}/stop?done=1&lang={language}", code=303)


def _now() -> datetime:
    now = g.get("now")
    return now if isinstance(now, datetime) else clock.now()


def _seconds() -> int | None:
    text = request.form.get("seconds") or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _SECONDS else None


def _is_signed(token: str) -> bool:
    given = request.form.get("csrf_token") or ""
    return hmac.compare_digest(given.encode(), views_pages.signature(database(), token).encode())


def _filled(visit: Visit, form: MultiDict[str, str], errors: dict[str, str] | None = None) -> str:
    amending = visit.link.state == "answered"
    return views_pages.filled_page(
        visit.version, visit.language, visit.place(), form, errors, amending=amending
    )


def _amend_page(session: Session, link: Link, token: str) -> ResponseReturnValue:
    version = load_version(session, link.version_id)
    wanted = select(tables.Response.id).where(tables.Response.invitation_id == link.id)
    before = answering.stored_answers(session, version, session.execute(wanted).scalar_one())
    visit = Visit(link, version, token, views_pages.language_of(link, version))
    return _filled(visit, views_pages.earlier_choices(before))


def _thanks_page(link: Link, token: str, now: datetime) -> ResponseReturnValue:
    language = views_pages.language_of(link)
    until = ""
    if link.lock_at is not None and may_amend(link.state, link.lock_at, now):
        until = said_moment(link.lock_at, language, settings().zone, now)
    return show(
        "respondent/thanks.html", language, action=f"/s/{token}", reference=link.reference, amend_until=until
    )


def _stop_page(link: Link, token: str, *, done: bool = False, stale: bool = False) -> str:
    return show(
        "respondent/stop.html",
        views_pages.language_of(link),
        action=f"/s/{token}",
        signature=views_pages.signature(database(), token),
        done=done,
        stale=stale,
    )


def _closed(link: Link) -> ResponseReturnValue:
    """Say why a link takes no answer. Expired, revoked and replaced look like one nobody knows."""
    language = views_pages.language_of(link)
    if link.state == "opted_out":
        return show("respondent/stop.html", language, done=True)
    if link.state != "withdrawn":
        return _dead_page(GONE)
    with force_locale(language):
        headline = _("Thank you, no rating is needed now")
        sentences = [
            _("Your case is being looked at again, or you have already told us by phone."),
            _("Once it is closed we may ask you anew."),
        ]
    return show("respondent/closed.html", language, headline=headline, sentences=sentences), GONE


def _locked(link: Link) -> ResponseReturnValue:
    language = views_pages.language_of(link)
    with force_locale(language):
        headline = _("Your rating can no longer be changed")
        sentences = [
            _("We keep the rating you sent before. If something has changed, please call us: we listen.")
        ]
    return show("respondent/closed.html", language, headline=headline, sentences=sentences), 409


def _unknown() -> ResponseReturnValue:
    """Answer a link that nobody knows as an expired one; hold up who tries many."""
    allowed = _limiter(database()).hit(BAD_LINKS, "bad-link", _neighbourhood(request.remote_addr or ""))
    return _dead_page(GONE if allowed else 429)


def _dead_page(status: int) -> ResponseReturnValue:
    language = views_pages.language_of(None)
    with force_locale(language):
        headline = _("This link is no longer valid")
        sentences = [
            _("It may have expired, been replaced by a newer one, or not been copied whole."),
            _("We are still glad to hear from you by phone."),
        ]
    return show("respondent/closed.html", language, headline=headline, sentences=sentences), status


def _limiter(database: Database) -> FixedWindowRateLimiter:
    limiter = current_app.extensions.get("huifang_bad_links")
    if limiter is None:
        kept = storage.storage_from_string(database.settings.rate_limit_storage)
        limiter = current_app.extensions["huifang_bad_links"] = FixedWindowRateLimiter(kept)
    assert isinstance(limiter, FixedWindowRateLimiter)
    return limiter


def _neighbourhood(address: str) -> str:
    """Return what counts as one place: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return address if parsed.version == 4 else str(ipaddress.ip_network((address, 64), strict=False))
