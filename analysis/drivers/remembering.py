"""What was added up from answers stays in memory as long as nobody writes to its months.

A second look at the same choices, a chart beside its page, costs one statement then instead of all answers.
"""

from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

from sqlalchemy.orm import Session

from analysis.cube import Where
from analysis.drivers.freshness import Month
from analysis.drivers.sums import Moments
from analysis.periods import Period
from core.db import cache_of

KEPT = 16  # of one process; twenty questions are 190 KB each
_NAME = "moments"
_lock = Lock()


def remembered(
    session: Session, version_id: int, period: Period, where: Where, *, states: Mapping[Month, int],
    add_up: Callable[[], Moments],
) -> Moments:  # fmt: skip
    """Return what ``add_up`` returns, from memory where the months were not written since.

    ``states`` says how often they were written; it was read before anything that ``add_up`` builds on.
    """
    if not session.get_bind().get_execution_options().get("huifang_read"):
        return add_up()  # what this transaction wrote may be rolled back
    own = sorted((month, n) for month, n in states.items() if month[0] == version_id)
    chosen = tuple(sorted((name, tuple(sorted(values))) for name, values in where.items()))
    key = (version_id, period.start, period.end, chosen, tuple(own))
    kept: dict[Any, Moments] = cache_of(session).setdefault(_NAME, {})
    found = kept.get(key)
    if found is None:
        found = add_up()
    with _lock:
        kept.pop(key, None)
        kept[key] = found  # the latest stands last
        while len(kept) > KEPT:
            del kept[next(iter(kept))]
    return found
