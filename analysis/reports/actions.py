"""Saving and pausing definitions; keeping what was made and telling its readers. Nothing commits."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from analysis.reports import policy, queries
from analysis.reports.models import ReportDefinition, ReportRun
from core import audit
from core.auth.addresses import email_of
from core.auth.models import User
from core.db import settings_of
from core.errors import ConflictError
from core.outbox.actions import enqueue


class TitleTakenError(ConflictError):
    """Another report has this title; choose one of its own, so that readers can tell them apart."""


class ChangedError(ConflictError):
    """Somebody else changed this report in the meantime; look at it again before you change it."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What somebody filled in: how often, compared with what, in which language, for whom."""

    title: str
    every: str
    compared_with: str
    language: str
    readers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """A report that is ready to be kept: its question, fingerprint, figures, and the words of its message."""

    period: str
    query: Mapping[str, Any]
    fingerprint: str
    figures: Mapping[str, Any]
    title: str
    words: tuple[str, str]  # the title and the text of the message; {link} stands for the address


def create(
    session: Session, questionnaire: str, query: Mapping[str, Any], terms: Terms, *, actor: str, now: datetime
) -> ReportDefinition:
    """Save a definition; its first report is about the period that ends next."""
    _check_title(session, terms.title, None)
    found = ReportDefinition(questionnaire=questionnaire, query=dict(query), active=True)
    _fill(session, found, terms, actor, now)
    found.next_due = _next(session, found, now)
    with _title_is_its_own(session):
        session.add(found)
    _record(session, found, "report.create", actor, now)
    return found


def change(
    session: Session, found: ReportDefinition, query: Mapping[str, Any], terms: Terms, *, version: int,
    actor: str, now: datetime,
) -> None:  # fmt: skip
    """Change a definition; ``version`` is the one that the form showed. What was made keeps its question."""
    if found.version != version:
        raise ChangedError
    _check_title(session, terms.title, found.id)
    rhythm, found.query = found.every, dict(query)
    with _title_is_its_own(session):
        _fill(session, found, terms, actor, now)
    if rhythm != found.every:
        found.next_due = _next(session, found, now)
    _record(session, found, "report.change", actor, now)


def switch(session: Session, found: ReportDefinition, *, on: bool, actor: str, now: datetime) -> None:
    """Pause a report, or let it go on with the period that ends next."""
    if found.active is on:
        return
    found.active = on
    found.next_due = _next(session, found, now) if on else None
    found.version += 1
    found.changed_at, found.changed_by, found.try_at = now, actor, None
    _record(session, found, "report.resume" if on else "report.pause", actor, now)


def keep(session: Session, found: ReportDefinition, made: Made, *, now: datetime) -> ReportRun | None:
    """Keep a report and queue its messages in the running transaction; None where its period has one."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    row = dialect.insert(ReportRun).values(
        uid=uuid4().hex, definition_id=found.id, title=made.title, period=made.period, query=dict(made.query),
        language=found.language, fingerprint=made.fingerprint, figures=dict(made.figures), made_at=now,
        made_by="scheduler",
    )  # fmt: skip
    new = row.on_conflict_do_nothing(index_elements=["definition_id", "period"]).returning(ReportRun)
    run: ReportRun | None = session.scalar(new)
    if run is not None:
        for user in queries.readers(session, found):
            _tell(session, run, user, made.words, now)
    return run


def settle(session: Session, found: ReportDefinition, *, now: datetime) -> None:
    """Move a definition on to the oldest period it still owes, or to the one that ends next."""
    session.flush()
    missing = queries.owed(session, found, now)
    if missing:
        settings = settings_of(session)
        found.next_due = policy.due_at(missing[0], settings.report_days, settings.zone)
    else:
        found.next_due, found.try_at = _next(session, found, now), None


def _tell(session: Session, run: ReportRun, user: User, words: tuple[str, str], now: datetime) -> None:
    title, body = words
    address = email_of(session, user)
    link = f"{settings_of(session).public_url.rstrip('/')}/analysis/reports/{run.uid}"
    enqueue(
        session,
        key=f"report:{run.uid}:{user.id}",
        channel="email" if address else "notice",
        purpose="notice",
        to=address or user.name,
        title=title,
        body=body.replace("{link}", link),
        language=run.language,
        contact_id=None,
        due_at=now,
        now=now,
    )


def _fill(session: Session, found: ReportDefinition, terms: Terms, actor: str, now: datetime) -> None:
    allowed = {user.id for user in queries.possible_readers(session)}
    found.title, found.every, found.compared_with = terms.title, terms.every, terms.compared_with
    found.language, found.readers = terms.language, [number for number in terms.readers if number in allowed]
    found.version = (found.version or 0) + 1
    found.changed_at, found.changed_by, found.try_at = now, actor, None


def _next(session: Session, found: ReportDefinition, now: datetime) -> datetime:
    settings = settings_of(session)
    return policy.next_due(found.every, now, settings.report_days, settings.zone)


def _check_title(session: Session, title: str, own: int | None) -> None:
    other = session.scalar(select(ReportDefinition.id).where(ReportDefinition.title == title))
    if other is not None and other != own:
        raise TitleTakenError


@contextmanager
def _title_is_its_own(session: Session) -> Iterator[None]:
    """Write what the block changes; of two who choose one title at once the slower one is told."""
    try:
        with session.begin_nested():
            yield
            session.flush()
    except IntegrityError:
        raise TitleTakenError from None


def _record(session: Session, found: ReportDefinition, action: str, actor: str, now: datetime) -> None:
    audit.record(
        session, actor=actor, action=action, subject=f"report:{found.id}", now=now, title=found.title,
        every=found.every, readers=found.readers, asks=found.query, version=found.version,
    )  # fmt: skip
