"""What the list of signals says: what each counts, and why a call stands on it."""

from core.i18n import _, _l
from followup.quality.checking import Spotted

NAME = {
    "short": _l("Very short calls with answers"),
    "rushed": _l("All answers alike, faster than they can be read aloud"),
    "no_dial": _l("Not reached, without a call"),
    "own_case": _l("The own case"),
    "shared_number": _l("Answers on a number of several customers"),
    "top_run": _l("Nothing but top marks, many times in a row"),
    "skips": _l("Many callbacks given back"),
    "undone": _l("Many outcomes undone"),
    "refused": _l("More refusals than others"),
}
MEANING = {
    "short": _l(
        "Completed less than 20 seconds after the number was shown. "
        "A customer who has only one thing to say is as fast."
    ),
    "rushed": _l(
        "At least three scores, all the same, in under three seconds for each answer. "
        "Who notes on paper first and types it in at the end is as fast."
    ),
    "no_dial": _l(
        "No answer, busy, switched off or voice mail, without the number having been shown or less than "
        "three seconds after. A switched-off telephone can be announced that fast."
    ),
    "own_case": _l(
        "Who handled the case recorded the call. The desk refuses this; "
        "imports and changed names may bring it."
    ),
    "shared_number": _l(
        "At least three customers have the number on which the answers were given. "
        "A property office or a hospital has such numbers."
    ),
    "top_run": _l(
        "At least ten completed calls in a row in which every score is the best there is. "
        "Satisfied customers give the same picture; compare with the others."
    ),
    "skips": _l(
        "A larger share of the callbacks taken was given back than by all others together, more than chance "
        "brings (Fisher’s exact test, p under 0.01). Difficult callbacks go to experienced people."
    ),
    "undone": _l(
        "A larger share of outcomes was undone than by all others together, more than chance brings "
        "(Fisher’s exact test, p under 0.01). Who corrects mistakes at once is careful."
    ),
    "refused": _l(
        "A larger share of the customers who were reached refused than with all others together, more than "
        "chance brings (Fisher’s exact test, p under 0.01). Some lists and hours are harder than others."
    ),
}


def why(found: Spotted) -> str:
    """Say the numbers that made a call stand out."""
    if found.standing is not None:
        return _said_standing(found)
    seconds = None if found.amount is None else f"{found.amount:.0f}"
    if found.signal == "rushed":
        return _("%(seconds)s s for %(n)s answers", seconds=seconds, n=found.of)
    if found.signal in {"short", "no_dial"}:
        return _("%(seconds)s s", seconds=seconds) if seconds is not None else _("no number was shown")
    if found.signal == "shared_number":
        return _("%(n)s customers", n=seconds)
    return ""


def _said_standing(found: Spotted) -> str:
    standing = found.standing
    assert standing is not None
    compared = standing.compared
    mine = _("%(x)s of %(n)s (%(share)s)", x=compared.x, n=compared.n, share=_percent(compared.x, compared.n))
    others = _(
        "%(x)s of %(n)s (%(share)s)",
        x=compared.others_x, n=compared.others_n, share=_percent(compared.others_x, compared.others_n),
    )  # fmt: skip
    if standing.signal == "top_run":
        return _(
            "%(run)s in a row; in all %(mine)s with top marks only, all others %(others)s",
            run=standing.run, mine=mine, others=others,
        )  # fmt: skip
    return _("%(mine)s, all others %(others)s; by chance %(p)s", mine=mine, others=others, p=_p(compared.p))


def _percent(x: int, n: int) -> str:
    return f"{100 * x / n:.0f} %" if n else "—"


def _p(p: float) -> str:
    return f"p = {p:.3f}" if p >= 0.001 else "p < 0.001"
