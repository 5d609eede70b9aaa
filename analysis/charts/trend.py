"""The run chart: one panel for each line, limits as a grey band, a gap where nothing may be drawn."""

from collections.abc import Sequence

from analysis.charts import trend_axis
from analysis.charts.layout import LINE, MARGIN
from analysis.charts.palette import FALL, RISE, SECONDARY
from analysis.charts.sheet import Around, Box, Drawing, Mark, Sheet, laid_out
from analysis.charts.trend_axis import RIGHT, Panel
from analysis.charts.words import ALT_LIMIT, shorten
from analysis.compare import Reason
from analysis.texts import N_, Translate
from analysis.trend import presenting
from analysis.trend.course import Line, Measure, Segment, Trend

BAND = "#e9eef1"
COMMON = "#3D3D3D"
_HIDDEN = {Reason.SUPPRESSED, Reason.PROTECTED, Reason.CUT}
_LABELS = N_("average %(value)s"), N_("upper limit %(value)s"), N_("lower limit %(value)s")


def trend_chart(trend: Trend, texts: Around, translate: Translate = N_) -> Drawing:
    """Lay out a trend.

    Parameters
    ----------
    trend : Trend
    texts : Around
        The finding, what is measured, the source.
    translate : callable
        Gives the reader's language for the words of the chart itself.

    Returns
    -------
    Drawing
        It gives the same bytes for the same arguments, fonts and version of matplotlib.
    """

    def body(sheet: Sheet, y: float) -> float:
        y += 0.1
        for one in trend.lines:
            y = _panel(sheet, trend, one, y)
        return y + 0.12

    return laid_out(texts, translate, body)


def trend_alt(trend: Trend, translate: Translate = N_, language: str = "en") -> str:
    """Describe the chart in at most 120 characters; the table beside it is the whole alternative."""
    said = [presenting.title(trend, translate, language)]
    shown = [(point.value, point) for one in trend.lines for point in one.points if point.value is not None]
    if shown:
        (_first, first), (_last, last) = shown[0], shown[-1]
        low, high = min(value for value, _point in shown), max(value for value, _point in shown)
        said.append(
            translate(N_("%(first)s %(start)s, %(last)s %(end)s; lowest %(low)s, highest %(high)s"))
            % {
                "first": first.period.name, "start": presenting.figure(trend, first.value),
                "last": last.period.name, "end": presenting.figure(trend, last.value),
                "low": presenting.figure(trend, low), "high": presenting.figure(trend, high),
            }
        )  # fmt: skip
    start = translate(N_("Run chart. %(finding)s.")) % {"finding": said[0]}
    return shorten(" ".join([start, *said[1:]]), ALT_LIMIT)


def _panel(sheet: Sheet, trend: Trend, one: Line, y: float) -> float:
    if one.mode:
        sheet.text(MARGIN, y + LINE / 2, sheet.translate(presenting.MODES[one.mode]), bold=True)
        y += LINE + 0.04
    panel = trend_axis.panel_at(trend, one, trend_axis.break_room(sheet, trend, one, y) + 0.28)
    trend_axis.grid(sheet, trend, panel)
    trend_axis.breaks(sheet, trend, panel, y)
    for segment in one.segments:
        _limits(sheet, trend, panel, segment, last=segment is one.segments[-1])
        _joined(sheet, panel, segment)
    _marks(sheet, panel)
    _values(sheet, trend, panel)
    return trend_axis.axis(sheet, trend, panel)


def cut(trend: Trend) -> bool:
    """Whether the axis of shares does not begin at 0, which the chart has to say."""
    return trend.measure is Measure.SHARE and trend_axis.value_range(trend)[0] > 0


def _limits(sheet: Sheet, trend: Trend, panel: Panel, segment: Segment, *, last: bool) -> None:
    limits = segment.limits
    if limits is None or limits.trial:
        return
    half = (panel.at(1) - panel.at(0)) / 2
    edges = [
        (place, panel.height(upper), panel.height(lower))
        for place in segment.places
        for lower, upper in [segment.limit_at(place) or (limits.centre, limits.centre)]
    ]
    for k, (place, upper, lower) in enumerate(edges):
        left = panel.at(place) - half if k == 0 else (panel.at(place) + panel.at(edges[k - 1][0])) / 2
        right = (
            panel.at(place) + half
            if k == len(edges) - 1
            else (panel.at(place) + panel.at(edges[k + 1][0])) / 2
        )
        sheet.bands.append(Box(left, upper, right, lower, BAND))
        for y in (upper, lower):
            sheet.dashes.append(((left, y), (right, y), SECONDARY, 1.1))
    centre = panel.height(limits.centre)
    first, end = panel.at(edges[0][0]) - half, panel.at(edges[-1][0]) + half
    sheet.grid.append(((first, centre), (end, centre), SECONDARY, 1.2))
    if last:
        _limit_labels(sheet, trend, limits.centre, edges[-1], panel)


def _limit_labels(
    sheet: Sheet, trend: Trend, centre: float, edge: tuple[int, float, float], panel: Panel
) -> None:
    """Name centre and limits at the right edge, apart from each other."""
    place, upper, lower = edge
    segment = panel.line.last_segment
    low, high = segment.limit_at(place) or (centre, centre)
    middle = panel.height(centre)
    upper, lower = min(upper, middle - LINE), max(lower, middle + LINE)
    for y, text, value in zip((middle, upper, lower), _LABELS, (centre, high, low), strict=True):
        said = sheet.translate(text) % {"value": presenting.figure(trend, value)}
        sheet.text(RIGHT + 0.1, y, said, colour=SECONDARY)


def _joined(sheet: Sheet, panel: Panel, segment: Segment) -> None:
    """Join neighbouring points, those on both sides of new limits too; a gap stays a gap."""
    points = panel.line.points
    for place in range(segment.first - segment.marked, segment.last):
        here, there = points[place].value, points[place + 1].value
        if here is not None and there is not None:
            start = (panel.at(place), panel.height(here))
            sheet.lines.append((start, (panel.at(place + 1), panel.height(there)), COMMON, 1.6))


def _marks(sheet: Sheet, panel: Panel) -> None:
    """Draw the points: shape and colour say what is special about one."""
    sides = panel.line.marks()
    for place, point in enumerate(panel.line.points):
        x = panel.at(place)
        if point.value is None:
            if point.reason in _HIDDEN:
                sheet.text(x, panel.bottom - 0.12, "×", colour=SECONDARY, align="center")
            continue
        y = panel.height(point.value)
        if place in sides:
            shape, colour = ("^", RISE) if sides[place] > 0 else ("v", FALL)
            sheet.marks.append(Mark(x, y, shape, colour, 10.0))
        elif point.open:
            sheet.marks.append(Mark(x, y, "D", COMMON, 7.0, filled=False))
        elif point.reason is Reason.FEW:
            sheet.marks.append(Mark(x, y, "o", SECONDARY, 5.0, filled=False))
        else:
            sheet.marks.append(Mark(x, y, "o", COMMON, 5.0))


def _values(sheet: Sheet, trend: Trend, panel: Panel) -> None:
    """Label the first, the last, the lowest and the highest point, without one label over another."""
    shown = [(k, p) for k, p in enumerate(panel.line.points) if p.value is not None and p.reason is None]
    if not shown:
        return
    low = min(shown, key=lambda pair: pair[1].value or 0.0)
    high = max(shown, key=lambda pair: pair[1].value or 0.0)
    taken: list[tuple[float, float]] = []
    for place, point in dict([high, low, shown[-1], shown[0]]).items():
        below = place == low[0] or (place != high[0] and _dips(panel, place))
        text = presenting.figure(trend, point.value)
        x, y = panel.at(place), panel.height(point.value or 0.0)
        for way in (0.2, -0.2) if below else (-0.2, 0.2):
            spot = (x, y + way)
            if all(abs(spot[0] - a) > 0.5 or abs(spot[1] - b) > 0.2 for a, b in taken):
                sheet.text(*spot, text, align="center", bold=True, backed=True)
                taken.append(spot)
                break


def _dips(panel: Panel, place: int) -> bool:
    """Whether the line leaves a point upwards, so that its label stands better below."""
    values = [point.value for point in panel.line.points]
    beside = [v for v in values[max(0, place - 1) : place + 2] if v is not None]
    return sum(beside) / len(beside) > (values[place] or 0.0)


def legend(trend: Trend, translate: Translate) -> str:
    """Say what the shapes mean that occur in the chart; part of the subtitle."""
    points = [point for one in trend.lines for point in one.points]
    found: Sequence[tuple[bool, str]] = (
        (any(one.signals for one in trend.lines), translate(N_("triangle: signal"))),
        (
            any(p.value is not None and p.reason is Reason.FEW and not p.open for p in points),
            translate(N_("ring: few answers")),
        ),
        (
            any(p.reason in _HIDDEN for p in points),
            translate(N_("×: hidden")),
        ),
        (
            any(p.open and p.value is not None for p in points),
            translate(N_("diamond: as of %(day)s, not over")) % {"day": trend.today.isoformat()},
        ),
        (cut(trend), translate(N_("axis cut, not from 0%"))),
    )
    return translate(N_("; ")).join(text for holds, text in found if holds)
