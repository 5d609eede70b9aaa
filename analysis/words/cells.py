"""Which single answers may be listed: those of a question whose own figures may be shown under the filter."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from sqlalchemy.orm import Session

from analysis import cube
from analysis.asking import Asked
from analysis.complements import Place
from analysis.cube import Cube
from analysis.periods import Period
from analysis.queries import over_time
from analysis.series import Series, choose, series_of
from analysis.suppression import hidden_parts
from analysis.timed import Timed
from analysis.words.months import When, when
from surveys.queries import LoadedVersion
from surveys.tallies import MODE, PEOPLE

SIDES = ("before", "after")
UNIT = ("district", "department")
Unit = tuple[str, str]


@dataclass(frozen=True)
class Cell:
    """One question in one period under the filter: how many answered, and whether that may be shown."""

    n: int
    shown: bool
    values: Mapping[int, int]  # with the kinds of missing answers, which are negative
    units: frozenset[Unit]  # districts and departments that are large enough to be named
    modes: frozenset[str]  # ways of answering, and versions of the questionnaire, likewise
    versions: frozenset[int]
    when: When | None = None  # from the day of an answer to what may be said of it, where answers are listed


@dataclass(frozen=True)
class Asking:
    """One question with its answers in both periods, over the versions that are taken together."""

    key: str
    series: Series
    cells: Mapping[str, Cell]  # by side


def keys_of(versions: Sequence[LoadedVersion], kinds: Collection[str]) -> list[str]:
    """Return the keys of the questions of some kinds, as they are asked now."""
    found = series_of(versions)
    return [key for key, runs in found.items() if runs[-1].item.kind in kinds]


def look(
    session: Session, asked: Asked, versions: Sequence[LoadedVersion], keys: Sequence[str], *, today: date,
    min_cell: int,
) -> dict[str, Asking]:  # fmt: skip
    """Count some questions in both periods of what is asked.

    Parameters
    ----------
    session : Session
    asked : Asked
    versions : sequence of LoadedVersion
    keys : sequence of str
    today : datetime.date
    min_cell : int

    Returns
    -------
    dict of Asking
        In the order of the keys. Places and ways of answering are named beside comments and beside the items
        that are asked for.

    Raises
    ------
    AskedError
        For a key that no version has.
    """
    runs = series_of(versions)
    choose(versions, (), keys)  # an unknown key is said before anything is read
    if not keys:
        return {}
    ids = {item.id for key in keys for run in runs[key] for _number, item in run.members}
    periods = {"before": asked.before, "after": asked.after}
    cubes = {side: cube.read(session, ids, period, UNIT, asked.where) for side, period in periods.items()}
    answered = {item_id for read in cubes.values() for item_id in read.by_item}
    chosen = {one.series.item.item_key: one.series for one in choose(versions, answered, keys)}
    listed = {key for key, one in chosen.items() if key in asked.items or one.item.kind == "text"}
    judge = partial(
        over_time, session, versions, periods=[*periods.values()], where=asked.where, today=today,
        min_cell=min_cell,
    )  # fmt: skip
    plain = judge(frozenset().union(*(one.item_ids for one in chosen.values())))
    named = judge(frozenset().union(*(chosen[key].item_ids for key in listed)), names=(*UNIT, MODE))
    cells = {
        key: {
            side: _cell(cubes[side], chosen[key], period, plain, named if key in listed else None)
            for side, period in periods.items()
        }
        for key in keys
    }
    return {key: Asking(key, chosen[key], cells[key]) for key in keys}


def _cell(read: Cube, series: Series, period: Period, plain: Timed, named: Timed | None) -> Cell:
    min_cell = plain.rules.min_cell
    counts = partial(_is_answer, series.item.kind)
    values = read.values(series.item_ids)
    n = sum(found for value, found in values.items() if counts(value))
    shown = n >= min_cell and not read.gives_away(series.item_ids, counts, min_cell)
    shown = shown and not plain.cuts(series.item_ids, period)
    if named is None or not shown:
        return Cell(n, shown, values, frozenset(), frozenset(), frozenset())
    by_version: dict[Place, int] = {
        (str(number),): sum(n for value, n in read.values([item.id]).items() if counts(value))
        for number, item in series.members
    }
    told = {
        names: _large(_sizes(read, series, names, counts), min_cell)
        - named.places(series.item_ids, period, names)
        for names in (UNIT, (MODE,))
    }
    return Cell(
        n, shown, values, frozenset((one, other) for one, other in told[UNIT]),
        frozenset(mode for (mode,) in told[MODE,]),
        frozenset(int(number) for (number,) in _large(by_version, min_cell)),
        when(series, period, named, told),
    )  # fmt: skip


def _sizes(
    read: Cube, series: Series, names: Sequence[str], counts: Callable[[int], bool]
) -> dict[Place, int]:
    return {
        place: sum(found for value, found in of.items() if counts(value))
        for place, of in read.grouped(series.item_ids, names).items()
    }


def _large(sizes: Mapping[Place, int], min_cell: int) -> set[Place]:
    """Return the parts of a list that may be named beside its lines."""
    hidden = hidden_parts([*sizes.values()], min_cell)
    return {place for place, hide in zip(sizes, hidden, strict=True) if not hide and sizes[place]}


def _is_answer(kind: str, value: int) -> bool:
    """Say whether a row of the tally counts people who answered."""
    return value == PEOPLE if kind == "multiple" else value >= 0
