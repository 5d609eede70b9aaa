"""The seasonal chart: every calendar month (quarter) with its years from left to right."""

from analysis.charts import trend_axis
from analysis.charts.layout import LINE, MARGIN, Scale
from analysis.charts.palette import INK, RISE, SECONDARY
from analysis.charts.sheet import Around, Drawing, Mark, Sheet, laid_out
from analysis.charts.trend import COMMON
from analysis.charts.trend_axis import LEFT, RIGHT, Panel
from analysis.charts.words import ALT_LIMIT, shorten
from analysis.texts import N_, Translate
from analysis.trend import presenting, seasons
from analysis.trend.course import Line, Trend
from analysis.trend.seasons import Season
from analysis.trend.steps import Grain

_INSIDE = 0.7  # of the width of a season


def seasons_chart(trend: Trend, texts: Around, translate: Translate = N_) -> Drawing:
    """Lay out the seasons of a trend; one panel for each line."""

    def body(sheet: Sheet, y: float) -> float:
        y += 0.1
        for one in trend.lines:
            found = seasons.seasons(trend, one)
            y = _panel(sheet, trend, one, found, y) if found else y
        return y + 0.12

    return laid_out(texts, translate, body)


def seasons_alt(trend: Trend, translate: Translate = N_) -> str:
    """Describe the chart in at most 120 characters."""
    said = translate(N_("Seasonal chart, the years of each season side by side. %(finding)s."))
    return shorten(said % {"finding": seasons.finding(trend, translate)}, ALT_LIMIT)


def _panel(sheet: Sheet, trend: Trend, one: Line, found: list[Season], y: float) -> float:
    if one.mode:
        sheet.text(MARGIN, y + LINE / 2, sheet.translate(presenting.MODES[one.mode]), bold=True)
        y += LINE + 0.04
    low, high = trend_axis.value_range(trend)
    top, height = y + 0.28, trend_axis.plot_height(trend)
    across = Scale(-0.5, seasons.count(trend.grain) - 0.5, LEFT, RIGHT)
    panel = Panel(one, across, Scale(low, high, top + height, top), top, top + height)
    trend_axis.grid(sheet, trend, panel)
    sheet.grid.append(((LEFT, panel.bottom), (RIGHT, panel.bottom), INK, 1.0))
    for season in found:
        _season(sheet, trend, panel, season)
    for place in range(seasons.count(trend.grain)):
        text = str(place + 1) if trend.grain is Grain.MONTH else f"Q{place + 1}"
        sheet.text(panel.at(place), panel.bottom + 0.14, text, colour=SECONDARY, align="center")
    return panel.bottom + LINE + 0.1


def _season(sheet: Sheet, trend: Trend, panel: Panel, season: Season) -> None:
    """Draw the years of one season, joined, with their average; the latest year has a shape of its own."""
    years = [point.period.start.year for _place, point in season.points]
    first, last = _years(trend)
    step = _INSIDE / max(last - first, 1)
    places = [panel.at(season.place - _INSIDE / 2 + (year - first) * step) for year in years]
    heights = [panel.height(point.value or 0.0) for _place, point in season.points]
    average = panel.height(season.average)
    half = _INSIDE / 2 + 0.1
    ends = panel.at(season.place - half), panel.at(season.place + half)
    sheet.lines.append(((ends[0], average), (ends[1], average), SECONDARY, 1.0))
    for k in range(len(places) - 1):
        if years[k + 1] == years[k] + 1:
            sheet.lines.append(((places[k], heights[k]), (places[k + 1], heights[k + 1]), COMMON, 1.6))
    for x, y, year in zip(places, heights, years, strict=True):
        sheet.marks.append(Mark(x, y, "D", RISE, 7.0) if year == last else Mark(x, y, "o", COMMON, 5.0))
    above = heights[-1] <= average
    text = presenting.figure(trend, season.points[-1][1].value)
    sheet.text(
        places[-1], heights[-1] + (-0.2 if above else 0.2), text, align="center", bold=True, backed=True
    )


def _years(trend: Trend) -> tuple[int, int]:
    years = [
        point.period.start.year
        for one in trend.lines
        for season in seasons.seasons(trend, one)
        for _place, point in season.points
    ]
    return min(years), max(years)


def years_text(trend: Trend, translate: Translate = N_) -> str:
    """Say how the chart is read; part of its subtitle."""
    first, last = _years(trend)
    said = N_(
        "in each season the years %(first)s to %(last)s from left to right; line: average; diamond: %(last)s"
    )
    return translate(said) % {"first": first, "last": last}
