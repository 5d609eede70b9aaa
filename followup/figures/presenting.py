"""How figures are written: columns, cells, the first sentence. For page and file alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from core.i18n import _, ngettext
from core.periods import Period, is_open, parse_period, previous, recent_seasons
from core.seasons.policy import NamedSeason
from followup.figures.comparing import change
from followup.figures.definitions import (
    CHANNEL_NAME,
    CHANNELS,
    DEFINITIONS,
    FORMULA,
    RATE_NAME,
    RATES_IN,
    RATES_OUT,
    RATES_SOURCE,
    Section,
    Unit,
)
from followup.figures.groups import By
from followup.figures.rates import HIDDEN, Measure
from followup.figures.reporting import Group, Place, Report
from surveys.scales import scale_named

# In a breakdown by the side of many groups; the file has all of them.
CHIEF_RATES = ("rr1", "rr2", "coop1", "coop3", "con1", "ref1")

MINUS = "\u2212"


@dataclass(frozen=True, slots=True)
class Column:
    """One figure with its definition, in the language of the reader."""

    place: Place
    name: str
    apart: str  # the scale or the way of asking
    formula: str
    inside: str
    outside: str
    source: str
    unit: Unit
    section: Section


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure as it is written; ``why`` says why there is none."""

    value: str
    interval: str = ""
    base: str = ""
    why: str = ""


def columns(report: Report, section: Section, language: str) -> list[Column]:
    """Return the figures of one table; each scale has its own."""
    if section is Section.RATES:
        channels = ("phone",) if report.by is By.AGENT else CHANNELS
        return [rate_column(name, channel) for name in RATE_NAME for channel in channels]
    found = []
    for one in DEFINITIONS:
        if one.section is not section or report.by not in one.breakdowns:
            continue
        scales: Sequence[str] = report.scales if one.code.startswith("satisfied") else ("",)
        found += [
            Column(
                (one.code, scale), str(one.name),
                scale_words(scale, language, strict=one.code != "satisfied"), str(one.formula),
                str(one.inside), str(one.outside), str(one.source), one.unit, section,
            )
            for scale in scales
        ]  # fmt: skip
    return found


def chief_rates(report: Report) -> list[Column]:
    """Return the rates that stand in a breakdown: of all ways of asking, and by agent of the calls."""
    return [rate_column(name, "phone" if report.by is By.AGENT else "all") for name in CHIEF_RATES]


def rate_column(name: str, channel: str) -> Column:
    """Return one of the AAPOR rates for one way of asking."""
    return Column(
        (name, channel), f"{RATE_NAME[name]} ({name.upper()})", str(CHANNEL_NAME[channel]), FORMULA[name],
        str(RATES_IN), str(RATES_OUT), str(RATES_SOURCE), Unit.SHARE, Section.RATES,
    )  # fmt: skip


def scale_words(name: str, language: str, *, strict: bool) -> str:
    """Say which answers of a scale count as satisfied."""
    if not name:
        return ""
    scale = scale_named(name)
    top = max(scale.scores)
    counted = [score for score in scale.scores if (score == top if strict else scale.is_satisfied(score))]
    words = _(", ").join(scale.word(score, language) for score in counted)
    return _("scale %(name)s: %(words)s", name=scale.family, words=words)


def cell(measure: Measure, unit: Unit) -> Cell:
    """Return a figure as it is written."""
    if measure.value is None:
        if measure.reason == HIDDEN:
            return Cell("–", why=_("hidden to protect few answers"))
        return Cell("–", why=_("nothing to count"))
    if unit is Unit.TIME:
        return Cell(clock(measure.value), _interval(measure, unit), f"n = {whole(measure.n)}")
    base = f"{whole(measure.x)} / {whole(measure.n)}"
    if unit is Unit.RATIO:
        return Cell(f"{measure.value:.2f}", base=base)
    return Cell(percent(measure.value), _interval(measure, unit), base)


def _interval(measure: Measure, unit: Unit) -> str:
    if measure.low is None or measure.high is None:
        return ""
    if unit is Unit.TIME:
        return f"{clock(measure.low)}–{clock(measure.high)}"
    return f"{100 * measure.low:.1f}–{percent(measure.high)}"


def moved(after: Measure, before: Measure, unit: Unit) -> Cell:
    """Write how far a figure moved; a dash where one of the two is missing."""
    found = change(after, before, unit)
    if found is None:
        return Cell("–")
    if unit is not Unit.SHARE:
        return Cell(_signed(found.value, clock if unit is Unit.TIME else lambda size: f"{size:.2f}"))
    said = _("%(points)s points", points=_points(found.value))
    if found.low is None or found.high is None:
        return Cell(said)
    return Cell(said, _("%(low)s to %(high)s", low=_points(found.low), high=_points(found.high)))


def _points(share: float) -> str:
    return _signed(100 * share, lambda size: f"{size:.1f}")


def _signed(number: float, written: Callable[[float], str]) -> str:
    size = written(abs(number))
    if not size.strip("0:."):
        return size
    return ("+" if number > 0 else MINUS) + size


def percent(share: float) -> str:
    """Write a share with one decimal."""
    return f"{100 * share:.1f}%"


def clock(seconds: float) -> str:
    """Write seconds as minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"


def whole(number: float | None) -> str:
    """Write a count; only with an e between 0 and 1 it is none of whole units."""
    if number is None:
        return "–"
    return f"{number:,.0f}" if float(number).is_integer() else f"{number:,.1f}"


def sentence(report: Report, today: date, language: str) -> str:
    """Say which period this is and what the figures rest on."""
    period, work = report.span.period, report.whole.work
    days = _("%(first)s to %(last)s", first=period.start.isoformat(), last=period.last_day.isoformat())
    label = period.label(language)
    name = label if period.start.isoformat() in label else _("%(period)s (%(days)s)", period=label, days=days)
    if is_open(period, today):
        name = _("%(period)s, not over yet", period=name)
    calls = ngettext("%(num)s call", "%(num)s calls", work.calls)
    if report.by is By.AGENT:
        return _("%(period)s: %(calls)s.", period=name, calls=calls)
    asked = ngettext("%(num)s follow-up was owed", "%(num)s follow-ups were owed", work.owed)
    return _("%(period)s: %(asked)s, %(calls)s made.", period=name, asked=asked, calls=calls)


def group_name(report: Report, group: Group, language: str) -> str:
    """Return how a group is called in the language of the reader."""
    name = report.named(group)
    if report.by is By.MONTH and name:
        return parse_period(name).label(language)
    return name or _("Not given")


def recent(today: date, seasons: Sequence[NamedSeason] = ()) -> list[Period]:
    """Return the periods that are asked for most: months, quarters, years, the seasons that have begun."""
    month = parse_period(f"{today:%Y-%m}")
    quarter = parse_period(f"{today.year}Q{(today.month + 2) // 3}")
    year = parse_period(f"{today.year}")
    named = recent_seasons(seasons, today, 1)
    return [month, previous(month), quarter, previous(quarter), *named, year, previous(year)]
