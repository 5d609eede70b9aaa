"""Typing a sheet for the second time, and settling what was read differently. Nothing here commits."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from core.db import vault_of
from core.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from core.i18n import _
from surveys import answering
from surveys.models import Missing, Response
from surveys.paper.comparing import compare
from surveys.paper.entering import Typist, note
from surveys.paper.models import PaperEntry
from surveys.parsing import Given
from surveys.queries import LoadedVersion, load_version

CHOICES = ("first", "second", "other")


class DoneError(ConflictError):
    """Somebody else did this sheet in the meantime."""


def entry_of(session: Session, entry_id: int, *, lock: bool = False) -> tuple[PaperEntry, LoadedVersion]:
    """Return an entry with the version of its answers; locked for who compares, so that nobody corrects it.

    Raises
    ------
    NotFoundError
        When there is none, or none of which the answers are known: anonymous sheets cannot be checked.
    """
    entry = session.get(PaperEntry, entry_id, with_for_update=lock or None)
    response = session.get(Response, entry.response_id) if entry and entry.response_id else None
    if entry is None or response is None:
        raise NotFoundError(_("There is no such sheet to look at; the list shows all of them."))
    return entry, load_version(session, response.version_id)


def require(entry: PaperEntry, state: str) -> None:
    """Refuse a sheet that is not in this state, or not any more."""
    if entry.state != state:
        raise DoneError(_("Somebody else did this sheet in the meantime; the list shows what is left."))


def refuse_first(entry: PaperEntry, typist: Typist) -> None:
    """Who typed a sheet cannot be the second one to read it.

    Asked before the state is: nobody learns in this way which of the own sheets were picked.
    """
    if entry.entered_by == typist.id:
        raise ForbiddenError(_("You typed this sheet in first; somebody else has to type it again."))


def refuse_either(entry: PaperEntry, typist: Typist) -> None:
    """Who typed a sheet does not decide who was right."""
    if typist.id in {entry.entered_by, entry.checked_by}:
        raise ForbiddenError(
            _("You typed this sheet yourself; another supervisor or administrator settles it.")
        )


def check(
    session: Session, entry_id: int, answers: Mapping[str, Given], *, typist: Typist, now: datetime
) -> str:
    """Compare a second reading with the first; return ``agreed`` or ``differs``."""
    entry, version = entry_of(session, entry_id, lock=True)
    refuse_first(entry, typist)
    require(entry, "to_check")
    assert entry.response_id is not None
    found = compare(version, answering.stored_answers(session, version, entry.response_id), answers)
    state = "differs" if found.differing else "agreed"
    _move(
        session,
        entry,
        "to_check",
        state=state,
        checked_by=typist.id,
        checked_at=now,
        compared=found.looked_at,
        differing=found.differing,
        second_sealed=_sealed(session, entry_id, answers) if found.differing else None,
    )
    note(session, "paper.check", entry.serial, typist.name, now=now, state=state, differing=found.differing)
    return state


def settle(
    session: Session,
    entry_id: int,
    decisions: Mapping[str, str],
    answers: Mapping[str, Given],
    *,
    typist: Typist,
    now: datetime,
) -> None:
    """Close a difference: ``answers`` are the whole sheet as decided; the first reading stays as a revision.

    The second reading is thrown away: it has done its work, and it holds words of a customer.
    """
    entry, version = entry_of(session, entry_id)
    refuse_either(entry, typist)
    require(entry, "differs")
    if set(decisions) != set(entry.differing) or not set(decisions.values()) <= set(CHOICES):
        raise InputError(_("Decide about every question that was read differently."))
    assert entry.response_id is not None
    _move(
        session,
        entry,
        "differs",
        state="settled",
        settled_by=typist.id,
        settled_at=now,
        decisions=dict(decisions),
        second_sealed=None,
    )
    answering.amend(session, version, entry.response_id, answers, now=now, keep_words=False)
    note(session, "paper.settle", entry.serial, typist.name, now=now, decisions=dict(decisions))


def second_reading(session: Session, entry: PaperEntry) -> dict[str, Given]:
    """Return what the second person read."""
    plain = json.loads(vault_of(session).open(entry.second_sealed or b"", _place(entry.id)))
    return {key: _given(values) for key, values in plain.items()}


def _move(session: Session, entry: PaperEntry, old: str, **values: Any) -> None:
    """Change a state that is still the one that was seen; of two who press at once one wins."""
    done = session.execute(
        update(PaperEntry)
        .where(PaperEntry.id == entry.id, PaperEntry.state == old)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise DoneError(_("Somebody else did this sheet in the meantime; the list shows what is left."))


def _sealed(session: Session, entry_id: int, answers: Mapping[str, Given]) -> bytes:
    plain = {key: asdict(given) for key, given in answers.items()}
    return vault_of(session).seal(json.dumps(plain, ensure_ascii=False), _place(entry_id))


def _place(entry_id: int) -> str:
    return f"paper.second:{entry_id}"


def _given(plain: Mapping[str, Any]) -> Given:
    missing = plain["missing"]
    return Given(
        value=plain["value"],
        codes=tuple(plain["codes"]),
        number=plain["number"],
        words=plain["words"],
        missing=None if missing is None else Missing(missing),
    )
