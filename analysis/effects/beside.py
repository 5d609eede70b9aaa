"""The other items of a measure, beside the one that was expected to move: a row each, corrected for all."""

from dataclasses import dataclass

from analysis.effects import telling
from analysis.effects.months import Side
from analysis.effects.queries import Code, Found, Other
from analysis.texts import N_, Translate

_RANGE = N_("%(diff)s (%(low)s to %(high)s)")
_CLEAR = {Code.RISE: N_("a rise, more than chance"), Code.FALL: N_("it went down, more than chance")}
_CHANCE = N_("may be chance")
_WHY_NOT = {
    Code.NO_QUESTION: N_("not answered on a scale"),
    Code.TOO_SOON: N_("too soon to say"),
    Code.HIDDEN: N_("hidden"),
    Code.TOO_FEW: N_("too few answers to say"),
    Code.TOO_SHORT: N_("too few months to tell"),
    Code.NOT_PARALLEL: N_("the groups moved apart before"),
}


@dataclass(frozen=True)
class Row:
    """What is said of one item: where the measure reaches, and what is put down to it."""

    label: str
    n: tuple[str, str]
    satisfied: tuple[str, str]
    effect: str
    verdict: str


def rows(found: Found, translate: Translate = N_) -> list[Row]:
    """Return a row for each of the other items."""
    return [_row(other, translate) for other in found.others]


def _row(other: Other, translate: Translate) -> Row:
    found = other.found
    before, since = found.scope or (None, None)
    effect = ""
    if found.effect and found.code is not Code.NOT_PARALLEL:
        effect = translate(_RANGE) % telling.points_between(found.effect, translate)
    verdict = _WHY_NOT.get(found.code) or (_CLEAR.get(found.code, _CHANCE) if other.is_clear else _CHANCE)
    return Row(
        found.label,
        (_n(before), _n(since)),
        (_share(before), _share(since)),
        effect or "–",
        translate(verdict),
    )


def _n(side: Side | None) -> str:
    return "–" if side is None or side.is_hidden else f"{side.n:,}"


def _share(side: Side | None) -> str:
    if side is None or side.share is None or not side.n:
        return "–"
    return telling.said(side.share)
