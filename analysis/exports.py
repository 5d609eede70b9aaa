"""The counts of a comparison as a table for a spreadsheet."""

import csv
from collections.abc import Iterator
from io import StringIO

from analysis.compare import Comparison, ItemComparison, PeriodSummary, Side, reason_text

COLUMNS = (
    "item", "label", "scale", "period", "category", "category_label", "n", "missing", "reason", "open",
    "start", "end", "responses", "invited", "where", "method",
)  # fmt: skip
_METHOD = "n counts answers; missing ones are in no share; small groups are hidden; see docs/statistics.md"
_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def to_csv(comparison: Comparison) -> str:
    """Return one row per item, period and category; missing answers have rows of their own.

    Every row says what it rests on: how far a period that is not over goes, its days, responses and links
    sent, whose answers count, and how to read it; so a row that is copied elsewhere stays true.
    """
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    where = "; ".join(f"{name}={'|'.join(values)}" for name, values in comparison.where.items())
    for one in comparison.items:
        for summary, side in ((comparison.before, one.before), (comparison.after, one.after)):
            for row in _rows(one, summary.period.name, side):
                writer.writerow([plain(cell) for cell in (*row, *_base(summary), where, _METHOD)])
    return text.getvalue()


def _base(summary: PeriodSummary) -> tuple[object, ...]:
    open_ = f"as of {summary.as_of}" if summary.provisional else ""
    days = summary.period.start.isoformat(), summary.period.last_day.isoformat()
    numbers = ("" if value is None else value for value in (summary.responses, summary.invited))
    return (open_, *days, *numbers)


def plain(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_STARTS_FORMULA) else cell


def _rows(one: ItemComparison, period: str, side: Side) -> Iterator[tuple[object, ...]]:
    item = one.item
    start = (item.item_key, item.label, item.scale_id, period)
    labels = dict(zip(item.categories, item.category_labels, strict=False))
    reason = reason_text(side.reason, min_cell=one.min_cell) if side.reason else ""
    if side.counts is None:
        yield (*start, "", "", "" if side.n is None else side.n, "", reason)
        return
    if not side.counts:
        yield (*start, "", "", side.n, "", reason)
    for category, n in side.counts.items():
        yield (*start, category, labels.get(category, ""), n, "", reason)
    for kind, n in (side.missing or {}).items():
        yield (*start, "", "", n, kind, reason)
