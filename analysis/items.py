"""What a comparison starts from: the items and the counts of their answers in two periods."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Category = int | float | str  # a score, a number, or the code of an option


class Kind(StrEnum):
    """How an item is answered, as far as a comparison cares."""

    SCALE = "scale"  # ordered categories, worst first: Likert scales, 0-10
    YES_NO = "yes_no"  # a scale of two categories: 1 no, 2 yes
    SINGLE = "single"  # one of several options without order
    MULTIPLE = "multiple"  # any of several options
    NUMBER = "number"
    TEXT = "text"

    @property
    def ordered(self) -> bool:
        """Whether shares of satisfied answers and rank tests make sense."""
        return self in {Kind.SCALE, Kind.YES_NO}


@dataclass(frozen=True)
class Cell:
    """The answers to one item in one period.

    Parameters
    ----------
    counts : mapping of category to int
        Answers per score, option code or number; categories that did not occur may be left out.
    missing : mapping of str to int
        Missing answers per kind (``skipped``, ``not_applicable``, …).
    answered : int, optional
        How many people answered, where that is not the sum of the counts: multiple choice, text.
    withheld : bool
        Whether the figures must be hidden because others could be worked out from them.
    cut : bool
        Whether the ends of the period would give a small group away.
    """

    counts: Mapping[Category, int] = field(default_factory=dict)
    missing: Mapping[str, int] = field(default_factory=dict)
    answered: int | None = None
    withheld: bool = False
    cut: bool = False

    @property
    def n(self) -> int:
        """How many answered; missing answers never count."""
        return sum(self.counts.values()) if self.answered is None else self.answered


@dataclass(frozen=True)
class ItemCounts:
    """One item with its answers in both periods.

    Parameters
    ----------
    item_key, label, scale_id : str
        The item, its text in the reader's language, the versioned name of its scale.
    kind : Kind
    categories : tuple
        Scores, worst first, or option codes in the order of the questionnaire; for numbers and text empty.
    top_from : int or None
        The lowest score that counts as satisfied.
    before, after : Cell
    category_labels : tuple of str
        The words of the categories, in the same order.
    """

    item_key: str
    label: str
    scale_id: str
    kind: Kind
    categories: tuple[Category, ...]
    top_from: int | None
    before: Cell
    after: Cell
    category_labels: tuple[str, ...] = ()

    @property
    def is_nps(self) -> bool:
        """Whether the scale is 0 to 10; a net score of another scale is none, and not called so."""
        return self.scale_id.partition(".")[0] == "rating10"

    @property
    def is_effort(self) -> bool:
        """Whether the scale asks how easy it was: its mean is the customer effort score."""
        return self.scale_id.partition(".")[0] == "ease7"

    @property
    def first_top(self) -> int:
        """The place of the lowest satisfied category."""
        if self.top_from is None or self.top_from not in self.categories:
            raise ValueError(f"{self.item_key}: top_from must be one of {self.categories}")
        return self.categories.index(self.top_from)
