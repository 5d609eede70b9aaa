"""What a person answered or saved before, as a form would have it; choices come back, words never do."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from core.db import vault_of
from core.texts import clean_text
from surveys.definition import ItemDefinition
from surveys.layout import missing_field
from surveys.models import Invitation, Partial
from surveys.parsing import NOT_APPLICABLE, Given
from surveys.queries import LoadedVersion

FormData = MultiDict[str, str]


@dataclass(frozen=True, slots=True)
class Saved:
    """What was saved to be finished later."""

    at: datetime
    form: FormData


def as_form(version: LoadedVersion, answers: Mapping[str, Given]) -> FormData:
    """Return answers as the form that would give them again, words included."""
    form = FormData()
    for item in version.items:
        for name, value in _fields(item.definition, answers.get(item.item_key)):
            form.add(name, value)
    return form


def _fields(item: ItemDefinition, given: Given | None) -> list[tuple[str, str]]:
    if given is None:
        return []
    if given.missing is not None:
        is_said = given.missing.key == "not_applicable" and item.not_applicable
        return [(missing_field(item), NOT_APPLICABLE)] if is_said else []
    fields = [(item.key, str(value)) for value in (given.value, *given.codes) if value is not None]
    if given.number is not None:
        written = given.day.isoformat() if item.kind == "date" else repr(given.number).removesuffix(".0")
        fields += [(item.key, written), (f"{item.key}-sure", written)]
    if given.words:
        fields.append((item.key if item.kind == "text" else f"{item.key}-other", given.words))
    return fields


def choices_only(version: LoadedVersion, form: FormData) -> FormData:
    """Return a form without its words: whoever holds a forwarded link may not read them."""
    hidden = _word_fields(version)
    return FormData((name, value) for name, value in form.items(multi=True) if name not in hidden)


def worded(version: LoadedVersion, form: FormData) -> frozenset[str]:
    """Return the fields in which words stand."""
    return frozenset(_word_fields(version) & set(form))


def _word_fields(version: LoadedVersion) -> set[str]:
    texts = {item.item_key for item in version.items if item.kind == "text"}
    return texts | {f"{item.item_key}-other" for item in version.items if item.definition.other is not None}


def with_words(version: LoadedVersion, form: FormData, before: FormData) -> FormData:
    """Return a form with the earlier words where nothing new was written."""
    if not before:
        return form
    filled = form.copy()
    for item in version.items:
        name = item.item_key if item.kind == "text" else f"{item.item_key}-other"
        words = before.get(name)
        if not words or clean_text(form.get(name) or ""):
            continue
        if item.kind == "text" or str(item.definition.other) in form.getlist(item.item_key):
            filled[name] = words
    return filled


def save(session: Session, invitation_id: int, form: FormData, *, now: datetime) -> bool:
    """Keep a form to be finished later, in the place of an earlier one; tell whether the link is open."""
    wanted = select(Invitation.state).where(Invitation.id == invitation_id).with_for_update()
    if session.execute(wanted).scalar_one() != "open":
        return False
    plain = json.dumps({name: form.getlist(name) for name in form}, ensure_ascii=False)
    sealed = vault_of(session).seal(plain, _place(invitation_id))
    dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    values = {"saved_at": now, "answers_sealed": sealed}
    insert = dialect.insert(Partial).values(invitation_id=invitation_id, **values)
    session.execute(insert.on_conflict_do_update(index_elements=["invitation_id"], set_=values))
    return True


def saved(session: Session, invitation_id: int) -> Saved | None:
    """Return what was saved on a link."""
    row = session.execute(
        select(Partial.saved_at, Partial.answers_sealed).where(Partial.invitation_id == invitation_id)
    ).first()
    if row is None:
        return None
    plain = json.loads(vault_of(session).open(row.answers_sealed, _place(invitation_id)))
    return Saved(row.saved_at, FormData(plain))


def forget(session: Session, invitation_id: int) -> None:
    """Delete what was saved on a link."""
    session.execute(delete(Partial).where(Partial.invitation_id == invitation_id))


def on_closed_links(session: Session, *, now: datetime, limit: int = 500) -> list[int]:
    """Return the links with something saved on them that take no answer any more."""
    wanted = select(Partial.invitation_id).join(Invitation, Invitation.id == Partial.invitation_id)
    wanted = wanted.where((Invitation.state != "open") | (Invitation.answer_by <= now))
    return list(session.scalars(wanted.order_by(Partial.invitation_id).limit(limit)))


def _place(invitation_id: int) -> str:
    return f"partial:{invitation_id}"
