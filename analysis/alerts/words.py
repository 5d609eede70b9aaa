"""What people read about an alert: what, of whom, the numbers, and what it may be."""

from collections.abc import Mapping
from typing import Any, Protocol

from analysis.alerts.policy import COLLECTION, OVERDUE, RESPONSE_RATE, SATISFACTION, VOLUME
from core.periods import Period
from core.translating import N_, Translate

KIND = {
    SATISFACTION: N_("Satisfaction"),
    VOLUME: N_("Number of cases"),
    RESPONSE_RATE: N_("Response rate"),
    OVERDUE: N_("Missed limits"),
    COLLECTION: N_("Collection of answers"),
}
STATE = {
    "open": N_("Open"),
    "acknowledged": N_("Taken up"),
    "explained": N_("Explained"),
    "dismissed": N_("Dismissed"),
}
TONE = {"open": "bad", "acknowledged": "warn", "explained": "good", "dismissed": "neutral"}
CAUSE = {
    "real_change": N_("A real change"),
    "mix": N_("A change of mix"),
    "collection": N_("A matter of how answers were collected"),
    "one_event": N_("One event"),
    "false_alarm": N_("A false alarm"),
}
EVENT = {
    "find": N_("found"),
    "acknowledge": N_("taken up"),
    "assign": N_("given to somebody"),
    "explain": N_("explained"),
    "dismiss": N_("dismissed"),
    "reopen": N_("opened again"),
}
DIMENSION = {
    "district": N_("District"),
    "department": N_("Department"),
    "category": N_("Category"),
    "mode": N_("Way of answering"),
    "sent_by": N_("Links sent by"),
}
VALUE = {
    ("mode", "web"): N_("By link"),
    ("mode", "phone"): N_("By phone"),
    ("mode", "paper"): N_("On paper"),
    ("mode", "import"): N_("Imported"),
    ("sent_by", "sms"): N_("SMS"),
    ("sent_by", "email"): N_("E-mail"),
    ("sent_by", "paper"): N_("On paper"),
}
EVERYBODY = N_("everybody")

_TITLE = {
    (SATISFACTION, "down"): N_("Satisfaction lower than to be expected"),
    (SATISFACTION, "up"): N_("Satisfaction higher than to be expected"),
    (VOLUME, "up"): N_("More cases than to be expected"),
    (RESPONSE_RATE, "down"): N_("Fewer links answered than to be expected"),
    (OVERDUE, "up"): N_("More limits missed than to be expected"),
    (COLLECTION, "down"): N_("Hardly any answers came"),
}
_FACT = {
    SATISFACTION: N_("%(value)s of %(n)s answers were satisfied in %(period)s."),
    RESPONSE_RATE: N_("%(value)s of the %(n)s links of %(period)s were answered within a week."),
    OVERDUE: N_("%(value)s of the %(n)s limits that ended in %(period)s were missed."),
    VOLUME: N_("%(x)s cases were registered in %(period)s."),
}
_LIMITS = N_(
    "By the %(base)s periods before, %(lower)s to %(upper)s were to be expected; their middle is %(centre)s."
)
_SEASONAL = N_(
    "By the %(base)s weeks before and the same weeks of earlier years, %(lower)s to %(upper)s were to be "
    "expected; their middle is %(centre)s."
)
_RUN = {
    "shift": N_("It is the seventh period in a row on this side of the middle, which is %(centre)s."),
    "near": N_("Two of the last three periods are near the limit of %(lower)s to %(upper)s on this side."),
    "trend": N_("It is the seventh period in a row that goes this way; the middle is %(centre)s."),
}
_COLLAPSE = N_("%(answers)s answers came in %(period)s, where about %(expected)s were to be expected.")
_COLLAPSE_FEW = N_(
    "Fewer than %(few)s answers came in %(period)s, where about %(expected)s were to be expected."
)
NOT_JUDGED = N_(
    "So satisfaction and response rate of this period are not judged: there is nothing to judge by."
)
SIGN = {
    "nothing_at_all": N_(
        "Neither a case nor an answer came in, anywhere. Look whether cases still arrive, by import or "
        "interface, and whether the scheduler ran; a week in which the house was closed looks the same."
    ),
    "nothing_sent": N_("Links were hardly sent at all, although cases were closed."),
    "links_silent": N_("Links were sent, but hardly any was answered."),
    "nobody_called": N_("Hardly any calls were made."),
    "nobody_reached": N_("Calls were made, but hardly anybody was reached."),
    "channel_rests": N_("A channel rests because its server fails; see the outbox."),
}
CLUE = N_("One of %(looked)s groups that were looked at: a clue, to be checked.")
MAY_BE = N_(
    "An alert says that chance alone seldom brings such a figure. It does not say why: a real change, "
    "another mix of cases, one event, or now and then chance after all."
)


class Told(Protocol):
    """What the words need of an alert."""

    kind: str
    direction: str
    dimension: str
    group: str
    figures: Any


def who(dimension: str, group: str, translate: Translate) -> str:
    """Say whose figure it is."""
    if not dimension:
        return translate(EVERYBODY)
    value = translate(VALUE[dimension, group]) if (dimension, group) in VALUE else group
    return translate(N_("%(dimension)s: %(values)s")) % {
        "dimension": translate(DIMENSION.get(dimension, dimension)), "values": value,
    }  # fmt: skip


def title(alert: Told, translate: Translate) -> str:
    """Say in a few words what was found."""
    return translate(_TITLE[alert.kind, alert.direction])


def sentences(alert: Told, period: Period, translate: Translate, language: str, *, few: int) -> list[str]:
    """Say what was found with its numbers; ``few`` is from how many answers on figures are shown."""
    figures: Mapping[str, Any] = alert.figures
    if figures["rule"] == "collapse":
        return _collapsed(figures, period, translate, language, few)
    values = _numbers(alert.kind, figures) | {"period": period.label(language)}
    frame = _RUN.get(figures["rule"], _SEASONAL if figures.get("seasonal") else _LIMITS)
    said = [translate(_FACT[_fact(alert)]) % values, translate(frame) % values]
    if alert.kind == COLLECTION:
        said += [*(translate(SIGN[sign]) for sign in figures["signs"]), translate(NOT_JUDGED)]
    if alert.dimension and figures.get("looked", 1) > 1:
        said.append(translate(CLUE) % {"looked": figures["looked"]})
    return said


def number(kind: str, value: float) -> str:
    """Write a figure: counts as they are, shares in whole percent."""
    return f"{value:.0f}" if kind == VOLUME else f"{100 * value:.0f}%"


def _fact(alert: Told) -> str:
    return RESPONSE_RATE if alert.kind == COLLECTION else alert.kind


def _numbers(kind: str, figures: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: number(kind, figures[name]) for name in ("value", "centre", "lower", "upper")}
    return {**said, "n": f"{figures['n']:.0f}", "x": f"{figures['x']:.0f}", "base": figures["base"]}


def _collapsed(
    figures: Mapping[str, Any], period: Period, translate: Translate, language: str, few: int
) -> list[str]:
    values = {"period": period.label(language), "expected": figures["expected"], "few": few}
    known = "answers" in figures
    first = translate(_COLLAPSE if known else _COLLAPSE_FEW) % (values | {"answers": figures.get("answers")})
    return [first, *(translate(SIGN[sign]) for sign in figures["signs"]), translate(NOT_JUDGED)]
