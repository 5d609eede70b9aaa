"""What a comparison page was asked for: read from its address, and written back into one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from analysis.cube import ALL_DIMENSIONS
from analysis.periods import (
    ONE_DAY,
    Period,
    is_open,
    parse_period,
    previous,
    previous_year,
    recent_seasons,
)
from analysis.texts import N_, AskedError
from core.seasons.policy import NamedSeason

PARAMETERS = ("questionnaire", "before", "after", "item", "by", "adjust", *ALL_DIMENSIONS)
BESIDE = frozenset({"lang", "v", "format"})  # of every page, and of the picture
_UNKNOWN = N_("%(found)s is not a filter of this page; there are %(known)s.")
_SINGLE = ("questionnaire", "before", "after", "by")


@dataclass(frozen=True)
class Asked:
    """Two periods, the items, and which answers count."""

    questionnaire: str
    before: Period
    after: Period
    items: tuple[str, ...] = ()
    by: str | None = None
    adjust: tuple[str, ...] = ()
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def args(self, **changes: Any) -> dict[str, Any]:
        """Return the parameters of the address, always in the same order, some of them changed."""
        asked = replace(self, **changes)
        found: dict[str, Any] = {
            "questionnaire": asked.questionnaire, "before": asked.before.name, "after": asked.after.name,
            "item": list(asked.items), "by": asked.by, "adjust": list(asked.adjust),
        }  # fmt: skip
        found |= {name: list(asked.where[name]) for name in ALL_DIMENSIONS if name in asked.where}
        return {name: value for name, value in found.items() if value}


def check(given: Mapping[str, Sequence[str]], beside: Collection[str] = ()) -> None:
    """Refuse parameters that the page does not know: a misspelt filter must not show everything."""
    unknown = [name for name in given if name not in {*PARAMETERS, *BESIDE, *beside}]
    if unknown:
        raise AskedError(_UNKNOWN, found=unknown[0], known=", ".join(PARAMETERS))


def read(
    given: Mapping[str, Sequence[str]], *, questionnaire: str, after: Period, beside: Collection[str] = (),
    seasons: Sequence[NamedSeason] = (),
) -> Asked:  # fmt: skip
    """Read the parameters of the page; empty ones count as absent.

    Parameters
    ----------
    given : mapping of str to sequence of str
        The parameters with all their values.
    questionnaire : str
        Which questionnaire is meant where none is given.
    after : Period
        Which later period is meant where none is given; the earlier one is the same a year before.
    beside : collection of str
        Parameters that one page knows in addition, and reads by itself.
    seasons : sequence of NamedSeason
        The seasons that have a name.

    Returns
    -------
    Asked

    Raises
    ------
    AskedError, PeriodError
        For a parameter the page does not know and for a period that cannot be read.
    """
    check(given, beside)
    values = {name: tuple(dict.fromkeys(filter(None, given.get(name, ())))) for name in PARAMETERS}
    single = {name: values[name][-1] for name in _SINGLE if values[name]}
    later = parse_period(single["after"], seasons) if "after" in single else after
    earlier = parse_period(single["before"], seasons) if "before" in single else previous_year(later)
    return Asked(
        single.get("questionnaire", questionnaire), earlier, later,
        items=values["item"], by=single.get("by"), adjust=values["adjust"],
        where={name: values[name] for name in ALL_DIMENSIONS if values[name]},
    )  # fmt: skip


def last_complete_quarter(today: date, last_answer: date | None) -> Period:
    """Return the quarter to start with: over, and not later than the last answers."""
    day = min(today, last_answer) if last_answer else today
    quarter = parse_period(f"{day.year}Q{(day.month + 2) // 3}")
    return previous(quarter) if is_open(quarter, today) else quarter


def recent_periods(today: date, seasons: Sequence[NamedSeason] = ()) -> list[Period]:
    """Return periods that people choose often, the latest first, to be offered while typing."""
    quarter = parse_period(f"{today.year}Q{(today.month + 2) // 3}")
    half = parse_period(f"{today.year}H{(today.month + 5) // 6}")
    month = parse_period(f"{today:%Y-%m}")
    found = recent_seasons(seasons, today)
    for first, count in ((quarter, 8), (half, 4), (month, 12)):
        period = first
        for _step in range(count):
            found.append(period)
            period = previous(period)
    return [*found, *(parse_period(str(year)) for year in range(today.year, today.year - 3, -1))]


def as_of(period: Period, today: date) -> date:
    """Return the last day that an open period has so far."""
    return min(today, period.end - ONE_DAY)
