"""Past closings and what history says about answers and calls, read for trying a rule. Nothing is written."""

import heapq
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.calendar import CalendarError, load_calendar
from core.contacts.models import Contact, ContactEvent, Phone
from core.contacts.queries import ASKING
from core.db import settings_of
from followup.clocks.models import PastClock
from followup.models import Attempt, Callback, Case, FollowUp
from followup.rules.policy import Snapshot, Terms
from followup.rules.trial import Closing, DueAt, Odds
from surveys.models import Response

AT_ONCE = 2000  # rows
_HOUR, _NOTHING = timedelta(hours=1), timedelta(0)
ENOUGH = 30  # links or calls from which a figure of history is taken
LOOKED_BACK = timedelta(days=180)
SETTLED = timedelta(days=14)  # links younger than this may still be answered
LONGEST_CALL = timedelta(minutes=30)  # a form left open over lunch is no call
ASSUMED = {"answer_rate": 0.25, "calls_per_task": 1.8, "minutes_per_call": 4.0}
_FACTS = (
    Case.kind, Case.severity, Case.category, Case.department, Case.service_type, Case.district,
    Case.close_reason, Case.channel,
)  # fmt: skip


def closings(session: Session, since: datetime, until: datetime) -> Iterator[Closing]:
    """Yield the closings of a time in their order, with the facts of the cases as they stand now.

    The latest closing stands in the case itself, the ones before a reopening in its past clocks.
    """
    latest = _wanted(Case.resolution_no, Case.closed_at).where(
        Case.closed_at >= since, Case.closed_at < until, Case.resolution_no > 0
    )
    earlier = _wanted(PastClock.resolution_no, PastClock.closed_at).join(PastClock)
    earlier = earlier.where(
        PastClock.closed_at >= since,
        PastClock.closed_at < until,
        PastClock.resolution_no < Case.resolution_no,
    )
    streams = (
        _read(session, latest.order_by(Case.closed_at, Case.id)),
        _read(session, earlier.order_by(PastClock.closed_at, Case.id)),
    )
    return heapq.merge(*streams, key=lambda each: (each.closed_at, each.case_id))


def _wanted(resolution_no: InstrumentedAttribute[Any], closed_at: InstrumentedAttribute[Any]) -> Select[Any]:
    alive = (Phone.contact_id == Case.contact_id) & Phone.dead.is_(False)
    number = select(Phone.number_index).where(alive).order_by(Phone.position).limit(1).scalar_subquery()
    remedied = exists().where(
        FollowUp.case_id == Case.id,
        FollowUp.state == "remedy",
        FollowUp.resolution_no == resolution_no - 1,
    )
    return (
        select(
            Case.id, Case.number, resolution_no, closed_at, *_FACTS,
            Case.contact_id, Contact.household_index, Contact.email_index, number.label("number_index"),
            exists().where(alive, Phone.kind == "mobile").label("has_mobile"),
            Contact.do_not_contact, and_(resolution_no > 1, remedied).label("is_remedied"),
        ).outerjoin(Contact, Contact.id == Case.contact_id)
    )  # fmt: skip


def _read(session: Session, wanted: Select[Any]) -> Iterator[Closing]:
    zone = settings_of(session).zone
    for row in session.execute(wanted.execution_options(yield_per=AT_ONCE)):
        (
            case_id, number, resolution_no, closed_at, kind, severity, category, department, service, area,
            close_reason, channel, contact, household, mail, phone, has_mobile, dnc, is_remedied,
        ) = row  # fmt: skip
        snapshot = Snapshot(
            kind, severity, category, department, service, area, close_reason,
            closed_at.astimezone(zone).date(), resolution_no, channel,
        )  # fmt: skip
        reached = (("sms", has_mobile), ("email", mail), ("phone", phone))
        yield Closing(
            case_id, number, resolution_no, closed_at, snapshot,
            circle=tuple(key for key in (contact, household, mail, phone) if key is not None),
            by=frozenset(way for way, there in reached if there),
            do_not_contact=bool(dnc), is_remedied=bool(is_remedied),
        )  # fmt: skip


def asked_before(session: Session, since: datetime, days: int) -> dict[object, datetime]:
    """Return who was asked in the days before the time looked at, and when last."""
    theirs = select(Case.contact_id).where(Case.closed_at >= since)
    wanted = select(ContactEvent.contact_id, func.max(ContactEvent.at)).where(
        ContactEvent.at >= since - timedelta(days=days),
        ContactEvent.at < since,
        ContactEvent.purpose.in_(ASKING),
        ContactEvent.contact_id.in_(theirs),
    )
    return dict(session.execute(wanted.group_by(ContactEvent.contact_id)).all())


def due_by_calendar(session: Session) -> DueAt:
    """Return when the rules ask: of an hour that lies within the shifts, or within none, counted once."""
    calendar, zone = load_calendar(session), settings_of(session).zone
    known: dict[tuple[datetime, float], tuple[datetime, datetime]] = {}

    def counted(moment: datetime, delay: float) -> datetime:
        try:
            return calendar.add_working_hours(moment, delay)
        except CalendarError:  # as planning does it: hours of the clock
            return moment + timedelta(hours=delay)

    def worked(closed_at: datetime, delay: float) -> datetime:
        hour = closed_at.replace(minute=0, second=0, microsecond=0)
        if (hour, delay) not in known:
            known[hour, delay] = counted(hour, delay), counted(hour + _HOUR, delay)
        first, last = known[hour, delay]
        if last - first in (_NOTHING, _HOUR):
            return first + (closed_at - hour if last > first else _NOTHING)
        return counted(closed_at, delay)

    def due(closed_at: datetime, terms: Terms) -> tuple[datetime, date]:
        delay = terms.delay_hours
        plain = terms.delay_in == "elapsed"
        at = closed_at + timedelta(hours=delay) if plain else worked(closed_at, delay)
        return at, at.astimezone(zone).date()

    return due


def odds(session: Session, now: datetime) -> Odds:
    """Return how links and calls went in the last half year; where that is too little, what we assume."""
    found = {
        "answer_rate": _answer_rate(session, now),
        "calls_per_task": _calls_per_task(session, now),
        "minutes_per_call": _minutes_per_call(session),
    }
    figures = {name: ASSUMED[name] if figure is None else figure for name, figure in found.items()}
    return Odds(**figures, assumed=frozenset(name for name, figure in found.items() if figure is None))


def _answer_rate(session: Session, now: datetime) -> float | None:
    asked = FollowUp.created_at.between(now - LOOKED_BACK, now - SETTLED) & FollowUp.invitation_id.is_not(
        None
    )
    wanted = select(func.count(), func.count(Response.id)).select_from(FollowUp)
    wanted = wanted.outerjoin(Response, (Response.id == FollowUp.response_id) & (Response.mode == "web"))
    n, answered = session.execute(wanted.where(asked)).one()
    return answered / n if n >= ENOUGH else None


def _calls_per_task(session: Session, now: datetime) -> float | None:
    wanted = select(func.count(), func.sum(Callback.attempts)).where(
        Callback.created_at >= now - LOOKED_BACK, Callback.state == "done", Callback.attempts > 0
    )
    n, calls = session.execute(wanted).one()
    return calls / n if n >= ENOUGH else None


def _minutes_per_call(session: Session) -> float | None:
    stands = Attempt.undone_at.is_(None) & Attempt.started_at.is_not(None)
    wanted = select(Attempt.started_at, Attempt.ended_at).where(stands)
    rows = session.execute(wanted.order_by(Attempt.id.desc()).limit(500)).all()
    return (
        _mean_minutes((started, ended) for started, ended in rows if started) if len(rows) >= ENOUGH else None
    )


def _mean_minutes(calls: Iterable[tuple[datetime, datetime]]) -> float:
    lengths = [min(ended - started, LONGEST_CALL).total_seconds() / 60 for started, ended in calls]
    return sum(lengths) / len(lengths)
