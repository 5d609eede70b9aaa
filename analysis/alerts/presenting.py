"""An alert as its page shows it: sentences, the rows of its table, where to look next."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from analysis.alerts import words
from analysis.alerts.models import Alert
from analysis.alerts.policy import COLLECTION, OVERDUE, RESPONSE_RATE, SATISFACTION, VOLUME
from core.periods import Period, parse_period, previous, previous_year
from core.translating import N_, Translate

Link = tuple[str, str, dict[str, str]]  # words, endpoint, parameters
_FILTERS = frozenset({"district", "department", "category", "mode"})


@dataclass(frozen=True, slots=True)
class Row:
    """One period of the table; "" where something may not be shown."""

    period: str
    value: str
    n: str
    lower: str
    upper: str
    is_outside: bool
    is_judged: bool


def period_of(alert: Alert) -> Period:
    """Return the period an alert is about."""
    return parse_period(alert.figures["period"])


def rows(alert: Alert, language: str) -> list[Row]:
    """Return the last periods, the newest first, the judged one on top."""
    points = alert.figures["points"]
    kind = RESPONSE_RATE if alert.kind == COLLECTION and "value" in alert.figures else alert.kind
    return [
        _row(point, kind, alert.figures["grain"], language, is_judged=place == len(points) - 1)
        for place, point in reversed(list(enumerate(points)))
    ]


def periods(alert: Alert) -> list[Period]:
    """Return the periods that an alert kept, the oldest first."""
    grain = alert.figures["grain"]
    return [_name(date.fromisoformat(point["start"]), grain) for point in alert.figures["points"]]


def links(alert: Alert) -> list[Link]:
    """Return where to look next: what fits the kind of alert."""
    period = period_of(alert)
    if alert.kind in {VOLUME, OVERDUE}:
        given = {alert.dimension: alert.group} if alert.dimension else {}
        if alert.kind == OVERDUE:
            return [(N_("Look at the overdue cases"), "cases.index", {**given, "state": "overdue"})]
        days = {"since": alert.start.isoformat(), "until": period.last_day.isoformat()}
        return [(N_("Look at the cases of this period"), "cases.index", {**given, **days})]
    if not alert.questionnaire:
        return [(N_("Look at the outbox"), "outbox.index", {})]
    common = _asked(alert, period)
    item = {"item": alert.item_key} if alert.item_key else {}
    compared = (N_("Look at the comparison"), "analysis.index", common | item)
    trend = (N_("Look at the trend"), "analysis.trend", common | item | {"grain": alert.figures["grain"]})
    if alert.kind == SATISFACTION:
        why = (N_("Why? Mix, mode, groups"), "analysis.why", common | item)
        return [compared, why, trend, (N_("Read the comments"), "analysis.comments", common)]
    return [compared, trend, (N_("Look at the outbox"), "outbox.index", {})]


def measure(alert: Alert) -> dict[str, str]:
    """Return what a new measure starts with."""
    given = {
        "questionnaire": alert.questionnaire, "item": alert.item_key, "dimension": alert.dimension,
        "group": alert.group, "alert": str(alert.id),
    }  # fmt: skip
    return {name: value for name, value in given.items() if value}


def said_by(translate: Callable[[str], str]) -> dict[str, dict[str, str]]:
    """Return the words of states, kinds, causes and events in the reader's language."""
    return {
        name: {code: translate(text) for code, text in texts.items()}
        for name, texts in {
            "kind": words.KIND, "state": words.STATE, "cause": words.CAUSE, "event": words.EVENT,
            "dimension": words.DIMENSION,
        }.items()
    }  # fmt: skip


def _asked(alert: Alert, period: Period) -> dict[str, str]:
    earlier = previous(period) if alert.figures["grain"] == "week" else previous_year(period)
    given = {"questionnaire": alert.questionnaire, "before": earlier.name, "after": period.name}
    return given | ({alert.dimension: alert.group} if alert.dimension in _FILTERS else {})


def _row(point: dict[str, float | str], kind: str, grain: str, language: str, *, is_judged: bool) -> Row:
    start = date.fromisoformat(str(point["start"]))
    value, lower, upper = (_number(point, name) for name in ("value", "lower", "upper"))
    n = _number(point, "x") if kind == VOLUME else _number(point, "n")
    is_outside = None not in {value, lower, upper} and not lower <= value <= upper  # type: ignore[operator]
    return Row(
        _name(start, grain).label(language), _said(kind, value), "" if n is None else f"{n:.0f}",
        _said(kind, lower), _said(kind, upper), is_outside, is_judged,
    )  # fmt: skip


def _said(kind: str, value: float | None) -> str:
    return "" if value is None else words.number(kind, value)


def _number(point: dict[str, float | str], name: str) -> float | None:
    return float(point[name]) if name in point else None


def _name(start: date, grain: str) -> Period:
    year, week, _day = start.isocalendar()
    return parse_period(f"{year}-W{week:02}" if grain == "week" else f"{start:%Y-%m}")


def heading(alert: Alert, translate: Translate) -> tuple[str, str]:
    """Return what was found and of whom."""
    return words.title(alert, translate), words.who(alert.dimension, alert.group, translate)
