"""What the floor above can say about a measure: its measured effect in one sentence."""

from collections.abc import Callable
from datetime import date

from sqlalchemy.orm import Session

from followup.measures.models import Measure

Sentence = Callable[[Session, Measure, date, str], str]  # the day, the language; "" where nothing can be told

effect: list[Sentence] = []


def effect_sentence(session: Session, measure: Measure, today: date, language: str) -> str:
    """Return what was measured, in one language; empty where there is nothing to tell."""
    return next((said for each in effect if (said := each(session, measure, today, language))), "")
