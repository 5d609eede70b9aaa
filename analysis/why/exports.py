"""The groups behind the cards as a table for a spreadsheet."""

import csv
from io import StringIO

from analysis.breakdown import HIDDEN
from analysis.exports import plain
from analysis.why.results import Why

COLUMNS = (
    "item", "dimension", "group", "n_before", "satisfied_before", "n_after", "satisfied_after", "within",
    "composition",
)  # fmt: skip


def to_csv(found: Why) -> str:
    """Return one row per dimension and group; small groups together are named ``*``."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    item = found.item.item.item_key if found.item else ""
    for part in found.breakdowns:
        for group in part.groups:
            name = HIDDEN if group.pooled else group.name
            row = (
                item, part.dimension, name, group.before.n, group.before.x, group.after.n, group.after.x,
                repr(group.within), repr(group.composition),
            )  # fmt: skip
            writer.writerow([plain(cell) if k < 3 else cell for k, cell in enumerate(row)])
    return text.getvalue()
