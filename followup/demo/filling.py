"""Filling an empty database with the demo, and remembering how to sign in to it."""

import os
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.auth.actions import add_user
from core.auth.models import User
from core.calendar import DECLARED, is_published
from core.db import Database, settings_of
from core.errors import ConflictError
from core.installation import CalendarDay, remember
from core.settings import Settings
from followup.cases.categorising import seed_categories
from followup.cases.severity_rules import seed_severity_rules
from followup.demo.desk import leave_desk
from followup.demo.history import fill_history
from followup.demo.loop import live
from followup.demo.texts import STAFF
from followup.demo.unfinished import leave_unfinished
from followup.models import Case, Rule, RuleVersion
from followup.rules.actions import change, seed_rules
from followup.rules.policy import Terms
from surveys import queries, seeds

SIGN_IN_FILE = "demo-sign-in.txt"
VISITS, SMALL_VISITS = 8_000, 800
EVERY_DAY, SINCE = 400, 3  # days ahead and back
ABOVE: list[Callable[..., None]] = []  # what the floors above add, called with session and now=


class NotEmptyError(ConflictError):
    """The database is not empty; demo data never mixes with real data. Use another HUIFANG_DATA_DIR."""


def fill(database: Database, *, now: datetime, small: bool = False) -> dict[str, int]:
    """Fill an empty database; return how many answers and cases there are now.

    Raises
    ------
    NotEmptyError
        When somebody is in the database already.
    """
    with database.begin() as session:
        if session.scalar(select(User.id).limit(1)) or session.scalar(select(Case.id).limit(1)):
            raise NotEmptyError
        remember(session, "demo", now.isoformat())
        _know_the_calendar(session, now)
        seeds.seed(session, now)
        seed_categories(session)
        seed_severity_rules(session)
        _add_staff(session, now)
        version = queries.current_version(session, seeds.RETURN_VISIT)
        visits = SMALL_VISITS if small else VISITS
        answers = fill_history(session, version, now=now, visits=visits)
        seed_rules(session, actor="demo", now=now - timedelta(days=90), active=True)
    live(database, now=now, small=small)
    with database.begin() as session:
        leave_unfinished(session, now)
        _work_every_day(session, now)
        leave_desk(session, now)
        _follow_up_at_once(session, now)
        for more in ABOVE:
            more(session, now=now)
    with database.read() as session:
        return {"answers": answers, "cases": session.scalar(select(func.count()).select_from(Case)) or 0}


def sign_ins(data_dir: Path) -> list[tuple[str, str, str]]:
    """Return (name, password, role) of the demo's people; empty where this machine did not make the demo."""
    path = data_dir / SIGN_IN_FILE
    if not path.exists():
        return []
    password = path.read_text("ascii").strip()
    return [(name, password, role) for name, role, _shown, _department in STAFF]


def around_the_clock(settings: Settings) -> Settings:
    """Let the demo's company call and write at any hour, so that a visitor can walk the loop at night.

    Hours that somebody set are left alone.
    """
    usual, always = Settings(), "00:00-24:00"
    return replace(
        settings,
        call_hours=always if settings.call_hours == usual.call_hours else settings.call_hours,
        message_hours=always if settings.message_hours == usual.message_hours else settings.message_hours,
    )


def _follow_up_at_once(session: Session, now: datetime) -> None:
    """Let the rules ask without waiting, so that a closed case is followed up at the next tick.

    No delay in working hours would still be the next opening of the office.
    """
    for rule in session.scalars(select(Rule)).all():
        version = session.get_one(RuleVersion, rule.current_version_id)
        change(
            session, rule.id, name=rule.name,
            terms=replace(Terms.from_json(version.terms), delay_hours=0.0, delay_in="elapsed"),
            questionnaire_id=version.questionnaire_id, actor="demo", now=now,
        )  # fmt: skip


def _work_every_day(session: Session, now: datetime) -> None:
    """Make every day from now on, and the last few, a working day of the demo, for the same reason."""
    today = now.astimezone(settings_of(session).zone).date()
    for ahead in range(-SINCE, EVERY_DAY):
        session.add(CalendarDay(day=today + timedelta(days=ahead), is_workday=True, note="demo"))


def _know_the_calendar(session: Session, now: datetime) -> None:
    """Let the demo run in a year whose days off are not published yet: with plain weeks, which a real
    installation would never assume.
    """
    settings = settings_of(session)
    for year in {(now + timedelta(days=days)).year for days in (-30, 0, 60)}:
        if not is_published(settings.country, year):
            remember(session, f"{DECLARED}{year}", "demo: plain weeks")


def _add_staff(session: Session, now: datetime) -> None:
    password = f"demo-{secrets.token_hex(4)}-{secrets.token_hex(4)}"
    for name, role, shown, department in STAFF:
        add_user(
            session, name=name, role=role, display_name=shown, department=department, language="",
            is_demo=True, password=password, actor="demo", now=now,
        )  # fmt: skip
    path = settings_of(session).data_dir / SIGN_IN_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(password + "\n")
