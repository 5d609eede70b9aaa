"""The findings about drivers and scales in words; each claim with its numbers."""

from collections.abc import Sequence

from analysis.drivers.importance import Driver, Importance, Reason
from analysis.drivers.queries import Drivers, Row, ScaleFit
from analysis.drivers.reliability import Reliability, Unusable
from analysis.texts import N_, Translate

GOOD, FAIR = 0.8, 0.7  # of alpha: rules of thumb, named as such
NAMED = 3  # drivers in one sentence

_WHY = {
    Reason.NO_OVERALL: N_(
        "This questionnaire asks for no overall rating, so nothing can be held against it."
    ),
    Reason.FEW: N_(
        "Too few answers for drivers: n = %(n)s, and it takes 100. With "
        "fewer, a correlation is known to no more than ±0.2."
    ),
    Reason.DRIVERS: N_("Fewer than two questions can be compared here, so there is nothing to divide."),
    Reason.CONSTANT: N_("Nearly everybody gave the same overall rating, so there is nothing to explain."),
    Reason.COLLINEAR: N_(
        "Two questions are answered alike (%(items)s), so what they explain cannot be told apart. Leave out "
        "one of them under “Only these questions”."
    ),
    Reason.NOTHING: N_(
        "The overall rating does not go together with any of these questions: they explain %(r2)s of its "
        "differences."
    ),
}
_WHY_ONE = {
    Reason.FEW: N_("too few answers together with the others (100 are needed)"),
    Reason.CONSTANT: N_("nearly everybody gave the same score"),
    Reason.COLLINEAR: N_("answered like another question"),
    Reason.DRIVERS: N_("nothing to compare it with"),
}
_WHY_NO_SCALE = {
    Unusable.ITEMS: N_("Fewer than two of these questions may be shown."),
    Unusable.FEW: N_("Too few answers: n = %(n)s, and it takes 30."),
    Unusable.CONSTANT: N_("Everybody gave the same score to: %(items)s."),
    Unusable.OVERLAP: N_(
        "Too few people answered the same questions, and what is left contradicts itself. Look at a longer "
        "period."
    ),
}

_HIDDEN = N_(
    "Fewer than %(number)s answers in this period, or so few left out that they could be worked out: "
    "nothing is shown."
)
_ONE = N_(
    "%(items)s goes together with %(overall)s most: %(share)s of what these questions explain "
    "(plausible range %(low)s to %(high)s)"
)
_SOME = N_(
    "%(items)s go together with %(overall)s most, with %(low)s to %(high)s of what these questions "
    "explain; which of them is first cannot be told"
)
_MANY = N_("%(k)s of %(all)s questions may go together with %(overall)s most; their order cannot be told")
_ANY = N_("No question stands out: any of the %(all)s may go together with %(overall)s most")
_OPEN = N_("Provisional, %(n)s answers so far: which question is first is not said before the period is over")
_GOOD = N_(
    "These questions may be added up to one score: alpha %(alpha)s (%(low)s to %(high)s), where 0.80 "
    "is the usual rule of thumb."
)
_FAIR = N_(
    "These questions may be added up for groups of people: alpha %(alpha)s (%(low)s to %(high)s), "
    "above the usual rule of thumb of 0.70."
)
_UNCLEAR = N_(
    "Whether these questions may be added up cannot be told: alpha %(alpha)s (%(low)s to %(high)s) "
    "lies on both sides of the usual rule of thumb of 0.70."
)
_APART = N_(
    "These questions measure different things: alpha %(alpha)s (%(low)s to %(high)s) stays below 0.70. "
    "Report them one by one."
)


def share(value: float) -> str:
    """Write a share of what is explained."""
    return f"{100 * value:.0f}%"


def headline(found: Drivers, translate: Translate) -> str:
    """Return the first sentence of the page."""
    if found.hidden:
        return translate(_HIDDEN) % {"number": found.min_cell}
    if found.compared.after.responses == 0:
        return translate(N_("Nobody has answered in this period."))
    said = why(found, translate)
    if not said and found.provisional:
        return translate(_OPEN) % {"n": f"{found.after.n:,}"}
    return said or finding(found, translate)


def finding(found: Drivers, translate: Translate) -> str:
    """Say which drivers may be first, with their shares."""
    first, labels = firsts(found.after), {row.key: row.label for row in found.rows}
    if len(first) == 1:
        template = _ONE
    elif len(first) == len(found.after.drivers):
        template = _ANY
    else:
        template = _SOME if len(first) <= NAMED else _MANY
    low, high = first[0].ci95 if len(first) == 1 else (first[-1].share, first[0].share)
    return translate(template) % {
        "overall": found.overall, "items": listed([labels[one.key] for one in first[:NAMED]], translate),
        "share": share(first[0].share), "low": share(low), "high": share(high), "k": len(first),
        "all": len(found.after.drivers),
    }  # fmt: skip


def title(found: Drivers, translate: Translate) -> str:
    """Return the title of the chart: the finding in a few words."""
    if found.provisional:
        return translate(N_("Provisional, no verdict yet"))
    first, labels = firsts(found.after), {row.key: row.label for row in found.rows}
    if len(first) > NAMED or len(first) == len(found.after.drivers):
        return translate(N_("No question stands out"))
    return translate(N_("Closest to the overall rating: %(items)s")) % {
        "items": listed([labels[one.key] for one in first], translate),
    }  # fmt: skip


def firsts(found: Importance) -> list[Driver]:
    """Return the drivers that may be the most important one."""
    return [one for one in found.drivers if one.ranks[0] == 1]


def why(found: Drivers, translate: Translate) -> str:
    """Say why there are no drivers."""
    after = found.after
    if after.reason is None:
        return ""
    labels = {row.key: row.label for row in found.rows}
    twins = [labels[key] for key, reason in after.left_out if reason is Reason.COLLINEAR]
    return translate(_WHY[after.reason]) % {
        "n": f"{after.n:,}", "r2": share(after.r2 or 0), "items": listed(twins, translate),
    }  # fmt: skip


def explained(found: Importance, overall: str, translate: Translate) -> str:
    """Say how much all of them explain together, of how many answers."""
    if found.reason is not None or found.r2 is None:
        return ""
    return translate(
        N_("Together these questions explain %(r2)s of the differences in %(overall)s (R², n = %(n)s).")
    ) % {"r2": share(found.r2), "overall": overall, "n": f"{found.n:,}"}


def weakest(found: Drivers, translate: Translate) -> str:
    """Say which of the questions that may matter most is judged worst: the place to look first."""
    keys = {one.key for one in firsts(found.after)}
    rows = [
        row
        for row in found.rows
        if row.key in keys and row.one.after.top_box and row.one.after.top_box.p is not None
    ]
    if found.provisional or found.after.reason is not None or not 1 < len(rows) <= NAMED:
        return ""
    worst = min(rows, key=lambda row: row.one.after.top_box.p or 0.0 if row.one.after.top_box else 0.0)
    top = worst.one.after.top_box
    if top is None or top.p is None or top.ci95 is None:
        return ""
    return translate(N_("Of these, %(item)s has the fewest satisfied: %(share)s (%(low)s to %(high)s).")) % {
        "item": worst.label, "share": share(top.p), "low": share(top.ci95[0]), "high": share(top.ci95[1]),
    }  # fmt: skip


def ranks(driver: Driver, translate: Translate) -> str:
    """Write from which to which rank a driver may stand."""
    low, high = driver.ranks
    if low == high:
        return str(low)
    return translate(N_("%(low)s to %(high)s")) % {"low": low, "high": high}


def reason_of(row: Row, found: Drivers, translate: Translate) -> str:
    """Say why a driver has no share."""
    if row.one.after.hidden and row.one.after.n != 0:
        return translate(N_("hidden"))
    if (
        row.reason is None
        or row.reason not in _WHY_ONE
        or found.after.reason in {Reason.FEW, Reason.NO_OVERALL}
    ):
        return "–"
    return translate(_WHY_ONE[row.reason])


def scale_sentence(fit: ScaleFit, found: Reliability, min_cell: int, translate: Translate) -> str:
    """Say whether the items of a scale measure one thing."""
    if found.alpha is None or found.alpha_ci95 is None:
        labels = [fit.labels[key] for key in found.constant]
        reason = found.unusable or Unusable.ITEMS
        n = f"{found.n:,}" if found.n >= min_cell or found.n == 0 else f"<{min_cell}"
        return translate(_WHY_NO_SCALE[reason]) % {"n": n, "items": listed(labels, translate)}
    low, high = found.alpha_ci95
    levels = ((low >= GOOD, _GOOD), (low >= FAIR, _FAIR), (high >= FAIR, _UNCLEAR), (True, _APART))
    template = next(said for holds, said in levels if holds)
    return translate(template) % {"alpha": f"{found.alpha:.2f}", "low": f"{low:.2f}", "high": f"{high:.2f}"}


def better_without(found: Reliability) -> list[str]:
    """Return the items without which alpha would be clearly better: above its own interval."""
    if found.alpha_ci95 is None:
        return []
    high = found.alpha_ci95[1]
    return [item.key for item in found.items if item.alpha_without is not None and item.alpha_without > high]


def listed(names: Sequence[str], translate: Translate) -> str:
    """Write names one after the other."""
    if len(names) < 2:
        return "".join(names)
    return translate(N_("%(some)s and %(last)s")) % {
        "some": translate(", ").join(names[:-1]), "last": names[-1],
    }  # fmt: skip
