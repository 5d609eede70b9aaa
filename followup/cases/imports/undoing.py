"""Taking an import back: cases it made vanish, cases it changed get their old values, unless somebody acted.

Whoever looked at a case only has not acted. Who edited or moved it, wrote a note, added a file, or was asked
by a follow-up, has: such a case stays as it is and is named.
"""

import base64
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, Table, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from core import audit
from core.contacts.models import Contact
from core.db import Base, UtcTime
from core.errors import ConflictError
from core.i18n import _
from core.installation import wait_for_turn
from core.transitions import Transition
from core.uploads import throw_away
from followup.cases.imports.batches import get, is_cut_off
from followup.cases.imports.models import ImportBatch, ImportedCase
from followup.cases.lifecycle import CASES
from followup.models import Callback, Case, FollowUp

CHUNK = 200
# What goes or comes back with the case itself; a row in any other table that names a case is an act.
OF_THE_CASE = frozenset({"imported_cases", "follow_ups", "past_clocks", "case_alerts"})
SYSTEM = "system"
_MOMENTS = ("at", "received_at", "created_at")
_NOTHING_SENT = ("planned", "skipped", "void")


class AtWorkError(ConflictError):
    """The import still runs; undo it when it has ended."""


@dataclass(frozen=True, slots=True)
class Undone:
    """What one chunk of undoing did."""

    last: int  # the last case that was looked at; 0 when there was none
    removed: int = 0
    restored: int = 0
    left: int = 0


def begin(session: Session, batch_id: int, *, actor: str, now: datetime) -> ImportBatch:
    """Stop a batch for good, so that nothing more comes in while it is taken back."""
    wait_for_turn(session, f"cases:{get(session, batch_id).source}")
    batch = get(session, batch_id, lock=True)
    if batch.state == "running" and not is_cut_off(batch, now):
        raise AtWorkError(_("This import still runs; undo it when it has ended."))
    if batch.upload_uid:
        throw_away(session, batch.upload_uid)
        batch.upload_uid = None
    if batch.state != "undone":
        batch.state = "undone"
        audit.record(
            session, actor=actor, action="cases.import_undone", subject=f"source:{batch.source}", now=now,
            batch=batch.id, new=batch.new, updated=batch.changed,
        )  # fmt: skip
    batch.beat_at, batch.ended_at = now, None
    session.flush()
    return batch


def end(session: Session, batch_id: int, now: datetime) -> None:
    """Note that every case of a batch was looked at."""
    get(session, batch_id, lock=True).ended_at = now
    session.flush()


def undo_chunk(session: Session, batch_id: int, *, after: int, actor: str, now: datetime) -> Undone:
    """Take back the next cases of an ended batch, in the order of their ids."""
    batch = get(session, batch_id)
    wait_for_turn(session, f"cases:{batch.source}")
    wanted = select(ImportedCase).where(ImportedCase.batch_id == batch.id, ImportedCase.case_id > after)
    marks = {
        mark.case_id: mark for mark in session.scalars(wanted.order_by(ImportedCase.case_id).limit(CHUNK))
    }
    if not marks:
        return Undone(0)
    locked = select(Case).where(Case.id.in_(marks)).order_by(Case.id).with_for_update()
    cases = list(session.scalars(locked.execution_options(populate_existing=True)))
    acted = _acted_on(session, cases, marks)
    free = [case for case in cases if case.id not in acted]
    made = [case for case in free if marks[case.id].made]
    changed = [case for case in free if not marks[case.id].made]
    owners = {case.contact_id for case in free if case.contact_id}
    for case in changed:
        _restore(session, case, marks[case.id], actor=actor, now=now)
    _remove(session, batch, made, actor=actor, now=now)
    _remove_contacts(session, batch, owners)
    batch.beat_at = now
    session.flush()
    return Undone(max(marks), len(made), len(changed), len(acted))


def _acted_on(session: Session, cases: Sequence[Case], marks: dict[int, ImportedCase]) -> set[int]:
    """Return the cases that are not as the import left them."""
    acted = {
        c.id for c in cases if (c.version, c.changed_at) != (marks[c.id].version, marks[c.id].changed_at)
    }
    ids = [case.id for case in cases]
    for table in Base.metadata.sorted_tables:
        if table.name not in OF_THE_CASE:
            acted |= _named_in(session, table, ids, marks)
    for follow_up in session.scalars(select(FollowUp).where(FollowUp.case_id.in_(ids))):
        if follow_up.resolution_no > _closings_before(marks[follow_up.case_id]) and _went_on(
            session, follow_up
        ):
            acted.add(follow_up.case_id)
    return acted


def _named_in(session: Session, table: Table, ids: list[int], marks: dict[int, ImportedCase]) -> set[int]:
    """Return the cases that a table names since they came in."""
    moment = next((table.c[name] for name in _MOMENTS if name in table.c), None)
    found: set[int] = set()
    for column in _pointing_at(table, Case.__table__):
        wanted = select(column, moment if moment is not None else column).where(column.in_(ids))
        if "actor" in table.c:
            wanted = wanted.where(table.c.actor != SYSTEM)  # such as a repeated matter that was recognised
        for case_id, at in session.execute(wanted):
            if moment is None or at >= marks[case_id].changed_at:
                found.add(case_id)
    return found


def _went_on(session: Session, follow_up: FollowUp) -> bool:
    """Tell whether a customer was asked, or a person decided about the asking."""
    if follow_up.state not in _NOTHING_SENT or follow_up.invitation_id:
        return True
    called = select(Callback.id).where(Callback.follow_up_id == follow_up.id)
    decided = select(Transition.id).where(
        Transition.machine == "follow_up", Transition.subject_id == follow_up.id, Transition.actor != SYSTEM
    )
    return any(session.scalar(wanted.limit(1)) is not None for wanted in (called, decided))


def _closings_before(mark: ImportedCase) -> int:
    return 0 if mark.made else int((mark.before or {}).get("resolution_no", 0))


def _restore(session: Session, case: Case, mark: ImportedCase, *, actor: str, now: datetime) -> None:
    """Give a case the values from before the import."""
    later = FollowUp.resolution_no > _closings_before(mark)
    _remove_follow_ups(session, (FollowUp.case_id == case.id) & later)
    old, before = case.state, dict(mark.before or {})
    version, changed_at = before.pop("as_of")
    for name, value in before.items():
        setattr(case, name, _stored(name, value))
    case.version, case.changed_at = case.version + 1, datetime.fromisoformat(changed_at)
    earlier = update(ImportedCase).where(
        ImportedCase.case_id == case.id,
        ImportedCase.version == version,
        ImportedCase.changed_at == case.changed_at,
    )  # the import before left it so, and can be taken back now too
    session.execute(earlier.values(version=case.version))
    session.flush()
    if case.state != old:
        CASES.note(session, case.id, "undo_import", old, case.state, actor=actor, now=now)
    session.delete(mark)
    audit.record(
        session, actor=actor, action="case.import_undone", subject=f"case:{case.number}", now=now,
        batch=mark.batch_id,
    )  # fmt: skip


def _stored(name: str, value: Any) -> Any:
    kind = Case.__table__.c[name].type
    if value is None:
        return None
    if isinstance(kind, LargeBinary):
        return base64.b64decode(value)
    return datetime.fromisoformat(value) if isinstance(kind, UtcTime) else value


def _remove(
    session: Session, batch: ImportBatch, cases: Sequence[Case], *, actor: str, now: datetime
) -> None:
    """Let cases vanish with their history; the audit trail keeps their numbers."""
    if not cases:
        return
    ids, numbers = [case.id for case in cases], [case.number for case in cases]
    _remove_follow_ups(session, FollowUp.case_id.in_(ids))
    session.execute(delete(Transition).where(Transition.machine == "case", Transition.subject_id.in_(ids)))
    for case in cases:
        session.expunge(case)
    session.execute(delete(ImportedCase).where(ImportedCase.case_id.in_(ids)))
    session.execute(delete(Case).where(Case.id.in_(ids)))
    audit.record(
        session, actor=actor, action="cases.removed", subject=f"source:{batch.source}", now=now,
        batch=batch.id, numbers=numbers,
    )  # fmt: skip


def _remove_follow_ups(session: Session, which: ColumnElement[bool]) -> None:
    ids = list(session.scalars(select(FollowUp.id).where(which)))
    if ids:
        of_them = Transition.subject_id.in_(ids)
        session.execute(delete(Transition).where(Transition.machine == "follow_up", of_them))
        session.execute(delete(FollowUp).where(FollowUp.id.in_(ids)))


def _remove_contacts(session: Session, batch: ImportBatch, ids: Collection[int]) -> None:
    """Remove the customers that came with this import and are named nowhere else."""
    if not ids:
        return
    session.flush()
    named = [
        exists().where(column == Contact.id)
        for table in Base.metadata.sorted_tables
        if table.name != "phones"
        for column in _pointing_at(table, Contact.__table__)
    ]
    came = select(Contact).where(
        Contact.id.in_(ids), Contact.source == batch.source, Contact.created_at >= batch.created_at
    )
    for contact in session.scalars(came.where(~or_(*named))):
        session.delete(contact)
    session.flush()


def _pointing_at(table: Table, target: Any) -> Iterable[ColumnElement[Any]]:
    return [key.parent for key in table.foreign_keys if key.column.table is target]
