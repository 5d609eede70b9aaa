"""The figures of drivers and scales as a JSON document: what the page shows, with method and numbers."""

from dataclasses import asdict
from typing import Any

from analysis.drivers.importance import Importance
from analysis.drivers.queries import Drivers, ScaleFit
from analysis.drivers.reliability import Reliability

Document = dict[str, Any]


def to_json(found: Drivers) -> Document:
    """Return the document; shares are fractions of 1, what has no value is null with a reason."""
    compared = found.compared
    document: Document = {
        "questionnaire": compared.questionnaire,
        "association": "not effect",
        "period": compared.after.period.name,
        "provisional": found.provisional,
        "overall": found.overall_key,
        "importance": None if found.hidden else _importance(found.after),
    }
    if compared.where:
        document["where"] = {name: list(values) for name, values in compared.where.items()}
    if found.before is not None:
        document["earlier"] = {
            "period": compared.before.period.name, "importance": _importance(found.before),
        }  # fmt: skip
    document["drivers"] = [_row(found, place) for place in range(len(found.rows))]
    document["scales"] = [_scale(fit) for fit in found.scales]
    return document


def _importance(found: Importance) -> Document:
    return {
        "n": found.n if found.reason is None else None,
        "r2": found.r2,
        "method": found.method.value,
        "reason": found.reason.value if found.reason else None,
        "random_groups": found.groups,
    }


def _row(found: Drivers, place: int) -> Document:
    row = found.rows[place]
    sides = {}
    for name, side in (("before", row.one.before), ("after", row.one.after)):
        sides[name] = {"n": side.n, "satisfied": asdict(side.top_box) if side.top_box else None}
    return {
        "item": row.key,
        "label": row.label,
        "importance": asdict(row.driver) if row.driver else None,
        "reason": row.reason.value if row.reason else None,
        "earlier": asdict(row.earlier) if row.earlier else None,
        "moved": {"diff": row.moved[0], "ci95": row.moved[1]} if row.moved else None,
        **sides,
    }


def _scale(fit: ScaleFit) -> Document:
    return {
        "scale": fit.scale,
        "role": fit.role,
        "after": _reliability(fit.after),
        "before": _reliability(fit.before) if fit.before else None,
    }


def _reliability(found: Reliability) -> Document:
    document = asdict(found)
    if found.unusable:
        document["n"] = None
    return document
