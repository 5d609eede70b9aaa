"""In what order things happened to a case, whatever the order in which they were told.

What counts is the time in the other system. Of two events at the same time the closing comes first, then the
reopening, then the cancelling: work that is still to be done is never hidden behind a closing. Two of one
kind at one time are ordered by their event id.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

CLOSED, REOPENED, CANCELLED = "closed", "reopened", "cancelled"
RANK = {CLOSED: 0, REOPENED: 1, CANCELLED: 2}


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened to a case."""

    at: datetime
    kind: str
    id: str

    @property
    def key(self) -> tuple[datetime, int, str]:
        return self.at, RANK.get(self.kind, 0), self.id


def steps(moments: Iterable[Moment]) -> list[Moment]:
    """Return what really changed the case: closings and reopenings in turn, and a cancelling as the end."""
    found: list[Moment] = []
    is_open = True
    for moment in sorted(moments, key=lambda each: each.key):
        if moment.kind == CANCELLED:
            return [*found, moment]
        if is_open == (moment.kind == CLOSED):
            found.append(moment)
            is_open = not is_open
    return found


def closings(happened: Iterable[Moment]) -> list[Moment]:
    """Return the closings among some steps; the n-th of them is resolution number n."""
    return [moment for moment in happened if moment.kind == CLOSED]


def extends(after: list[Moment], before: list[Moment]) -> bool:
    """Tell whether the new history only goes on where the known one ended."""
    return after[: len(before)] == before


def renumbered(before: list[Moment], after: list[Moment]) -> dict[int, int]:
    """Return the closings whose number changed, old number -> new, the last one first."""
    new_of = {moment.id: number for number, moment in enumerate(closings(after), 1)}
    numbers = enumerate(closings(before), 1)
    changed = {old: new_of[moment.id] for old, moment in numbers if new_of.get(moment.id, old) != old}
    return dict(sorted(changed.items(), reverse=True))
