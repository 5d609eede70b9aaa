"""Changing the facts of a case, and keeping notes with it."""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from core import audit
from core.errors import ConflictError, InputError
from core.i18n import _
from core.texts import clean_text
from followup.cases import repeats, texts
from followup.cases.lifecycle import OPEN
from followup.cases.policy import KINDS, SEVERITIES, TEXT_LIMIT, TITLE_LIMIT
from followup.cases.registering import require
from followup.clocks import keeping
from followup.models import Case, CaseNote

PLAIN = ("kind", "severity", "category", "service_type", "district", "channel", "due_at")

_LIMIT_MAKERS = {"kind", "severity", "due_at"}


class StaleError(ConflictError):
    """Somebody changed this case while you were typing; compare the two and save again."""


@dataclass(frozen=True, slots=True)
class Edit:
    """The fields of a case that may be changed after it was registered."""

    kind: str
    title: str
    description: str
    severity: str
    category: str
    service_type: str
    district: str
    channel: str
    due_at: datetime | None


def add_note(session: Session, case: Case, *, words: str, actor: str, now: datetime) -> CaseNote:
    """Keep a note with the case."""
    uid = uuid.uuid4().hex
    sealed = texts.seal(session, words, f"case_note.words:{uid}", TEXT_LIMIT)
    if sealed is None:
        raise InputError(_("The note is empty; write what you want to keep."))
    row = CaseNote(uid=uid, case_id=case.id, at=now, actor=actor, words_sealed=sealed)
    session.add(row)
    session.flush()
    return row


def edit(session: Session, case: Case, to: Edit, *, version: int, actor: str, now: datetime) -> bool:
    """Change the facts of a case, unless somebody changed them since ``version`` was shown."""
    require(to.kind in KINDS and to.severity in SEVERITIES, _("Choose a kind and a severity from the list."))
    require(clean_text(to.title) != "", _("A case needs a subject: a few words that say what it is about."))
    to = _on_hold(session, case, to)
    changed = changed_fields(session, case, to)
    if case.version != version:
        raise StaleError(_stale())
    if not changed:
        return False
    done = session.execute(
        update(Case)
        .where(Case.id == case.id, Case.version == version)
        .values(
            **_columns(session, case, to) | _limits(session, case, to), version=version + 1, changed_at=now
        )
        .execution_options(synchronize_session=False)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise StaleError(_stale())
    session.refresh(case)
    if {"kind", "category"} & set(changed):
        repeats.settle(session, [case], now=now)
    struck = (
        keeping.forget_alerts(session, case, now) if {"kind", "severity", "due_at"} & set(changed) else []
    )
    audit.record(
        session, actor=actor, action="case.edited", subject=f"case:{case.number}", now=now, fields=changed,
        **({"alerts": struck} if struck else {}),
    )  # fmt: skip
    return True


def _stale() -> str:
    """Say that somebody else was faster."""
    return str(_("Somebody changed this case while you were typing; compare the two and save again."))


def changed_fields(session: Session, case: Case, to: Edit) -> list[str]:
    """Return the names of the fields in which ``to`` differs from the case."""
    found = [name for name in PLAIN if getattr(case, name) != getattr(to, name)]
    found += ["title"] if texts.title(session, case) != clean_text(to.title, TITLE_LIMIT) else []
    found += (
        ["description"] if texts.description(session, case) != clean_text(to.description, TEXT_LIMIT) else []
    )
    return found


def _on_hold(session: Session, case: Case, to: Edit) -> Edit:
    """Lock the case, for a pause that ends just now moves its limit; one that nobody chose moves along."""
    seen = case.due_at
    session.flush()
    session.refresh(case, with_for_update=True)
    return replace(to, due_at=case.due_at) if to.due_at == seen else to


def _columns(session: Session, case: Case, to: Edit) -> dict[str, Any]:
    return {name: getattr(to, name) for name in PLAIN} | {
        "title_sealed": texts.seal(session, to.title, f"case.title:{case.uid}", TITLE_LIMIT),
        "description_sealed": texts.seal(session, to.description, f"case.description:{case.uid}", TEXT_LIMIT),
    }


def _limits(session: Session, case: Case, to: Edit) -> dict[str, Any]:
    """Return the limits that another kind or severity brings, unless a day was chosen with it."""
    same = (case.kind, case.severity) == (to.kind, to.severity)
    if same or case.state not in OPEN or to.due_at != case.due_at:
        return {}
    response, resolution = keeping.reckoned(session, case, to.kind, to.severity)
    return {"response_due_at": response, "due_at": resolution}
