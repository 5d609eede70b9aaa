"""The formulas: shares with their intervals, response rates, quartiles. Plain numbers in, measures out.

Response rates: AAPOR, Standard Definitions: Final Dispositions of Case Codes and Outcome Rates for Surveys,
8th edition (2015). Their letters are used: I complete, P partial, R refusal or breakoff, NC non-contact,
O other, UH and UO of unknown eligibility, e the share of those that is taken to be eligible.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import sqrt

Z95 = 1.959963984540054  # the 97.5 % point of the normal distribution

# Why there is no value; ``words.py`` says it to people.
EMPTY, HIDDEN = "empty", "hidden"


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure with what it rests on.

    A share is ``x`` of ``n`` with the interval ``low`` to ``high``; a median rests on ``n`` values with the
    quartiles ``low`` and ``high``; a ratio has neither. Where ``value`` is None, ``reason`` says why.
    """

    x: float | None
    n: float | None
    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Dispositions:
    """How many units of a survey ended how."""

    complete: int = 0
    partial: int = 0
    refusal: int = 0
    non_contact: int = 0
    other: int = 0
    unknown_household: int = 0
    unknown_other: int = 0

    @property
    def interviews(self) -> int:
        return self.complete + self.partial

    @property
    def not_interviewed(self) -> int:
        return self.refusal + self.non_contact + self.other

    @property
    def unknown(self) -> int:
        return self.unknown_household + self.unknown_other

    def base(self, e: float) -> float:
        """Return all that are, or are taken to be, eligible."""
        return self.interviews + self.not_interviewed + e * self.unknown

    @property
    def cooperating(self) -> int:
        """Return all that were contacted: the base of COOP1 and COOP2."""
        return self.interviews + self.refusal + self.other


def wilson(x: float, n: float) -> tuple[float, float]:
    """Return the 95 % score interval of a share; ``n`` is above 0.

    (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n). Source: E. B. Wilson, JASA 22 (1927) 209-212.
    """
    p, z2 = x / n, Z95 * Z95
    centre, half = p + z2 / (2 * n), Z95 * sqrt(max(p * (1 - p), 0.0) / n + z2 / (4 * n * n))
    low = 0.0 if x <= 0 else (centre - half) / (1 + z2 / n)
    high = 1.0 if x >= n else (centre + half) / (1 + z2 / n)
    return low, high


def share(x: float, n: float) -> Measure:
    """Return ``x`` of ``n`` with its interval; nothing of nothing is no share, and not 0 %."""
    return Measure(x, n, x / n, *wilson(x, n)) if n else Measure(x, n, None, reason=EMPTY)


def ratio(x: float, n: float) -> Measure:
    """Return how many ``x`` there are for each ``n``."""
    return Measure(x, n, x / n) if n else Measure(x, n, None, reason=EMPTY)


def hidden() -> Measure:
    """Return a figure that would give single answers away."""
    return Measure(None, None, None, reason=HIDDEN)


def median(seconds: Mapping[int, int]) -> Measure:
    """Return the median with both quartiles from how often each whole number of seconds occurred.

    Between two values the quartiles are interpolated on a line, as numpy and R (type 7) do.
    """
    n = sum(seconds.values())
    if not n:
        return Measure(None, 0, None, reason=EMPTY)
    low, middle, high = (_quantile(seconds, n, q) for q in (0.25, 0.5, 0.75))
    return Measure(None, n, middle, low, high)


def _quantile(counts: Mapping[int, int], n: int, q: float) -> float:
    at = q * (n - 1)
    below = int(at)
    lower, upper = _at_rank(counts, below), _at_rank(counts, min(below + 1, n - 1))
    return lower + (at - below) * (upper - lower)


def _at_rank(counts: Mapping[int, int], rank: int) -> int:
    """Return the value at a rank, counted from 0."""
    passed = 0
    for value in sorted(counts):
        passed += counts[value]
        if passed > rank:
            return value
    raise ValueError(f"rank must be below the number of values, got {rank}")


Rate = Callable[[Dispositions, float], tuple[float, float]]
RATES: Mapping[str, Rate] = {
    "rr1": lambda d, _e: (d.complete, d.base(1)),
    "rr2": lambda d, _e: (d.interviews, d.base(1)),
    "rr3": lambda d, e: (d.complete, d.base(e)),
    "rr4": lambda d, e: (d.interviews, d.base(e)),
    "rr5": lambda d, _e: (d.complete, d.base(0)),
    "rr6": lambda d, _e: (d.interviews, d.base(0)),
    "coop1": lambda d, _e: (d.complete, d.cooperating),
    "coop2": lambda d, _e: (d.interviews, d.cooperating),
    "coop3": lambda d, _e: (d.complete, d.interviews + d.refusal),
    "coop4": lambda d, _e: (d.interviews, d.interviews + d.refusal),
    "con1": lambda d, _e: (d.cooperating, d.base(1)),
    "ref1": lambda d, _e: (d.refusal, d.base(1)),
}


def outcome_rate(name: str, dispositions: Dispositions, e: float = 1.0) -> Measure:
    """Return one of the AAPOR rates.

    Raises
    ------
    ValueError
        When ``e`` is no share.
    """
    if not 0 <= e <= 1:
        raise ValueError(f"e must lie between 0 and 1, got {e}")
    return share(*RATES[name](dispositions, e))
