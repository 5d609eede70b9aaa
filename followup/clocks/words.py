"""What people read about clocks and limits."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.calendar import Calendar
from core.i18n import _, _l, language, ngettext, said_duration
from followup.clocks import faces
from followup.clocks.faces import Face, Reading
from followup.clocks.models import PastClock
from followup.clocks.policy import HOURS, WORKDAYS, WORKING_HOURS, Limits, Span, is_late
from followup.clocks.queries import reading
from followup.models import Case

CLOCK = {
    "response": _l("First answer"),
    "resolution": _l("Resolution"),
    "decision": _l("Decision about reopening"),
}
LEVEL = {"warning": _l("nearly due"), "breach": _l("overdue"), "escalated": _l("escalated")}
LEVEL_TONE = {"warning": "warn", "breach": "bad", "escalated": "bad"}
UNIT = {HOURS: _l("hours"), WORKING_HOURS: _l("working hours"), WORKDAYS: _l("working days")}
TONE = {
    faces.RUNNING: "neutral", faces.NEAR: "warn", faces.LATE: "bad", faces.PAUSED: "info",
    faces.MET: "good", faces.MISSED: "bad", faces.UNKNOWN: "warn",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ClockLine:
    """One clock as people read it."""

    name: str
    said: str
    tone: str
    due_at: datetime | None
    state: str


@dataclass(frozen=True, slots=True)
class PastLine:
    """The resolution of one earlier closing as people read it."""

    number: int
    said: str
    tone: str
    closed_at: datetime


def for_page(session: Session, case: Case, now: datetime) -> dict[str, object]:
    """Return the clocks of a case for its page, and those of its earlier closings."""
    read = reading(session, now)
    lines = lines_of(case, read)
    wanted = select(PastClock).where(PastClock.case_id == case.id).order_by(PastClock.resolution_no.desc())
    past = [PastLine(row.resolution_no, *_past_words(row)) for row in session.scalars(wanted)]
    return {"clocks": lines, "clock": lines[1] if lines else None, "past_clocks": past}


def _past_words(row: PastClock) -> tuple[str, str, datetime]:
    """Return how an earlier closing stood to its limit, the tone of that, and when it was."""
    if row.due_at is None:
        return _("without a limit"), "neutral", row.closed_at
    late = is_late(row.due_at, row.closed_at, row.closed_at)
    return (_("late"), "bad", row.closed_at) if late else (_("in time"), "good", row.closed_at)


def clock_of(case: Case, read: Reading) -> ClockLine | None:
    """Return the clock of the resolution, which a list shows."""
    lines = lines_of(case, read)
    return lines[1] if lines else None


def lines_of(case: Case, read: Reading) -> tuple[ClockLine, ...]:
    """Return the clocks of a case: of the first answer, then of the resolution."""
    return tuple(
        ClockLine(
            str(CLOCK[face.clock]), said_face(face, read.calendar), TONE[face.state], face.due_at, face.state
        )
        for face in faces.faces_of(case, read) or ()
    )


def said_face(face: Face, calendar: Calendar) -> str:
    """Say how a clock stands in a few words."""
    length = said_length(face.length or timedelta(0), calendar, counts_work=face.counts_work)
    if face.state in (faces.RUNNING, faces.NEAR):
        return _("%(length)s left", length=length)
    if face.state == faces.LATE:
        return _("%(length)s overdue", length=length)
    if face.state == faces.PAUSED:
        return _("stands still, %(length)s left", length=length)
    if face.state == faces.MET:
        return _("in time")
    if face.state == faces.MISSED:
        return _("%(length)s late", length=length)
    return _("without a limit: the days off of that year are not known")


def said_length(length: timedelta, calendar: Calendar, *, counts_work: bool) -> str:
    """Say a length of time; working time is said as such, and from a workday on in workdays."""
    if not counts_work:
        return said_duration(length, language())
    day = calendar.usual_day()
    if length >= day:
        days = round(length / day, 1)  # 4.99 days are five to everybody
        count = 1 if days == 1 else 2
        return ngettext("%(days)s working day", "%(days)s working days", count, days=f"{days:g}")
    return _("%(length)s (work)", length=said_duration(length, language()))


def said_alert(clock: str, level: str) -> str:
    """Say an alert, or that somebody has seen it, as the timeline does."""
    if level == "seen":
        return _("Alert seen: %(clock)s", clock=CLOCK[clock])
    return f"{CLOCK[clock]} · {LEVEL[level]}"


def said_span(span: Span) -> str:
    """Say a limit: ``3 working days``."""
    amount = f"{span.amount:g}"
    if span.unit == HOURS:
        return ngettext("%(amount)s hour", "%(amount)s hours", _count(span), amount=amount)
    if span.unit == WORKING_HOURS:
        return ngettext("%(amount)s working hour", "%(amount)s working hours", _count(span), amount=amount)
    return ngettext("%(amount)s working day", "%(amount)s working days", _count(span), amount=amount)


def said_limits(limits: Limits) -> str:
    """Say what limits mean for a case, in one sentence."""
    return _(
        "The customer has a first answer within %(response)s, and the case is closed within %(resolution)s.",
        response=said_span(limits.response), resolution=said_span(limits.resolution),
    )  # fmt: skip


def _count(span: Span) -> int:
    return 1 if span.amount == 1 else 2
