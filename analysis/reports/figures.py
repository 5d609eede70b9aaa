"""The figures of a comparison as cells: the words that a reader sees and the number behind them."""

import re

from analysis.compare import Side
from analysis.reports.blocks import PERCENT, PERCENT_1, POINTS, POINTS_1, SHIFT_3, TWO, WHOLE, Cell
from analysis.reports.edition import Edition
from analysis.scores.shares import Interval
from analysis.texts import N_
from analysis.verdicts import percent, signed_points

NONE = Cell("–")
HIDDEN = N_("hidden")
FEW = N_("%(x)s of %(n)s")
_RANGE = N_("%(low)s to %(high)s")
_WRITTEN = (  # how a figure looks, by what it is divided and how a spreadsheet writes it
    (re.compile(r"\d{1,3}(,\d{3})*"), 1, WHOLE),
    (re.compile(r"\d+%"), 100, PERCENT),
    (re.compile(r"\d+\.\d%"), 100, PERCENT_1),
    (re.compile(r"[+-]\d+\.\d"), 1, POINTS_1),
    (re.compile(r"[+-]\d+\.\d{3}"), 1, SHIFT_3),
)


def read(text: str) -> Cell:
    """Return a text of a table as the figure that it writes; other texts stay as they are."""
    for look, parts, shown in _WRITTEN:
        if look.fullmatch(text):
            return Cell(text, float(text.replace(",", "").rstrip("%")) / parts, shown)
    return Cell(text)


def number(n: int | None) -> Cell:
    """Return a count."""
    return NONE if n is None else Cell(f"{n:,}", float(n), WHOLE)


def share(p: float | None, digits: int = 0) -> Cell:
    """Return a share as a percentage."""
    return NONE if p is None else Cell(percent(p, digits), p, PERCENT_1 if digits else PERCENT)


def mean(value: float | None) -> Cell:
    """Return a mean."""
    return NONE if value is None else Cell(f"{value:.2f}", value, TWO)


def points(diff: float | None, digits: int, *, clear: bool = False) -> Cell:
    """Return a difference of shares in points; one that is clear is not rounded into 0."""
    if diff is None:
        return NONE
    text = signed_points(diff, digits)
    if text == "0":
        return Cell("0", 0.0, POINTS) if not clear or diff == 0 else Cell(">0" if diff > 0 else "<0")
    return Cell(text, diff * 100, POINTS_1 if digits else POINTS)


def change(diff: float, ci95: Interval, digits: int, edition: Edition) -> tuple[Cell, Cell]:
    """Return a difference and its plausible range."""
    clear = ci95[0] > 0 or ci95[1] < 0
    low, high = (points(bound, digits, clear=clear).text for bound in ci95)
    return points(diff, digits, clear=clear), Cell(edition.say(_RANGE, low=low, high=high))


def size(side: Side) -> Cell:
    """Return how many answered."""
    return number(side.n) if side.n else NONE


def satisfied(side: Side, digits: int, edition: Edition) -> tuple[Cell, Cell]:
    """Return the satisfied share and its plausible range; with few answers counts, nothing where hidden."""
    if side.hidden:
        return Cell(edition.say(HIDDEN)) if side.n is None else NONE, NONE
    top = side.top_box
    if top is None or top.p is None or top.ci95 is None:
        return NONE, NONE
    if side.reason is not None:
        return Cell(edition.say(FEW, x=top.x, n=top.n)), NONE
    low, high = (percent(bound, digits).removesuffix("%") for bound in top.ci95)
    return share(top.p, digits), Cell(f"{low}–{high}%")


def decimals(before: Side, after: Side) -> int:
    """Return how many decimals the shares of an item carry: none below 1000 answers."""
    return 1 if min(before.n or 0, after.n or 0) >= 1000 else 0
