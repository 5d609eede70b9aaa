"""Periods: half-open intervals of local dates, their names, and what they are compared with."""

import re
from calendar import isleap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from core.errors import InputError
from core.seasons.policy import NamedSeason, read_season
from core.translating import N_, Translate

ONE_DAY = timedelta(days=1)

FORMS = "2026, 2026H1, 2026Q1, 2026-03, 2026-W09, 2025-11-15..2026-03-15"

_FORM = re.compile(
    r"(?P<year>(?:19|20|21)\d\d)"
    r"(?:H(?P<half>[12])|Q(?P<quarter>[1-4])|-(?P<month>0[1-9]|1[0-2])|-W(?P<week>0[1-9]|[1-4]\d|5[0-3]))?",
    re.ASCII,
)
_RANGE = re.compile(r"(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)", re.ASCII)


_UNKNOWN = N_('"%(text)s" is not a period; write %(forms)s.')
_WEEKS = N_('"%(text)s" is not a period: that year has 52 weeks; write %(forms)s.')
_NO_DAY = N_('"%(text)s" is not a period: there is no such day in the calendar; write %(forms)s.')
_BACKWARDS = N_('"%(text)s" is not a period: it ends before it begins; write %(forms)s.')
_YEARS = N_('"%(text)s" is not a period: years run from 1900 to 2199; write %(forms)s.')


class PeriodError(InputError):
    """A period is written 2026, 2026H1, 2026Q1, 2026-03, 2026-W09 or 2025-11-15..2026-03-15."""

    def __init__(self, text: str, template: str = _UNKNOWN, seasons: Sequence[NamedSeason] = ()) -> None:
        self.text, self.template = text, template
        self.forms = ", ".join([FORMS, *(f"2025{season.name}" for season in seasons)])
        super().__init__(self.sentence())

    def sentence(self, translate: Translate = N_) -> str:
        """Say in the reader's language what was typed, what is wrong and which forms there are."""
        return translate(self.template) % {"text": self.text, "forms": self.forms}


@dataclass(frozen=True)
class Period:
    """A half-open interval of local dates.

    Parameters
    ----------
    name : str
        Canonical name, for example ``2026Q1``; `parse_period` reads it back.
    start, end : datetime.date
        First day, and the day after the last day.
    season : NamedSeason, optional
        Which season of the organisation the period is one year's of.
    """

    name: str
    start: date
    end: date
    season: NamedSeason | None = field(default=None, compare=False)

    @property
    def last_day(self) -> date:
        """The last day that belongs to the period."""
        return self.end - ONE_DAY

    @property
    def days(self) -> int:
        """How many days the period has."""
        return (self.end - self.start).days

    def label(self, language: str = "en") -> str:
        """Say the period as people do: ``2026年第一季度``, ``Q1 2026``.

        Parameters
        ----------
        language : str
            A language tag; every Chinese one (``zh``, ``zh_Hans``, ``zh-Hant``) reads as Chinese,
            all others as English.
        """
        return _label(self, chinese=language.lower().startswith("zh"))


def parse_period(text: str, seasons: Sequence[NamedSeason] = ()) -> Period:
    """Read a period from what a person typed.

    The accepted forms are a year ``2026``, a half year ``2026H1``, a quarter ``2026Q1``, a month
    ``2026-03``, an ISO week ``2026-W09``, a range ``2025-11-15..2026-03-15`` and, where they are given,
    the seasons of the organisation: ``2025供暖季``, also by their title in another language.

    Both ends of a range belong to it: whoever types ``2025-11-15..2026-03-15`` for a heating season
    means that heating stops after 15 March, not before it. The `Period` that comes back is half-open
    like all others, so its ``end`` is 16 March.

    Parameters
    ----------
    text : str
        Letters may be small; spaces around are ignored.
    seasons : sequence of NamedSeason
        The seasons that have a name; the year is the one in which they begin.

    Returns
    -------
    Period

    Raises
    ------
    PeriodError
        For anything else, with the accepted forms.
    """
    typed = text.strip().upper()
    if match := _RANGE.fullmatch(typed):
        return _range(text, match.group(1), match.group(2))
    if match := _FORM.fullmatch(typed):
        return _calendar(text, match)
    if found := read_season(text, seasons):
        return season_of(*found)
    raise PeriodError(text, seasons=seasons)


def season_of(season: NamedSeason, year: int) -> Period:
    """Return the season that begins in a year."""
    first, last = season.days(year)
    return Period(f"{year}{season.name}", first, last + ONE_DAY, season)


def recent_seasons(seasons: Sequence[NamedSeason], today: date, count: int = 3) -> list[Period]:
    """Return the last ones of each season that have begun, the latest first."""
    return [
        season_of(season, today.year - back - (season.days(today.year)[0] > today))
        for season in seasons
        for back in range(count)
    ]


def previous(period: Period) -> Period:
    """Return the period just before: the quarter before a quarter, as many days before a range.

    Before a season is the same season of the year before.
    """
    if period.season is not None:
        return season_of(period.season, period.start.year - 1)
    kind = _kind(period)
    if kind == "range":
        return _between(period.start - timedelta(days=period.days), period.start)
    return _containing(kind, period.start - ONE_DAY)


def previous_year(period: Period) -> Period:
    """Return the same period a year earlier.

    A week keeps its ISO number; week 53 becomes week 52 where the year before has no week 53. A range
    keeps its days of the month; 29 February becomes the 28th.
    """
    if period.season is not None:
        return season_of(period.season, period.start.year - 1)
    kind = _kind(period)
    if kind == "range":
        return _between(_year_before(period.start), _year_before(period.last_day) + ONE_DAY)
    if kind == "week":
        year, week, _ = period.start.isocalendar()
        return _week(year - 1, min(week, _weeks_in(year - 1)))
    return _containing(kind, _year_before(period.start))


def is_open(period: Period, today: date) -> bool:
    """Say whether answers may still come in: the period's last day is not over yet."""
    return today < period.end


def _calendar(text: str, match: re.Match[str]) -> Period:
    year = int(match["year"])
    if match["half"]:
        return _half(year, int(match["half"]))
    if match["quarter"]:
        return _quarter(year, int(match["quarter"]))
    if match["month"]:
        return _month(year, int(match["month"]))
    if match["week"]:
        if int(match["week"]) > _weeks_in(year):
            raise PeriodError(text, _WEEKS)
        return _week(year, int(match["week"]))
    return _year(year)


def _range(text: str, first: str, last: str) -> Period:
    try:
        start, last_day = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError as error:
        raise PeriodError(text, _NO_DAY) from error
    if last_day < start:
        raise PeriodError(text, _BACKWARDS)
    if not 1900 <= start.year <= last_day.year <= 2199:
        raise PeriodError(text, _YEARS)
    return _between(start, last_day + ONE_DAY)


def _between(start: date, end: date) -> Period:
    return Period(f"{start}..{end - ONE_DAY}", start, end)


def _year(year: int) -> Period:
    return Period(f"{year}", date(year, 1, 1), date(year + 1, 1, 1))


def _months(name: str, year: int, first: int, count: int) -> Period:
    after = first + count
    end = date(year, after, 1) if after <= 12 else date(year + 1, after - 12, 1)
    return Period(name, date(year, first, 1), end)


def _half(year: int, half: int) -> Period:
    return _months(f"{year}H{half}", year, 6 * half - 5, 6)


def _quarter(year: int, quarter: int) -> Period:
    return _months(f"{year}Q{quarter}", year, 3 * quarter - 2, 3)


def _month(year: int, month: int) -> Period:
    return _months(f"{year}-{month:02}", year, month, 1)


def _week(year: int, week: int) -> Period:
    start = date.fromisocalendar(year, week, 1)
    return Period(f"{year}-W{week:02}", start, start + timedelta(days=7))


def _weeks_in(year: int) -> int:
    return date(year, 12, 28).isocalendar().week  # 28 December is always in the last ISO week


def _year_before(day: date) -> date:
    if (day.month, day.day) == (2, 29) and not isleap(day.year - 1):
        return date(day.year - 1, 2, 28)
    return day.replace(year=day.year - 1)


def _kind(period: Period) -> str:
    """Name the calendar unit a period is, or ``range``."""
    match = _FORM.fullmatch(period.name)
    if match is None:
        return "range"
    return next((kind for kind in ("half", "quarter", "month", "week") if match[kind]), "year")


_CONTAINING: dict[str, Callable[[date], Period]] = {
    "year": lambda day: _year(day.year),
    "half": lambda day: _half(day.year, (day.month + 5) // 6),
    "quarter": lambda day: _quarter(day.year, (day.month + 2) // 3),
    "month": lambda day: _month(day.year, day.month),
    "week": lambda day: _week(*day.isocalendar()[:2]),
}


def _containing(kind: str, day: date) -> Period:
    return _CONTAINING[kind](day)


def _label(period: Period, *, chinese: bool) -> str:
    kind, start, last = _kind(period), period.start, period.last_day
    if period.season is not None:
        return period.season.label(start.year, chinese=chinese)
    if kind == "range" and ".." not in period.name:
        return period.name
    labels = _CHINESE if chinese else _ENGLISH
    year, week, _ = start.isocalendar()
    if kind != "week":
        year = start.year
    half, quarter = (start.month + 5) // 6, (start.month + 2) // 3
    return labels[kind].format(
        year=year, week=week, half=half, quarter=quarter, nth="一二三四"[quarter - 1],
        half_name="上下"[half - 1], month=start.month, month_name=_MONTHS[start.month - 1],
        first=start, last=last,
    )  # fmt: skip


_MONTHS = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
]  # fmt: skip
_CHINESE = {
    "year": "{year}年",
    "half": "{year}年{half_name}半年",
    "quarter": "{year}年第{nth}季度",
    "month": "{year}年{month}月",
    "week": "{year}年第{week}周",
    "range": "{first:%Y-%m-%d}至{last:%Y-%m-%d}",
}
_ENGLISH = {
    "year": "{year}",
    "half": "H{half} {year}",
    "quarter": "Q{quarter} {year}",
    "month": "{month_name} {year}",
    "week": "week {week} of {year}",
    "range": "{first:%Y-%m-%d} to {last:%Y-%m-%d}",
}
