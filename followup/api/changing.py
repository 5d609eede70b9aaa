"""An event "changed": each fact has the value that was told last, by the time in the other system."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.i18n import _
from core.texts import clean_text
from followup.api.errors import DiffersError, StaleVersionError
from followup.api.models import SourceEvent
from followup.cases import texts
from followup.cases.editing import PLAIN, Edit, edit
from followup.models import Case

_LIMIT = 60  # of the plain facts


def change(
    session: Session,
    case: Case,
    event: SourceEvent,
    told: dict[str, Any],
    *,
    actor: str,
    now: datetime,
) -> str:
    """Change the facts that nothing later told about; return the effect."""
    overtaken = _told_later(session, event)
    values: dict[str, Any] = {
        name: clean_text(value, _LIMIT) if isinstance(value, str) and name in PLAIN else value
        for name, value in told["changes"].items()
        if name not in overtaken
    }
    if not values:
        return "late"
    changed = edit(
        session, case, replace(_present(session, case), **values), version=case.version, actor=actor, now=now
    )
    return "applied" if changed else "nothing"


def check_version(case: Case, version: int | None, if_match: int | None) -> None:
    """Refuse what was said about another version of the facts than the present one."""
    said = _("The case was changed since it was read; read it again.")
    if if_match is not None and if_match != case.version:
        raise StaleVersionError(said, version=case.version)
    if version is not None and version != case.version:
        raise DiffersError(said, version=case.version)


def _told_later(session: Session, event: SourceEvent) -> set[str]:
    """Return the facts that an event from later named; of two at one time the greater event id is later."""
    others = select(SourceEvent).where(
        SourceEvent.case_id == event.case_id,
        SourceEvent.kind == "changed",
        SourceEvent.at_source >= event.at_source,
    )
    mine = event.at_source, event.event_id
    return {
        name
        for other in session.scalars(others)
        if (other.at_source, other.event_id) > mine
        for name in other.fields
    }


def _present(session: Session, case: Case) -> Edit:
    plain = {name: getattr(case, name) for name in PLAIN}
    return Edit(title=texts.title(session, case), description=texts.description(session, case), **plain)
