"""Reading personal invitations, for staff: how each link stands, never whose it is or where it leads."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.orm import Session

from core.errors import NotFoundError
from core.transitions import Transition
from surveys.lifecycle import INVITATIONS
from surveys.models import Invitation, InvitationTrace, Partial, Questionnaire, Version

PAGE = 50
STANDINGS = (
    "open", "partial", "answered", "locked", "expired", "revoked", "replaced", "withdrawn", "opted_out",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which invitations a list shows; empty means all."""

    questionnaire: str = ""
    standing: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """One invitation as a list shows it."""

    id: int
    contact_id: int | None
    reference: str
    channel: str
    language: str
    state: str
    standing: str
    created_at: datetime
    answer_by: datetime
    opened_at: datetime | None  # hints of the page itself: scanners open links, and scripts may be off
    started_at: datetime | None
    title: dict[str, str]
    version: int

    @property
    def may_end(self) -> bool:
        """Tell whether the link can still be taken back or replaced."""
        return self.state == "open"


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list."""

    rows: tuple[InvitationRow, ...]
    count: int
    page: int
    pages: int


def invitations(session: Session, wanted: Wanted, page: int, *, now: datetime) -> Page:
    """Return one page of invitations, the newest first."""
    counted = _filtered(select(func.count(Invitation.id)), wanted, now)
    count = session.scalar(counted) or 0
    pages = max(1, -(-count // PAGE))
    page = min(max(1, page), pages)
    found = _filtered(_rows(now), wanted, now).order_by(Invitation.id.desc())
    rows = session.execute(found.limit(PAGE).offset(PAGE * (page - 1)))
    return Page(tuple(InvitationRow(*row) for row in rows), count, page, pages)


def invitation(session: Session, invitation_id: int, *, now: datetime) -> InvitationRow:
    """Return one invitation, or raise ``NotFoundError``."""
    joined = _joined(_rows(now)).where(Invitation.id == invitation_id)
    row: Any = session.execute(joined).first()
    if row is None:
        raise NotFoundError
    return InvitationRow(*row)


def history(session: Session, invitation_id: int) -> list[Transition]:
    """Return what happened to an invitation, in its order."""
    wanted = select(Transition).where(
        Transition.machine == INVITATIONS.name, Transition.subject_id == invitation_id
    )
    return list(session.scalars(wanted.order_by(Transition.id)))


def titles(session: Session) -> dict[str, dict[str, str]]:
    """Return the titles of the questionnaires that were published, by key."""
    published = Questionnaire.current_version_id.is_not(None)
    rows = session.execute(
        select(Questionnaire.key, Questionnaire.title).where(published).order_by(Questionnaire.key)
    )
    return {row.key: row.title for row in rows}


def _standing(now: datetime) -> ColumnElement[str]:
    """Say how a link stands: an open one may have run out, or hold answers saved in part."""
    is_open = Invitation.state == "open"
    return case(
        (and_(is_open, Invitation.answer_by <= now), "expired"),
        (and_(is_open, Partial.invitation_id.is_not(None)), "partial"),
        else_=Invitation.state,
    )


def _rows(now: datetime) -> Select[Any]:
    found: Any = select(
        Invitation.id,
        Invitation.contact_id,
        Invitation.reference,
        Invitation.channel,
        Invitation.language,
        Invitation.state,
        _standing(now),
        Invitation.created_at,
        Invitation.answer_by,
        InvitationTrace.opened_at,
        InvitationTrace.started_at,
        Questionnaire.title,
        Version.number,
    )
    return found  # type: ignore[no-any-return] # as many columns as no overload of select knows


def _joined(statement: Select[Any]) -> Select[Any]:
    return (
        statement.join(Version, Version.id == Invitation.version_id)
        .join(Questionnaire, Questionnaire.id == Version.questionnaire_id)
        .outerjoin(Partial, Partial.invitation_id == Invitation.id)
        .outerjoin(InvitationTrace, InvitationTrace.invitation_id == Invitation.id)
    )


def _filtered(statement: Select[Any], wanted: Wanted, now: datetime) -> Select[Any]:
    statement = _joined(statement)
    if wanted.questionnaire:
        statement = statement.where(Questionnaire.key == wanted.questionnaire)
    if wanted.standing:
        statement = statement.where(_standing(now) == wanted.standing)
    if wanted.reference:
        statement = statement.where(Invitation.reference.startswith(wanted.reference, autoescape=True))
    return statement
