"""What a named season is: days that return every year, and may cross its end."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

_TYPED = re.compile(r"((?:19|20|21)\d\d)\s*年?\s*(\D.*)", re.ASCII | re.DOTALL)
_SPACE = re.compile(r"[\s_\-–/]+")
MonthDay = tuple[int, int]


@dataclass(frozen=True, slots=True)
class NamedSeason:
    """Days of every year with a name.

    Parameters
    ----------
    name : str
        What is typed after the year in which the season begins: ``2025供暖季``.
    first, last : (month, day)
        Both belong to the season; where the last one is earlier in the year than the first, the season ends
        in the next year. 29 February stands for the last day of February at the end of a season, and for
        the first day after it at its beginning, in years that have none.
    titles : mapping of language to str
        What people call it.
    """

    name: str
    first: MonthDay
    last: MonthDay
    titles: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def crosses(self) -> bool:
        """Whether the season ends in the year after the one in which it begins."""
        return self.last < self.first

    def days(self, year: int) -> tuple[date, date]:
        """Return the first and the last day of the season that begins in a year."""
        return _begins(year, self.first), _ends(year + self.crosses, self.last)

    def label(self, year: int, *, chinese: bool) -> str:
        """Say one season: ``2025–2026年供暖季``, ``heating season 2025–26``."""
        if chinese:
            years = f"{year}–{year + 1}年" if self.crosses else f"{year}年"
            return f"{years}{self.titles.get('zh_Hans') or self.name}"
        years = f"{year}–{(year + 1) % 100:02}" if self.crosses else str(year)
        return f"{self.titles.get('en') or self.name} {years}"

    @property
    def names(self) -> frozenset[str]:
        """All that may be typed after the year, as `folded` writes it."""
        return frozenset(map(folded, (self.name, *self.titles.values()))) - {""}


def folded(name: str) -> str:
    """Return a name without the differences that people do not hear: case, spaces, dashes."""
    return _SPACE.sub("", name.casefold())


def read_season(text: str, seasons: Iterable[NamedSeason]) -> tuple[NamedSeason, int] | None:
    """Read ``2025供暖季``, ``2025 heating season``; None where no season is called so."""
    match = _TYPED.fullmatch(text.strip())
    if match is None:
        return None
    typed = folded(match.group(2))
    found = next((season for season in seasons if typed in season.names), None)
    return None if found is None else (found, int(match.group(1)))


def _begins(year: int, day: MonthDay) -> date:
    return date(year, 3, 1) if day == (2, 29) and not _leap(year) else date(year, *day)


def _ends(year: int, day: MonthDay) -> date:
    return date(year, 3, 1) - timedelta(days=1) if day == (2, 29) else date(year, *day)


def _leap(year: int) -> bool:
    return (date(year, 3, 1) - timedelta(days=1)).day == 29
