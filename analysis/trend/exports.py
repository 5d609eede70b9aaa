"""The trend as a table for a spreadsheet: counts per period, category and way of answering."""

import csv
from io import StringIO

from analysis.compare import reason_text
from analysis.exports import plain
from analysis.trend.course import Line, Trend

COLUMNS = (
    "item", "label", "scale", "mode", "period", "start", "end", "n", "satisfied", "value", "lower_limit",
    "upper_limit", "signal", "open", "reason", "new_limits",
)  # fmt: skip


def to_csv(trend: Trend) -> str:
    """Return one row per line and period; what is hidden stays empty, with its reason."""
    text = StringIO()
    writer = csv.writer(text)
    scores = [str(score) for score in trend.scores]
    writer.writerow([*COLUMNS, *(f"n_{score}" for score in scores)])
    for one in trend.lines:
        for place in range(len(one.points)):
            writer.writerow([plain(cell) for cell in _row(trend, one, place)])
    return text.getvalue()


def _row(trend: Trend, one: Line, place: int) -> list[object]:
    point = one.points[place]
    segment = next(part for part in one.segments if part.first <= place <= part.last)
    low, high = segment.limit_at(place) or ("", "")
    rules = dict.fromkeys(
        signal.rule.value for signal in one.signals if signal.first <= place <= signal.last and point.judged
    )
    reason = reason_text(point.reason, min_cell=trend.min_cell) if point.reason else ""
    same_scale = point.counts is not None and len(point.counts) == len(trend.scores)
    counts = point.counts if same_scale and point.counts else ("",) * len(trend.scores)
    return [
        trend.item_key, trend.label, trend.scale_id, one.mode, point.period.name,
        point.period.start.isoformat(), point.period.last_day.isoformat(), _given(point.n),
        _given(point.satisfied), _given(point.value), low, high, " ".join(rules),
        "yes" if point.open else "", reason, "yes" if place in {mark.at for mark in trend.marks} else "",
        *counts,
    ]  # fmt: skip


def _given(value: float | None) -> object:
    return "" if value is None else value
