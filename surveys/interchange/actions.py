"""From what was understood to a draft. Nothing here commits."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import InputError, NotFoundError
from core.i18n import _
from surveys import actions as publishing
from surveys import queries as published
from surveys.definition import Definition, from_dict
from surveys.editor import actions as drafts
from surveys.editor import queries
from surveys.editor.models import Draft
from surveys.interchange.notes import Imported
from surveys.models import Questionnaire, Version


def make_draft(session: Session, imported: Imported, *, key: str, actor: str, now: datetime) -> bool:
    """Make what was read the draft of a questionnaire; tell whether the questionnaire is new.

    A draft that is being written is replaced; the editor brings it back once.
    """
    definition = from_dict(imported.definition)
    if not exists(session, key):
        drafts.create(session, definition, key=key, actor=actor, now=now)
        return True
    if session.get(Draft, queries.questionnaire(session, key).id) is None:
        drafts.start(session, key, actor=actor, now=now)
    draft = queries.draft(session, key)
    took_away = _("the draft before the import")
    seen = draft.revision
    drafts.save(session, draft, definition, revision=seen, actor=actor, now=now, took_away=took_away)
    return False


def publish(session: Session, imported: Imported, *, key: str, actor: str, now: datetime) -> Version:
    """Publish what was read at once; where it must be mended first, nothing is written."""
    if drafts.KEY.fullmatch(key) is None or key in drafts.TAKEN_BY_PAGES:
        raise InputError(
            _(
                "“%(key)s” is no key: small letters, digits and _ only, a letter first, 40 at most.",
                key=key[:40],
            )
        )
    return publishing.publish(session, from_dict(imported.definition), key=key, actor=actor, now=now)


def exists(session: Session, key: str) -> bool:
    """Tell whether there is a questionnaire with this key, published or not."""
    return session.scalar(select(Questionnaire.id).where(Questionnaire.key == key)) is not None


def free_key(session: Session, wanted: str) -> str:
    """Return a key that no questionnaire has, as near to the wanted one as can be."""
    start = wanted if drafts.KEY.fullmatch(wanted) and wanted not in drafts.TAKEN_BY_PAGES else "survey"
    taken = drafts.keys(session)
    key, number = start, 2
    while key in taken:
        key = f"{start[:36]}_{number}"
        number += 1
    return key


def definition_of(session: Session, key: str, number: int | None = None) -> Definition:
    """Return a published version by its number, or the current one.

    Raises
    ------
    NotFoundError
        When there is no such version.
    """
    if number is None:
        return published.current_version(session, key).definition
    found = next((version for version in published.versions(session, key) if version.number == number), None)
    if found is None:
        raise NotFoundError(_("There is no such version of this questionnaire."))
    return found.definition
