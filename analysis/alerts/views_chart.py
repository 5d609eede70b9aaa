"""The run chart of an alert on satisfaction: the figures and limits as they were found.

The page of the trend makes its limits from every point it shows; an alert is judged by the periods before
it, so its chart is made from what the alert kept. Loaded by such a chart alone: it needs NumPy.
"""

from datetime import date
from functools import cache
from typing import Any

from sqlalchemy.orm import Session

from analysis.alerts.models import Alert
from analysis.counting import categories
from analysis.cube import Where
from analysis.pictures import Picture
from analysis.queries import thresholds_of, versions_of
from analysis.texts import AskedError
from analysis.trend.course import Line, Measure, Point, Segment, Trend
from analysis.trend.limits import RUN, Limits, Rule, Signal
from analysis.trend.picture import picture_of
from analysis.trend.steps import Grain
from analysis.views_asked import population, source
from core.i18n import _, language, text_in
from core.periods import Period
from core.web import settings
from surveys.queries import LoadedItem

_LENGTH = {Rule.OUTSIDE: 1, Rule.NEAR: 2, Rule.SHIFT: RUN, Rule.TREND: RUN}


def chart(session: Session, alert: Alert, periods: list[Period], today: date) -> Picture | None:
    """Return the run chart of the periods that an alert kept; None where the question is gone."""
    try:
        versions = versions_of(session, alert.questionnaire)
    except AskedError:
        return None
    item = versions[-1].item(alert.item_key)
    if item is None:
        return None
    where: Where = {alert.dimension: (alert.group,)} if alert.dimension else {}
    return picture_of(
        _trend(alert, periods, item, where, today), language=language(), translate=cache(_),
        population=population(where), source=source(text_in(versions[-1].title, language())),
    )  # fmt: skip


def _trend(alert: Alert, periods: list[Period], item: LoadedItem, where: Where, today: date) -> Trend:
    asked, kept = thresholds_of(settings()), alert.figures["points"]
    scores, scale = categories(item), item.definition.scored()
    first_top = scores.index(scale.satisfied_from) if scale else 0
    points = tuple(_point(period, one) for period, one in zip(periods, kept, strict=True))
    return Trend(
        item.item_key, item.definition.said(language()).name, item.scale, Grain(alert.figures["grain"]),
        Measure.SHARE, scores, first_top, (_line(alert, points, kept),), (), today, where,
        min_cell=asked.min_cell, few_answers=asked.few_answers,
    )  # fmt: skip


def _point(period: Period, kept: dict[str, Any]) -> Point:
    if "value" not in kept:
        return Point(period, None)
    return Point(period, int(kept["n"]), satisfied=int(kept["x"]), value=kept["value"])


def _line(alert: Alert, points: tuple[Point, ...], kept: list[dict[str, Any]]) -> Line:
    figures, last = alert.figures, len(points) - 1
    places = tuple(place for place, point in enumerate(points) if point.value is not None)
    shown = [kept[place] for place in places]
    limits = Limits(
        figures["chart"], figures["centre"], tuple((one["upper"] - figures["centre"]) / 3 for one in shown),
        tuple(one["lower"] for one in shown), tuple(one["upper"] for one in shown), figures["sigma_z"],
        figures["base"],
    )  # fmt: skip
    rule = Rule(figures["rule"])
    first = places[max(0, len(places) - _LENGTH[rule])]
    signal = Signal(rule, first, last, 1 if alert.direction == "up" else -1)
    return Line("", points, (Segment(0, last, places, limits),), (signal,))
