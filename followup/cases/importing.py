"""Importing cases: idempotent by (source, external id), whole or not at all, with a dry run."""

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from core import audit
from core.auth.models import User
from core.calendar import Calendar, CalendarError, load_calendar
from core.contacts.bulk import Person, find_or_save_many
from core.db import Database, settings_of
from core.i18n import _
from core.installation import wait_for_turn
from core.tabular import ImportReport, Mapping, read_table
from core.transitions import Transition
from followup import actions as follow_ups
from followup.cases import texts
from followup.cases.lifecycle import CASES
from followup.cases.merging import Changes, apply, changes_to, warm
from followup.cases.parsing import Context, ParsedCase, parse
from followup.cases.policy import TEXT_LIMIT, TITLE_LIMIT, due_workdays
from followup.cases.queries import Viewer, visible_to
from followup.cases.registering import numbers
from followup.models import Case

CHUNK = 500
SOURCE = "import"

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


@dataclass(frozen=True, slots=True)
class _Run:
    """What stays the same during one import."""

    source: str
    actor: str
    now: datetime
    calendar: Calendar
    handlers: dict[str, int]


def import_cases(
    database: Database,
    path: Path,
    *,
    source: str = "",
    mapping: Mapping | None = None,
    dry_run: bool = False,
    now: datetime,
    actor: str,
    name: str = "",
    viewer: Viewer | None = None,
) -> ImportReport:
    """Import a CSV or XLSX file; with any error in it nothing is written.

    With ``viewer`` the cases of other departments, which do not exist for this person, are errors.
    """
    table = read_table(path, name=name)
    report = ImportReport(dry_run=dry_run)
    settings = database.settings
    parsed = parse(table, Context(settings.zone, settings.country, now, mapping or Mapping()), report)
    if viewer is not None:
        with database.read() as session:
            _refuse_others(session, parsed, source or SOURCE, viewer, report)
    if report.errors or dry_run:
        with database.read() as session:
            _count(report, _sorted_out(session, parsed, source or SOURCE))
        return report
    with database.begin() as session:
        wait_for_turn(session, f"cases:{source or SOURCE}")
        run = _Run(source or SOURCE, actor, now, load_calendar(session), _handlers(session))
        for group in _sorted_out(session, parsed, run.source):
            _count(report, [group])
            _enter(session, group.new, run)
            for changes in group.changed:
                apply(session, changes, handlers=run.handlers, actor=actor, now=now)
        audit.record(
            session, actor=actor, action="cases.imported", subject=f"source:{run.source}", now=now,
            new=report.new, updated=report.updated, unchanged=report.unchanged,
        )  # fmt: skip
    return report


@dataclass(slots=True)
class _Group:
    """Some rows, by what they mean for the register."""

    new: list[ParsedCase]
    changed: list[Changes]
    unchanged: int


def _sorted_out(session: Session, parsed: Sequence[ParsedCase], source: str) -> Iterator[_Group]:
    handlers = _handlers(session)
    for start in range(0, len(parsed), CHUNK):
        chunk = parsed[start : start + CHUNK]
        ids = [row["external_id"] for row in chunk]
        found = session.scalars(select(Case).where(Case.source == source, Case.external_id.in_(ids)))
        known = {case.external_id: case for case in found}
        warm(session, known.values())
        changes = [
            changes_to(session, known[i], row, handlers)
            for row in chunk
            if (i := row["external_id"]) in known
        ]
        changed = [change for change in changes if change.any]
        new = [row for row in chunk if row["external_id"] not in known]
        yield _Group(new, changed, len(changes) - len(changed))


def _refuse_others(
    session: Session, parsed: Sequence[ParsedCase], source: str, viewer: Viewer, report: ImportReport
) -> None:
    """Report the rows that would change a case of another department."""
    for start in range(0, len(parsed), CHUNK):
        rows = {row["external_id"]: row for row in parsed[start : start + CHUNK]}
        theirs = select(Case.external_id).where(Case.source == source, Case.external_id.in_(list(rows)))
        seen = set(session.scalars(theirs.where(visible_to(viewer))))
        for external_id in session.scalars(theirs.order_by(Case.id)):
            if external_id in seen:
                continue
            expected = _("a case of your department; this one belongs to another.")
            fix = _("Take out the row, or ask a supervisor to import it.")
            report.add(rows[external_id or ""].row, "external_id", external_id or "", expected, fix)


def _count(report: ImportReport, groups: Iterable[_Group]) -> None:
    for group in groups:
        report.new += len(group.new)
        report.updated += len(group.changed)
        report.unchanged += group.unchanged


def _enter(session: Session, rows: list[ParsedCase], run: _Run) -> None:
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
    for case in cases:
        if case.closed_at is not None:
            follow_ups.plan(session, case, now=case.closed_at)


def _case(session: Session, row: ParsedCase, number: str, run: _Run) -> Case:
    uid = uuid.uuid4().hex
    status = _status(row)
    registered_at = _registered_at(row, run)
    closed_at = row.times.get("closed_at")
    return Case(
        uid=uid,
        number=number,
        source=run.source,
        external_id=row["external_id"],
        kind=row["kind"],
        severity=row["severity"] or "normal",
        category=row["category"],
        service_type=row["service_type"],
        district=row["district"],
        department=row["department"],
        channel=row["channel"] or "phone",
        title_sealed=texts.seal(session, row["title"], f"case.title:{uid}", TITLE_LIMIT),
        description_sealed=texts.seal(session, row["description"], f"case.description:{uid}", TEXT_LIMIT),
        result_sealed=texts.seal(session, row["result"], f"case.result:{uid}", TEXT_LIMIT),
        state=_walked(row, run)[-1][2] if PATHS[status] else "registered",
        handler_id=run.handlers.get(row["handler"].casefold()),
        handler_name="" if row["handler"].casefold() in run.handlers else row["handler"],
        close_reason=row["close_reason"],
        resolution_no=1 if closed_at else 0,
        registered_at=registered_at,
        due_at=row.times.get("due_at") or _due(run.calendar, registered_at, row["severity"]),
        closed_at=closed_at,
        changed_at=run.now,
    )


def _contacts(session: Session, rows: list[ParsedCase], run: _Run) -> dict[str, int]:
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


def _registered_at(row: ParsedCase, run: _Run) -> datetime:
    return row.times.get("registered_at") or min(run.now, row.times.get("closed_at", run.now))


def _walked(row: ParsedCase, run: _Run) -> list[tuple[str, str, str]]:
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


def _history(row: ParsedCase, case: Case, run: _Run) -> Iterator[dict[str, Any]]:
    for event, old, new in [("register", "", "registered"), *_walked(row, run)]:
        at = case.closed_at if event in _AT_CLOSING and case.closed_at else case.registered_at
        yield {"machine": "case", "subject_id": case.id, "event": event, "old": old, "new": new,
               "reason": "", "actor": run.actor, "at": at}  # fmt: skip


def _numbered(session: Session, rows: list[ParsedCase], run: _Run) -> list[str]:
    """Take the numbers of each day in one go."""
    zone = settings_of(session).zone
    days = [_registered_at(row, run).astimezone(zone).date() for row in rows]
    taken = {
        day: iter(numbers(session, _registered_at(rows[days.index(day)], run), days.count(day)))
        for day in sorted(set(days))
    }
    return [next(taken[day]) for day in days]


def _due(calendar: Calendar, at: datetime, severity: str) -> datetime | None:
    try:
        return calendar.add_workdays(at, due_workdays(severity))
    except CalendarError:  # as in registering.py: nothing is guessed
        return None


def _handlers(session: Session) -> dict[str, int]:
    """Return user ids by sign-in name and by display name where that is unique."""
    users = session.execute(select(User.id, User.name, User.display_name).where(User.active)).all()
    shown = Counter(user.display_name.casefold() for user in users)
    by_display_name = {name: user.id for user in users if shown[name := user.display_name.casefold()] == 1}
    return by_display_name | {user.name.casefold(): user.id for user in users}
