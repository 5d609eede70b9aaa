"""The words people see for the codes of measures."""

from collections.abc import Mapping
from typing import Any

from core.i18n import _, _l
from followup.cases.labels import CHANNEL, SEVERITY

STATE = {
    "planned": _l("Planned"),
    "under_way": _l("Under way"),
    "done": _l("Done"),
    "dropped": _l("Dropped"),
}
STATE_TONE = {"planned": "info", "under_way": "neutral", "done": "good", "dropped": "neutral"}
TERM = {"short": _l("Short-term"), "long": _l("Long-term")}
EVENT = {
    "plan": _l("planned"),
    "start": _l("in force"),
    "finish": _l("done"),
    "resume": _l("taken up again"),
    "drop": _l("dropped"),
}
# On the public page the heads are in the language of the text below them, whatever the reader's is.
PUBLIC_HEADS = {"zh_Hans": ("您说", "我们做"), "en": ("You said", "We did")}
DIMENSION = {
    "service_type": _l("Service"),
    "district": _l("District"),
    "department": _l("Department"),
    "category": _l("Category"),
    "severity": _l("Severity"),
    "channel": _l("How the case reached us"),
}
VALUES: dict[str, Mapping[str, Any]] = {"severity": SEVERITY, "channel": CHANNEL}


def value_label(dimension: str, value: str) -> str:
    """Return the words for one value of a dimension."""
    return str(VALUES.get(dimension, {}).get(value) or value)


def values_said(where: Mapping[str, list[str]]) -> str:
    """Say whose answers are meant by their values alone, for places without room."""
    return _(", ").join(value_label(name, value) for name, values in where.items() for value in values)


def answers_said(where: Mapping[str, list[str]]) -> str:
    """Say whose answers are meant; empty where nothing is narrowed."""
    return _("; ").join(
        _("%(dimension)s: %(values)s", dimension=DIMENSION[name],
          values=_(", ").join(value_label(name, value) for value in values))
        for name, values in where.items()
    )  # fmt: skip
