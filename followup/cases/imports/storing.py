"""Writing the rows of one chunk: new cases with their history, changed ones, and how to undo both."""

import base64
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from core.auth.models import User
from core.calendar import Calendar, load_calendar
from core.contacts.bulk import Person, find_or_save_many
from core.db import settings_of
from core.transitions import Transition
from followup import actions as follow_ups
from followup.cases import repeats, texts
from followup.cases.imports.merging import Changes, apply, changes_to, warm
from followup.cases.imports.models import ImportedCase
from followup.cases.imports.parsing import ParsedCase
from followup.cases.lifecycle import CASES
from followup.cases.models import SeverityRule
from followup.cases.policy import TEXT_LIMIT, TITLE_LIMIT
from followup.cases.registering import SUGGESTED, numbers
from followup.cases.severity import Suggestion, active_rules, first_fit
from followup.clocks.limits import for_case
from followup.clocks.policy import Table
from followup.clocks.queries import limit_table
from followup.hooks import tell_closed
from followup.models import Case

# What has happened to a case by the time a file says this of it.
PATHS = {
    "registered": (),
    "assigned": ("assign",),
    "in_progress": ("assign", "accept"),
    "waiting_customer": ("assign", "accept", "wait"),
    "closed": ("assign", "accept", "request_closing", "approve"),
    "cancelled": ("cancel",),
}
_AT_CLOSING = ("request_closing", "approve", "cancel")


# What an import may change of a case, and what closing changes with it.
CHANGEABLE = (
    "contact_id", "kind", "severity", "category", "service_type", "district", "department", "channel",
    "title_sealed", "description_sealed", "result_sealed", "state", "handler_id", "handler_name",
    "close_reason", "resolution_no", "response_due_at", "responded_at", "due_at", "paused_at", "closed_at",
)  # fmt: skip
_Limits = tuple[datetime | None, datetime | None]


@dataclass(frozen=True, slots=True)
class Run:
    """What stays the same while one chunk is stored."""

    source: str
    actor: str
    now: datetime
    calendar: Calendar
    table: Table
    handlers: Mapping[str, int]
    severity_rules: Sequence[SeverityRule]
    limits: dict[tuple[str, str, datetime], _Limits] = field(default_factory=dict)

    def limits_of(self, kind: str, severity: str, at: datetime) -> _Limits:
        key = kind, severity, at
        if key not in self.limits:
            self.limits[key] = for_case(kind, severity, at, self.calendar, self.table)
        return self.limits[key]

    def suggested(self, row: ParsedCase) -> Suggestion | None:
        """Return what the rules say about a row whose file leaves the severity open."""
        if row["severity"]:
            return None
        words = f"{row['title']} {row['description']}"
        return first_fit(self.severity_rules, kind=row["kind"], category=row["category"], words=words)


@dataclass(slots=True)
class Group:
    """Some rows, by what they mean for the register."""

    new: list[ParsedCase]
    changed: list[Changes]
    unchanged: int


def begin(session: Session, *, source: str, actor: str, now: datetime) -> Run:
    """Load what the rows of a chunk share."""
    calendar, table, handlers = load_calendar(session), limit_table(session), handlers_by_name(session)
    return Run(source, actor, now, calendar, table, handlers, active_rules(session))


def sort_out(session: Session, rows: Sequence[ParsedCase], source: str, handlers: Mapping[str, int]) -> Group:
    """Tell new rows from known ones, and those from what is changed."""
    ids = [row["external_id"] for row in rows]
    found = session.scalars(select(Case).where(Case.source == source, Case.external_id.in_(ids)))
    known = {case.external_id: case for case in found}
    warm(session, known.values())
    changes = [
        changes_to(session, known[i], row, handlers) for row in rows if (i := row["external_id"]) in known
    ]
    changed = [change for change in changes if change.any]
    new = [row for row in rows if row["external_id"] not in known]
    return Group(new, changed, len(changes) - len(changed))


def store(session: Session, batch_id: int, rows: Sequence[ParsedCase], run: Run) -> Group:
    """Write some rows, each with what it takes to undo it."""
    group = sort_out(session, rows, run.source, run.handlers)
    marks = [_mark(batch_id, case, made=True) for case in _enter(session, group.new, run)]
    for changes in group.changed:
        before = snapshot(changes.case) | {"as_of": _as_of(changes.case)}
        apply(session, changes, handlers=run.handlers, actor=run.actor, now=run.now)
        marks.append(_mark(batch_id, changes.case, made=False, before=before))
    if marks:
        session.execute(insert(ImportedCase), marks)
    return group


def snapshot(case: Case) -> dict[str, Any]:
    """Return the changeable columns of a case as JSON can hold them."""
    return {name: _plain(getattr(case, name)) for name in CHANGEABLE}


def _as_of(case: Case) -> list[Any]:
    """Return by what an earlier import knows the case as it left it."""
    return [case.version, case.changed_at.isoformat()]


def handlers_by_name(session: Session) -> dict[str, int]:
    """Return user ids by sign-in name and by display name where that is unique."""
    users = session.execute(select(User.id, User.name, User.display_name).where(User.active)).all()
    shown = Counter(user.display_name.casefold() for user in users)
    by_display_name = {name: user.id for user in users if shown[name := user.display_name.casefold()] == 1}
    return by_display_name | {user.name.casefold(): user.id for user in users}


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.isoformat() if isinstance(value, datetime) else value


def _mark(batch_id: int, case: Case, *, made: bool, before: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"batch_id": batch_id, "case_id": case.id, "made": made, "before": before,
            "version": case.version, "changed_at": case.changed_at}  # fmt: skip


def _enter(session: Session, rows: list[ParsedCase], run: Run) -> list[Case]:
    """Write new cases with their history, and plan what the rules owe the closed ones."""
    numbered, contact_ids = _numbered(session, rows, run), _contacts(session, rows, run)
    cases = [_case(session, row, number, run) for row, number in zip(rows, numbered, strict=True)]
    for case in cases:
        case.contact_id = contact_ids.get(case.external_id or "")
    session.add_all(cases)
    session.flush()
    moves = [move for row, case in zip(rows, cases, strict=True) for move in _history(row, case, run)]
    if moves:
        session.execute(insert(Transition), moves)
    repeats.settle(session, cases, now=run.now)
    closed = [case for case in cases if case.closed_at is not None]
    follow_ups.plan_many(session, closed)
    tell_closed(session, closed, run.now)
    return cases


def _case(session: Session, row: ParsedCase, number: str, run: Run) -> Case:
    uid = uuid.uuid4().hex
    status, suggestion = _status(row), run.suggested(row)
    severity = suggestion.severity if suggestion else row["severity"] or "normal"
    registered_at, closed_at = _registered_at(row, run), row.times.get("closed_at")
    response_due_at, due_at = run.limits_of(row["kind"], severity, registered_at)
    waits = status == "waiting_customer"
    return Case(
        uid=uid,
        number=number,
        source=run.source,
        external_id=row["external_id"],
        kind=row["kind"],
        severity=severity,
        category=row["category"],
        service_type=row["service_type"],
        district=row["district"],
        department=row["department"],
        channel=row["channel"] or "import",
        title_sealed=texts.seal(session, row["title"], f"case.title:{uid}", TITLE_LIMIT),
        description_sealed=texts.seal(session, row["description"], f"case.description:{uid}", TEXT_LIMIT),
        result_sealed=texts.seal(session, row["result"], f"case.result:{uid}", TEXT_LIMIT),
        state=_walked(row, run)[-1][2] if PATHS[status] else "registered",
        handler_id=run.handlers.get(row["handler"].casefold()),
        handler_name="" if row["handler"].casefold() in run.handlers else row["handler"],
        close_reason=row["close_reason"],
        resolution_no=1 if closed_at else 0,
        registered_at=registered_at,
        response_due_at=response_due_at,
        responded_at=closed_at or (registered_at if waits else None),  # whom one waits for was asked
        due_at=row.times.get("due_at") or due_at,
        paused_at=run.now if waits else None,
        closed_at=closed_at,
        changed_at=run.now,
        version=1,
    )


def _contacts(session: Session, rows: list[ParsedCase], run: Run) -> dict[str, int]:
    """Find or save the customers of some rows; return contact ids by external id."""
    named = [row for row in rows if row.has_contact]
    people = [
        Person(row["name"], tuple(row.phones), row["email"], row["address"], row["household"],
               row["language"] or "zh_Hans")
        for row in named
    ]  # fmt: skip
    ids = find_or_save_many(session, people, source=run.source, now=run.now)
    return {row["external_id"]: contact_id for row, contact_id in zip(named, ids, strict=True)}


def _status(row: ParsedCase) -> str:
    return "closed" if row.is_closed else row["status"] or "registered"


def _registered_at(row: ParsedCase, run: Run) -> datetime:
    return row.times.get("registered_at") or min(run.now, row.times.get("closed_at", run.now))


def _walked(row: ParsedCase, run: Run) -> list[tuple[str, str, str]]:
    """Return the steps (event, old, new) that lead to what the file says, each with its guard asked."""
    state, steps = "registered", []
    facts = {
        "handler_name": row["handler"],
        "department": row["department"] or run.source,  # the other system knew who it was
        "result": row["result"] or run.source,
        "why": run.source,
    }
    for event in PATHS[_status(row)]:
        new = CASES.next_state(state, event, facts)
        steps.append((event, state, new))
        state = new
    return steps


def _history(row: ParsedCase, case: Case, run: Run) -> Iterator[dict[str, Any]]:
    suggestion = run.suggested(row)
    why = SUGGESTED + suggestion.to_text() if suggestion else ""
    for event, old, new in [("register", "", "registered"), *_walked(row, run)]:
        at = case.closed_at if event in _AT_CLOSING and case.closed_at else case.registered_at
        yield {"machine": "case", "subject_id": case.id, "event": event, "old": old, "new": new,
               "reason": why if event == "register" else "", "actor": run.actor, "at": at}  # fmt: skip


def _numbered(session: Session, rows: list[ParsedCase], run: Run) -> list[str]:
    """Take the numbers of each day in one go."""
    zone = settings_of(session).zone
    days = [_registered_at(row, run).astimezone(zone).date() for row in rows]
    taken = {
        day: iter(numbers(session, _registered_at(rows[days.index(day)], run), days.count(day)))
        for day in sorted(set(days))
    }
    return [next(taken[day]) for day in days]
