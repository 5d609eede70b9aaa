"""What another system told about a case, for the page of the case: also what came too late to change it."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.i18n import _l
from followup.api.models import SourceEvent
from followup.models import Case

EVENT_WORDS = {
    "closed": _l("closed there"),
    "reopened": _l("opened again there"),
    "cancelled": _l("cancelled there"),
    "changed": _l("changed there"),
}
EFFECT_WORDS = {
    "applied": (_l("taken over"), "good"),
    "late": (_l("came too late"), "warn"),
    "nothing": (_l("was so already"), "neutral"),
}


def for_page(session: Session, case: Case) -> dict[str, Any]:
    """Return what the page of a case shows of its source, in the order in which it happened there."""
    told = select(SourceEvent).where(SourceEvent.case_id == case.id)
    ordered = told.order_by(SourceEvent.at_source, SourceEvent.id)
    rows = session.scalars(ordered).all() if case.external_id else []
    return {"told": rows, "told_words": EVENT_WORDS, "told_effects": EFFECT_WORDS}
