"""Reading batches: the list, and one with what was left of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import Session

from core.auth.roles import LEADS
from core.errors import NotFoundError
from core.i18n import _
from core.uploads import PendingImport
from followup.cases.imports.batches import QUIET, is_cut_off
from followup.cases.imports.models import ImportBatch, ImportedCase
from followup.cases.queries import Viewer
from followup.models import Case

PAGE = 25
SHOWN_TODAY = 5
NAMED = 50  # cases that an undo left, by number


@dataclass(frozen=True, slots=True)
class BatchCard:
    """A batch and, once it was taken back, the cases that stayed."""

    batch: ImportBatch
    state: str
    left: int
    numbers: tuple[str, ...]

    @property
    def percent(self) -> int:
        return 100 * self.batch.done // self.batch.rows if self.batch.rows else 100


@dataclass(frozen=True, slots=True)
class BatchPage:
    """One page of the list."""

    rows: tuple[tuple[ImportBatch, str], ...]
    total: int
    page: int
    pages: int


def page_of(session: Session, viewer: Viewer, actor: str, *, page: int, now: datetime) -> BatchPage:
    """Return one page of the imports this person may see, the newest first."""
    mine = _visible_to(viewer, actor)
    total = session.scalar(select(func.count()).select_from(ImportBatch).where(mine)) or 0
    pages = max(1, -(-total // PAGE))
    page = min(max(page, 1), pages)
    wanted = select(ImportBatch).where(mine).order_by(ImportBatch.id.desc())
    found = session.scalars(wanted.limit(PAGE).offset((page - 1) * PAGE))
    return BatchPage(tuple((batch, state_of(batch, now)) for batch in found), total, page, pages)


def batch_for(session: Session, batch_id: int, viewer: Viewer, actor: str) -> ImportBatch:
    """Return a batch that this person may see."""
    batch = session.scalar(select(ImportBatch).where(ImportBatch.id == batch_id, _visible_to(viewer, actor)))
    if batch is None:
        raise NotFoundError(_("There is no such import; the list shows all of them."))
    return batch


def card(session: Session, batch: ImportBatch, now: datetime) -> BatchCard:
    """Return a batch with the cases that an undo left."""
    numbers: Sequence[str] = ()
    left = 0
    if batch.state == "undone":
        of_batch = ImportedCase.batch_id == batch.id
        left = session.scalar(select(func.count()).select_from(ImportedCase).where(of_batch)) or 0
        wanted = select(Case.number).join(ImportedCase, ImportedCase.case_id == Case.id).where(of_batch)
        numbers = session.scalars(wanted.order_by(Case.id).limit(NAMED)).all()
    return BatchCard(batch, state_of(batch, now), left, tuple(numbers))


def failed_file(session: Session, batch: ImportBatch, user_id: int, now: datetime) -> PendingImport | None:
    """Return the file of the rows that were left out, while it is kept, for who imported them."""
    if batch.failed_uid is None:
        return None
    wanted = select(PendingImport).where(
        PendingImport.uid == batch.failed_uid,
        PendingImport.user_id == user_id,
        PendingImport.kept_until > now,
    )
    return session.scalar(wanted)


def unfinished(session: Session, viewer: Viewer, actor: str, now: datetime) -> list[tuple[ImportBatch, str]]:
    """Return the imports that run or were cut off, for the first page of who may see them."""
    halfway = or_(
        ImportBatch.state == "running", (ImportBatch.state == "undone") & ImportBatch.ended_at.is_(None)
    )
    wanted = select(ImportBatch).where(halfway, _visible_to(viewer, actor)).order_by(ImportBatch.id.desc())
    return [(batch, state_of(batch, now)) for batch in session.scalars(wanted.limit(SHOWN_TODAY))]


def state_of(batch: ImportBatch, now: datetime) -> str:
    """Return the state people see: what was still for a minute, and has not ended, was cut off."""
    if batch.state == "undone" and batch.ended_at is None:
        return "undo_cut_off" if batch.beat_at < now - QUIET else "undoing"
    return "cut_off" if is_cut_off(batch, now) else batch.state


def _visible_to(viewer: Viewer, actor: str) -> ColumnElement[bool]:
    """Return the condition: one's own imports; supervisors and administrators see all."""
    return true() if viewer.role in LEADS else ImportBatch.actor == actor
