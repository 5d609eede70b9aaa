"""Several questions asked at once: p-values corrected for their number."""

from collections.abc import Sequence


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Correct a family of p-values by Holm's step-down rule.

    Parameters
    ----------
    p_values : sequence of float or None
        One per question; ``None`` marks a question that was not tested and does not belong to the
        family.

    Returns
    -------
    list of float or None
        In the order given; the chance of one or more false alarms in the whole family stays below the
        level that each is compared with.

    References
    ----------
    S. Holm, Scandinavian Journal of Statistics 6 (1979) 65-70; equal to R ``p.adjust(p, "holm")``.
    """
    tested = sorted((p, place) for place, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    highest = 0.0
    for rank, (p, place) in enumerate(tested):
        highest = max(highest, min(1.0, (len(tested) - rank) * p))
        adjusted[place] = highest
    return adjusted


def benjamini_hochberg(p_values: Sequence[float | None]) -> list[float | None]:
    """Correct a family of p-values by Benjamini and Hochberg's step-up rule.

    Parameters
    ----------
    p_values : sequence of float or None
        One per unit; ``None`` marks one that was not tested and does not belong to the family.

    Returns
    -------
    list of float or None
        In the order given; of those called at a level, at most that share is expected to be false. For
        screening many units, where a false alarm costs a look; verdicts use `holm`.

    References
    ----------
    Y. Benjamini, Y. Hochberg, JRSS B 57 (1995) 289-300; equal to R ``p.adjust(p, "BH")`` and SciPy
    ``false_discovery_control``.
    """
    tested = sorted(((p, place) for place, p in enumerate(p_values) if p is not None), reverse=True)
    adjusted: list[float | None] = [None] * len(p_values)
    lowest = 1.0
    for above, (p, place) in enumerate(tested):
        lowest = min(lowest, p * len(tested) / (len(tested) - above))
        adjusted[place] = lowest
    return adjusted
