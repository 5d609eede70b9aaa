"""Which findings are one matter: a fall of everybody is that of a district and of a department too.

People are told once of a matter; the others stand under the one that leads it.
"""

from collections.abc import Iterable, Sequence

from analysis.alerts.collecting import NOTHING_AT_ALL
from analysis.alerts.finding import Found
from analysis.alerts.models import Alert
from analysis.alerts.policy import COLLECTION, SATISFACTION, VOLUME

_TOGETHER = {SATISFACTION, VOLUME, COLLECTION}  # their groups have answers or cases in common


def matter(found: Found) -> tuple[str, ...] | None:
    """Return what the findings of one round have in common that are one matter; None for one of its own."""
    if found.kind not in _TOGETHER:
        return None
    everywhere = NOTHING_AT_ALL in found.figures.get("signs", ())
    return found.kind, found.direction, "" if everywhere else found.questionnaire


def in_order(found: Iterable[Found]) -> list[Found]:
    """Return findings so that who leads comes first: everybody's, else what chance brings least."""
    return sorted(found, key=lambda one: (bool(one.dimension), one.p))


def leader(found: Found, waiting: Sequence[Alert]) -> int | None:
    """Return the alert on everybody that waits and covers the same days: a month and its weeks are one.

    Where that one stands under another that waits, the other leads: what is done there reaches all of them.
    """
    names = (found.kind, found.direction, found.questionnaire)
    for one in waiting:
        same = (one.kind, one.direction, one.questionnaire) == names and not one.dimension
        if same and matter(found) and one.start < found.period.end and found.period.start < one.end:
            return one.under if one.under in {other.id for other in waiting} else one.id
    return None
