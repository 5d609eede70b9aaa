"""The trend in words: the first sentence of the page, the title of the chart, the rows of the table."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.compare import Reason, reason_text
from analysis.texts import N_, Note, Translate
from analysis.trend.course import Line, Measure, Point, Trend, latest_signal
from analysis.trend.limits import FEWEST, Rule, Signal
from analysis.trend.ordered_tests import cochran_armitage, jonckheere_terpstra
from analysis.trend.returning import returning
from analysis.trend.steps import Grain
from analysis.verdicts import percent, signed_points

MODES = {"web": N_("By link"), "phone": N_("By phone")}
_SPANS = {
    Grain.MONTH: N_("%(n)s months"), Grain.QUARTER: N_("%(n)s quarters"), Grain.WEEK: N_("%(n)s weeks"),
    Grain.YEAR: N_("%(n)s years"),
}  # fmt: skip
_MEASURES = {
    Measure.SHARE: N_("satisfied share"), Measure.MEAN: N_("mean"), Measure.NPS: N_("net score, in points"),
}  # fmt: skip

_SENTENCES = {
    (Rule.OUTSIDE, 1): N_("%(last)s stands out: %(value)s, above what chance allows (%(low)s to %(high)s)."),
    (Rule.OUTSIDE, -1): N_("%(last)s stands out: %(value)s, below what chance allows (%(low)s to %(high)s)."),
    (Rule.SHIFT, 1): N_(
        "%(span)s in a row, %(first)s to %(last)s, lie above the average of %(centre)s; chance rarely "
        "brings that."
    ),
    (Rule.SHIFT, -1): N_(
        "%(span)s in a row, %(first)s to %(last)s, lie below the average of %(centre)s; chance rarely "
        "brings that."
    ),
    (Rule.TREND, 1): N_(
        "each of %(span)s is higher than the one before, from %(start)s in %(first)s to %(value)s in "
        "%(last)s; chance rarely brings that."
    ),
    (Rule.TREND, -1): N_(
        "each of %(span)s is lower than the one before, from %(start)s in %(first)s to %(value)s in "
        "%(last)s; chance rarely brings that."
    ),
    (Rule.NEAR, 1): N_(
        "%(first)s and %(last)s lie close to the upper limit of %(high)s, at %(start)s and %(value)s; "
        "chance rarely brings that."
    ),
    (Rule.NEAR, -1): N_(
        "%(first)s and %(last)s lie close to the lower limit of %(low)s, at %(start)s and %(value)s; "
        "chance rarely brings that."
    ),
}
_NO_SIGNAL = N_("no signal. %(span)s between %(least)s and %(most)s differ as chance lets them.")
_TOO_SHORT = N_(
    "%(value)s in %(last)s. Limits need %(fewest)s judged points (so far %(count)s), so ups and downs are "
    "not judged."
)
_NEW_LINE = N_(
    "%(value)s in %(last)s. A new line began in %(begin)s; limits need %(fewest)s judged points (so far "
    "%(count)s), so ups and downs are not judged."
)
_NEW_LIMITS = N_(
    "%(value)s in %(last)s. The limits begin anew in %(begin)s and need %(fewest)s judged points "
    "(so far %(count)s), so ups and downs are not judged."
)
_MARKED = N_("new limits from here on")
_RETURNS = N_(
    "Other years are like that: the same months of %(years)s other years were at %(share)s, so the season "
    "explains it."
)
_AS_EVERY_YEAR = N_("as in other years")
_NOTHING = N_("no period has enough answers to be shown.")
_COLON = N_(": ")
_MORE = N_("Signals in the chart altogether: %(count)s.")

_TITLES = {
    (Rule.OUTSIDE, 1): N_("%(last)s above the limits: %(value)s"),
    (Rule.OUTSIDE, -1): N_("%(last)s below the limits: %(value)s"),
    (Rule.SHIFT, 1): N_("%(span)s in a row above average"),
    (Rule.SHIFT, -1): N_("%(span)s in a row below average"),
    (Rule.TREND, 1): N_("%(span)s rising without a pause"),
    (Rule.TREND, -1): N_("%(span)s falling without a pause"),
    (Rule.NEAR, 1): N_("Close to the upper limit up to %(last)s"),
    (Rule.NEAR, -1): N_("Close to the lower limit up to %(last)s"),
}
_TITLE_NO_SIGNAL = N_("No signal: ups and downs as chance brings")
_TITLE_SHORT = N_("Too few points to judge ups and downs")
_TITLE_NOTHING = N_("Too few answers to show")

_RULES = {
    Rule.OUTSIDE: N_("outside a limit"),
    Rule.SHIFT: N_("run on one side of the average"),
    Rule.NEAR: N_("close to a limit"),
    Rule.TREND: N_("rising or falling without a pause"),
}


@dataclass(frozen=True)
class Row:
    """One period in the table, of one line."""

    period: str
    n: str
    value: str
    limits: str
    remark: str


@dataclass(frozen=True)
class TestWords:
    """The two tests of the present stretch of one line."""

    mode: str
    first: str
    last: str
    points: int
    rows: tuple[tuple[str, str], ...]


def figure(trend: Trend, value: float | None) -> str:
    """Write a value of the trend: a percentage, a mean or a net score."""
    if value is None:
        return "–"
    if trend.measure is Measure.MEAN:
        return f"{value:.2f}"
    digits = decimals(trend)
    return percent(value, digits) if trend.measure is Measure.SHARE else signed_points(value, digits)


def decimals(trend: Trend) -> int:
    """Return how many decimals a percentage has: none below 1000 answers."""
    sizes = [point.n for one in trend.lines for point in one.points if point.judged and point.n]
    return 1 if sizes and min(sizes) >= 1000 else 0


def measure_name(trend: Trend, translate: Translate) -> str:
    """Say what is drawn."""
    return translate(_MEASURES[trend.measure])


def span(grain: Grain, count: int, translate: Translate) -> str:
    """Say how many periods: ``7 months``."""
    return translate(_SPANS[grain]) % {"n": count}


def sentence(trend: Trend, translate: Translate, language: str) -> str:
    """Say what the trend shows, with numbers: the first sentence of the page."""
    said = []
    for one in trend.lines:
        text = _said(trend, one, translate, language)
        said.append(f"{translate(MODES[one.mode])}{translate(_COLON)}{text}" if one.mode in MODES else text)
    count = sum(len(one.signals) for one in trend.lines)
    spoken = sum(latest_signal(one) is not None for one in trend.lines)
    if count > spoken:
        said.append(translate(_MORE) % {"count": count})
    return (" " if language == "en" else "").join(said)


def title(trend: Trend, translate: Translate, language: str) -> str:
    """Return the title of the chart: the finding in at most about ten words."""
    told = [(one, latest_signal(one)) for one in trend.lines]
    line, signal = max(told, key=lambda pair: pair[1].last if pair[1] else -1)
    prefix = ""
    if signal and line.mode in MODES:
        prefix = f"{translate(MODES[line.mode])}{translate(_COLON)}"
    if signal:
        return prefix + translate(_TITLES[signal.rule, signal.side]) % _values(
            trend, line, signal, translate, language
        )
    if not any(point.value is not None for one in trend.lines for point in one.points):
        return translate(_TITLE_NOTHING)
    short = all(one.last_segment.limits is None or one.last_segment.limits.trial for one in trend.lines)
    return translate(_TITLE_SHORT if short else _TITLE_NO_SIGNAL)


def say(note: Note, translate: Translate) -> str:
    """Say a note whose values are words too."""
    return translate(note.template) % {name: translate(value) for name, value in note.values.items()}


def new_limits(trend: Trend, translate: Translate, language: str) -> list[str]:
    """Say from which period on a person had the limits computed anew, who and why."""
    said = translate(N_("From %(period)s on: %(what)s"))
    return [
        said % {"period": trend.periods[one.at].label(language), "what": say(one.note, translate)}
        for one in trend.marks
    ]


def rows(trend: Trend, one: Line, translate: Translate, language: str) -> list[Row]:
    """Return the rows of the table, the latest period first."""
    found = []
    for place, point in enumerate(one.points):
        segment = next(part for part in one.segments if part.first <= place <= part.last)
        limits = segment.limit_at(place)
        found.append(
            Row(
                point.period.label(language),
                "–" if point.n is None else f"{point.n:,}",
                _value(trend, point, translate),
                "–" if limits is None else _range(trend, limits, translate),
                _remark(trend, one, place, translate),
            )
        )
    return found[::-1]


def tests(trend: Trend, translate: Translate, language: str) -> list[TestWords]:
    """Return the tests for a steady trend: closed periods with enough answers since the last break."""
    found = []
    for one in trend.lines:
        points = [one.points[place] for place in one.last_segment.places]
        if len(points) < 3:
            continue
        counts = np.array([point.counts for point in points])
        ordered = jonckheere_terpstra(counts)
        steady = cochran_armitage([point.satisfied or 0 for point in points], counts.sum(axis=1))
        found.append(
            TestWords(
                translate(MODES[one.mode]) if one.mode in MODES else "",
                points[0].period.label(language), points[-1].period.label(language), len(points),
                (
                    ("Jonckheere-Terpstra", f"z = {float(ordered.z):.3f}, {_p(float(ordered.p))}"),
                    (
                        translate(N_("Cochran-Armitage (satisfied share)")),
                        f"χ² = {float(steady.statistic):.3f}, {_p(float(steady.p))}",
                    ),
                ),
            )
        )  # fmt: skip
    return found


def limits_words(trend: Trend, translate: Translate) -> str:
    """Say which limits are drawn, with the spread beyond chance."""
    limits = [one.last_segment.limits for one in trend.lines if one.last_segment.limits]
    if not limits or all(one.trial for one in limits):
        return ""
    if trend.measure is not Measure.SHARE:
        return translate(
            N_("Limits: the mean of the points and 2.66 mean moving ranges to each side (XmR chart).")
        )
    found = []
    for one in trend.lines:
        mine = one.last_segment.limits
        if mine is not None and mine.sigma_z is not None and not mine.trial:
            name = f"{translate(MODES[one.mode])} " if one.mode in MODES else ""
            found.append(f"{name}{mine.sigma_z:.2f}")
    return translate(
        N_(
            "Limits: Laney's p′ chart. Spread of the points as a multiple of chance alone: %(spread)s; below "
            "1, chance itself is taken."
        )
    ) % {"spread": translate(N_(", ")).join(found)}


def _said(trend: Trend, one: Line, translate: Translate, language: str) -> str:
    signal = latest_signal(one)
    if signal:
        text = translate(_SENTENCES[signal.rule, signal.side]) % _values(
            trend, one, signal, translate, language
        )
        season = returning(trend, one, signal)
        if season is None:
            return text
        known = {"years": season.years, "share": figure(trend, season.share)}
        return f"{text}{' ' if language == 'en' else ''}{translate(_RETURNS) % known}"
    shown = [point for point in one.points if point.value is not None]
    if not shown:
        return translate(_NOTHING)
    segment = one.last_segment
    judged = [one.points[place] for place in segment.places]
    if segment.limits is None or segment.limits.trial:
        told = _NEW_LIMITS if segment.marked else _NEW_LINE if segment.first else _TOO_SHORT
        return translate(told) % {
            "value": _value(trend, shown[-1], translate), "last": shown[-1].period.label(language),
            "begin": one.points[segment.first].period.label(language), "fewest": FEWEST, "count": len(judged),
        }  # fmt: skip
    ordered = sorted(point.value or 0.0 for point in judged)
    return translate(_NO_SIGNAL) % {
        "span": span(trend.grain, len(judged), translate),
        "least": figure(trend, ordered[0]), "most": figure(trend, ordered[-1]),
    }  # fmt: skip


def _values(
    trend: Trend, one: Line, signal: Signal, translate: Translate, language: str
) -> dict[str, object]:
    segment = next(part for part in one.segments if part.first <= signal.first <= part.last)
    inside = [place for place in segment.places if signal.first <= place <= signal.last]
    low, high = segment.limit_at(signal.last) or (0.0, 0.0)
    return {
        "first": one.points[signal.first].period.label(language),
        "last": one.points[signal.last].period.label(language),
        "start": figure(trend, one.points[signal.first].value),
        "value": figure(trend, one.points[signal.last].value),
        "low": figure(trend, low), "high": figure(trend, high),
        "centre": figure(trend, segment.limits.centre if segment.limits else None),
        "span": span(trend.grain, len(inside), translate),
    }  # fmt: skip


def _value(trend: Trend, point: Point, translate: Translate) -> str:
    """Write the value of a point; of few answers counts instead of percent."""
    if point.reason is Reason.FEW and trend.measure is Measure.SHARE:
        return translate(N_("%(x)s of %(n)s")) % {"x": point.satisfied, "n": point.n}
    return figure(trend, point.value)


def _range(trend: Trend, limits: Sequence[float], translate: Translate) -> str:
    low, high = (figure(trend, bound) for bound in limits)
    return translate(N_("%(low)s to %(high)s")) % {"low": low, "high": high}


def _remark(trend: Trend, one: Line, place: int, translate: Translate) -> str:
    point = one.points[place]
    said = []
    if point.reason is not None:
        said.append(reason_text(point.reason, translate, min_cell=trend.min_cell))
    if point.open:
        said.append(translate(N_("not over, not judged")))
    if place in {mark.at for mark in trend.marks}:
        said.append(translate(_MARKED))
    here = [it for it in one.signals if it.first <= place <= it.last and point.judged]
    rules = dict.fromkeys(signal.rule for signal in here)
    said += [translate(_RULES[rule]) for rule in rules]
    if any(returning(trend, one, signal) for signal in here):
        said.append(translate(_AS_EVERY_YEAR))
    return translate(N_("; ")).join(said)


def _p(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
