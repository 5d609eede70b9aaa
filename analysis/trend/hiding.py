"""What stays hidden along time: a small month must not be what a shown quarter leaves over."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import TypeVar

Cell = TypeVar("Cell", bound=Hashable)


def hidden_cells(
    sizes: Mapping[Cell, int],
    groups: Sequence[Collection[Cell]],
    *,
    min_cell: int = 10,
    hidden: Collection[Cell] = (),
) -> set[Cell]:
    """Return the cells that must be hidden.

    Parameters
    ----------
    sizes : mapping of cell to int
        Answers per cell.
    groups : sequence of collections of cells
        Cells whose total can be seen somewhere; a cell may stand in several.
    min_cell : int
        Cells with fewer answers, but at least one, are hidden.
    hidden : collection of cells
        Those that are hidden for another reason.

    Returns
    -------
    set
        In each group with hidden cells at least two are hidden, and together they have ``min_cell`` answers
        or more, as far as the group has so many: `core.suppression.hidden_parts` over several totals at
        once. The smallest cells that help go first.
    """
    found = {cell for cell, size in sizes.items() if 0 < size < min_cell}
    found |= {cell for cell in hidden if sizes.get(cell)}
    changed = True
    while changed:
        changed = False
        for group in groups:
            more = _next(sizes, group, found, min_cell)
            if more is not None:
                found.add(more)
                changed = True
    return found


def _next(
    sizes: Mapping[Cell, int], group: Collection[Cell], hidden: set[Cell], min_cell: int
) -> Cell | None:
    """Return the cell to hide next in a group, if one is needed and there is one."""
    out_of_sight = [sizes[cell] for cell in group if cell in hidden]
    if not out_of_sight or (len(out_of_sight) > 1 and sum(out_of_sight) >= min_cell):
        return None
    shown = [cell for cell in group if sizes.get(cell) and cell not in hidden]
    return min(shown, key=lambda cell: sizes[cell], default=None)
