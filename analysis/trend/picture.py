"""The chart of a trend as the page shows it: named by its figures, drawn at most once."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis import pictures
from analysis.texts import N_, Translate
from analysis.trend import presenting, seasons
from analysis.trend.course import Trend
from analysis.trend.steps import Grain

if TYPE_CHECKING:
    from analysis.charts.trend import TrendTexts

_SUBTITLES = {
    Grain.MONTH: N_("%(item)s, %(measure)s by month, %(first)s to %(last)s"),
    Grain.QUARTER: N_("%(item)s, %(measure)s by quarter, %(first)s to %(last)s"),
    Grain.WEEK: N_("%(item)s, %(measure)s by week, %(first)s to %(last)s"),
    Grain.YEAR: N_("%(item)s, %(measure)s by year, %(first)s to %(last)s"),
}
_SIZES = pictures.Kept(200)


@dataclass(frozen=True)
class TrendPicture:
    """One run chart, not drawn yet."""

    key: str
    trend: Trend
    texts: "TrendTexts"
    language: str
    translate: Translate

    def png(self) -> bytes:
        """Return the picture, drawn at most once."""
        from analysis.charts.trend import trend_chart  # noqa: PLC0415 # see picture_of

        return pictures.drawn(
            self.key, lambda: trend_chart(self.trend, self.texts, self.translate, dpi=pictures.DPI)
        )

    def size(self) -> tuple[int, int]:
        """Return width and height, so that the page reserves the space."""
        from analysis.charts.trend import trend_size  # noqa: PLC0415 # see picture_of

        return _SIZES.get(
            self.key, lambda: trend_size(self.trend, self.texts, self.translate, dpi=pictures.DPI)
        )

    def alt(self) -> str:
        """Describe the picture in at most 120 characters."""
        from analysis.charts.trend import trend_alt  # noqa: PLC0415 # see picture_of

        return trend_alt(self.trend, self.translate, self.language)


def texts_of(
    trend: Trend, *, language: str, translate: Translate, population: str = "", source: str = ""
) -> "TrendTexts":
    """Return what stands around the chart: finding, measure, span, whose answers, what the shapes mean."""
    from analysis.charts.trend import TrendTexts, legend  # noqa: PLC0415 # see picture_of

    head = translate(_SUBTITLES[trend.grain]) % {
        "item": trend.label, "measure": presenting.measure_name(trend, translate),
        "first": trend.periods[0].label(language), "last": trend.periods[-1].label(language),
    }  # fmt: skip
    parts = [head, population, legend(trend, translate)]
    return TrendTexts(
        presenting.title(trend, translate, language), " · ".join(part for part in parts if part), source
    )


def picture_of(
    trend: Trend, *, language: str, translate: Translate, population: str = "", source: str = ""
) -> TrendPicture | None:
    """Return the chart of a trend, or None where no period has a figure.

    matplotlib is imported here and not with the module, as in `analysis.pictures`.
    """
    if not any(point.value is not None for one in trend.lines for point in one.points):
        return None
    texts = texts_of(trend, language=language, translate=translate, population=population, source=source)
    key = pictures.key_of("trend", language, trend, texts)
    return TrendPicture(key, trend, texts, language, translate)


@dataclass(frozen=True)
class SeasonsPicture:
    """The seasonal chart, not drawn yet."""

    key: str
    trend: Trend
    texts: "TrendTexts"
    translate: Translate

    def png(self) -> bytes:
        """Return the picture, drawn at most once."""
        from analysis.charts.seasons import seasons_chart  # noqa: PLC0415 # see picture_of

        return pictures.drawn(
            self.key, lambda: seasons_chart(self.trend, self.texts, self.translate, pictures.DPI)
        )

    def size(self) -> tuple[int, int]:
        """Return width and height, so that the page reserves the space."""
        from analysis.charts.seasons import seasons_size  # noqa: PLC0415 # see picture_of

        return _SIZES.get(
            self.key, lambda: seasons_size(self.trend, self.texts, self.translate, pictures.DPI)
        )

    def alt(self) -> str:
        """Describe the picture in at most 120 characters."""
        from analysis.charts.seasons import seasons_alt  # noqa: PLC0415 # see picture_of

        return seasons_alt(self.trend, self.translate)


def seasons_picture(
    trend: Trend, *, language: str, translate: Translate, population: str = "", source: str = ""
) -> SeasonsPicture | None:
    """Return the seasonal chart of a trend, or None with fewer than three years."""
    if not seasons.has_seasons(trend):
        return None
    from analysis.charts.seasons import years_text  # noqa: PLC0415 # see picture_of
    from analysis.charts.trend import TrendTexts  # noqa: PLC0415

    head = translate(N_("%(item)s, %(measure)s")) % {
        "item": trend.label, "measure": presenting.measure_name(trend, translate),
    }  # fmt: skip
    parts = [head, population, years_text(trend, translate)]
    texts = TrendTexts(seasons.finding(trend, translate), " · ".join(part for part in parts if part), source)
    return SeasonsPicture(pictures.key_of("seasons", language, trend, texts), trend, texts, translate)
