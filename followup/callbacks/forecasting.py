"""What the forecast is made from: the open days ahead, what comes to the phone, and what the past says."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from statistics import median

from sqlalchemy import ColumnElement, Date, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.calendar import Calendar, CalendarError, load_calendar, parse_hours
from core.db import settings_of
from followup.callbacks.forecast import (
    WORKDAYS,
    Assumed,
    Due,
    Experience,
    Forecast,
    WorkDay,
    forecast,
    horizon,
)
from followup.callbacks.lifecycle import IN_HAND
from followup.models import Attempt, Callback, FollowUp, RuleVersion
from followup.rules.policy import Terms

DAYS_BACK = timedelta(days=90)
ENOUGH = 30  # fewer cases are no experience
LAST_CALLS = 2000
LONGEST_GAP = timedelta(minutes=30)  # longer is no wrap-up but a pause
LONGEST_CALL = timedelta(hours=4)  # longer is a clock that was forgotten
ASSUMED_UNANSWERED, ASSUMED_CALLS, ASSUMED_SECONDS = 0.5, 1.8, 240.0
LONGEST_SEARCH = 40  # days of the calendar in which ten working days are found
_BY_PHONE = ("phone", "phone_then_link")


def next_days(session: Session, now: datetime) -> tuple[list[WorkDay], int | None]:
    """Return the days up to the tenth working day, today as far as it is left; and the year that nobody
    knows yet, where the days end before.
    """
    calendar, hours = load_calendar(session), settings_of(session).call_hours
    local = now.astimezone(calendar.zone)
    days: list[WorkDay] = []
    for ahead in range(LONGEST_SEARCH):
        day = local.date() + timedelta(days=ahead)
        from_minute = local.hour * 60 + local.minute if not ahead else 0
        try:
            minutes = _minutes_left(hours, from_minute) if calendar.is_workday(day) else None
        except CalendarError:
            return days, day.year
        days.append(WorkDay(day, minutes))
        if sum(each.is_open for each in days) == WORKDAYS:
            break
    return days, None


def due(session: Session, until: date, *, now: datetime) -> Due:
    """Return what comes to the phone before a day."""
    planned: Counter[date] = Counter()
    links: Counter[date] = Counter()
    for by_phone, day, n in _follow_ups(session, until, now):
        if day < until:
            (planned if by_phone else links)[day] += n
    return Due(_waiting(session, until, now), planned, links)


def experience(session: Session, now: datetime) -> Experience:
    """Return what the last ninety days say; too few cases are replaced by a stated assumption."""
    return Experience(_unanswered(session, now), _calls(session, now), _seconds(session, now))


def of_next_days(session: Session, now: datetime) -> tuple[Forecast, Experience, int | None]:
    """Return the forecast, what it rests on, and the year that nobody knows yet."""
    days, unknown = next_days(session, now)
    today = now.astimezone(load_calendar(session).zone).date()
    past = experience(session, now)
    return forecast(days, due(session, horizon(days, today), now=now), past), past, unknown


def _minutes_left(hours: str, from_minute: int) -> int:
    return sum(max(0, end - max(start, from_minute)) for start, end in parse_hours(hours))


def _waiting(session: Session, until: date, now: datetime) -> Counter[tuple[date, int]]:
    """Count open callbacks by their day and the calls made; what is in hand is today's."""
    today = now.astimezone(settings_of(session).zone).date()
    end = datetime.combine(until, time(), settings_of(session).zone)
    day = _local_day(session, Callback.ready_at, now).label("day")
    wanted = select(day, Callback.attempts, func.count()).where(
        Callback.state.in_(("waiting", "ready", "appointed", *IN_HAND)), Callback.ready_at < end
    )
    found: Counter[tuple[date, int]] = Counter()
    for at, made, n in session.execute(wanted.group_by(day, Callback.attempts)):
        found[max(_day(at), today), made] += n
    return found


def _follow_ups(session: Session, until: date, now: datetime) -> Iterator[tuple[bool, date, int]]:
    """Yield how many follow-ups come to the phone on which day: for sure, or if nobody answers."""
    calendar = load_calendar(session)
    terms = {row.id: Terms.from_json(row.terms) for row in session.scalars(select(RuleVersion))}
    day = _local_day(session, FollowUp.due_at, now).label("day")
    wanted = select(FollowUp.rule_version_id, FollowUp.state, day, func.count()).where(
        FollowUp.state.in_(("planned", "sending", "sent", "reminded")),
        FollowUp.due_at < datetime.combine(until, time(), calendar.zone),
    )
    rows = session.execute(wanted.group_by(FollowUp.rule_version_id, FollowUp.state, day))
    for version_id, state, at, n in rows:
        rule = terms[version_id]
        if rule.channel in _BY_PHONE and state == "planned":
            yield True, _day(at), n
        elif rule.channel == "link_then_phone":
            yield False, _workdays_after(calendar, _day(at), _workdays_left(rule, state)), n


def _workdays_left(rule: Terms, state: str) -> int:
    """Return how many working days lie between the day a follow-up is due and its call."""
    if state in {"planned", "sending"}:  # the link goes out on that day
        return rule.phone_after_workdays
    if state == "sent" and rule.reminder_after_workdays is not None:  # a reminder is due on that day
        return max(0, rule.phone_after_workdays - rule.reminder_after_workdays)
    return 0


def _workdays_after(calendar: Calendar, day: date, n: int) -> date:
    """Count working days; into a year that nobody knows yet days of the calendar, as the rules do."""
    try:
        noon = datetime.combine(day, time(12), calendar.zone)
        return calendar.add_workdays(noon, n).astimezone(calendar.zone).date()
    except CalendarError:
        return day + timedelta(days=n)


def _unanswered(session: Session, now: datetime) -> Assumed:
    """Return the share of links sent under "link, then phone" that came to the phone."""
    rules = [
        row.id
        for row in session.scalars(select(RuleVersion))
        if row.terms.get("channel") == "link_then_phone"
    ]
    wanted = (
        select(func.count(), func.count(Callback.id))
        .select_from(FollowUp)
        .outerjoin(Callback, Callback.follow_up_id == FollowUp.id)
        .where(
            FollowUp.created_at >= now - DAYS_BACK,
            FollowUp.rule_version_id.in_(rules),
            FollowUp.invitation_id.is_not(None),
            FollowUp.state.in_(
                ("call_queued", "answered", "remedy", "locked", "closed_no_response", "expired")
            ),
        )
    )
    n, called = session.execute(wanted).one()
    return Assumed(called / n, n, False) if n >= ENOUGH else Assumed(ASSUMED_UNANSWERED, n, True)


def _calls(session: Session, now: datetime) -> Assumed:
    """Return the average number of calls of callbacks that ended at the desk."""
    wanted = select(func.count(), func.coalesce(func.sum(Callback.attempts), 0)).where(
        Callback.ended_at >= now - DAYS_BACK, Callback.state == "done", Callback.attempts > 0
    )
    n, calls = session.execute(wanted).one()
    return Assumed(int(calls) / n, n, False) if n >= ENOUGH else Assumed(ASSUMED_CALLS, n, True)


def _seconds(session: Session, now: datetime) -> Assumed:
    """Return the median length of a call and the median time until the next, of the last calls together."""
    wanted = select(Attempt.agent_id, Attempt.local_day, Attempt.started_at, Attempt.ended_at).where(
        Attempt.ended_at >= now - DAYS_BACK, Attempt.undone_at.is_(None), Attempt.started_at.is_not(None)
    )
    calls = session.execute(wanted.order_by(Attempt.ended_at.desc()).limit(LAST_CALLS)).all()
    talks, gaps = [], []
    following: dict[tuple[int, date], datetime] = {}
    for agent, day, start, end in calls:  # the last call first
        if start is None:
            continue
        if timedelta(0) <= end - start <= LONGEST_CALL:
            talks.append((end - start).total_seconds())
        gap = following.get((agent, day), end + 2 * LONGEST_GAP) - end
        if timedelta(0) <= gap <= LONGEST_GAP:
            gaps.append(gap.total_seconds())
        following[agent, day] = start
    if len(talks) < ENOUGH:
        return Assumed(ASSUMED_SECONDS, len(talks), True)
    return Assumed(median(talks) + (median(gaps) if gaps else 0.0), len(talks), False)


def _local_day(
    session: Session, column: InstrumentedAttribute[datetime], now: datetime
) -> ColumnElement[date]:
    """Return the local day of a moment. SQLite knows no zones: the offset of today."""
    zone = settings_of(session).zone
    if session.get_bind().dialect.name == "postgresql":
        return cast(func.timezone(str(zone.key), column), Date)
    offset = now.astimezone(zone).utcoffset() or timedelta(0)
    return func.date(column, f"{int(offset.total_seconds()) // 60:+d} minutes")


def _day(found: date | str) -> date:
    return found if isinstance(found, date) else date.fromisoformat(found)
