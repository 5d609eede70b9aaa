"""Reading drafts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import NotFoundError
from core.i18n import _
from core.texts import clean_text
from surveys import queries as published
from surveys.definition import Definition, from_dict
from surveys.editor.models import Draft
from surveys.models import Questionnaire
from surveys.queries import LoadedVersion

UNDO = (
    "undo"  # beside the definition: {"what": …, "name": …, "definition": …} of the last press that took away
)


class NoDraftError(NotFoundError):
    """There is no draft of this questionnaire."""


@dataclass(frozen=True, slots=True)
class LoadedDraft:
    """A draft with what was published before it."""

    questionnaire_id: int
    key: str
    definition: Definition
    revision: int
    updated_at: datetime
    updated_by: str
    undo: dict[str, Any] | None
    versions: tuple[LoadedVersion, ...]

    @property
    def history(self) -> tuple[Definition, ...]:
        return tuple(version.definition for version in self.versions)

    @property
    def languages(self) -> tuple[str, ...]:
        return self.definition.languages

    @property
    def title(self) -> dict[str, str]:
        return {language: text for language, text in self.definition.title.items() if text}


def questionnaire(session: Session, key: str) -> Questionnaire:
    """Return a questionnaire, published or not."""
    found = session.scalars(select(Questionnaire).where(Questionnaire.key == clean_text(key))).first()
    if found is None:
        raise NotFoundError(_("There is no such questionnaire."))
    return found


def draft(session: Session, key: str) -> LoadedDraft:
    """Return the draft of a questionnaire; raise ``NoDraftError`` where nothing is being written."""
    found = questionnaire(session, key)
    row = session.get(Draft, found.id)
    if row is None:
        raise NoDraftError
    return LoadedDraft(
        questionnaire_id=found.id,
        key=found.key,
        definition=from_dict(row.definition),
        revision=row.revision,
        updated_at=row.updated_at,
        updated_by=row.updated_by,
        undo=row.definition.get(UNDO),
        versions=tuple(published.versions(session, found.key)),
    )


@dataclass(frozen=True, slots=True)
class Listed:
    """One questionnaire of the list."""

    key: str
    title: dict[str, str]
    anonymous: bool
    current: LoadedVersion | None
    draft_by: str | None
    draft_at: datetime | None


def listing(session: Session) -> list[Listed]:
    """Return all questionnaires, those that were never published too."""
    wanted = (
        select(Questionnaire, Draft.updated_by, Draft.updated_at)
        .outerjoin(Draft, Draft.questionnaire_id == Questionnaire.id)
        .order_by(Questionnaire.key)
    )
    found = []
    for row, by, at in session.execute(wanted).all():
        current = published.load_version(session, row.current_version_id) if row.current_version_id else None
        found.append(Listed(row.key, dict(row.title), row.anonymous, current, by, at))
    return found


def draft_mark(session: Session, questionnaire_id: int) -> tuple[str, datetime] | None:
    """Return who wrote a draft last and when, where there is one."""
    wanted = select(Draft.updated_by, Draft.updated_at).where(Draft.questionnaire_id == questionnaire_id)
    row = session.execute(wanted).first()
    return (row.updated_by, row.updated_at) if row else None
