"""State machines as tables, and the one way to change a state.

Each machine stands in one ``lifecycle.py`` as a table of (state, event, next state, guard). Every change
writes a ``Transition`` row, which timeline, audit and reports read.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Index, String, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base, UtcTime
from core.errors import TransitionError
from core.logs import redact

Facts = Mapping[str, Any]
Guard = Callable[[Facts], str | None]  # None, or the sentence that says why not


class Transition(Base):
    """One change of state of one row of one machine."""

    __tablename__ = "transitions"
    __table_args__ = (Index("ix_transitions_subject", "machine", "subject_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    machine: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[int]
    event: Mapped[str] = mapped_column(String(40))
    old: Mapped[str] = mapped_column(String(30))
    new: Mapped[str] = mapped_column(String(30))
    reason: Mapped[str] = mapped_column(String(500), default="")
    actor: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(UtcTime)


_NOTE = insert(Transition)  # built once: every answer on a link writes one


class NoStepError(TransitionError):
    """There is no such step in the present state."""


class HasState(Protocol):
    """A row that a machine moves."""

    id: Any
    state: Any


@dataclass(frozen=True, slots=True)
class Step:
    """From ``state``, ``event`` leads to ``next``, if ``guard`` has no objection."""

    state: str
    event: str
    next: str
    guard: Guard | None = None


class Machine:
    """A table of steps with the one way to take them."""

    def __init__(self, name: str, steps: Iterable[Step]) -> None:
        self.name = name
        self.steps = {(s.state, s.event): s for s in steps}

    def sources(self, event: str) -> list[str]:
        """Return the states from which ``event`` is possible."""
        return [state for state, happening in self.steps if happening == event]

    def events(self, state: str) -> list[str]:
        """Return what may happen in ``state``."""
        return [event for source, event in self.steps if source == state]

    def next_state(self, state: str, event: str, facts: Facts) -> str:
        """Return where ``event`` leads, or raise ``TransitionError`` with the reason why not."""
        step = self.steps.get((state, event))
        if step is None:
            raise NoStepError(f"{event} is not possible while the {self.name} is {state}.")
        refusal = step.guard(facts) if step.guard else None
        if refusal:
            raise TransitionError(refusal)
        return step.next

    def move(
        self,
        session: Session,
        row: HasState,
        event: str,
        *,
        actor: str,
        now: datetime,
        reason: str = "",
        changes: Mapping[str, Any] | None = None,
        **facts: Any,
    ) -> str:
        """Take one step; ``changes`` are further columns to set in the same statement.

        The statement names the old state, so of two people who press at once one gets ``TransitionError``.
        """
        old = row.state
        new = self.next_state(old, event, facts)
        model: Any = type(row)
        session.flush()
        moved = session.scalars(
            update(model)
            .where(model.id == row.id, model.state == old)
            .values(state=new, **(changes or {}))
            .returning(model)  # the row as it stands now, without asking for it again
            .execution_options(synchronize_session=False, populate_existing=True)
        )
        if moved.one_or_none() is None:
            raise TransitionError
        self.note(session, row.id, event, old, new, actor=actor, now=now, reason=reason)
        return new

    def claim(
        self,
        session: Session,
        model: Any,
        subject_id: int,
        event: str,
        *,
        actor: str,
        now: datetime,
        reason: str = "",
        changes: Mapping[str, Any] | None = None,
    ) -> bool:
        """Take an unguarded step on a row by id; tell whether this caller was the one to take it."""
        for state in self.sources(event):
            step = self.steps[state, event]
            done = session.execute(
                update(model)
                .where(model.id == subject_id, model.state == state)
                .values(state=step.next, **(changes or {}))
                .execution_options(synchronize_session=False)
            )
            if done.rowcount == 1:  # type: ignore[attr-defined]
                self.note(session, subject_id, event, state, step.next, actor=actor, now=now, reason=reason)
                return True
        return False

    def note(
        self,
        session: Session,
        subject_id: int,
        event: str,
        old: str,
        new: str,
        *,
        actor: str,
        now: datetime,
        reason: str = "",
    ) -> None:
        """Write the row that remembers a step."""
        session.connection().execute(
            _NOTE,
            {
                "machine": self.name,
                "subject_id": subject_id,
                "event": event,
                "old": old,
                "new": new,
                "reason": redact(reason)[:500] if reason else "",  # kept in plain: no customer's number in it
                "actor": actor,
                "at": now,
            },
        )


def history(session: Session, machine: str, subject_ids: Iterable[int]) -> list[Transition]:
    """Return the changes of some rows of one machine, oldest first."""
    wanted = select(Transition).where(
        Transition.machine == machine, Transition.subject_id.in_(list(subject_ids))
    )
    return list(session.scalars(wanted.order_by(Transition.id)))
