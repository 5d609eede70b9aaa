"""The counts of a comparison as a table for a spreadsheet."""

import csv
from collections.abc import Iterator
from io import StringIO

from analysis.compare import Comparison, ItemComparison, Side, reason_text

COLUMNS = ("item", "label", "scale", "period", "category", "category_label", "n", "missing", "reason", "open")
_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def to_csv(comparison: Comparison) -> str:
    """Return one row per item, period and category; missing answers have rows of their own.

    The last column says of a period that is not over how far it goes.
    """
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for one in comparison.items:
        for summary, side in ((comparison.before, one.before), (comparison.after, one.after)):
            open_ = f"as of {summary.as_of}" if summary.provisional else ""
            for row in _rows(one, summary.period.name, side):
                writer.writerow([plain(cell) for cell in (*row, open_)])
    return text.getvalue()


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
