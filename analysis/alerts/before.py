"""What was found before and what is not watched: an alert is not raised twice about one thing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from analysis.alerts.lifecycle import DISMISSED, REAL_CHANGE, UNRESOLVED
from analysis.alerts.models import Alert, Unwatched
from analysis.alerts.policy import COLLECTION, Series
from analysis.alerts.reading import EVERYBODY, Span
from analysis.trend.limits import FEWEST


class Named(Protocol):
    """What tells one figure of one group from the others."""

    @property
    def kind(self) -> str: ...

    @property
    def questionnaire(self) -> str: ...

    @property
    def item_key(self) -> str: ...

    @property
    def dimension(self) -> str: ...

    @property
    def group(self) -> str: ...


class Sided(Named, Protocol):
    """The same with the way it left its limits."""

    @property
    def direction(self) -> str: ...


@dataclass(frozen=True)
class Before:
    """Earlier alerts and what was switched off, as they stand when a round begins."""

    alerts: Sequence[Alert]
    unwatched: frozenset[tuple[str, str, str]]
    known_from: date  # a change that was explained since then has made no limits of its own yet

    @classmethod
    def read(cls, session: Session, span: Span) -> "Before":
        """Read what concerns some periods."""
        concerned = or_(Alert.end > span.first, Alert.state.in_(UNRESOLVED))
        off = session.execute(select(Unwatched.kind, Unwatched.dimension, Unwatched.group))
        known_from = span.slots[max(0, len(span.slots) - 1 - FEWEST)].start
        return cls(
            session.scalars(select(Alert).where(concerned)).all(),
            frozenset((row[0], row[1], row[2]) for row in off),
            known_from,
        )

    def is_watched(self, named: Named) -> bool:
        """Say whether a figure is watched: neither its kind nor its group was switched off."""
        whole, some = (named.kind, "", ""), (named.kind, named.dimension, named.group)
        return whole not in self.unwatched and some not in self.unwatched

    def may_tell(self, found: Sided) -> bool:
        """Say whether a finding is new: nobody has its forerunner on the desk or explained the change."""
        if not self.is_watched(found):
            return False
        return not any(
            _same(alert, found) and alert.direction == found.direction and self._still_speaks(alert)
            for alert in self.alerts
        )

    def collapsed(self, group: str, start: date, questionnaire: str) -> bool:
        """Say whether the answers of a group, or everybody's, nearly did not come in a period.

        ``questionnaire`` "" stands for any.
        """
        return any(
            alert.kind == COLLECTION
            and alert.start <= start < alert.end
            and alert.group in {EVERYBODY, group}
            and questionnaire in {"", alert.questionnaire}
            and alert.state != DISMISSED
            for alert in self.alerts
        )

    def _still_speaks(self, alert: Alert) -> bool:
        if alert.state in UNRESOLVED:
            return True
        return alert.cause == REAL_CHANGE and alert.start >= self.known_from


def _same(alert: Alert, found: Named | Series) -> bool:
    names = ("kind", "questionnaire", "item_key", "dimension", "group")
    return all(getattr(alert, name) == getattr(found, name) for name in names)
