"""How often each topic comes up, before and after: shares of the comments whose topic is known."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import sqrt

from scipy.special import ndtr

from analysis.queries import Thresholds
from analysis.scores.families import holm
from analysis.scores.shares import Share, ShareChange, newcombe, wilson
from analysis.words.listing import UNSURE
from analysis.words.reading import Head

LEVEL = 0.05
NONE = 0  # decided to be of none of the topics


class Say(StrEnum):
    """What may be said of a change."""

    MORE = "more"
    LESS = "less"
    UNCLEAR = "unclear"
    FEW = "few"
    PROVISIONAL = "provisional"


@dataclass(frozen=True)
class TopicShare:
    """One topic: its share of both periods, the change, and how many of the later ones a person labelled."""

    topic: int
    before: Share
    after: Share
    change: ShareChange
    p_adjusted: float | None
    say: Say
    labelled: int
    suggested: int


def topic_of(head: Head) -> int | None:
    """Return the topic of a comment: a person's decision, else a suggestion that is not unsure; 0 is none."""
    if head.labelled:
        return head.topic or NONE
    return head.suggested if head.probability >= UNSURE else None


def guessed(found: Sequence[Head]) -> int:
    """Return how many topics are only suggested: shares that hold them are estimates, not counts."""
    return sum(not one.labelled and topic_of(one) is not None for one in found)


def topic_shares(
    before: Sequence[Head], after: Sequence[Head], *, thresholds: Thresholds, provisional: bool
) -> list[TopicShare]:
    """Compare the shares of the topics.

    Parameters
    ----------
    before, after : sequence of Head
    thresholds : Thresholds
        With fewer than ``min_cell`` comments of known topic on a side there are no shares; with fewer than
        ``few_answers`` no verdict.
    provisional : bool
        A period is not over: no verdict.

    Returns
    -------
    list of TopicShare
        The topic that is commonest later first; empty where a side has too few.

    Notes
    -----
    Wilson's interval for each share, Newcombe's for the change, Holm over the topics for the test of two
    proportions with the pooled variance. A change is called one where both agree. A suggestion counts as
    the topic it names; what it gets wrong blurs differences between periods and is not corrected for.
    """
    earlier, later = _known(before), _known(after)
    return compared(earlier, later, thresholds=thresholds, provisional=provisional, labelled=Counter(
        one.topic for one in after if one.labelled and one.topic is not None
    ))  # fmt: skip


def compared(
    earlier: Counter[int], later: Counter[int], *, labelled: Counter[int], thresholds: Thresholds,
    provisional: bool,
) -> list[TopicShare]:  # fmt: skip
    """Compare counts of topics; ``labelled`` says how many of the later ones are by people."""
    n1, n2 = earlier.total(), later.total()
    if min(n1, n2) < thresholds.min_cell:
        return []
    topics = sorted({*earlier, *later} - {NONE}, key=lambda one: (-later[one], one))
    found = [_one(one, (earlier[one], n1), (later[one], n2), labelled[one]) for one in topics]
    tests = [_p(one.before, one.after) for one in found]
    few = min(n1, n2) < thresholds.few_answers
    return [
        replace(one, p_adjusted=p, say=_say(one, p, few=few, provisional=provisional))
        for one, p in zip(found, holm(tests), strict=True)
    ]


def _known(found: Sequence[Head]) -> Counter[int]:
    return Counter(topic for topic in map(topic_of, found) if topic is not None)


def _one(topic: int, before: tuple[int, int], after: tuple[int, int], labelled: int) -> TopicShare:
    earlier, later = _share(*before), _share(*after)
    change = newcombe(earlier, later)
    return TopicShare(topic, earlier, later, change, None, Say.UNCLEAR, labelled, after[0] - labelled)


def _share(x: int, n: int) -> Share:
    return Share(x, n, x / n, wilson(x, n))


def _p(before: Share, after: Share) -> float:
    """Return the p-value of the test of two proportions, pooled variance, without continuity correction."""
    pooled = (before.x + after.x) / (before.n + after.n)
    se = sqrt(pooled * (1 - pooled) * (1 / before.n + 1 / after.n))
    if not se:
        return 1.0
    return float(2 * ndtr(-abs(after.x / after.n - before.x / before.n) / se))


def _say(one: TopicShare, p: float | None, *, few: bool, provisional: bool) -> Say:
    if few:
        return Say.FEW
    if provisional:
        return Say.PROVISIONAL
    low, high = one.change.ci95 or (0.0, 0.0)
    if p is None or p >= LEVEL or low <= 0 <= high:
        return Say.UNCLEAR
    return Say.MORE if low > 0 else Say.LESS
