"""What something costs on a machine that others use too."""

from collections.abc import Callable
from time import process_time


def least_cpu(do: Callable[[], object], tries: int = 3) -> float:
    """Return the CPU seconds of the quickest of some tries; neighbours only ever make one slower.

    The limits it is held to are several times what a quiet machine takes: they catch a wrong order of
    growth (a query per row, a file read whole), never a slow day. Exact figures belong to ``bench/``.
    """
    found = []
    for _try in range(tries):
        start = process_time()
        do()
        found.append(process_time() - start)
    return min(found)
