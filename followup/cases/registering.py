"""Entering a case: its number, its time limit, its first row of history."""

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from core.db import settings_of
from core.errors import InputError
from core.i18n import _
from core.installation import next_number
from core.texts import clean_text
from followup.cases import repeats, texts
from followup.cases.lifecycle import CASES
from followup.cases.policy import KINDS, SEVERITIES, TEXT_LIMIT, TITLE_LIMIT
from followup.cases.severity import Suggestion
from followup.clocks import keeping
from followup.models import Case

SUGGESTED = "suggested:"  # begins the reason of a registration whose severity a rule chose


def register(
    session: Session,
    *,
    kind: str,
    title: str,
    description: str = "",
    severity: str = "normal",
    category: str = "",
    service_type: str = "",
    district: str = "",
    department: str = "",
    channel: str = "phone",
    contact_id: int | None = None,
    source: str = "",
    external_id: str | None = None,
    registered_at: datetime | None = None,
    due_at: datetime | None = None,
    actor: str,
    created_by: int | None = None,
    suggestion: Suggestion | None = None,
    now: datetime,
) -> Case:
    """Enter a new case and give it its number and its time limit.

    With ``suggestion`` the severity comes from there, and the timeline tells why.
    """
    severity = suggestion.severity if suggestion else severity
    _check(kind, severity, title)
    at, uid = registered_at or now, uuid.uuid4().hex
    groups = {"category": category, "service_type": service_type, "district": district}
    case = Case(
        uid=uid,
        number=numbers(session, at)[0],
        source=source,
        external_id=external_id,
        contact_id=contact_id,
        kind=kind,
        severity=severity,
        channel=channel,
        title_sealed=texts.seal(session, title, f"case.title:{uid}", TITLE_LIMIT),
        description_sealed=texts.seal(session, description, f"case.description:{uid}", TEXT_LIMIT),
        state="registered",
        registered_at=at,
        **keeping.first(session, kind, severity, at, due_at),
        created_by=created_by,
        changed_at=now,
        **{name: clean_text(value, 60) for name, value in (groups | {"department": department}).items()},
    )
    session.add(case)
    session.flush()
    why = SUGGESTED + suggestion.to_text() if suggestion else ""
    CASES.note(session, case.id, "register", "", "registered", actor=actor, now=at, reason=why)
    repeats.settle(session, [case], now=now)
    return case


def _check(kind: str, severity: str, title: str) -> None:
    require(kind in KINDS, _("The kind should be one of: %(kinds)s.", kinds=", ".join(KINDS)))
    require(severity in SEVERITIES, _("The severity should be one of: %(all)s.", all=", ".join(SEVERITIES)))
    require(clean_text(title) != "", _("A case needs a subject: a few words that say what it is about."))


def numbers(session: Session, at: datetime, count: int = 1) -> list[str]:
    """Take the next numbers of a day, such as 20261121-0042."""
    day = at.astimezone(settings_of(session).zone).strftime("%Y%m%d")
    first = next_number(session, f"case:{day}", count)
    return [f"{day}-{first + i:04d}" for i in range(count)]


def require(holds: bool, sentence: str) -> None:
    """Refuse the input with a sentence unless something holds."""
    if not holds:
        raise InputError(sentence)
