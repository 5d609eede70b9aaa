"""What the main page shows of measures: those that are to move its first item among the answers shown."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from analysis.compare import Comparison, ItemComparison
from followup.measures import queries, words
from followup.measures.queries import MeasureLine

if TYPE_CHECKING:
    from analysis.views_asked import Opened

READ, SHOWN = 30, 3


def summary(
    session: Session, opened: "Opened", compared: Comparison, *, headline: ItemComparison | None
) -> dict[str, Any] | None:
    """Return the measures that touch what is shown.

    Parameters
    ----------
    session : Session
    opened : Opened
    compared : Comparison
    headline : ItemComparison or None

    Returns
    -------
    dict or None
        ``lines`` (at most three), ``words``, ``more`` and ``args`` for planning one; None without a headline.
        One statement, whatever the number of answers.
    """
    if headline is None:
        return None
    key = headline.item.item_key
    found = queries.about(session, questionnaire=opened.asked.questionnaire, item_key=key, limit=READ)
    lines = [line for line in found if touches(line, compared.where)]
    args = {"questionnaire": opened.asked.questionnaire, "item": key, **_group(compared.where)}
    return {"lines": lines[:SHOWN], "more": max(0, len(lines) - SHOWN), "words": words, "args": args}


def touches(line: MeasureLine, where: Mapping[str, Collection[str]]) -> bool:
    """Tell whether a measure reaches any of the answers that a filter keeps."""
    return all(name not in where or set(values) & set(where[name]) for name, values in line.scope.items())


def _group(where: Mapping[str, Collection[str]]) -> dict[str, str]:
    """Return the filter as the address of a new measure takes it: one group of one dimension."""
    single = [(name, next(iter(values))) for name, values in where.items() if len(values) == 1]
    named = [(name, value) for name, value in single if name in words.DIMENSION]
    return {"dimension": named[0][0], "group": named[0][1]} if named else {}
