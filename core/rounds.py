"""One round of a job: what is due is done one row at a time, each in its own transaction.

Two rounds at once do no harm: a row is locked before it is looked at, and every change names the state it
starts from. A row that fails is pushed an hour ahead and logged, so that it cannot stop the others. Where the
database goes away the round ends there, and what was due stays due.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from jinja2 import TemplateError
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from core import stopping
from core.db import Base, Database
from core.errors import HuifangError, TransitionError
from core.logs import redact

log = logging.getLogger("huifang.rounds")

BATCH = 500  # rows that one look finds
BUDGET = 20.0  # seconds; then a job leaves the rest to its next round, so that the others get their turn
AHEAD = timedelta(hours=1)
WHOLE = 0  # stands in the place of a row where a job failed as a whole
# What one bad row can raise. Anything else is a mistake of ours and stops the round, visibly.
POISON = (HuifangError, SQLAlchemyError, TemplateError, LookupError, ValueError, TypeError, AttributeError)

T = TypeVar("T")
Step = Callable[[Session, int, datetime], str | None]
Find = Callable[[Session], Sequence[int]]  # the next rows that are due, at most BATCH


@dataclass(frozen=True, slots=True)
class Failure:
    """One row that failed: in which step, why, when. The reason holds nothing of the row's content."""

    job: str
    row: int
    reason: str
    at: datetime


_noted: ContextVar[list[Failure] | None] = ContextVar("failures", default=None)
_pulse: ContextVar[Callable[[], None] | None] = ContextVar("pulse", default=None)


@contextmanager
def noted_failures(pulse: Callable[[], None] | None = None) -> Iterator[list[Failure]]:
    """Collect what fails in the rounds of this block; ``pulse`` is called between two rows."""
    found: list[Failure] = []
    tokens = _noted.set(found), _pulse.set(pulse)
    try:
        yield found
    finally:
        _noted.reset(tokens[0])
        _pulse.reset(tokens[1])


def whole(job: str, work: Callable[[], dict[str, int]], now: datetime) -> dict[str, int]:
    """Do one job of a round; one that fails as a whole is named, and the others get their turn."""
    try:
        return work()
    except POISON as error:
        if _is_gone(error):
            raise
        log.exception("the job %s failed as a whole", job)
        _note(job, WHOLE, error, now)
        return {"failed": 1}


def each(
    database: Database,
    step: Step,
    model: type[Base] | None,
    ids: Iterable[int],
    now: datetime,
    *,
    due: str = "due_at",
) -> dict[str, int]:
    """Take a step with each row; return how often it led where.

    ``due`` is the column of ``model`` that keeps a failing row out of the way; without a model nothing does.
    """
    counts: Counter[str] = Counter()
    pulse = _pulse.get()
    for row_id in ids:
        if stopping.requested.is_set():
            break  # the rest is still due when somebody ticks again
        if pulse is not None:
            pulse()
        try:
            with database.begin() as session:
                result = step(session, row_id, now)
        except TransitionError:  # another round or a person was faster
            continue
        except POISON as error:
            if _is_gone(error):
                raise  # no fault of the row: it is due still at the next round
            log.exception("%s failed for row %s", step.__name__, row_id)
            _note(step.__name__, row_id, error, now)
            if model is not None:
                _push_ahead(database, model, row_id, {due: now + AHEAD})
            result = "failed"
        if result:
            counts[result] += 1
    return dict(counts)


def each_prepared(
    database: Database,
    prepare: Callable[[], T],
    keep: Callable[[Session, T, datetime], str | None],
    row_id: int,
    now: datetime,
    *,
    model: type[Base] | None = None,
    due: str = "due_at",
) -> dict[str, int]:
    """Take a step with one row as `each` does, after what takes long was done outside of its transaction.

    SQLite has one lock for all who write: nobody should wait with an answer while something is added up.
    """
    failure, ready = None, list[T]()
    if stopping.requested.is_set():
        return {}
    try:
        ready.append(prepare())
    except POISON as error:
        failure = error

    def step(session: Session, _row: int, at: datetime) -> str | None:
        if failure is not None:
            raise failure
        return keep(session, ready[0], at)

    step.__name__ = keep.__name__
    return each(database, step, model, [row_id], now, due=due)


def each_due(
    database: Database,
    step: Step,
    model: type[Base] | None,
    find: Find,
    now: datetime,
    *,
    due: str = "due_at",
) -> dict[str, int]:
    """Take a step with each row that is due, batch by batch until none is left, none moves or time is up."""
    counts: Counter[str] = Counter()
    zero = time.monotonic()
    while True:
        with database.read() as session:
            ids = find(session)
        done = each(database, step, model, ids, now, due=due)
        counts.update(done)
        is_last = len(ids) < BATCH or not done
        if is_last or stopping.requested.is_set() or time.monotonic() - zero > BUDGET:
            return dict(counts)


def _is_gone(error: Exception) -> bool:
    """Tell whether the database went away or could not be reached, and not a statement failed."""
    return isinstance(error, DBAPIError) and (error.connection_invalidated or error.statement is None)


def _note(job: str, row_id: int, error: Exception, now: datetime) -> None:
    failures = _noted.get()
    if failures is not None:
        kind = type(error).__name__
        reason = f"{kind}: {redact(str(error))[:200]}" if isinstance(error, HuifangError) else kind
        failures.append(Failure(job, row_id, reason, now))


def _push_ahead(database: Database, model: type[Base], row_id: int, values: dict[str, datetime]) -> None:
    with database.begin() as session:
        session.execute(update(model).where(model.id == row_id).values(values))  # type: ignore[attr-defined]
