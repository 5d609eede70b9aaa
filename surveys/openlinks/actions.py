"""Writing open links, and taking answers over them: once for each page, and never beyond the quota."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core import audit
from core.crypto import TOKEN_ALPHABET, token_hash
from core.db import settings_of
from core.errors import ConflictError
from surveys import answering
from surveys.actions import blank_stratum, stratum_id
from surveys.models import OpenLink, OpenLinkDay, Questionnaire, Response
from surveys.openlinks.lifecycle import OPEN_LINKS
from surveys.openlinks.models import SpentPage
from surveys.openlinks.once import LASTS, Once
from surveys.openlinks.queries import SLUG_LENGTH, PublicLink
from surveys.parsing import NOT_ASKED, Given
from surveys.queries import LoadedVersion


class QuotaFullError(ConflictError):
    """Today's places of this link are taken; come back tomorrow."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What staff say about an open link."""

    label: str
    language: str = ""  # "" leaves it to the browser
    daily_quota: int | None = None
    answer_by: datetime | None = None  # the first moment after the last day
    dimensions: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a page that was sent: stored now, or known before; perhaps with other answers."""

    created: bool
    differs: bool = False


def create(
    session: Session, questionnaire: Questionnaire, terms: Terms, *, actor: str, now: datetime
) -> OpenLink:
    """Make an open link to whatever version of the questionnaire is current when somebody opens it."""
    link = OpenLink(
        slug=_unused_slug(session),
        questionnaire_id=questionnaire.id,
        created_at=now,
        created_by=actor,
        state="open",
        **_columns(session, questionnaire, terms),
    )
    session.add(link)
    session.flush()
    OPEN_LINKS.note(session, link.id, "create", "", "open", actor=actor, now=now)
    _record(session, link, "create", actor=actor, now=now, questionnaire=questionnaire.key)
    return link


def change(
    session: Session,
    questionnaire: Questionnaire,
    link: OpenLink,
    terms: Terms,
    *,
    actor: str,
    now: datetime,
) -> None:
    """Say an open link anew; answers that came before keep what they came with."""
    for name, value in _columns(session, questionnaire, terms).items():
        setattr(link, name, value)
    session.flush()
    _record(session, link, "change", actor=actor, now=now, quota=link.daily_quota)


def close(session: Session, link: OpenLink, *, actor: str, now: datetime) -> None:
    """Take no more answers over a link."""
    OPEN_LINKS.move(session, link, "close", actor=actor, now=now)
    _record(session, link, "close", actor=actor, now=now)


def reopen(session: Session, link: OpenLink, *, actor: str, now: datetime) -> None:
    """Take answers over a link again."""
    OPEN_LINKS.move(session, link, "reopen", actor=actor, now=now)
    _record(session, link, "reopen", actor=actor, now=now)


def take(
    session: Session,
    link: PublicLink,
    version: LoadedVersion,
    answers: Mapping[str, Given],
    *,
    once: Once,
    language: str,
    now: datetime,
    seconds: int | None = None,
) -> Taken:
    """Store the answers of one page; the same page sent again stores nothing.

    Raises
    ------
    QuotaFullError
        When today's places were taken meanwhile: the transaction must be rolled back.
    """
    today = now.astimezone(settings_of(session).zone).date()
    if version.definition.anonymous and not _spend(session, once, today):
        return Taken(created=False)
    recorded = answering.record(
        session,
        version,
        answers,
        mode="web",
        stratum_id=link.stratum_id,
        handler="",
        language=language,
        now=now,
        external_id=once.external_id,
        open_link_id=link.id,
        seconds=seconds,
    )
    if not recorded.created:
        return Taken(created=False, differs=_differs(session, version, recorded.response_id, answers))
    _count(session, link, today)
    return Taken(created=True)


def is_stored(session: Session, once: Once) -> bool:
    """Tell whether the answers of this page are stored already."""
    known = select(Response.id).where(
        Response.version_id == once.version_id, Response.external_id == once.external_id
    )
    spent = select(SpentPage.page_hash).where(SpentPage.page_hash == token_hash(once.number))
    return session.scalar(known) is not None or session.scalar(spent) is not None


def _columns(session: Session, questionnaire: Questionnaire, terms: Terms) -> dict[str, Any]:
    """Return the columns of a link; one to an anonymous questionnaire says nothing of where it hangs."""
    said = {} if questionnaire.anonymous else dict(terms.dimensions or {})
    return {
        "label": terms.label,
        "language": terms.language,
        "daily_quota": terms.daily_quota,
        "answer_by": terms.answer_by,
        "stratum_id": stratum_id(session, **said) if said else blank_stratum(session),
    }


def _unused_slug(session: Session) -> str:
    while True:
        slug = "".join(secrets.choice(TOKEN_ALPHABET) for _n in range(SLUG_LENGTH))
        if session.scalar(select(OpenLink.id).where(OpenLink.slug == slug)) is None:
            return slug


def _record(
    session: Session, link: OpenLink, what: str, *, actor: str, now: datetime, **details: Any
) -> None:
    audit.record(
        session, actor=actor, action=f"open_link.{what}", subject=f"open_link:{link.id}", now=now, **details
    )


def _dialect(session: Session) -> Any:
    return postgresql if session.get_bind().dialect.name == "postgresql" else sqlite


def _count(session: Session, link: PublicLink, today: date) -> None:
    """Take one of today's places, as the last step: who waits here waits only for commits.

    One statement adds and compares, so that of many at once exactly as many as the quota allows come through.
    """
    row = _dialect(session).insert(OpenLinkDay).values(open_link_id=link.id, day=today, n=1)
    below = None if link.daily_quota is None else OpenLinkDay.n < link.daily_quota
    row = row.on_conflict_do_update(
        index_elements=["open_link_id", "day"], set_={"n": OpenLinkDay.n + 1}, where=below
    )
    if session.execute(row.returning(OpenLinkDay.n)).scalar_one_or_none() is None:
        raise QuotaFullError


def _spend(session: Session, once: Once, today: date) -> bool:
    """Remember that an anonymous page was sent; tell whether this was the first time."""
    session.execute(delete(SpentPage).where(SpentPage.day < today - 2 * LASTS))
    row = _dialect(session).insert(SpentPage).values(page_hash=token_hash(once.number), day=today)
    return session.scalar(row.on_conflict_do_nothing().returning(SpentPage.page_hash)) is not None


def _differs(
    session: Session, version: LoadedVersion, response_id: int, answers: Mapping[str, Given]
) -> bool:
    stored = answering.stored_answers(session, version, response_id)
    return any(given != answers.get(key, NOT_ASKED) for key, given in stored.items())
