"""The comparison as a JSON document: ``compare --json``, keys and nesting as the design says.

``start`` is the first day, ``end`` the day after the last. Shares are fractions of 1. A figure that is
hidden or has no defined value is null; ``reason`` says why a side is hidden or to be read with care.
"""

from typing import TYPE_CHECKING, Any

from analysis.advice import advice_on
from analysis.compare import Comparison, Difference, ItemComparison, PeriodSummary, Side, reason_text
from analysis.mix import Mix
from analysis.standardise import Adjusted, Standardised
from analysis.texts import N_, Translate
from analysis.verdicts import sentence

if TYPE_CHECKING:
    from analysis.whole import Whole

Document = dict[str, Any]


def to_json(comparison: Comparison, translate: Translate = N_, *, language: str = "en") -> Document:
    """Return the document of a comparison; ``translate`` and ``language`` are for its sentences."""
    before = comparison.before.period.label(language)
    document: Document = {
        "questionnaire": comparison.questionnaire,
        "before": _period(comparison.before),
        "after": _period(comparison.after),
        "adjustment": list(comparison.adjustment),
    }
    if comparison.where:
        document["where"] = {dimension: list(values) for dimension, values in comparison.where.items()}
    if comparison.by:
        document["by"] = comparison.by
    if comparison.seasonal:
        document["seasonal"] = True
    if comparison.whole:
        document["whole"] = _whole(comparison.whole, comparison.whole.sentence(translate, period=before))
    document["items"] = [
        _item(one, sentence(one.verdict, translate, before=before), translate) for one in comparison.items
    ]
    return document


def _period(summary: PeriodSummary) -> Document:
    document: Document = {
        "period": summary.period.name,
        "start": summary.period.start.isoformat(),
        "end": summary.period.end.isoformat(),
        "invited": summary.invited,
        "responses": summary.responses,
        "response_rate": summary.response_rate,
    }
    if summary.modes:
        document["modes"] = dict(summary.modes)
    if summary.provisional:
        document["provisional"] = True
        document["as_of"] = summary.as_of.isoformat() if summary.as_of else None
    if summary.reason:
        document["reason"] = summary.reason.value
    return document


def _item(one: ItemComparison, text: str, translate: Translate) -> Document:
    document: Document = {
        "item": one.item.item_key,
        "label": one.item.label,
        "scale": one.item.scale_id,
        "before": _side(one.before, one.min_cell),
        "after": _side(one.after, one.min_cell),
        "difference": _difference(one.difference) if one.difference else None,
        "verdict": {"code": one.verdict.code.value, "text": text, "family": one.verdict.family},
    }
    if advice := advice_on(one):
        document["to_see"] = {"points": advice.points, "answers": advice.answers}
    if one.mix:
        document["mix"] = _mix(one.mix)
    if one.mix and one.mix_top:
        document["mix"]["top_box"] = _mix(one.mix_top)
    if one.adjusted:
        document["adjusted"] = _adjusted(one.adjusted)
    if one.notes:
        document["notes"] = [note.say(translate) for note in one.notes]
    return document


def _side(side: Side, min_cell: int) -> Document:
    mean, top = side.mean, side.top_box
    document: Document = {
        "n": side.n,
        "counts": None if side.counts is None else {str(key): n for key, n in side.counts.items()},
        "missing": side.missing,
        "mean": mean.mean if mean else None,
        "sd": mean.sd if mean else None,
        "mean_ci95": _interval(mean.ci95) if mean else None,
        "top_box": {"x": top.x, "p": top.p, "ci95": _interval(top.ci95)} if top else None,
    }
    if side.nps:
        document["nps"] = {"net": side.nps.net, "ci95": _interval(side.nps.ci95)}
    if side.reason:
        document["reason"] = reason_text(side.reason, min_cell=min_cell)
    return document


def _difference(difference: Difference) -> Document:
    top, mean, mw = difference.top_box, difference.mean, difference.mann_whitney
    bm, cliff, nps = difference.brunner_munzel, difference.cliffs_delta, difference.nps
    return {
        "top_box": {"diff": top.diff, "ci95": _interval(top.ci95)} if top else None,
        "mean": {"diff": mean.diff, "ci95": _interval(mean.ci95)} if mean else None,
        "mann_whitney": {"u": mw.u, "z": mw.z, "p": mw.p} if mw else None,
        "brunner_munzel": {
            "theta": bm.theta, "ci95": _interval(bm.ci95), "statistic": bm.statistic, "df": bm.df, "p": bm.p,
        } if bm else None,
        "cliffs_delta": {"delta": cliff.delta, "ci95": _interval(cliff.ci95)} if cliff else None,
        "p_adjusted": difference.p_adjusted,
    } | ({"nps": {"diff": nps.diff, "ci95": _interval(nps.ci95)}} if nps else {})  # fmt: skip


def _mix(mix: Mix) -> Document:
    document: Document = {"total": mix.total, "within": mix.within, "composition": mix.composition}
    if mix.strata:
        document["strata"] = [
            {
                "name": part.name, "n_before": part.n_before, "n_after": part.n_after,
                "within": part.within, "composition": part.composition,
            }
            for part in mix.strata
        ]  # fmt: skip
        document["one_sided"], document["opposed"] = list(mix.one_sided), list(mix.opposed)
    return document


def _adjusted(adjusted: Adjusted) -> Document:
    return {
        "held_constant": list(adjusted.dimensions),
        "mean": _standardised(adjusted.mean),
        "top_box": _standardised(adjusted.top_box),
        "strata": adjusted.strata,
        "collapsed": [list(place) for place in adjusted.collapsed],
        "dropped": [list(place) for place in adjusted.dropped],
        "covered": adjusted.covered,
    }


def _standardised(figure: Standardised) -> Document:
    return {
        "before": figure.before, "before_ci95": _interval(figure.ci95_before),
        "after": figure.after, "after_ci95": _interval(figure.ci95_after),
        "diff": figure.diff, "ci95": _interval(figure.ci95),
    }  # fmt: skip


def _whole(whole: "Whole", text: str) -> Document:
    return {
        "items": list(whole.items),
        "before": {"n": whole.before.n, "mean": whole.before.mean, "ci95": _interval(whole.before.ci95)},
        "after": {"n": whole.after.n, "mean": whole.after.mean, "ci95": _interval(whole.after.ci95)},
        "diff": whole.diff, "ci95": _interval(whole.ci95), "p": whole.p,
        "verdict": {"code": whole.code.value, "text": text},
    }  # fmt: skip


def _interval(interval: tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else list(interval)
