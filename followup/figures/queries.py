"""The counts behind the figures: one statement each, whatever they are broken down by."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Integer,
    Select,
    String,
    and_,
    case,
    cast,
    exists,
    extract,
    false,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import Session, aliased

from core.auth.models import User
from followup.callbacks.models import Pause
from followup.callbacks.outcomes import Code
from followup.cases.lifecycle import CLOSED, OPEN
from followup.cases.repeats import RepeatFigures, counted_by
from followup.clocks.figures import OnTime, closed_on_time_by
from followup.figures.groups import By, Key, Span
from followup.figures.standing import Traits
from followup.models import Attempt, Callback, Case, FollowUp
from surveys.models import Answer, Response, Stratum, Version
from surveys.queries import load_version
from surveys.scales import YESNO

LONGEST_WRAP_UP = timedelta(minutes=30)
LONGEST_CALL = 4 * 3600  # seconds; longer is a page that was left open, not a talk
Counts = dict[Key, Counter[Traits]]
Seconds = dict[Key, Counter[int]]


@dataclass(slots=True)
class Calls:
    """The calls of one group; ``talks`` counts how many seconds those took in which somebody picked up."""

    made: int = 0
    connected: int = 0
    complete: int = 0
    talks: Counter[int] = field(default_factory=Counter)

    def add(self, n: int, connected: bool, complete: bool, seconds: int | None) -> None:
        """Add some calls of one kind."""
        self.made += n
        self.connected += n if connected else 0
        self.complete += n if complete else 0
        if seconds is not None and 0 <= seconds <= LONGEST_CALL:
            self.talks[int(seconds)] += n


def census(session: Session, span: Span, by: By) -> Counts:
    """Count the follow-ups of the closings of a period by what tells them apart."""
    made = _calls_of_each(span)
    key = _key_of_follow_up(span, by)
    spread = and_(made.c.first_day < made.c.last_day, made.c.first_part < made.c.last_part)
    traits = (
        FollowUp.state, FollowUp.reason, func.coalesce(Response.mode, ""),
        FollowUp.invitation_id.is_not(None),
        func.coalesce(Callback.state, ""), func.coalesce(Callback.outcome, ""),
        func.coalesce(Callback.result, ""), case((made.c.n > 1, 2), else_=func.coalesce(made.c.n, 0)),
        func.coalesce(made.c.contacted, 0), func.coalesce(made.c.refused, 0), case((spread, 1), else_=0),
    )  # fmt: skip
    wanted = (
        select(key.label("key"), *(column.label(f"t{n}") for n, column in enumerate(traits)), func.count())
        .select_from(FollowUp)
        .outerjoin(Response, Response.id == FollowUp.response_id)
        .outerjoin(Callback, Callback.follow_up_id == FollowUp.id)
        .outerjoin(made, made.c.callback_id == Callback.id)
        .where(span.within(FollowUp.created_at))
    )
    wanted = _joined(wanted, by, made.c.last_id)
    found: Counts = defaultdict(Counter)
    columns = ("key", *(f"t{n}" for n in range(len(traits))))
    for row in session.execute(wanted.group_by(*columns)):
        found[row[0]][_traits(row[1:-1])] += row[-1]
    return found


def calls(session: Session, span: Span, by: By) -> dict[Key, Calls]:
    """Count the calls of a period, those that connected and how many seconds, and those answered in full."""
    key, is_complete = _key_of_attempt(span, by), case((Attempt.outcome == Code.COMPLETE, 1), else_=0)
    lasted = case((Attempt.connected, _seconds(session, Attempt.started_at, Attempt.ended_at)), else_=None)
    wanted = (
        select(
            key.label("key"),
            Attempt.connected,
            is_complete.label("complete"),
            lasted.label("seconds"),
            func.count(),
        )
        .select_from(Attempt)
        .where(span.within(Attempt.ended_at), Attempt.undone_at.is_(None))
    )
    found: dict[Key, Calls] = {}
    grouped = _department_of(wanted, by).group_by("key", Attempt.connected, "complete", "seconds")
    for group, connected, complete, seconds, n in session.execute(grouped):
        found.setdefault(group, Calls()).add(n, bool(connected), bool(complete), seconds)
    return found


def wrap_ups(session: Session, span: Span, by: By) -> Seconds:
    """Count the seconds from one outcome to the next number shown by the same agent on the same day.

    A wait over half an hour, or one in which a pause began or lasted, is no wrap-up.
    """

    def following(column: Any) -> ColumnElement[Any]:
        # in the order of an index: no sorting, however many calls there are
        return func.lead(column).over(partition_by=Attempt.agent_id, order_by=(Attempt.ended_at, Attempt.id))

    everyone = (
        select(
            Attempt.agent_id, Attempt.callback_id, Attempt.local_day, Attempt.ended_at,
            following(Attempt.started_at).label("shown"), following(Attempt.local_day).label("that_day"),
        )
        .where(span.within(Attempt.ended_at), Attempt.undone_at.is_(None))
        .subquery()
    )  # fmt: skip
    row = everyone.c
    paused = exists().where(
        Pause.agent_id == row.agent_id,
        Pause.began_at >= _day_before(session, row.local_day),  # no need to look at all of the past
        Pause.began_at < row.shown,
        or_(Pause.ended_at.is_(None), Pause.ended_at > row.ended_at),
    )
    lasted = _seconds(session, row.ended_at, row.shown)
    wanted = select(_key_of_attempt(span, by, row).label("key"), lasted.label("seconds"), func.count()).where(
        row.that_day == row.local_day, row.shown >= row.ended_at,
        lasted <= int(LONGEST_WRAP_UP.total_seconds()), ~paused,
    )  # fmt: skip
    found: Seconds = defaultdict(Counter)
    grouped = _department_of(wanted.select_from(everyone), by, row).group_by("key", "seconds")
    for group, seconds, n in session.execute(grouped):
        found[group][int(seconds)] += n
    return found


def ratings(session: Session, span: Span, by: By) -> dict[tuple[str, str], dict[Key, Counter[int]]]:
    """Count the scores of a period by role of the item and scale, for each group.

    Of the ratings of one recovery the latest counts, where it was given before the period ended; who said
    nothing the second time leaves the first rating as it is. By agent only what an agent recorded by phone
    counts, and None stands for all others.
    """
    items = _items(session)
    asked = defaultdict(list)
    for item_id, (role, _scale) in items.items():
        asked[role].append(item_id)
    again = [
        and_(Answer.item_id.in_(ids), FollowUp.id.in_(_rated_again(span, ids))) for ids in asked.values()
    ]
    key = _key_of_answer(span, by)
    wanted = (
        select(key.label("key"), Answer.item_id, Answer.value, func.count())
        .select_from(Response)
        .join(FollowUp, FollowUp.response_id == Response.id)
        .join(Answer, and_(Answer.response_id == Response.id, Answer.item_id.in_(sorted(items))))
        .where(span.on_days(Response.day), Answer.value >= 0, ~or_(false(), *again))
        .group_by("key", Answer.item_id, Answer.value)
    )
    if by is By.DEPARTMENT:
        wanted = wanted.join(Stratum, Stratum.id == FollowUp.stratum_id)
    found: dict[tuple[str, str], dict[Key, Counter[int]]] = defaultdict(lambda: defaultdict(Counter))
    for group, item_id, value, n in session.execute(wanted) if items else ():
        found[items[item_id]][group][value] += n
    return found


def registered(session: Session, span: Span, by: By) -> dict[Key, tuple[int, int]]:
    """Count the cases registered in a period, and those of them that are closed now."""
    key = _key_of_case(span, by)(Case.registered_at)
    wanted = select(key.label("key"), func.count(), _sum(Case.state.in_(CLOSED))).select_from(Case)
    wanted = wanted.where(span.within(Case.registered_at), Case.state.in_((*OPEN, *CLOSED)))
    return {row[0]: (int(row[1]), int(row[2])) for row in session.execute(wanted.group_by("key"))}


def on_time(session: Session, span: Span, by: By) -> dict[Key, OnTime]:
    """Count the limits that ended in a period, and those that were kept."""
    return closed_on_time_by(session, span.start, span.end, _key_of_case(span, by))


def repeated(session: Session, span: Span, by: By) -> dict[Key, RepeatFigures]:
    """Count the complaints of a period, and those that repeat an earlier case."""
    key = _key_of_case(span, by)(Case.registered_at)
    return counted_by(session, "complaint", span.start, span.end, key)


def agent_names(session: Session, ids: Iterable[int]) -> dict[int, str]:
    """Return how the agents are called."""
    wanted = select(User.id, User.display_name, User.name).where(User.id.in_(list(ids)))
    return {row.id: row.display_name or row.name for row in session.execute(wanted)}


def _calls_of_each(span: Span) -> Any:
    """Return per callback what its calls were; none was made before the closing that it asks about."""
    return (
        select(
            Attempt.callback_id.label("callback_id"),
            func.count().label("n"),
            func.max(case((Attempt.contacted, 1), else_=0)).label("contacted"),
            func.max(case((Attempt.result == "R", 1), else_=0)).label("refused"),
            func.min(Attempt.local_day).label("first_day"),
            func.max(Attempt.local_day).label("last_day"),
            func.min(Attempt.day_part).label("first_part"),
            func.max(Attempt.day_part).label("last_part"),
            func.max(Attempt.id).label("last_id"),
        )
        .where(Attempt.undone_at.is_(None), Attempt.ended_at >= span.start)
        .group_by(Attempt.callback_id)
        .subquery()
    )


def _joined(wanted: Select[Any], by: By, last_call: ColumnElement[int]) -> Select[Any]:
    if by is By.DEPARTMENT:
        return wanted.join(Stratum, Stratum.id == FollowUp.stratum_id)
    return wanted.outerjoin(Attempt, Attempt.id == last_call) if by is By.AGENT else wanted


def _department_of(wanted: Select[Any], by: By, call: Any = Attempt) -> Select[Any]:
    """Join the department that had handled the case about which a call was made."""
    if by is not By.DEPARTMENT:
        return wanted
    return (
        wanted.join(Callback, Callback.id == call.callback_id)
        .join(FollowUp, FollowUp.id == Callback.follow_up_id)
        .join(Stratum, Stratum.id == FollowUp.stratum_id)
    )


def _key_of_follow_up(span: Span, by: By) -> ColumnElement[Any]:
    keys: dict[By, Any] = {
        By.NOTHING: literal(""),
        By.DEPARTMENT: Stratum.department,
        By.AGENT: Attempt.agent_id,  # who made the last call
        By.MONTH: span.month_of(FollowUp.created_at),
    }
    return keys[by]  # type: ignore[no-any-return]


def _key_of_attempt(span: Span, by: By, call: Any = Attempt) -> ColumnElement[Any]:
    keys: dict[By, Any] = {
        By.NOTHING: literal(""),
        By.DEPARTMENT: Stratum.department,
        By.AGENT: call.agent_id,
        By.MONTH: span.month_of(call.ended_at),
    }
    return keys[by]  # type: ignore[no-any-return]


def _key_of_answer(span: Span, by: By) -> ColumnElement[Any]:
    keys: dict[By, Any] = {
        By.NOTHING: literal(""),
        By.DEPARTMENT: Stratum.department,
        By.AGENT: case((Response.mode == "phone", Response.entered_by), else_=None),
        By.MONTH: span.month_of(Response.day, is_day=True),
    }
    return keys[by]  # type: ignore[no-any-return]


def _key_of_case(span: Span, by: By) -> Callable[[Any], ColumnElement[Any]]:
    """Return what makes the group of a case from the moment that decides about its period."""
    if by is By.MONTH:
        return span.month_of
    return lambda _column: cast(Case.department, String) if by is By.DEPARTMENT else literal("")


def _rated_again(span: Span, items: list[int]) -> Select[Any]:
    """Return the follow-ups whose case was put right and rated once more, on these items, in time."""
    later, rating = aliased(FollowUp), aliased(Answer)
    wanted = select(later.recovery_of_id).join(Response, Response.id == later.response_id)
    wanted = wanted.join(rating, and_(rating.response_id == Response.id, rating.item_id.in_(items)))
    return wanted.where(later.recovery_of_id.is_not(None), Response.day < span.period.end, rating.value >= 0)


def _items(session: Session) -> dict[int, tuple[str, str]]:
    """Return role and scale of the items that are asked about satisfaction and solution."""
    found = {}
    for version_id in session.scalars(select(Version.id)):
        version = load_version(session, version_id)
        overall, resolved = version.with_role("overall"), version.with_role("resolved")
        if overall and overall.scale:
            found[overall.id] = ("overall", overall.scale)
        if resolved and resolved.scale == YESNO.name:
            found[resolved.id] = ("resolved", resolved.scale)
    return found


def _seconds(session: Session, began: Any, ended: Any) -> ColumnElement[int]:
    """Return the whole seconds between two moments."""
    if session.get_bind().dialect.name == "postgresql":
        return cast(func.floor(extract("epoch", ended - began)), Integer)
    days = func.julianday(ended) - func.julianday(began)
    return cast(days * 86400 + 0.0005, Integer)  # julianday knows milliseconds, and rounds them


def _day_before(session: Session, day: Any) -> ColumnElement[Any]:
    """Return a moment about a day before a local day."""
    if session.get_bind().dialect.name == "postgresql":
        moment: ColumnElement[Any] = cast(day, DateTime(timezone=True)) - timedelta(days=1)
        return moment
    return func.date(day, "-1 day")


def _sum(condition: Any) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _traits(row: Any) -> Traits:
    state, reason, mode, link, call, outcome, result, tries, contacted, refused, spread = row
    return Traits(
        state, reason, mode, bool(link), call, outcome, result, int(tries), bool(contacted), bool(refused),
        bool(spread),
    )  # fmt: skip
