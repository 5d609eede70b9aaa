"""The comparison as a JSON document: ``compare --json``, keys and nesting as the design says.

``start`` is the first day, ``end`` the day after the last. Shares are fractions of 1. A figure that is
hidden or has no defined value is null; ``reason`` says why a side is hidden or to be read with care.
"""

from typing import Any

from analysis.compare import Comparison, Difference, ItemComparison, PeriodSummary, Side, reason_text
from analysis.mix import Mix
from analysis.texts import N_, Translate
from analysis.verdicts import sentence

Document = dict[str, Any]


def to_json(comparison: Comparison, translate: Translate = N_, *, language: str = "en") -> Document:
    """Return the document of a comparison; ``translate`` and ``language`` are for its sentences."""
    before = comparison.before.period.label(language)
    return {
        "questionnaire": comparison.questionnaire,
        "before": _period(comparison.before),
        "after": _period(comparison.after),
        "adjustment": list(comparison.adjustment),
        "items": [_item(one, sentence(one.verdict, translate, before=before)) for one in comparison.items],
    }


def _period(summary: PeriodSummary) -> Document:
    return {
        "period": summary.period.name,
        "start": summary.period.start.isoformat(),
        "end": summary.period.end.isoformat(),
        "invited": summary.invited,
        "responses": summary.responses,
        "response_rate": summary.response_rate,
    }


def _item(one: ItemComparison, text: str) -> Document:
    document: Document = {
        "item": one.item.item_key,
        "label": one.item.label,
        "scale": one.item.scale_id,
        "before": _side(one.before, one.min_cell),
        "after": _side(one.after, one.min_cell),
        "difference": _difference(one.difference) if one.difference else None,
        "verdict": {"code": one.verdict.code.value, "text": text},
    }
    if one.mix:
        document["mix"] = _mix(one.mix)
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
    if side.reason:
        document["reason"] = reason_text(side.reason, min_cell=min_cell)
    return document


def _difference(difference: Difference) -> Document:
    top, mean, mw = difference.top_box, difference.mean, difference.mann_whitney
    bm, cliff = difference.brunner_munzel, difference.cliffs_delta
    return {
        "top_box": {"diff": top.diff, "ci95": _interval(top.ci95)} if top else None,
        "mean": {"diff": mean.diff, "ci95": _interval(mean.ci95)} if mean else None,
        "mann_whitney": {"u": mw.u, "z": mw.z, "p": mw.p} if mw else None,
        "brunner_munzel": {"statistic": bm.statistic, "df": bm.df, "p": bm.p} if bm else None,
        "cliffs_delta": {"delta": cliff.delta, "ci95": _interval(cliff.ci95)} if cliff else None,
        "p_adjusted": difference.p_adjusted,
    }


def _mix(mix: Mix) -> Document:
    return {"total": mix.total, "within": mix.within, "composition": mix.composition}


def _interval(interval: tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else list(interval)
