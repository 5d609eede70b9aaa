"""Reading questionnaires. A published version never changes, so each process reads it once."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.db import cache_of
from core.errors import HuifangError, NotFoundError
from core.texts import clean_text
from surveys.definition import Definition, ItemDefinition, content_hash, from_dict
from surveys.models import Invitation, Item, Questionnaire, Response, Version


class VersionChangedError(HuifangError):
    """A published questionnaire was changed in the database; restore it from a backup."""


@dataclass(frozen=True, slots=True)
class LoadedItem:
    """One item of a published version, with the row that answers point to."""

    id: int
    item_key: str
    kind: str
    scale: str
    role: str
    required: bool
    definition: ItemDefinition


@dataclass(frozen=True, slots=True)
class LoadedVersion:
    """A published version."""

    id: int
    questionnaire_id: int
    questionnaire_key: str
    number: int
    title: dict[str, str]
    items: tuple[LoadedItem, ...]
    definition: Definition
    content_hash: str

    def item(self, key: str) -> LoadedItem | None:
        return next((item for item in self.items if item.item_key == key), None)

    def with_role(self, role: str) -> LoadedItem | None:
        """Return the first item that plays this role."""
        return next((item for item in self.items if item.role == role), None)


def load_version(session: Session, version_id: int) -> LoadedVersion:
    """Return a published version, from the memory of this process where it was read before.

    Raises
    ------
    NotFoundError
        When there is no such version.
    VersionChangedError
        When its definition no longer has the hash it was published with.
    """
    cache = cache_of(session)
    found: LoadedVersion | None = cache.get(("version", version_id))
    if found is None:
        found = _read_version(session, version_id)
        if not is_uncommitted(session, ("version", version_id)):
            cache["version", version_id] = found
    return found


def remember_uncommitted(session: Session, key: object) -> None:
    """Note that a row is new in this transaction: what may be rolled back must not reach the cache."""
    session.info.setdefault("uncommitted", set()).add(key)


def is_uncommitted(session: Session, key: object) -> bool:
    """Tell whether a row was written in this transaction."""
    return key in session.info.get("uncommitted", ())


def _read_version(session: Session, version_id: int) -> LoadedVersion:
    row = session.execute(
        select(Version, Questionnaire.key)
        .join(Questionnaire, Questionnaire.id == Version.questionnaire_id)
        .where(Version.id == version_id)
    ).first()
    if row is None:
        raise NotFoundError("There is no such version of a questionnaire.")
    version, key = row
    definition = from_dict(version.definition)
    if content_hash(definition) != version.content_hash:
        raise VersionChangedError
    rows = session.execute(select(Item.item_key, Item.id).where(Item.version_id == version_id))
    ids = {row.item_key: row.id for row in rows}
    items = tuple(
        LoadedItem(ids[item.key], item.key, item.kind, item.scale, item.role, item.required, item)
        for item in definition.items
    )
    return LoadedVersion(
        id=version.id,
        questionnaire_id=version.questionnaire_id,
        questionnaire_key=key,
        number=version.number,
        title=dict(definition.title),
        items=items,
        definition=definition,
        content_hash=version.content_hash,
    )


def current_version(session: Session, questionnaire_key: str) -> LoadedVersion:
    """Return the version that new invitations use.

    Raises
    ------
    NotFoundError
        With the keys that exist.
    """
    found = session.execute(
        select(Questionnaire.current_version_id).where(Questionnaire.key == questionnaire_key)
    ).scalar_one_or_none()
    if found is None:
        known = ", ".join(session.scalars(select(Questionnaire.key).order_by(Questionnaire.key)))
        raise NotFoundError(f"There is no questionnaire {questionnaire_key!r}; there is: {known or 'none'}.")
    return load_version(session, found)


def versions(session: Session, questionnaire_key: str) -> list[LoadedVersion]:
    """Return every published version of a questionnaire, the first one first."""
    ids = session.scalars(
        select(Version.id)
        .join(Questionnaire, Questionnaire.id == Version.questionnaire_id)
        .where(Questionnaire.key == clean_text(questionnaire_key))
        .order_by(Version.number)
    ).all()
    return [load_version(session, version_id) for version_id in ids]


@dataclass(frozen=True, slots=True)
class VersionFigures:
    """When a version was published, by whom, and what came back."""

    published_at: datetime
    published_by: str
    responses: int
    invitations: int


def figures(session: Session, version_id: int) -> VersionFigures:
    """Return how often a version was asked and answered."""
    version = session.get_one(Version, version_id)
    answered = select(func.count()).select_from(Response).where(Response.version_id == version_id)
    asked = select(func.count()).select_from(Invitation).where(Invitation.version_id == version_id)
    return VersionFigures(
        version.published_at,
        version.published_by,
        session.execute(answered).scalar_one(),
        session.execute(asked).scalar_one(),
    )


def questionnaire_keys(session: Session) -> list[str]:
    """Return the keys of all questionnaires that have a published version."""
    return list(
        session.scalars(
            select(Questionnaire.key)
            .where(Questionnaire.current_version_id.is_not(None))
            .order_by(Questionnaire.key)
        )
    )


def listing(session: Session) -> list[dict[str, object]]:
    """Return what the command line prints of each questionnaire."""
    rows = []
    for key in questionnaire_keys(session):
        version = current_version(session, key)
        found = figures(session, version.id)
        rows.append(
            {
                "key": key,
                "title": version.title,
                "version": version.number,
                "items": len(version.items),
                "languages": list(version.definition.languages),
                "published_at": found.published_at.isoformat(),
                "responses": found.responses,
                "invitations": found.invitations,
                "content_hash": version.content_hash,
            }
        )
    return rows
