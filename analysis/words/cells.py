"""Which single answers may be listed: those of a question whose own figures may be shown under the filter."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy.orm import Session

from analysis import cube
from analysis.asking import Asked
from analysis.cube import Cube
from analysis.series import Series, choose, series_of
from analysis.suppression import hidden_parts
from surveys.queries import LoadedVersion
from surveys.tallies import PEOPLE

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
    session: Session, asked: Asked, versions: Sequence[LoadedVersion], keys: Sequence[str], *, min_cell: int
) -> dict[str, Asking]:
    """Count some questions in both periods.

    Parameters
    ----------
    session : Session
    asked : Asked
        Periods and filter.
    versions : sequence of LoadedVersion
    keys : sequence of str
    min_cell : int

    Returns
    -------
    dict of Asking
        In the order of the keys.

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
    return {
        key: Asking(key, chosen[key], {side: _cell(cubes[side], chosen[key], min_cell) for side in SIDES})
        for key in keys
    }


def _cell(read: Cube, series: Series, min_cell: int) -> Cell:
    counts = partial(_is_answer, series.item.kind)
    values = read.values(series.item_ids)
    n = sum(found for value, found in values.items() if counts(value))
    withheld = read.gives_away(series.item_ids, counts, min_cell)
    sizes = {
        place: sum(found for value, found in of.items() if counts(value))
        for place, of in read.grouped(series.item_ids, UNIT).items()
    }
    hidden = hidden_parts([*sizes.values()], min_cell)
    named = [place for place, hide in zip(sizes, hidden, strict=True) if not hide and sizes[place]]
    return Cell(
        n, n >= min_cell and not withheld, Counter(values), frozenset((place[0], place[1]) for place in named)
    )


def _is_answer(kind: str, value: int) -> bool:
    """Say whether a row of the tally counts people who answered."""
    return value == PEOPLE if kind == "multiple" else value >= 0
