"""Sheets that are printed and typed in, for tests that look at what becomes of them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from core.auth.models import User
from core.db import Database
from surveys import answering
from surveys.paper import actions, entering, keying, queries
from surveys.paper.entering import Typist
from surveys.paper.models import PaperEntry
from surveys.parsing import Given, parse_form
from surveys.queries import LoadedVersion
from tests.surveys.paper import examples as ex

FULL = {
    "overall": "2", "reason": "家里 15 度，孩子冷。", "home": "1",
    "channels": ["1", "9"], "channels-other": "邻居转告",
    "warmth": "15", "since": "2026-11-16", "recommend": "3", "comment": "希望快一点。",
}  # fmt: skip


def printed(database: Database, version: LoadedVersion, sheets: int = 1) -> list[queries.FoundSheet]:
    """Print some sheets."""
    with database.begin() as session:
        run = actions.print_run(
            session, version, sheets=sheets, language="zh_Hans", size=16, instructions="",
            open_link_id=None, actor="lena", now=ex.NOW,
        )  # fmt: skip
        found = [queries.find_sheet(session, run.first + n) for n in range(sheets)]
    return [sheet for sheet in found if sheet is not None]


def typist(user: User) -> Typist:
    return Typist(user.id, user.name)


def read(version: LoadedVersion, **typed: Any) -> dict[str, Given]:
    """Return what somebody typed."""
    form = MultiDict[str, str]()
    for name, value in typed.items():
        form.setlist(name.replace("__", "-"), value if isinstance(value, list) else [value])
    answers, problems = parse_form(version, keying.read_form(version, form), mode="paper", complete=False)
    assert problems == {}
    return answers


def enter(
    database: Database,
    sheet: queries.FoundSheet,
    user: User,
    answers: dict[str, Given],
    *,
    day: date = date(2026, 11, 18),
    now: datetime = ex.NOW,
    **dimensions: str,
) -> bool:
    """Type a sheet in."""
    with database.begin() as session:
        return entering.enter(
            session, sheet, answers, day=day, dimensions=dimensions, typist=typist(user), now=now
        )


def entry(database: Database, sheet: queries.FoundSheet) -> PaperEntry:
    """Return what is known of a sheet that was typed in."""
    with database.read() as session:
        return session.scalars(select(PaperEntry).where(PaperEntry.serial == sheet.serial)).one()


def stored(database: Database, sheet: queries.FoundSheet) -> dict[str, Given]:
    """Return the stored answers of a sheet."""
    response_id = entry(database, sheet).response_id
    assert response_id is not None
    with database.read() as session:
        return answering.stored_answers(session, sheet.version, response_id)
