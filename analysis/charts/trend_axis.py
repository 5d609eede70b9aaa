"""The ground of a run chart: where a panel stands, its axes, the breaks and the numbers under its points."""

from dataclasses import dataclass
from math import ceil, floor

from analysis.charts import layout
from analysis.charts.layout import LINE, MARGIN, TEXT, Scale
from analysis.charts.palette import INK, SECONDARY
from analysis.charts.palette import LINE as LINE_COLOUR
from analysis.charts.sheet import Sheet
from analysis.fonts import text_width
from analysis.trend import presenting
from analysis.trend.course import Line, Measure, Point, Trend
from analysis.trend.steps import Grain

LEFT, RIGHT = MARGIN + 0.62, layout.RIGHT - 1.55
_HEIGHT = {1: 2.9, 2: 1.9}  # of the plot, by the number of panels
_LABEL_ROOM = 0.32  # a label under the lowest point does not touch the axis


@dataclass(frozen=True)
class Panel:
    """Where one line is drawn."""

    line: Line
    x: Scale
    y: Scale
    top: float
    bottom: float

    def at(self, place: float) -> float:
        """Return where a period stands."""
        return self.x.at(place)

    def height(self, value: float) -> float:
        """Return where a value stands."""
        return self.y.at(value)


def panel_at(trend: Trend, line: Line, top: float) -> Panel:
    """Place the panel of one line; all panels have the same axis."""
    height = plot_height(trend)
    last = max(len(line.points) - 1, 1)
    low, high = value_range(trend)
    x, y = Scale(-0.5, last + 0.5, LEFT, RIGHT), Scale(low, high, top + height, top)
    return Panel(line, x, y, top, top + height)


def plot_height(trend: Trend) -> float:
    """Return the height of one plot: two are lower than one."""
    return _HEIGHT[min(2, len(trend.lines))]


def value_range(trend: Trend) -> tuple[float, float]:
    """Return the ends of the axis: all points and limits, rounded outwards, never beyond what is possible."""
    shown = [point.value for one in trend.lines for point in one.points if point.value is not None]
    limits = [
        bound
        for one in trend.lines
        for segment in one.segments
        for place in segment.places
        for bound in segment.limit_at(place) or ()
    ]
    step = 0.05 if trend.measure is Measure.SHARE else 0.1
    least, most = {Measure.SHARE: (0.0, 1.0), Measure.NPS: (-1.0, 1.0)}.get(
        trend.measure, (float(min(trend.scores)), float(max(trend.scores)))
    )
    low = floor(min([*shown, *limits], default=least) / step + 1e-9) * step
    high = ceil(max([*shown, *limits], default=most) / step - 1e-9) * step
    low, high = min(low, high - 2 * step), max(high, low + 2 * step)
    room = _LABEL_ROOM * (high - low) / plot_height(trend)
    low -= step * ceil(max(0.0, low + room - min(shown, default=high)) / step)
    high += step * ceil(max(0.0, max(shown, default=low) + room - high) / step)
    return max(least, low), min(most, high)


def grid(sheet: Sheet, trend: Trend, panel: Panel) -> None:
    steps = (0.05, 0.1, 0.2, 0.5) if trend.measure is not Measure.MEAN else (0.1, 0.2, 0.5, 1.0, 2.0)
    scale = Scale(panel.y.low, panel.y.high, panel.bottom, panel.top)
    upwards = Scale(scale.low, scale.high, 0, panel.bottom - panel.top)
    for value in layout.ticks(upwards, steps, 0.4):
        y = scale.at(value)
        sheet.grid.append(((LEFT, y), (RIGHT, y), LINE_COLOUR, 0.6))
        sheet.text(LEFT - 0.1, y, _tick(trend, value), colour=SECONDARY, align="right")


def _tick(trend: Trend, value: float) -> str:
    if trend.measure is Measure.MEAN:
        return f"{value:.1f}"
    return f"{value:.0%}" if trend.measure is Measure.SHARE else f"{value * 100:+.0f}"


def break_room(sheet: Sheet, trend: Trend, one: Line, y: float) -> float:
    return y + LINE * len(_break_rows(sheet, trend, one))


def _break_rows(sheet: Sheet, trend: Trend, one: Line) -> list[list[tuple[int, str]]]:
    """Put the texts of the breaks into rows, so that none covers another."""
    step = (RIGHT - LEFT) / (max(len(one.points) - 1, 1) + 1)
    found: list[list[tuple[int, str]]] = []
    ends: list[float] = []
    for broken in sorted([*trend.breaks, *trend.reworded, *trend.marks], key=lambda one: one.at):
        text = presenting.say(broken.short, sheet.translate)
        start = broken.at * step
        width = text_width(sheet.fonts.regular, text, TEXT) + 0.2
        row = next((k for k, end in enumerate(ends) if end < start), len(ends))
        if row == len(ends):
            ends.append(0.0)
            found.append([])
        ends[row] = start + width
        found[row].append((broken.at, text))
    return found


def breaks(sheet: Sheet, trend: Trend, panel: Panel, y: float) -> None:
    """Draw a dashed line where the course breaks, a thin one where only wording or limits changed."""
    broken = {one.at for one in trend.breaks}
    for number, row in enumerate(_break_rows(sheet, trend, panel.line)):
        for at, text in row:
            x, middle = panel.at(at) - (panel.at(1) - panel.at(0)) / 2, y + LINE * (number + 0.5)
            ends = (x, middle - 0.08), (x, panel.bottom)
            if at in broken:
                sheet.dashes.append((*ends, INK, 1.4))
            else:
                sheet.grid.append((*ends, SECONDARY, 0.8))
            fits = x + text_width(sheet.fonts.regular, text, TEXT) + 0.06 < layout.RIGHT
            sheet.text(x + (0.06 if fits else -0.06), middle, text, align="left" if fits else "right")


def axis(sheet: Sheet, trend: Trend, panel: Panel) -> float:
    """Write period, year and number of answers under each point and return where the panel ends."""
    points, y = panel.line.points, panel.bottom
    sheet.grid.append(((LEFT, y), (RIGHT, y), INK, 1.0))
    year = 0
    for place, point in enumerate(points):
        sheet.text(panel.at(place), y + 0.14, _short(trend.grain, point), colour=SECONDARY, align="center")
        if trend.grain is not Grain.YEAR and _year(trend.grain, point) != year:
            year = _year(trend.grain, point)
            if not _crowded(trend.grain, panel, place):
                sheet.text(panel.at(place) - 0.08, y + 0.14 + LINE, str(year), bold=True)
    y += LINE * (1 if trend.grain is Grain.YEAR else 2) + 0.08
    return _numbers(sheet, panel, y)


def _crowded(grain: Grain, panel: Panel, place: int) -> bool:
    """Whether the next year begins so soon that the name of this one has no room."""
    near = ceil(0.55 / (panel.at(1) - panel.at(0))) - 1
    beside = panel.line.points[place : place + near + 1]
    return any(_year(grain, point) != _year(grain, beside[0]) for point in beside)


def _numbers(sheet: Sheet, panel: Panel, y: float) -> float:
    """Write n under each point: upright where there is no room."""
    texts = ["–" if point.n is None else f"{point.n:,}" for point in panel.line.points]
    width = max(text_width(sheet.fonts.regular, text, TEXT) for text in texts)
    upright = width + 0.06 > panel.at(1) - panel.at(0)
    height = width if upright else LINE
    for place, text in enumerate(texts):
        sheet.text(
            panel.at(place), y + height / 2 + 0.02, text, colour=SECONDARY, align="center", upright=upright
        )
    sheet.text(LEFT - 0.1, y + LINE / 2 + 0.02, "n", colour=SECONDARY, align="right")
    return y + height + 0.1


def _short(grain: Grain, point: Point) -> str:
    start = point.period.start
    if grain is Grain.MONTH:
        return str(start.month)
    if grain is Grain.QUARTER:
        return f"Q{(start.month + 2) // 3}"
    return str(start.isocalendar().week if grain is Grain.WEEK else start.year)


def _year(grain: Grain, point: Point) -> int:
    start = point.period.start
    return start.isocalendar().year if grain is Grain.WEEK else start.year
