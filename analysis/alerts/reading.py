"""Reading what is watched: counts by period and group, one statement for each kind and dimension."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Date, Select, String, and_, cast, func, literal, select
from sqlalchemy import case as choose
from sqlalchemy.orm import Session

from analysis.alerts.seasonal import MARGIN, YEARS, weeks_back
from analysis.series import Series as ItemSeries
from core.periods import Period, parse_period
from followup.clocks.figures import closed_on_time_by
from followup.models import Attempt, Case
from surveys.models import (
    DIMENSIONS,
    Invitation,
    InvitationTally,
    Item,
    Questionnaire,
    Response,
    Stratum,
    Tally,
    Version,
)

EVERYBODY = ""  # the group of everybody
REPLY_DAYS = 7  # days after a week that its links have for an answer, the same for every week
_REPLY = timedelta(days=REPLY_DAYS)
_TAKEN_BACK = ("revoked", "replaced", "withdrawn")


def week_of(day: date) -> Period:
    """Return the ISO week of a day; that of New Year may belong to the other year."""
    year, week, _day = day.isocalendar()
    return parse_period(f"{year}-W{week:02}")


@dataclass(frozen=True)
class Span:
    """Neighbouring periods, the oldest first, and the zone in which their days begin."""

    slots: Sequence[Period]
    zone: ZoneInfo

    @property
    def first(self) -> date:
        return self.slots[0].start

    @property
    def end(self) -> date:
        return self.slots[-1].end

    def moment(self, day: date) -> datetime:
        """Return when a local day begins, on the day of a change of the clock too."""
        return datetime.combine(day, time(), self.zone)

    def of_day(self, column: Any) -> ColumnElement[int]:
        """Return the place of the period that a day of the column belongs to."""
        return choose(*((column < slot.end, place) for place, slot in enumerate(self.slots)))

    def of_moment(self, column: Any) -> ColumnElement[int]:
        """Return the place of the period that a moment of the column belongs to."""
        return choose(*((column < self.moment(slot.end), place) for place, slot in enumerate(self.slots)))

    def within(self, column: Any) -> ColumnElement[bool]:
        """Return the condition that a moment lies in these periods."""
        return and_(column >= self.moment(self.first), column < self.moment(self.end))


@dataclass
class Counts:
    """``x`` of ``n`` by group and place of the period; what did not happen has no key."""

    x: dict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    n: dict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))

    def add(self, group: str, place: int, x: int, n: int) -> None:
        """Add what one row says."""
        self.x[group][place] = self.x[group].get(place, 0) + x
        self.n[group][place] = self.n[group].get(place, 0) + n

    def sizes(self, group: str, places: int) -> list[int]:
        """Return ``n`` of one group in every period, with zeros."""
        found = self.n.get(group, {})
        return [found.get(place, 0) for place in range(places)]


def satisfied(session: Session, span: Span, item: ItemSeries, dimension: str) -> Counts:
    """Count satisfied answers and answers to one item."""
    scale = item.item.definition.scored()
    if scale is None:
        return Counts()
    place, answered = span.of_day(Tally.day), Tally.value >= 0
    happy = func.sum(choose((Tally.value >= scale.satisfied_from, Tally.n), else_=0))
    wanted = select(place.label("place"), group_of(dimension, Tally.mode), happy, func.sum(Tally.n)).where(
        Tally.item_id.in_(sorted(item.item_ids)), answered, Tally.day >= span.first, Tally.day < span.end
    )
    return _read(session, joined(wanted, dimension, Tally.stratum_id))


def registered(session: Session, span: Span, dimension: str) -> Counts:
    """Count the cases that were registered."""
    wanted = select(
        span.of_moment(Case.registered_at).label("place"), _of_case(dimension), func.count(), func.count()
    )
    return _read(session, wanted.where(span.within(Case.registered_at)))


def earlier_years(session: Session, span: Span, dimension: str) -> dict[str, list[int]]:
    """Count the cases of the same weeks of earlier years, with some to each side, summed over the years.

    A year of which the first weeks were not recorded yet is none.
    """
    found: dict[str, list[int]] = {}
    oldest = session.scalar(select(func.min(Case.registered_at)))
    places = len(span.slots) + 2 * MARGIN
    for years in range(1, YEARS + 1):
        first = span.first - timedelta(weeks=weeks_back(years) + MARGIN)
        if oldest is None or oldest > span.moment(first):
            break
        weeks = [week_of(first + timedelta(weeks=k)) for k in range(places)]
        counts = registered(session, Span(weeks, span.zone), dimension)
        for group in counts.n:
            known = found.setdefault(group, [0] * places)
            found[group] = [a + b for a, b in zip(known, counts.sizes(group, places), strict=True)]
    return found


def closed(session: Session, span: Span, dimension: str) -> Counts:
    """Count the cases that were closed: chances to ask."""
    wanted = select(
        span.of_moment(Case.closed_at).label("place"), _of_case(dimension), func.count(), func.count()
    )
    return _read(session, wanted.where(span.within(Case.closed_at)))


def sent(session: Session, span: Span, versions: Sequence[int], dimension: str) -> Counts:
    """Count the links that went out for some versions."""
    total = func.sum(InvitationTally.n)
    wanted = select(span.of_day(InvitationTally.day).label("place"), group_of(dimension, None), total, total)
    wanted = wanted.where(
        InvitationTally.version_id.in_(versions),
        InvitationTally.day >= span.first, InvitationTally.day < span.end,
    )  # fmt: skip
    return _read(session, joined(wanted, dimension, InvitationTally.stratum_id))


def called(session: Session, span: Span) -> Counts:
    """Count the calls in which a customer was spoken to, of all calls."""
    reached = func.sum(choose((Attempt.contacted, 1), else_=0))
    wanted = select(span.of_day(Attempt.local_day).label("place"), literal(EVERYBODY), reached, func.count())
    wanted = wanted.where(
        Attempt.local_day >= span.first, Attempt.local_day < span.end, Attempt.undone_at.is_(None)
    )
    return _read(session, wanted)


def replied(session: Session, span: Span) -> Counts:
    """Count the links of each period and channel, and those answered until ``REPLY_DAYS`` after it.

    Anonymous questionnaires are left out: nothing ties their answers to a link.
    """
    until = choose(
        *(
            (Invitation.created_at < span.moment(slot.end), literal(slot.end + _REPLY, Date))
            for slot in span.slots
        )
    )
    in_time = func.sum(choose((Response.day < until, 1), else_=0))
    wanted = (
        select(
            span.of_moment(Invitation.created_at).label("place"), Invitation.channel, in_time, func.count()
        )
        .join(Version, Version.id == Invitation.version_id)
        .join(Questionnaire, Questionnaire.id == Version.questionnaire_id)
        .outerjoin(Response, Response.invitation_id == Invitation.id)
        .where(span.within(Invitation.created_at), Questionnaire.anonymous.is_(False))
        .where(Invitation.state.not_in(_TAKEN_BACK))
    )
    return _read(session, wanted)


def past_limit(session: Session, span: Span) -> Counts:
    """Count the limits that ended in each period, by department, and those that were not kept.

    What is past its limit at the end of a week is not counted anew each week: the same old cases would
    make every week look like the one before, and the limits of a chart are not made for that.
    """

    def key(due_at: Any) -> ColumnElement[str]:
        return cast(span.of_moment(due_at), String) + "|" + Case.department

    found = Counts()
    ended = closed_on_time_by(session, span.moment(span.first), span.moment(span.end), key)
    for name, one in ended.items():
        place, _bar, department = str(name).partition("|")
        found.add(department, int(place), one.late, one.due)
    return found


def anything_happened(session: Session, span: Span) -> bool:
    """Say whether some periods left any trace: a case or an answer."""
    cases = select(Case.id).where(span.within(Case.registered_at)).limit(1)
    answers = select(Tally.n).where(  # item by item, so that the key serves
        Tally.item_id.in_(select(Item.id)), Tally.day >= span.first, Tally.day < span.end
    )
    return session.scalar(cases) is not None or session.scalar(answers.limit(1)) is not None


def group_of(dimension: str, mode: Any) -> Any:
    """Return the column of a dimension; for everybody one group without a name."""
    if dimension == "mode":
        return mode
    return getattr(Stratum, dimension) if dimension else literal(EVERYBODY)


def _of_case(dimension: str) -> Any:
    return getattr(Case, dimension) if dimension else literal(EVERYBODY)


def joined(wanted: Select[Any], dimension: str, stratum_id: Any) -> Select[Any]:
    """Join the strata where a dimension needs them."""
    return wanted.join(Stratum, Stratum.id == stratum_id) if dimension in DIMENSIONS else wanted


def _read(session: Session, wanted: Any) -> Counts:
    found, group = Counts(), list(wanted.selected_columns)[1].label("group")
    columns = list(wanted.selected_columns)
    grouped = wanted.with_only_columns(columns[0].label("place"), group, *columns[2:]).group_by(
        "place", "group"
    )
    for place, name, x, n in session.execute(grouped):
        found.add(name, int(place), int(x or 0), int(n))
    return found
