"""Links between cases: the same matter twice, the same trouble again, or simply related."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from core.errors import InputError, NotFoundError
from core.i18n import _
from followup.cases import texts
from followup.cases.lifecycle import CASES
from followup.cases.models import CaseLink
from followup.cases.queries import Viewer, visible_to
from followup.models import Case

KINDS = ("duplicate", "repeat", "related")


@dataclass(frozen=True, slots=True)
class LinkedCase:
    """A case that another one is linked to."""

    number: str
    title: str  # "" for who may not read it
    kind: str
    state: str
    registered_at: datetime
    is_later: bool
    actor: str


def link(session: Session, case: Case, other: Case, *, kind: str, actor: str, now: datetime) -> CaseLink:
    """Link two cases, or say anew how they belong together; both timelines tell of it."""
    if kind not in KINDS:
        raise InputError(_("Choose from the list how the two cases belong together."))
    if case.id == other.id:
        raise InputError(_("A case cannot be linked to itself; give the number of the other one."))
    hold(session, case, other)
    row = between(session, case, other)
    if row is not None and row.kind == kind:
        raise InputError(_("The two cases are linked in this way already."))
    if row is None:
        earlier, later = sorted((case, other), key=lambda each: (each.registered_at, each.id))
        row = CaseLink(case_id=later.id, other_id=earlier.id)
        session.add(row)
    row.kind, row.actor, row.at = kind, actor, now
    session.flush()
    note(session, case, other, "link", kind, actor=actor, now=now)
    return row


def unlink(session: Session, case: Case, other: Case, *, actor: str, now: datetime) -> None:
    """Take the link between two cases away."""
    hold(session, case, other)
    row = between(session, case, other)
    if row is None:
        raise NotFoundError(_("The two cases are not linked any more."))
    note(session, case, other, "unlink", row.kind, actor=actor, now=now)
    session.delete(row)
    session.flush()


def note_merge(session: Session, case: Case, into: Case, *, actor: str, now: datetime) -> None:
    """Keep with a merge that the two are the same matter, whatever the link said before."""
    known = between(session, case, into)
    if known is None or known.kind != "duplicate":
        link(session, case, into, kind="duplicate", actor=actor, now=now)


def hold(session: Session, *cases: Case) -> None:
    """Let nobody else change these cases, or link them, meanwhile; they are read anew."""
    wanted = select(Case).where(Case.id.in_([case.id for case in cases])).order_by(Case.id)
    locked = wanted.with_for_update(key_share=True).execution_options(populate_existing=True)
    session.flush()
    session.scalars(locked).all()


def between(session: Session, case: Case, other: Case) -> CaseLink | None:
    """Return the link between two cases, in whichever direction it stands."""
    one_way = and_(CaseLink.case_id == case.id, CaseLink.other_id == other.id)
    other_way = and_(CaseLink.case_id == other.id, CaseLink.other_id == case.id)
    return session.scalar(select(CaseLink).where(or_(one_way, other_way)))


def links_of(session: Session, case: Case, viewer: Viewer) -> list[LinkedCase]:
    """Return the linked cases that exist for the viewer, the latest first."""
    other = or_(
        and_(CaseLink.case_id == case.id, CaseLink.other_id == Case.id),
        and_(CaseLink.other_id == case.id, CaseLink.case_id == Case.id),
    )
    wanted = select(CaseLink, Case).join(Case, other).where(visible_to(viewer))
    found = session.execute(wanted.order_by(Case.registered_at.desc(), Case.id.desc()))
    return [
        LinkedCase(
            number=linked.number,
            title=texts.title(session, linked) if viewer.may_read_texts else "",
            kind=row.kind,
            state=linked.state,
            registered_at=linked.registered_at,
            is_later=row.case_id == linked.id,
            actor=row.actor,
        )
        for row, linked in found
    ]


def note(
    session: Session, case: Case, other: Case, event: str, kind: str, *, actor: str, now: datetime
) -> None:
    """Write into both timelines that a link came or went."""
    for here, there in ((case, other), (other, case)):
        CASES.note(
            session, here.id, event, here.state, here.state, actor=actor, now=now,
            reason=f"{kind} {there.number}",
        )  # fmt: skip
