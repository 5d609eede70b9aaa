"""What more answers would show: said under a verdict that could not be clear, and beside the periods."""

from dataclasses import dataclass

from analysis.compare import Comparison, ItemComparison
from analysis.scores.planning import answers_for_means, answers_to_see, detectable_points
from analysis.texts import N_, Translate
from analysis.verdicts import Code
from analysis.whole import Whole

OPEN = frozenset({Code.UNCLEAR, Code.TOO_FEW, Code.MIXED})
_TO_SEE = N_("To see a change of %(points)s points, about %(answers)s answers a period are needed.")
_INVITED = N_(
    "To see a change of %(points)s points, about %(answers)s answers a period are needed; at the present "
    "response rate that is about %(invitations)s links."
)
_SHOWN = N_(
    "Two periods of %(before)s and %(after)s answers show changes from about %(points)s points on; smaller "
    "ones mostly stay unclear."
)


@dataclass(frozen=True)
class Advice:
    """How many answers a period show a change of so many points, four times in five."""

    points: float
    answers: int


def advice_on(one: ItemComparison) -> Advice | None:
    """Return how many answers the important change needs, where too few came for a clear verdict."""
    earlier, later, points = one.before.top_box, one.after.top_box, one.verdict.important * 100
    if one.verdict.code not in OPEN or not earlier or not later or earlier.p is None or later.p is None:
        return None
    needed = answers_to_see((earlier.x + later.x) / (earlier.n + later.n), points)
    if needed is None or needed <= min(earlier.n, later.n):
        return None  # there were enough: what is unclear is smaller than what matters
    return Advice(points, needed)


def sentence_on(one: ItemComparison, translate: Translate, *, response_rate: float | None) -> str:
    """Say it; empty where there is nothing to advise."""
    advice = advice_on(one)
    if advice is None:
        return ""
    values = {"points": f"{advice.points:g}", "answers": about(advice.answers), "invitations": ""}
    if not response_rate:
        return translate(_TO_SEE) % values
    values["invitations"] = about(advice.answers / response_rate)
    return translate(_INVITED) % values


def of_periods(comparison: Comparison, one: ItemComparison | None, translate: Translate) -> str:
    """Say beside the choice of periods which change they can show at all."""
    if one is None or one.before.top_box is None or one.after.top_box is None:
        return ""
    earlier, later = one.before.top_box, one.after.top_box
    pooled = (earlier.x + later.x) / (earlier.n + later.n)
    points = detectable_points(pooled, earlier.n, later.n)
    if points is None or comparison.before.provisional or comparison.after.provisional:
        return ""
    return translate(_SHOWN) % {
        "before": f"{earlier.n:,}", "after": f"{later.n:,}",
        "points": f"{points:.0f}" if points >= 1 else f"{points:.1f}",
    }  # fmt: skip


def on_whole(found: Whole, translate: Translate = N_) -> str:
    """Say what the score of the whole questionnaire would need; empty where there is nothing to advise."""
    spread = max(one.se * one.n**0.5 for one in (found.before, found.after))
    if found.code is not Code.UNCLEAR or spread == 0:
        return ""
    needed = answers_for_means(found.important, spread)
    if needed <= min(found.before.n, found.after.n):
        return ""
    return translate(_TO_SEE) % {"points": f"{found.important:g}", "answers": about(needed)}


def about(number: float) -> str:
    """Write a number with the two digits that a plan deserves: ``902`` is ``900``."""
    digits = max(0, len(str(int(number))) - 2)
    return f"{round(number / 10**digits) * 10**digits:,}"
