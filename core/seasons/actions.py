"""Adding, changing and removing the seasons of the organisation."""

import re
from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.errors import ConflictError, InputError
from core.i18n import _
from core.periods import PeriodError, parse_period
from core.seasons.models import Season
from core.seasons.policy import NamedSeason, folded
from core.seasons.queries import rule
from core.texts import clean_text

NAME_LENGTH, TITLE_LENGTH = 20, 40
_CALENDAR_LIKE = re.compile(r"[hq]?\d+|w\d+", re.IGNORECASE)
_PLAIN = re.compile(r"[^\W\d_][\w \-]*")


def clean(season: NamedSeason) -> NamedSeason:
    """Return a season as it is stored.

    Raises
    ------
    InputError
        For a name that could be read as another period, and for days that the calendar does not have.
    """
    name = clean_text(season.name, NAME_LENGTH)
    titles = {tag: clean_text(title, TITLE_LENGTH) for tag, title in season.titles.items()}
    titles = {tag: title for tag, title in titles.items() if title}
    if not name:
        raise InputError(_("Enter the name of the season, such as 供暖季."))
    for said in (name, *titles.values()):
        _refuse_calendar(said)
    for month, day in (season.first, season.last):
        if not _exists(month, day):
            raise InputError(
                _(
                    "There is no day %(day)s in month %(month)s; write 3-15 for 15 March.",
                    day=day,
                    month=month,
                )
            )
    return NamedSeason(name, season.first, season.last, titles)


def add(session: Session, season: NamedSeason, *, actor: str, now: datetime) -> Season:
    """Add a season."""
    cleaned = clean(season)
    _refuse_same(cleaned, session.scalars(select(Season)))
    row = Season(
        name=cleaned.name, titles=dict(cleaned.titles), first_month=cleaned.first[0],
        first_day=cleaned.first[1], last_month=cleaned.last[0], last_day=cleaned.last[1],
        changed_at=now, changed_by=actor,
    )  # fmt: skip
    session.add(row)
    session.flush()
    _record(session, "season.add", cleaned, actor=actor, now=now)
    return row


def change(session: Session, row: Season, season: NamedSeason, *, actor: str, now: datetime) -> bool:
    """Change a season; what was linked under its name shows the new days. False where nothing changed."""
    cleaned = clean(season)
    before = rule(row)
    if cleaned == before and dict(cleaned.titles) == dict(before.titles):
        return False
    _refuse_same(cleaned, (other for other in session.scalars(select(Season)) if other.id != row.id))
    row.name, row.titles = cleaned.name, dict(cleaned.titles)
    (row.first_month, row.first_day), (row.last_month, row.last_day) = cleaned.first, cleaned.last
    row.changed_at, row.changed_by = now, actor
    _record(session, "season.change", cleaned, actor=actor, now=now, was=_said(before))
    return True


def remove(session: Session, row: Season, *, actor: str, now: datetime) -> None:
    """Remove a season; its name is no period any more."""
    _record(session, "season.remove", rule(row), actor=actor, now=now)
    session.delete(row)


def _refuse_calendar(said: str) -> None:
    """Refuse what, typed after a year, could be taken for a quarter, a month, a week or a range."""
    try:
        parse_period(f"2025{said}")
    except PeriodError:
        if _PLAIN.fullmatch(said) and not _CALENDAR_LIKE.fullmatch(folded(said)):
            return
    raise InputError(
        _('"%(name)s" could be read as another period; a name begins with a letter and has letters, digits, '
          "spaces and dashes.", name=said)
    )  # fmt: skip


def _refuse_same(season: NamedSeason, others: Iterable[Season]) -> None:
    for other in others:
        if season.names & rule(other).names:
            raise ConflictError(_('There is a season called "%(name)s" already.', name=other.name))


def _exists(month: int, day: int) -> bool:
    try:
        return bool(date(2024, month, day))
    except ValueError:
        return False


def _said(season: NamedSeason) -> str:
    (month, day), (last_month, last_day) = season.first, season.last
    return f"{season.name} {month:02}-{day:02}..{last_month:02}-{last_day:02}"


def _record(
    session: Session, action: str, season: NamedSeason, *, actor: str, now: datetime, **detail: str
) -> None:
    subject = f"season:{season.name}"
    audit.record(
        session, actor=actor, action=action, subject=subject, now=now, season=_said(season), **detail
    )
