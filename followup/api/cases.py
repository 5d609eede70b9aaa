"""The cases of another system: entered once, found by their number, told without anything personal."""

import re
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.contacts import actions as contacts
from core.contacts import phones, queries
from core.db import settings_of
from core.errors import NotFoundError
from core.i18n import _
from core.installation import wait_for_turn
from core.texts import clean_text
from followup.api.errors import DiffersError, FieldsError
from followup.api.events import ACTOR
from followup.api.models import ApiKey
from followup.cases import severity, texts
from followup.cases.actions import register
from followup.models import Case

_NUMBER = re.compile(r"\d{8}-\d{4,9}")
_GROUPS = ("category", "service_type", "district", "department")
_AHEAD = timedelta(days=1)  # as in an import: a date without a time may be today's


def create(session: Session, key: ApiKey, given: dict[str, Any], now: datetime) -> tuple[Case, bool]:
    """Enter a case, or find the one with this external id; return it, and whether it is new."""
    external_id = clean_text(given["external_id"], 80)
    if not external_id:
        raise FieldsError(_("The external_id holds no readable character."))
    wait_for_turn(session, f"api:{key.source}:{external_id}")
    wanted = select(Case).where(Case.source == key.source, Case.external_id == external_id)
    known = session.scalar(wanted)
    if known is not None:
        differing = _differing(session, known, given)
        if differing:
            said = _("A case with this external_id is here already and differs in: %(fields)s.",
                     fields=", ".join(differing))  # fmt: skip
            raise DiffersError(said, number=known.number, version=known.version)
        return known, False
    return _enter(session, key, external_id, given, now), True


def find(session: Session, key: ApiKey, number: str, *, lock: bool = False) -> Case:
    """Return a case of the key's own source; any other one does not exist for it."""
    if not _NUMBER.fullmatch(number):
        raise NotFoundError
    wanted = select(Case).where(Case.number == number, Case.source == key.source)
    case = session.scalar(wanted.with_for_update() if lock else wanted)
    if case is None:
        raise NotFoundError
    return case


def _enter(session: Session, key: ApiKey, external_id: str, given: dict[str, Any], now: datetime) -> Case:
    registered_at = given.get("registered_at") or now
    if registered_at > now + _AHEAD:
        raise FieldsError(_("The case was registered in the future; compare the clock and the time zone."))
    actor = f"{ACTOR}{key.name}"
    case = register(
        session,
        kind=given["kind"],
        title=given["title"],
        description=given.get("description", ""),
        severity=given.get("severity") or "normal",
        suggestion=None if given.get("severity") else _suggested(session, given),
        channel=given.get("channel", "import"),
        contact_id=_contact_id(session, key, given.get("contact") or {}, now),
        source=key.source,
        external_id=external_id,
        registered_at=registered_at,
        due_at=given.get("due_at"),
        actor=actor,
        now=now,
        **{name: given.get(name, "") for name in _GROUPS},
    )
    audit.record(
        session, actor=actor, action="case.taken_over", subject=f"case:{case.number}", now=now,
        source=key.source,
    )  # fmt: skip
    return case


def _suggested(session: Session, given: dict[str, Any]) -> severity.Suggestion | None:
    words = f"{given['title']}\n{given.get('description', '')}"
    return severity.suggested(
        session, kind=given["kind"], category=clean_text(given.get("category", ""), 60), words=words
    )


def _contact_id(session: Session, key: ApiKey, given: dict[str, Any], now: datetime) -> int | None:
    if not any(value for name, value in given.items() if name != "language"):
        return None
    return contacts.find_or_save(
        session,
        name=given.get("name", ""),
        phones=given.get("phones", []),
        email=given.get("email", ""),
        address=given.get("address", ""),
        household=given.get("household", ""),
        language=given.get("language", "zh_Hans"),
        source=key.source,
        now=now,
    ).id


def _differing(session: Session, case: Case, given: dict[str, Any]) -> list[str]:
    """Return the names of the given fields that the case does not hold so."""
    held: dict[str, Any] = {name: getattr(case, name) for name in ("kind", "severity", "channel", *_GROUPS)}
    held |= {"registered_at": case.registered_at, "due_at": case.due_at}
    held |= {"title": texts.title(session, case), "description": texts.description(session, case)}
    found = [name for name, value in held.items() if name in given and _plain(given[name]) != value]
    return found + (["contact"] if _is_another(session, case, given.get("contact") or {}) else [])


def _is_another(session: Session, case: Case, given: dict[str, Any]) -> bool:
    named = {name: _plain(value) for name, value in given.items() if value and name != "language"}
    if not named:
        return False
    if case.contact_id is None:
        return True
    card, country = queries.card(session, case.contact_id), settings_of(session).country
    held = {phones.normalise(phone.number, country).line for phone in card.phones}
    numbers = {phones.normalise(number, country).line for number in named.get("phones", [])}
    # What a known customer has already is not overwritten, so another address is no other customer.
    says_who = ("name", *(("household",) if not numbers else ()))
    return not numbers <= held or any(
        getattr(card, name) != named.get(name, getattr(card, name)) for name in says_who
    )


def _plain(value: Any) -> Any:
    return clean_text(value) if isinstance(value, str) else value
