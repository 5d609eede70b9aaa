"""What a person should know of other cases, while registering one and on the page of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db import settings_of
from followup.cases import linking, repeats, texts
from followup.cases.queries import Viewer, visible_to
from followup.cases.repeats import Matter
from followup.models import Case

MOST = 5


@dataclass(frozen=True, slots=True)
class EarlierCase:
    """A case of the same household; number and title stay empty where it is another department's."""

    number: str
    title: str
    kind: str
    category: str
    state: str
    registered_at: datetime


def of_form(
    session: Session, viewer: Viewer, *, kind: str, category: str, household: str, phones: list[str],
    now: datetime,
) -> dict[str, Any]:  # fmt: skip
    """Return what a new case would repeat, as far as its form is filled in."""
    customer = repeats.typed(session, household=household, phones=phones)
    return _shown(session, repeats.earlier_than(session, Matter(kind, category, now, customer)), viewer)


def for_page(session: Session, case: Case, viewer: Viewer) -> dict[str, Any]:
    """Return what the page of a case says about other cases."""
    found = repeats.earlier_than(session, repeats.matter_of(session, case))
    return {"linked": linking.links_of(session, case, viewer)} | _shown(session, found, viewer)


def _shown(session: Session, found: Sequence[Matter], viewer: Viewer) -> dict[str, Any]:
    """Return how often it happened, and the latest few."""
    latest = found[:MOST]
    wanted = select(Case).where(Case.id.in_([matter.id for matter in latest]), visible_to(viewer))
    known = {case.id: case for case in session.scalars(wanted)}
    rows = []
    for matter in latest:
        case = known.get(matter.id)
        title = texts.title(session, case) if case and viewer.may_read_texts else ""
        number = matter.number if case else ""
        rows.append(EarlierCase(number, title, matter.kind, matter.category, matter.state, matter.at))
    return {"earlier": rows, "times": len(found) + 1, "repeat_days": settings_of(session).repeat_days}
