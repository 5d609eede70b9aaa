"""What makes a call worth a look: pure. Each has harmless causes, so none is a verdict."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, lgamma

from followup.callbacks.outcomes import Code

OF_CALLS = ("short", "rushed", "no_dial", "own_case", "shared_number")
OF_AGENTS = ("top_run", "skips", "undone", "refused")
SIGNALS = (*OF_CALLS, *OF_AGENTS)

SHORT = 20  # seconds from showing the number to saving the answers
READ_ALOUD = 3  # seconds that an answer takes at least, with its question
LEAST_ANSWERS = 3  # alike; of two answers nobody can say that they are all alike
RING = 3  # seconds; nobody can hear that a number is busy or not answered sooner
RUN = 10  # completed calls in a row
SHARED = 3  # customers with the same number; two may be a household
UNLIKELY = 0.01
NOT_REACHED = frozenset({Code.NO_ANSWER, Code.BUSY, Code.UNREACHABLE, Code.VOICEMAIL})


@dataclass(frozen=True, slots=True)
class Compared:
    """``x`` of ``n`` at one agent against ``others_x`` of ``others_n`` at all others."""

    x: int
    n: int
    others_x: int
    others_n: int

    @property
    def p(self) -> float:
        """Return the chance of ``x`` or more here if all were drawn from one urn (Fisher's exact test).

        The share of the others is chance as well: with few others it may not be taken for the true one.
        """
        every = self.x + self.others_x
        logs = _choose(self.n, self.x) + _choose(self.others_n, self.others_x)
        term = exp(logs - _choose(self.n + self.others_n, every))
        found = 0.0
        for k in range(self.x, min(self.n, every) + 1):
            found += term
            term *= (self.n - k) * (every - k) / ((k + 1) * (self.others_n - every + k + 1))
        return min(found, 1.0)

    def stands_out(self, least: int) -> bool:
        """Tell whether the share is higher than that of the others by more than chance brings."""
        if min(self.n, self.others_n) < least or not self.x:
            return False
        return self.x * self.others_n > self.others_x * self.n and self.p < UNLIKELY


def longest_run(tops: Sequence[bool]) -> tuple[int, int]:
    """Return length and last place of the longest run; the latest of several, (0, -1) of none."""
    best, length = (0, -1), 0
    for place, is_top in enumerate(tops):
        length = length + 1 if is_top else 0
        if length and length >= best[0]:
            best = (length, place)
    return best


def _choose(n: int, k: int) -> float:
    """Return the logarithm of the number of ways to choose k of n."""
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
