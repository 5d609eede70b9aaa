"""What is chosen on the way from upload to import: kept with the upload, and per source for the next file."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.auth.models import User
from core.tabular import Mapping as FileMapping
from core.uploads import PendingImport
from followup.cases.imports.checking import File
from followup.cases.imports.models import ImportMapping
from followup.models import Case

Values = dict[str, dict[str, str]]  # our column -> word in the file -> ours


@dataclass(slots=True)
class Choices:
    """How an uploaded file is to be read."""

    source: str
    sheet: str = ""
    columns: dict[str, str] = field(default_factory=dict)  # heading -> our column, "" to leave it aside
    values: Values = field(default_factory=dict)

    def digest(self) -> str:
        """Return what tells these choices from others."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


def choices_of(row: PendingImport) -> Choices:
    """Return what was chosen for an upload so far."""
    return Choices(**(row.choices or {"source": row.source}))


def keep_choices(session: Session, row: PendingImport, choices: Choices) -> None:
    """Keep what was chosen; what an earlier check found goes for other choices."""
    stored = session.get_one(PendingImport, row.id)
    stored.choices, stored.found = asdict(choices), None
    session.flush()


def file_of(row: PendingImport, path: Path, departments: frozenset[str]) -> File:
    """Return the uploaded file with how it is to be read."""
    chosen = choices_of(row)
    mapping = FileMapping(columns=chosen.columns, values=chosen.values)
    return File(path, row.name, chosen.source, mapping, chosen.sheet, asks=True, departments=departments)


def known_departments(session: Session) -> frozenset[str]:
    """Return the departments that cases or people belong to."""
    of_cases = session.scalars(select(Case.department).distinct())
    of_people = session.scalars(select(User.department).distinct())
    return frozenset(name for name in (*of_cases, *of_people) if name)


def saved_for(session: Session, source: str) -> tuple[Mapping[str, str], Values]:
    """Return how the last file of this source was read: columns and values."""
    saved = session.get(ImportMapping, source)
    return (saved.columns, saved.values) if saved else ({}, {})


def save_for_next_time(session: Session, choices: Choices, *, actor: str, now: datetime) -> None:
    """Keep the choices for the next file of this source; "all the others" is asked anew each time."""
    values = {
        column: named
        for column, words in choices.values.items()
        if (named := {found: ours for found, ours in words.items() if found})
    }
    session.merge(
        ImportMapping(
            source=choices.source, columns=choices.columns, values=values, changed_by=actor, changed_at=now
        )
    )
    session.flush()
