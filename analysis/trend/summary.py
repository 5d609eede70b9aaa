"""What the main page shows of the trend: two points never stand without the run chart beside them."""

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from analysis.compare import Comparison, ItemComparison
from analysis.queries import thresholds_of
from analysis.trend import presenting, queries
from analysis.trend.picture import picture_of
from core.db import settings_of
from core.i18n import _, language

if TYPE_CHECKING:
    from analysis.views_asked import Opened


def summary(
    session: Session, opened: "Opened", compared: Comparison, *, headline: ItemComparison | None
) -> dict[str, Any] | None:
    """Return the run chart of the item that the page begins with, month by month.

    Parameters
    ----------
    session : Session
    opened : Opened
        What the page was asked for.
    compared : Comparison
    headline : ItemComparison or None

    Returns
    -------
    dict or None
        ``sentence``, ``picture``, ``args`` for the addresses of page and chart, ``trend``; None where no
        month has enough answers. Costs two statements, three with filters.
    """
    if headline is None:
        return None
    from analysis.views_asked import population, source, today  # noqa: PLC0415 # the page loads it first

    found = queries.trend(
        session, versions=opened.versions, item_key=headline.item.item_key, until=compared.after.period,
        where=compared.where, thresholds=thresholds_of(settings_of(session)), today=today(),
        language=language(),
    )  # fmt: skip
    translate = cache(_)
    picture = picture_of(
        found, language=language(), translate=translate, population=population(found.where),
        source=source(opened.title),
    )  # fmt: skip
    if picture is None:
        return None
    asked = opened.asked.args(items=(found.item_key,))
    sentence = presenting.sentence(found, translate, language())
    return {"sentence": sentence, "picture": picture, "args": asked, "trend": found}
