"""Which parts of a breakdown stay hidden, so that nobody's answer can be worked out."""

from collections.abc import Sequence


def hidden_parts(sizes: Sequence[int], min_cell: int = 10) -> list[bool]:
    """Say which parts of a total must be hidden.

    Parameters
    ----------
    sizes : sequence of int
        Answers per part; their total is shown elsewhere.
    min_cell : int
        Parts with fewer answers, but at least one, are hidden.

    Returns
    -------
    list of bool
        Where the hidden parts together still have fewer than ``min_cell`` answers, or only one is hidden,
        the smallest shown part goes too: otherwise total minus shown parts gives the hidden one away.
    """
    hidden = [0 < size < min_cell for size in sizes]
    while any(hidden) and not _covered(sizes, hidden, min_cell):
        shown = [place for place, size in enumerate(sizes) if size and not hidden[place]]
        if not shown:
            break
        hidden[min(shown, key=lambda place: sizes[place])] = True
    return hidden


def _covered(sizes: Sequence[int], hidden: Sequence[bool], min_cell: int) -> bool:
    out_of_sight = [size for size, hide in zip(sizes, hidden, strict=True) if hide]
    return len(out_of_sight) > 1 and sum(out_of_sight) >= min_cell
