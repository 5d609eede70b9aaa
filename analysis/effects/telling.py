"""The effect of a measure in words; they never stand without their numbers."""

from analysis.effects.did import MONTHS, Effect
from analysis.effects.its import AFTER, BEFORE
from analysis.effects.months import Side
from analysis.effects.queries import CLAIMS, Code, Found
from analysis.scores.shares import Interval, Share
from analysis.texts import N_, Translate
from analysis.verdicts import percent, rounded, signed_points

EXACT = 1000  # answers on every side from which a share that stands alone has a decimal
DECIMALS = 1  # of points and of the shares they come from: with none, +1 less -8 may be shown as -10

_NOTHING = {
    Code.NO_QUESTION: N_("No question was chosen that this measure is to move, so no effect is measured."),
    Code.NOT_STARTED: N_("The measure is not in force yet; its effect is measured from that day on."),
    Code.TOO_SOON: N_("Too soon to say: no whole month has passed since it is in force."),
    Code.HIDDEN: N_(
        "In one of the groups there are too few answers to be shown, or so few could be worked out from it."
    ),
    Code.TOO_FEW: N_("Too few answers to say: only %(n)s in one of the groups."),
}
_EXPECTED = N_("Expected %(expected)s points.")
_DID = N_(
    "Compared with the group that it does not reach, the satisfied share changed by %(diff)s points "
    "(plausible range %(low)s to %(high)s)"
)
_ITS = N_(
    "Compared with its earlier course, the satisfied share changed by %(diff)s points on average (plausible "
    "range %(low)s to %(high)s)"
)
_ENDS = {
    Code.RISE: N_("%(measured)s: a rise, and more than chance explains."),
    Code.FALL: N_("%(measured)s: it went down, which is unlikely to be chance."),
    Code.UNCLEAR: N_("%(measured)s: an effect is not shown; it may be chance."),
    Code.NOT_PARALLEL: N_("%(measured)s. This cannot be read as the effect of the measure."),
}
_SMALLER = N_("That is less than was expected.")
_LARGER = N_("That is more than was expected.")
_UNLIKELY = N_("An effect as large as expected is unlikely.")
_TOO_SHORT = N_(
    "Too few months to tell: a course without a group to compare with needs %(before)s months before and "
    "%(after)s since. Satisfied %(earlier)s before and %(later)s since (difference %(diff)s points, "
    "plausible range %(low)s to %(high)s), whatever the reason."
)
_APART = N_(
    "The two groups were already moving apart before it began: by %(slope)s points a month (plausible range "
    "%(low)s to %(high)s) over %(months)s months. Choose a group whose course was alike."
)
_ALIKE = N_(
    "In the %(months)s months before it began the two groups moved apart by %(slope)s points a month "
    "(plausible range %(low)s to %(high)s): no sign that they were not alike, which few months could show "
    "anyway."
)
_UNSEEN = N_(
    "Fewer than %(months)s months before it began have answers in both groups, so nobody can see whether "
    "they were alike."
)
_DIP = N_(
    "It began after a bad spell: %(later)s satisfied in the three months before, %(earlier)s earlier. A bad "
    "spell is mostly followed by a better one by itself, so a rise is partly that."
)
_PLANNED_FOR = N_(
    "It was planned because of an alert, so after a bad month. A bad month is mostly followed by a better "
    "one by itself, so a rise is partly that."
)
_SEASON = N_("Before are the same months a year earlier, so that the season is the same.")
_NO_SEASON = N_(
    "Before are the months directly before it began, because a year earlier there are too few answers. The "
    "season is not the same; it weighs as far as it treats the two groups differently."
)
_NO_SEASON_ALONE = N_(
    "Before are the months directly before it began, because a year earlier there are too few answers. The "
    "season is not the same."
)
_ALONE = N_(
    "There is no group to compare with, so everything else that began at that time is in the figure too; "
    "and the plausible range of such a short series is still too narrow."
)
_ROUNDED = N_("Each figure is rounded by itself, so the last digit of a difference can be off by one.")
_NEXT = N_("%(first)s %(second)s")
_PUBLIC = {
    Code.RISE: N_(
        "Satisfied customers: %(earlier)s before, %(later)s since. That is better than without it, by more "
        "than chance."
    ),
    Code.UNCLEAR: N_(
        "Satisfied customers: %(earlier)s before, %(later)s since. It cannot be said yet whether this helped."
    ),
    Code.FALL: N_(
        "Satisfied customers: %(earlier)s before, %(later)s since. This did not help; we go on looking."
    ),
}


def sentence(found: Found, translate: Translate = N_) -> str:
    """Say what was expected and what was measured.

    Parameters
    ----------
    found : Found
    translate : callable

    Returns
    -------
    str
    """
    if found.code in _NOTHING:
        return translate(_NOTHING[found.code]) % {"n": found.fewest}
    parts = []
    if found.expected is not None:
        parts.append(translate(_EXPECTED) % {"expected": _plain(found.expected)})
    if found.code is Code.TOO_SHORT:
        return _joined([*parts, _too_short(found, translate)], translate)
    assert found.effect is not None
    measured = translate(_DID if found.control else _ITS) % points_between(found.effect, translate)
    parts.append(translate(_ENDS[found.code]) % {"measured": measured})
    against = _against(found)
    return _joined([*parts, *([translate(against)] if against else [])], translate)


def remarks(found: Found, translate: Translate = N_, *, alerted: bool = False) -> list[str]:
    """Say what a reader has to know beside the figure: the courses before, the season, a bad spell."""
    if found.scope is None or found.code in _NOTHING:
        return []
    said: list[str] = []
    if found.control:
        said.append(_courses(found, translate))
        said.append(translate(_SEASON if found.same_season else _NO_SEASON))
    else:
        said.append(translate(_ALONE))
        if found.code is Code.TOO_SHORT:
            said.append(translate(_SEASON if found.same_season else _NO_SEASON_ALONE))
    if found.dip:
        said.append(translate(_DIP) % _shares(found.dip))
    elif alerted:
        said.append(translate(_PLANNED_FOR))
    said += filter(None, [rounding(found, translate)])
    return [*said, *(note.say(translate) for note in found.notes)]


def public_sentence(found: Found, translate: Translate = N_) -> str:
    """Say it to the public; empty where nothing may be claimed either way."""
    if found.code not in CLAIMS or found.scope is None:
        return ""
    before, after = found.scope
    if before.share is None or after.share is None:
        return ""
    return translate(_PUBLIC[found.code]) % _shares((before.share, after.share))


def points(value: float, decimals: int, translate: Translate = N_, *, clear: bool = False) -> str:
    """Write points with their sign; where the range leaves out 0, nothing is rounded into it."""
    said = signed_points(value, decimals)
    if said != "0" or not value or not clear:
        return said
    return translate(N_("just above 0") if value > 0 else N_("just below 0"))


def points_between(effect: Effect, translate: Translate = N_) -> dict[str, str]:
    """Return ``diff``, ``low`` and ``high`` in points."""
    return _range(effect.estimate, effect.ci95, translate)


def rounding(found: Found, translate: Translate = N_) -> str:
    """Say so where the changes as shown do not give the difference as shown; else nothing."""
    if found.effect is None or found.scope is None or found.control is None:
        return ""
    changes = [change_of(pair) or 0.0 for pair in (found.control, found.scope)]
    adds_up = _adds_up(found.effect.estimate, *changes)
    for pair in (found.scope, found.control):
        before, after = (side.share.p or 0.0 if side.share else 0.0 for side in pair)
        adds_up = adds_up and _adds_up(after - before, before, after)
    return "" if adds_up else translate(_ROUNDED)


def said(share: Share) -> str:
    """Write a share that stands beside the difference it is part of."""
    return percent(share.p or 0.0, DECIMALS)


def _adds_up(difference: float, taken: float, whole: float) -> bool:
    """Tell whether a difference is, as shown, what the two shown figures give."""
    tenths = [round(rounded(value * 100, DECIMALS) * 10) for value in (difference, taken, whole)]
    return tenths[0] == tenths[2] - tenths[1]


def change_of(pair: tuple[Side, Side]) -> float | None:
    """Return how far the share of a group moved; None where one of the two is not known."""
    before, after = (side.share.p if side.share else None for side in pair)
    return None if before is None or after is None else after - before


def _range(estimate: float, ci95: Interval, translate: Translate) -> dict[str, str]:
    clear = ci95[0] > 0 or ci95[1] < 0
    diff, low, high = (points(value, DECIMALS, translate, clear=clear) for value in (estimate, *ci95))
    return {"diff": diff, "low": low, "high": high}


def _against(found: Found) -> str:
    """Return what the range says about what was expected, which is a rise."""
    if found.expected is None or found.effect is None or found.code is Code.NOT_PARALLEL:
        return ""
    low, high = found.effect.ci95
    if found.code is Code.RISE:
        return _SMALLER if high < found.expected else _LARGER if low > found.expected else ""
    return _UNLIKELY if high < found.expected and found.code is Code.UNCLEAR else ""


def _too_short(found: Found, translate: Translate) -> str:
    assert found.scope is not None
    before, after = found.scope
    plain = found.plain
    assert plain is not None
    assert before.share is not None
    assert after.share is not None
    numbers = _range(plain.diff or 0.0, plain.ci95 or (0.0, 0.0), translate)
    shares = {"earlier": said(before.share), "later": said(after.share)}
    return translate(_TOO_SHORT) % {"before": str(BEFORE), "after": str(AFTER), **numbers, **shares}


def _courses(found: Found, translate: Translate) -> str:
    courses = found.parallel
    if courses is None:
        return translate(_UNSEEN) % {"months": str(MONTHS)}
    low, high = (points(bound, 1) for bound in courses.ci95)
    numbers = {"slope": points(courses.slope, 1), "low": low, "high": high, "months": str(courses.months)}
    return translate(_APART if found.code is Code.NOT_PARALLEL else _ALIKE) % numbers


def _shares(pair: tuple[Share, Share]) -> dict[str, str]:
    digits = 1 if min(share.n for share in pair) >= EXACT else 0
    earlier, later = (percent(share.p or 0.0, digits) for share in pair)
    return {"earlier": earlier, "later": later}


def _plain(expected: float) -> str:
    return f"{expected * 100:+g}"


def _joined(parts: list[str], translate: Translate) -> str:
    """Put sentences together: Chinese has no space between them."""
    said = parts[0]
    for part in parts[1:]:
        said = translate(_NEXT) % {"first": said, "second": part}
    return said
