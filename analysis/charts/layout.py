"""Where everything stands in a comparison chart, in inches from the top left corner."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from analysis.charts.words import wrap
from analysis.compare import ItemComparison
from analysis.fonts import ChartFonts, text_width

WIDTH = 10.5
MARGIN = 0.25
RIGHT = WIDTH - MARGIN
TEXT = 12.0  # points; nothing is smaller
TITLE = 17.0
LINE = 0.215
TITLE_LINE = 0.31
BAR = 0.28
BAR_GAP = 0.05
ROW_GAP = 0.26
LABEL_WIDTH = 2.35
PERIOD_WIDTH = 0.85


@dataclass(frozen=True)
class Columns:
    """The horizontal places; panels have a left and a right edge, the others a right edge."""

    period: float
    bars: tuple[float, float]
    n: float
    missing: float | None
    change: tuple[float, float]


@dataclass(frozen=True)
class Row:
    """One item: its wrapped label and the middles of its two bars."""

    item: ItemComparison
    label: list[str]
    top: float
    height: float

    @property
    def middle(self) -> float:
        """The middle of the row."""
        return self.top + self.height / 2

    @property
    def bars(self) -> tuple[float, float]:
        """The middles of the earlier (upper) and the later bar."""
        half = (BAR + BAR_GAP) / 2
        return self.middle - half, self.middle + half


@dataclass(frozen=True)
class Scale:
    """A linear axis from values to inches."""

    low: float
    high: float
    left: float
    right: float

    def at(self, value: float) -> float:
        """Return the place of a value."""
        return self.left + (value - self.low) / (self.high - self.low) * (self.right - self.left)


def columns(n_width: float, missing_width: float | None) -> Columns:
    """Divide the width; without N/A answers their column goes to the bars, long numbers take some of them."""
    period = MARGIN + LABEL_WIDTH + PERIOD_WIDTH
    change = (RIGHT - 2.05, RIGHT)
    missing = None if missing_width is None else change[0] - 0.25
    n = change[0] - 0.25 - (0.0 if missing_width is None else max(0.62, missing_width + 0.12))
    return Columns(period, (period + 0.12, n - max(0.55, n_width + 0.1)), n, missing, change)


def rows(items: Sequence[ItemComparison], fonts: ChartFonts, top: float) -> list[Row]:
    """Stack the items; a long label makes its row higher."""
    placed: list[Row] = []
    for one in items:
        label = wrap(one.item.label, fonts.regular, TEXT, LABEL_WIDTH)
        height = max(2 * BAR + BAR_GAP, len(label) * LINE) + ROW_GAP
        placed.append(Row(one, label, top, height))
        top += height
    return placed


def legend_lines(words: Sequence[str], fonts: ChartFonts) -> list[list[tuple[float, int]]]:
    """Place the words of a scale: per line, the left edge of each swatch and which word it is."""
    lines: list[list[tuple[float, int]]] = [[]]
    left = MARGIN
    for place, word in enumerate(words):
        width = 0.24 + text_width(fonts.regular, word, TEXT) + 0.2
        if lines[-1] and left + width > RIGHT + 0.2:
            lines.append([])
            left = MARGIN
        lines[-1].append((left, place))
        left += width
    return lines


def bar_scale(lefts: Sequence[float], rights: Sequence[float], edges: tuple[float, float]) -> Scale:
    """Return the axis of shares, the same for all items, rounded outwards to 20 %."""
    low = -_outwards(max(lefts, default=0), 0.2)
    high = _outwards(max(rights, default=0), 0.2)
    return Scale(low, high, *edges)


def change_scale(bounds: Sequence[float], edges: tuple[float, float]) -> Scale:
    """Return the axis of changes, the same width to both sides of 0."""
    reach = max(0.1, _outwards(max((abs(bound) for bound in bounds), default=0), 0.05))
    return Scale(-reach, reach, *edges)


def ticks(scale: Scale, steps: Sequence[float], apart: float) -> list[float]:
    """Return round values on an axis, at least ``apart`` inches from each other."""
    inch = (scale.right - scale.left) / (scale.high - scale.low)
    step = next((step for step in steps if step * inch >= apart), steps[-1])
    first, last = ceil(scale.low / step - 1e-9), int(scale.high / step + 1e-9)
    return [place * step for place in range(first, last + 1)]


def _outwards(value: float, step: float) -> float:
    return max(1, ceil(value / step - 1e-9)) * step
