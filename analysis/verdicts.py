"""Verdicts: what may be said about a change, by rule, with the numbers in the sentence.

The rule, for one item with at least 30 answers in each of two closed periods:

1. The change is shown as the share of satisfied answers, in points, with its Newcombe interval. The
   share is *clear* when the interval leaves out 0.
2. The test is Brunner-Munzel on the whole distribution, Holm-corrected over the items shown together.
   The test is *clear* when the corrected p is below 0.05.
3. "Unlikely to be chance" is said only when both are clear and point the same way. The change then is
   ``higher`` or ``lower``, or ``slightly_higher`` / ``slightly_lower`` when it is smaller than the
   change that was agreed to be important. The size is judged as it is shown, so that no sentence says
   that 3 points are fewer than 3 points.
4. When neither is clear the verdict is ``unclear``: no change was shown, which is not "no change".
   When the whole interval of the share lies within the change that was agreed to be important, and the whole
   interval of theta within 0.45 to 0.55, then ``unchanged`` may be said: a claim of its own, which only
   enough answers can give. Both intervals are those that stand on the page (95 %), so this is two one-sided
   tests at 2.5 % each; the usual 5 % would rest on an interval that nobody sees.
5. When they disagree the verdict is ``mixed``, and the sentence says which of the two is clear: the
   interval speaks of one cut through the scale and of one item, the test of all answers and all items.

So a sentence never contradicts the interval, the test or the correction that stand beside it.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from math import floor

from analysis.scores import BrunnerMunzel, Share, ShareChange
from analysis.texts import N_, Translate

LEVEL = 0.05
MARGIN = 0.05  # of theta, either side of one half


class Code(StrEnum):
    """What may be said about a change."""

    HIGHER = "higher"
    LOWER = "lower"
    SLIGHTLY_HIGHER = "slightly_higher"
    SLIGHTLY_LOWER = "slightly_lower"
    UNCLEAR = "unclear"
    UNCHANGED = "unchanged"
    MIXED = "mixed"
    TOO_FEW = "too_few"
    SUPPRESSED = "suppressed"
    PROVISIONAL = "provisional"
    NOT_TESTED = "not_tested"


CLAIMS = frozenset({Code.HIGHER, Code.LOWER, Code.SLIGHTLY_HIGHER, Code.SLIGHTLY_LOWER})


class Cause(StrEnum):
    """Where the two views of a ``mixed`` verdict part."""

    SHARE_ONLY = "share_only"  # the share moved, the answers as a whole did not clearly
    FAMILY = "family"  # clear alone, not clear once corrected for the number of items
    BORDERLINE = "borderline"  # two categories only: interval and test ask the same and are at the edge
    SCALE_ONLY = "scale_only"  # the answers as a whole moved, the share did not clearly
    OPPOSITE = "opposite"  # the share moved one way, the answers as a whole the other
    NONE = ""


@dataclass(frozen=True)
class Verdict:
    """What may be said, and the numbers that the sentence needs; shares and points as fractions of 1."""

    code: Code
    n: int | None = None
    share: float | None = None
    diff: float | None = None
    ci95: tuple[float, float] | None = None
    rose: bool = False
    cause: Cause = Cause.NONE
    family: int = 1
    important: float = 0.03
    decimals: int = 0


def judge(
    before: Share,
    after: Share,
    change: ShareChange,
    test: BrunnerMunzel,
    p_adjusted: float | None,
    *,
    family: int,
    important_points: float = 3.0,
    categories: int = 5,
) -> Verdict:
    """Decide what may be said about one item's change.

    Parameters
    ----------
    before, after : Share
        Satisfied answers, each with enough answers for a verdict.
    change : ShareChange
        Their difference with Newcombe's interval.
    test : BrunnerMunzel
        The test of the whole distribution.
    p_adjusted : float or None
        Its p, Holm-corrected.
    family : int
        How many items were tested together.
    important_points : float
        The smallest change that matters, in points.
    categories : int
        How many categories the scale has.

    Returns
    -------
    Verdict
        By the rule at the head of this module.
    """
    if change.diff is None or change.ci95 is None or after.p is None or p_adjusted is None:
        return Verdict(Code.NOT_TESTED)
    low, high = change.ci95
    decimals = 1 if min(before.n, after.n) >= 1000 else 0
    verdict = Verdict(
        Code.UNCLEAR, min(before.n, after.n), after.p, change.diff, change.ci95,
        rose=change.diff > 0, family=family, important=important_points / 100, decimals=decimals,
    )  # fmt: skip
    share_clear, test_clear = low > 0 or high < 0, p_adjusted < LEVEL
    test_rose = test.theta is not None and test.theta > 0.5
    if share_clear and test_clear:
        if test_rose != verdict.rose:
            return replace(verdict, code=Code.MIXED, cause=Cause.OPPOSITE)
        return replace(verdict, code=_claim(verdict))
    if share_clear:
        return replace(verdict, code=Code.MIXED, cause=_doubt(test.p, categories))
    if test_clear:
        return replace(verdict, code=Code.MIXED, cause=Cause.SCALE_ONLY, rose=test_rose)
    return replace(verdict, code=Code.UNCHANGED) if _within(verdict, test) else verdict


def _within(verdict: Verdict, test: BrunnerMunzel) -> bool:
    """Say whether both intervals lie inside their margins; without an interval nothing is claimed."""
    if verdict.ci95 is None or test.ci95 is None:
        return False
    low, high = verdict.ci95
    inside = -verdict.important < low and high < verdict.important
    return inside and test.ci95[0] > 0.5 - MARGIN and test.ci95[1] < 0.5 + MARGIN


def _claim(verdict: Verdict) -> Code:
    shown = rounded(abs(verdict.diff or 0) * 100, verdict.decimals)
    matters = shown >= rounded(verdict.important * 100, verdict.decimals)
    if verdict.rose:
        return Code.HIGHER if matters else Code.SLIGHTLY_HIGHER
    return Code.LOWER if matters else Code.SLIGHTLY_LOWER


def _doubt(p: float | None, categories: int) -> Cause:
    if p is not None and p < LEVEL:
        return Cause.FAMILY
    return Cause.BORDERLINE if categories == 2 else Cause.SHARE_ONLY


_SENTENCES: dict[Code | Cause, str] = {
    Code.HIGHER: N_(
        "%(share)s, %(size)s higher than in %(before)s (plausible range %(low)s to %(high)s); "
        "unlikely to be chance."
    ),
    Code.LOWER: N_(
        "%(share)s, %(size)s lower than in %(before)s (plausible range %(low)s to %(high)s); "
        "unlikely to be chance."
    ),
    Code.SLIGHTLY_HIGHER: N_(
        "%(share)s, slightly higher than in %(before)s: %(size)s (plausible range %(low)s to %(high)s), "
        "less than the %(important)s points we treat as important."
    ),
    Code.SLIGHTLY_LOWER: N_(
        "%(share)s, slightly lower than in %(before)s: %(size)s (plausible range %(low)s to %(high)s), "
        "less than the %(important)s points we treat as important."
    ),
    Code.UNCLEAR: N_(
        "%(share)s, no clear change from %(before)s: difference %(signed)s "
        "(plausible range %(low)s to %(high)s); it could be sampling variation."
    ),
    Code.UNCHANGED: N_(
        "%(share)s, unchanged from %(before)s within %(important)s points: difference %(signed)s "
        "(plausible range %(low)s to %(high)s)."
    ),
    Cause.SHARE_ONLY: N_(
        "%(share)s: the share differs from %(before)s by %(signed)s points (plausible range %(low)s to "
        "%(high)s), but the answers as a whole do not show a clear change."
    ),
    Cause.FAMILY: N_(
        "%(share)s: the share differs from %(before)s by %(signed)s points (plausible range %(low)s to "
        "%(high)s), but with %(family)s items compared at once this could still be chance."
    ),
    Cause.BORDERLINE: N_(
        "%(share)s: the share differs from %(before)s by %(signed)s points (plausible range %(low)s to "
        "%(high)s); this is at the edge and could still be chance."
    ),
    Cause.OPPOSITE: N_(
        "%(share)s: the share differs from %(before)s by %(signed)s points (plausible range %(low)s to "
        "%(high)s), but the answers as a whole moved the other way; look at every category."
    ),
    Code.TOO_FEW: N_("Too few answers (n=%(n)s) to say."),
    Code.SUPPRESSED: N_("Too few answers to show; the figures are hidden to protect people."),
    Code.PROVISIONAL: N_(
        "Provisional, the period is not over (n=%(n)s so far): %(share)s, difference from %(before)s so far "
        "%(signed)s (plausible range %(low)s to %(high)s)."
    ),
    Code.NOT_TESTED: N_("Shown without a test."),
}
_NOTHING = N_("No answers that could be compared in one of the periods.")
_SCALE_ROSE = N_(
    "%(share)s, no clear change in the share from %(before)s: difference %(signed)s (plausible range "
    "%(low)s to %(high)s); but the answers as a whole moved up, which is unlikely to be chance."
)
_SCALE_FELL = N_(
    "%(share)s, no clear change in the share from %(before)s: difference %(signed)s (plausible range "
    "%(low)s to %(high)s); but the answers as a whole moved down, which is unlikely to be chance."
)
_ONE_POINT = N_("1 point")
_POINTS = N_("%(points)s points")
_UNDER_ONE = N_("less than 1 point")
_ABOVE_ZERO = N_("just above 0")
_BELOW_ZERO = N_("just below 0")


def sentence(verdict: Verdict, translate: Translate = N_, *, before: str = "the period before") -> str:
    """Say a verdict in words; the words never stand without their numbers.

    Parameters
    ----------
    verdict : Verdict
    translate : callable
        Takes an English text and gives the reader's; English when left out.
    before : str
        What the earlier period is called, in the reader's language: ``Q4 2021``, ``2021年第四季度``.

    Returns
    -------
    str
        Percents without decimals below 1000 answers; differences in points.
    """
    template = _SENTENCES.get(verdict.cause or verdict.code)
    if verdict.code is Code.TOO_FEW and not verdict.n:  # nobody answered, or a break left the answers out
        template = _NOTHING
    if template is None:
        template = _SCALE_ROSE if verdict.rose else _SCALE_FELL
    return translate(template) % _params(verdict, translate, before)


def _params(verdict: Verdict, translate: Translate, before: str) -> dict[str, str]:
    params = {
        "before": before,
        "n": str(verdict.n),
        "family": str(verdict.family),
        "important": f"{verdict.important * 100:g}",
    }
    if verdict.share is None or verdict.diff is None or verdict.ci95 is None:
        return params
    digits = verdict.decimals
    low, high = verdict.ci95
    return params | {
        "share": percent(verdict.share, digits),
        "size": _size(verdict.diff, digits, translate),
        "signed": shown_bound(verdict.diff, digits, translate, clear=low > 0 or high < 0),
        "low": shown_bound(low, digits, translate, clear=low > 0 or high < 0),
        "high": shown_bound(high, digits, translate, clear=low > 0 or high < 0),
    }


def percent(share: float, decimals: int = 0) -> str:
    """Write a share as a percentage: ``0.882`` is ``88%``."""
    return f"{rounded(share * 100, decimals):.{decimals}f}%"


def signed_points(diff: float, decimals: int = 0) -> str:
    """Write a difference of shares in points with its sign: ``+5``, ``-1``, ``0``."""
    points = rounded(diff * 100, decimals)
    return f"{points:+.{decimals}f}" if points else "0"


def _size(diff: float, decimals: int, translate: Translate) -> str:
    points = rounded(abs(diff) * 100, decimals)
    if points == 0:
        return translate(_UNDER_ONE)
    if points == 1:
        return translate(_ONE_POINT)
    return translate(_POINTS) % {"points": f"{points:.{decimals}f}"}


def shown_bound(value: float, decimals: int, translate: Translate, *, clear: bool) -> str:
    """Write a bound; one that leaves out 0 must not be rounded into it."""
    text = signed_points(value, decimals)
    if clear and text == "0" and value != 0:
        return translate(_ABOVE_ZERO if value > 0 else _BELOW_ZERO)
    return text


def rounded(value: float, decimals: int) -> float:
    """Round half away from zero, as people do."""
    scale: float = 10.0**decimals
    size = floor(abs(value) * scale + 0.5 + 1e-9) / scale
    return size if value >= 0 else -size
