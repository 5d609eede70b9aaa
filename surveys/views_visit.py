"""One reader on one page of a personal link: what is shown of what was saved or answered before."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import request
from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from core.i18n import _, said_day, said_moment
from core.web import database, settings
from surveys import answering, earlier, layout, views_pages
from surveys import models as tables
from surveys.earlier import FormData
from surveys.lifecycle import may_amend
from surveys.links import Link
from surveys.queries import LoadedVersion, load_version
from surveys.views_pages import show

_SECONDS = 5  # digits of the time a page was open


@dataclass(frozen=True, slots=True)
class Visit:
    """One reader on one page."""

    link: Link
    version: LoadedVersion
    token: str
    language: str

    def place(self) -> dict[str, str]:
        """Return what differs from reader to reader."""
        return views_pages.place_of(database(), self.link, self.token, self.language)


def visit_of(session: Session, link: Link, token: str) -> Visit:
    """Return who reads which version in which language."""
    version = load_version(session, link.version_id)
    return Visit(link, version, token, views_pages.language_of(link, version))


def address(visit: Visit, path: str = "", **query: str) -> str:
    """Return an address of this link that keeps the language in which the page was read."""
    said = query if visit.language == visit.link.language else query | {"lang": visit.language}
    asked = "&".join(f"{name}={value}" for name, value in said.items())
    return f"/s/{visit.token}{path}{'?' if asked else ''}{asked}"


def seconds_open() -> int | None:
    """Return how long the page was open, where its script told."""
    text = request.form.get("seconds") or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _SECONDS else None


def is_signed(token: str) -> bool:
    """Tell whether the form was made for this link."""
    given = request.form.get("csrf_token") or ""
    return hmac.compare_digest(
        given.encode("utf-8", "replace"), views_pages.signature(database(), token).encode()
    )


def may_save(visit: Visit) -> bool:
    """Tell whether this reader may save and finish later."""
    return visit.link.state == "open" and layout.may_be_saved(visit.version.definition)


def saved_on(session: Session, visit: Visit) -> earlier.Saved | None:
    """Return what was saved on this link, if anything was."""
    return earlier.saved(session, visit.link.id) if visit.link.saved_at and may_save(visit) else None


def before_of(session: Session, visit: Visit) -> FormData:
    """Return what was saved or answered before; words that the page does not show again are kept."""
    saved = saved_on(session, visit)
    if saved is not None:
        return saved.form
    if visit.link.state != "answered" or visit.version.definition.anonymous:
        return FormData()
    return _answered(session, visit)


def _answered(session: Session, visit: Visit) -> FormData:
    wanted = select(tables.Response.id).where(tables.Response.invitation_id == visit.link.id)
    response_id = session.execute(wanted).scalar_one_or_none()
    if response_id is None:
        return FormData()
    return earlier.as_form(visit.version, answering.stored_answers(session, visit.version, response_id))


def filled(
    visit: Visit,
    form: MultiDict[str, str],
    errors: dict[str, str] | None = None,
    *,
    before: FormData | None = None,
    **more: str | bool | tuple[str, ...],
) -> str:
    """Render the page with what was chosen and written, and what is wrong with it."""
    return views_pages.filled_page(
        visit.version,
        visit.language,
        visit.place(),
        form,
        errors,
        kept=earlier.worded(visit.version, before or FormData()),
        amending=visit.link.state == "answered",
        **more,  # type: ignore[arg-type] # the sentence about what was saved, and whether just now
    )


def amend_page(session: Session, link: Link, token: str) -> str:
    """Show an answer that may still be changed."""
    visit = visit_of(session, link, token)
    before = _answered(session, visit)
    return filled(visit, earlier.choices_only(visit.version, before), before=before)


def saved_page(visit: Visit, saved: earlier.Saved, now: datetime) -> str:
    """Show what was saved: choices come back, words are kept and not shown."""
    just_saved, zone = request.args.get("saved") == "1", settings().zone
    last = (visit.link.answer_by - timedelta(seconds=1)).astimezone(zone).date()
    with force_locale(visit.language):
        if just_saved:
            sentence = _("Saved. Open the same link to go on.")
        else:
            at = said_moment(saved.at, visit.language, zone, now)
            sentence = _("You saved this on %(moment)s.", moment=at)
        day = said_day(last, visit.language, now.astimezone(zone).date())
        until = _("The link works until %(day)s.", day=day)
    return filled(
        visit,
        earlier.choices_only(visit.version, saved.form),
        before=saved.form,
        saved=(sentence, until),
        saved_at=saved.at.isoformat(),
        just_saved=just_saved,
    )


def thanks_page(session: Session, link: Link, token: str, now: datetime) -> str:
    """Thank for the answers."""
    language, until = views_pages.language_of(link), ""
    anonymous = load_version(session, link.version_id).definition.anonymous
    if link.lock_at is not None and may_amend(link.state, link.lock_at, now):
        until = said_moment(link.lock_at, language, settings().zone, now)
    return show(
        "respondent/thanks.html",
        language,
        action=f"/s/{token}",
        reference="" if anonymous else link.reference,
        anonymous=anonymous,
        amend_until=until,
    )


def stop_page(link: Link, token: str, *, done: bool = False, stale: bool = False) -> str:
    """Ask whether invitations shall stop, or say that they have."""
    return show(
        "respondent/stop.html",
        views_pages.language_of(link),
        action=f"/s/{token}",
        signature=views_pages.signature(database(), token),
        done=done,
        stale=stale,
    )
