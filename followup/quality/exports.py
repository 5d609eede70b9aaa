"""The figures of agreement as a table for spreadsheets. Nothing of a customer is in it."""

import csv
from collections.abc import Iterator
from io import StringIO

from core.tabular.reports import safe_cell
from followup.quality.agreement import Share
from followup.quality.figures import Figures

COLUMNS = ("part", "questionnaire", "name", "measure", "n", "x", "share", "low95", "high95", "kappa")
Cells = tuple[object, ...]


def to_csv(found: Figures) -> str:
    """Return one row per figure; a share of too few has neither count nor value."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in _rows(found):
        writer.writerow([safe_cell(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue()


def _rows(found: Figures) -> Iterator[Cells]:
    yield ("calls", "", "", "same_throughout", *_share(found.whole), "")
    for way, share in found.ways.items():
        yield ("way", "", way, "same_throughout", *_share(share), "")
    yield ("calls", "", "", "not_possible", found.not_possible, "", "", "", "", "")
    yield ("calls", "", "", "not_looked_at_yet", found.open, "", "", "", "", "")
    yield ("calls", "", "", "nobody_looked_in_time", found.lapsed, "", "", "", "", "")
    for line in found.items:
        start = ("question", line.questionnaire, line.key)
        yield (*start, "same", *_share(line.found.same), _kappa(line.found.kappa))
        if line.found.near:
            yield (*start, "within_one_step", *_share(line.found.near), "")
    for scale in found.kappas:
        yield ("scale", "", scale.scale, "weighted_kappa", scale.pairs, "", "", "", "", _kappa(scale.kappa))
    for agent in found.agents:
        yield ("agent", "", agent.name, "same_throughout", *_share(agent.same), "")


def _share(share: Share) -> Cells:
    if share.p is None or share.ci95 is None:
        return (share.n, "", "", "", "")
    return (share.n, share.x, f"{share.p:.4f}", f"{share.ci95[0]:.4f}", f"{share.ci95[1]:.4f}")


def _kappa(kappa: float | None) -> str:
    return "" if kappa is None else f"{kappa:.4f}"
