"""The shape of what is told: cards with sentences and tables of plain words, for page, Word and PDF alike."""

from collections.abc import Mapping
from dataclasses import dataclass

from analysis import labels
from analysis.scores import Share
from analysis.scores.shares import Interval
from analysis.texts import N_, Translate
from analysis.verdicts import percent, signed_points

_RANGE = N_("%(low)s to %(high)s")
NONE = "–"
FEW = 30  # below, counts instead of percents


@dataclass(frozen=True)
class Table:
    """A small table; the first column of each row is its head, the others are figures."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Card:
    """One reason that was looked at.

    ``says`` begins with the sentence that matters; ``cautions`` say what the figures cannot say; ``parts``
    are cards of the same kind that may be folded away.
    """

    key: str
    title: str
    says: tuple[str, ...]
    tables: tuple[Table, ...] = ()
    cautions: tuple[str, ...] = ()
    parts: tuple["Card", ...] = ()


@dataclass(frozen=True)
class Speaker:
    """Says templates in the reader's language; ``names`` are what the two periods are called."""

    translate: Translate
    names: tuple[str, str]

    def say(self, template: str, **values: object) -> str:
        """Return a sentence."""
        return self.translate(template) % self._all(values)

    def points(self, value: float, interval: Interval | None = None) -> str:
        """Return points with one decimal, so that parts add up, and their range in brackets."""
        said = signed_points(value, 1)
        return said if interval is None else f"{said} ({self.range(interval)})"

    def range(self, interval: Interval) -> str:
        """Return a range of points; a bound that leaves out 0 is not rounded into it."""
        clear = interval[0] > 0 or interval[1] < 0
        low, high = (_bound(value, clear=clear) for value in interval)
        return self.translate(_RANGE) % {"low": low, "high": high}

    def _all(self, values: Mapping[str, object]) -> dict[str, object]:
        return {"before": self.names[0], "after": self.names[1], **values}


def dimension(name: str) -> str:
    """Return what a dimension is called, as it stands in a sentence."""
    said = str(labels.DIMENSION[name])
    return said.lower() if said.isascii() else said


def share(value: Share | None) -> str:
    """Return a share with its interval and base; few answers as counts."""
    if value is None or value.p is None or value.ci95 is None:
        return NONE
    if value.n < FEW:
        return f"{value.x}/{value.n}"
    digits = 1 if value.n >= 1000 else 0
    low, high = (percent(bound, digits).removesuffix("%") for bound in value.ci95)
    return f"{percent(value.p, digits)} ({low}–{high})"


def count(value: int) -> str:
    """Return a number with its thousands apart."""
    return f"{value:,}"


def p_words(p: float | None) -> str:
    """Return p as people quote it."""
    if p is None:
        return NONE
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def _bound(value: float, *, clear: bool) -> str:
    said = signed_points(value, 1)
    return said if said != "0" or value == 0 or not clear else ">0" if value > 0 else "<0"
