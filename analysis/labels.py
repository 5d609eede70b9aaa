"""The words people see for dimensions, ways of answering and verdicts."""

from typing import Any

from analysis.breakdown import HIDDEN
from analysis.verdicts import Code
from core.i18n import _l
from followup.cases.labels import CHANNEL, SEVERITY

DIMENSION = {
    "service_type": _l("Service"),
    "district": _l("District"),
    "department": _l("Department"),
    "category": _l("Category"),
    "severity": _l("Severity"),
    "channel": _l("How the case reached us"),
    "mode": _l("Way of answering"),
}
MODE = {
    "web": _l("By link"),
    "phone": _l("By phone"),
    "paper": _l("On paper"),
    "import": _l("Imported"),
}
VALUES: dict[str, dict[str, Any]] = {"mode": MODE, "severity": SEVERITY, "channel": CHANNEL}
VERDICT = {
    Code.HIGHER: _l("Higher"),
    Code.LOWER: _l("Lower"),
    Code.SLIGHTLY_HIGHER: _l("Slightly higher"),
    Code.SLIGHTLY_LOWER: _l("Slightly lower"),
    Code.UNCLEAR: _l("No clear change"),
    Code.UNCHANGED: _l("Unchanged within the margin"),
    Code.MIXED: _l("Evidence is mixed"),
    Code.TOO_FEW: _l("Too few answers"),
    Code.SUPPRESSED: _l("Hidden"),
    Code.PROVISIONAL: _l("Provisional"),
    Code.NOT_TESTED: _l("Not tested"),
}
VERDICT_TONE = {
    Code.HIGHER: "rise",
    Code.SLIGHTLY_HIGHER: "rise",
    Code.LOWER: "fall",
    Code.SLIGHTLY_LOWER: "fall",
}
MISSING = {
    "not_asked": _l("Not asked"),
    "skipped": _l("Skipped"),
    "not_applicable": _l("Did not use / does not know"),
    "refused": _l("Refused"),
    "dont_know": _l("Does not know"),
}


def value_label(dimension: str, value: str) -> str:
    """Return the words for one value of a dimension."""
    if value == HIDDEN:
        return str(_l("Small groups together"))
    return str(VALUES.get(dimension, {}).get(value) or value or _l("Not given"))
