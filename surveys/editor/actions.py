"""Writing drafts. A draft is saved over the revision that was read, or not at all. Nothing here commits."""

import re
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import audit
from core.errors import ConflictError, InputError, NotFoundError
from core.i18n import _
from surveys import actions as publishing
from surveys import queries as published
from surveys.definition import Definition
from surveys.editor import comparing, queries
from surveys.editor.drafting import to_plain
from surveys.editor.models import Draft
from surveys.editor.queries import UNDO, LoadedDraft
from surveys.models import Questionnaire, Version

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
TAKEN_BY_PAGES = {"new", "import"}  # /questionnaires/new is a page


class StaleDraftError(ConflictError):
    """Somebody else changed this draft in the meantime."""

    def __init__(self, by: str, at: datetime) -> None:
        super().__init__()
        self.by, self.at = by, at


class NothingNewError(InputError):
    """The draft says what the current version says; there is nothing to publish."""


def create(session: Session, definition: Definition, *, key: str, actor: str, now: datetime) -> Questionnaire:
    """Begin a new questionnaire: a draft, and nothing published yet."""
    if KEY.fullmatch(key) is None or key in TAKEN_BY_PAGES:
        raise InputError(
            _(
                "“%(key)s” is no key: small letters, digits and _ only, a letter first, 40 at most.",
                key=key[:40],
            )
        )
    made = Questionnaire(key=key, title=dict(definition.title), anonymous=False, created_at=now)
    try:
        with session.begin_nested():
            session.add(made)
            session.flush()
    except IntegrityError:
        raise InputError(_("There is a questionnaire with this key already; choose another one.")) from None
    _add_draft(session, made.id, definition, actor=actor, now=now)
    _record(session, "questionnaire.create", key, actor=actor, now=now)
    return made


def start(session: Session, key: str, *, actor: str, now: datetime) -> bool:
    """Make a draft from the current version; tell whether there was none yet."""
    found = queries.questionnaire(session, key)
    if session.get(Draft, found.id) is not None:
        return False
    current = published.current_version(session, key)
    try:
        with session.begin_nested():
            _add_draft(session, found.id, replace(current.definition, changes={}), actor=actor, now=now)
    except IntegrityError:  # pressed twice at the same moment
        return False
    _record(session, "questionnaire.draft", key, actor=actor, now=now, version=current.number)
    return True


def _add_draft(
    session: Session, questionnaire_id: int, definition: Definition, *, actor: str, now: datetime
) -> None:
    session.add(
        Draft(
            questionnaire_id=questionnaire_id,
            definition=to_plain(definition),
            revision=1,
            updated_at=now,
            updated_by=actor,
        )
    )
    session.flush()


def save(
    session: Session,
    draft: LoadedDraft,
    definition: Definition,
    *,
    revision: int,
    actor: str,
    now: datetime,
    took_away: str = "",
) -> None:
    """Write the draft over the revision that the writer saw.

    ``took_away`` names what the step removed; the draft before it is then kept for one undo.
    """
    plain = to_plain(definition)
    if took_away:
        plain[UNDO] = {"name": took_away, "definition": to_plain(draft.definition)}
    _write(session, draft, plain, revision=revision, actor=actor, now=now)
    if not draft.versions:
        found = session.get_one(Questionnaire, draft.questionnaire_id)
        found.title = dict(definition.title)


def _write(
    session: Session, draft: LoadedDraft, plain: dict[str, Any], *, revision: int, actor: str, now: datetime
) -> None:
    wanted = (
        update(Draft)
        .where(Draft.questionnaire_id == draft.questionnaire_id, Draft.revision == revision)
        .values(definition=plain, revision=revision + 1, updated_at=now, updated_by=actor)
        .execution_options(synchronize_session=False)
    )
    if cast(CursorResult[Any], session.execute(wanted)).rowcount != 1:
        raise _stale(session, draft)


def _stale(session: Session, draft: LoadedDraft) -> ConflictError:
    mark = queries.draft_mark(session, draft.questionnaire_id)
    return StaleDraftError(*mark) if mark else ConflictError(_("This draft was published or thrown away."))


def undo(session: Session, draft: LoadedDraft, *, revision: int, actor: str, now: datetime) -> bool:
    """Bring back what the last step took away; tell whether there was something."""
    if draft.undo is None:
        return False
    _write(session, draft, draft.undo["definition"], revision=revision, actor=actor, now=now)
    return True


def start_from(
    session: Session, key: str, number: int, *, revision: int, actor: str, now: datetime, name: str
) -> None:
    """Make the draft say what an old version said; what it said before can be brought back once."""
    version = next((v for v in published.versions(session, key) if v.number == number), None)
    if version is None:
        raise NotFoundError(_("There is no such version of this questionnaire."))
    wanted = replace(version.definition, changes={})
    found = queries.questionnaire(session, key)
    if session.get(Draft, found.id) is None:
        _add_draft(session, found.id, wanted, actor=actor, now=now)
    else:
        draft = queries.draft(session, key)
        save(session, draft, wanted, revision=revision, actor=actor, now=now, took_away=name)
    _record(session, "questionnaire.draft", key, actor=actor, now=now, version=number)


def discard(session: Session, draft: LoadedDraft, *, revision: int, actor: str, now: datetime) -> None:
    """Throw a draft away; a questionnaire that was never published goes with it."""
    _claim(session, draft, revision)
    if not draft.versions:
        try:
            with session.begin_nested():
                session.execute(delete(Questionnaire).where(Questionnaire.id == draft.questionnaire_id))
        except IntegrityError:
            raise ConflictError(
                _("Something else uses this questionnaire already; publish it instead.")
            ) from None
    _record(session, "questionnaire.discard", draft.key, actor=actor, now=now)


def publish(
    session: Session,
    draft: LoadedDraft,
    *,
    revision: int,
    decided: dict[str, str],
    anonymous: bool,
    actor: str,
    now: datetime,
) -> Version:
    """Freeze the draft as the next version; the draft is gone afterwards.

    ``decided`` says per item whether its answers may be compared with those before; where nobody may choose,
    it is left out. Anonymity is what the questionnaire has, and chosen at the first publishing only.
    """
    previous = draft.versions[-1].definition if draft.versions else None
    wanted = replace(draft.definition, anonymous=previous.anonymous if previous else anonymous, changes={})
    if previous and comparing.is_unchanged(previous, wanted):
        raise NothingNewError(_("The draft says what the current version says; there is nothing to publish."))
    _claim(session, draft, revision)
    if previous:
        free = {c.item_key for c in comparing.item_changes(previous, wanted) if c.free}
        wanted = replace(wanted, changes={key: made for key, made in decided.items() if key in free})
    return publishing.publish(session, wanted, key=draft.key, actor=actor, now=now)


def _claim(session: Session, draft: LoadedDraft, revision: int) -> None:
    """Take the draft away in the revision that was read: of two presses only one gets it."""
    gone = delete(Draft).where(Draft.questionnaire_id == draft.questionnaire_id, Draft.revision == revision)
    if cast(CursorResult[Any], session.execute(gone)).rowcount != 1:
        raise _stale(session, draft)


def _record(session: Session, action: str, key: str, *, actor: str, now: datetime, **detail: object) -> None:
    audit.record(session, actor=actor, action=action, subject=f"questionnaire:{key}", now=now, **detail)


def keys(session: Session) -> set[str]:
    """Return the keys of all questionnaires."""
    return set(session.scalars(select(Questionnaire.key)))
