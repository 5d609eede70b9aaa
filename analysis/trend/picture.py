"""The chart of a trend as the page shows it: named by its figures, drawn at most once."""

from functools import partial
from typing import TYPE_CHECKING

from analysis import pictures
from analysis.texts import N_, Translate
from analysis.trend import presenting, seasons
from analysis.trend.course import Trend
from analysis.trend.steps import Grain

if TYPE_CHECKING:
    from analysis.charts.sheet import Around

_SUBTITLES = {
    Grain.MONTH: N_("%(item)s, %(measure)s by month, %(first)s to %(last)s"),
    Grain.QUARTER: N_("%(item)s, %(measure)s by quarter, %(first)s to %(last)s"),
    Grain.WEEK: N_("%(item)s, %(measure)s by week, %(first)s to %(last)s"),
    Grain.YEAR: N_("%(item)s, %(measure)s by year, %(first)s to %(last)s"),
}


def texts_of(
    trend: Trend, *, language: str, translate: Translate, population: str = "", source: str = ""
) -> "Around":
    """Return what stands around the chart: finding, measure, span, whose answers, what the shapes mean."""
    from analysis.charts.sheet import Around  # noqa: PLC0415 # see picture_of
    from analysis.charts.trend import legend  # noqa: PLC0415

    head = translate(_SUBTITLES[trend.grain]) % {
        "item": trend.label, "measure": presenting.measure_name(trend, translate),
        "first": trend.periods[0].label(language), "last": trend.periods[-1].label(language),
    }  # fmt: skip
    parts = [head, population, legend(trend, translate)]
    return Around(
        presenting.title(trend, translate, language), " · ".join(part for part in parts if part), source
    )


def picture_of(
    trend: Trend, *, language: str, translate: Translate, population: str = "", source: str = ""
) -> pictures.Picture | None:
    """Return the chart of a trend, or None where no period has a figure.

    matplotlib is imported here and not with the module, as in `analysis.pictures`.
    """
    if not any(point.value is not None for one in trend.lines for point in one.points):
        return None
    from analysis.charts.trend import trend_alt, trend_chart  # noqa: PLC0415

    texts = texts_of(trend, language=language, translate=translate, population=population, source=source)
    key = pictures.key_of("trend", language, trend, texts)
    alt = trend_alt(trend, translate, language)
    return pictures.Picture(key, partial(trend_chart, trend, texts, translate), alt)


def seasons_picture(
    trend: Trend, *, language: str, translate: Translate, population: str = "", source: str = ""
) -> pictures.Picture | None:
    """Return the seasonal chart of a trend, or None with fewer than three years."""
    if not seasons.has_seasons(trend):
        return None
    from analysis.charts import seasons as charts  # noqa: PLC0415 # see picture_of
    from analysis.charts.sheet import Around  # noqa: PLC0415

    head = translate(N_("%(item)s, %(measure)s")) % {
        "item": trend.label, "measure": presenting.measure_name(trend, translate),
    }  # fmt: skip
    parts = [head, population, charts.years_text(trend, translate)]
    texts = Around(seasons.finding(trend, translate), " · ".join(part for part in parts if part), source)
    key = pictures.key_of("seasons", language, trend, texts)
    drawing = partial(charts.seasons_chart, trend, texts, translate)
    return pictures.Picture(key, drawing, charts.seasons_alt(trend, translate))
