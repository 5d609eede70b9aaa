"""The words people see in the import: our columns, how one was found, states of a batch."""

from collections.abc import Mapping, Sequence

from core.i18n import LANGUAGES, _, _l
from followup.cases.imports.guessing import GUESSED, KNOWN, SAVED
from followup.cases.imports.parsing import EMPTY, NEW, SKIP
from followup.cases.imports.storing import PATHS
from followup.cases.labels import CHANNEL, CLOSE_REASON, KIND, SEVERITY, STATE
from followup.cases.policy import CHANNELS

COLUMN = {
    "external_id": _l("Case number there"),
    "kind": _l("Kind of case"),
    "title": _l("Subject"),
    "description": _l("Description"),
    "severity": _l("Severity"),
    "category": _l("Category"),
    "service_type": _l("Service type"),
    "district": _l("District"),
    "department": _l("Department"),
    "handler": _l("Handler"),
    "channel": _l("How it reached us"),
    "name": _l("Customer’s name"),
    "phone": _l("Phone"),
    "phone2": _l("Second phone"),
    "email": _l("E-mail"),
    "address": _l("Address"),
    "household": _l("Household number"),
    "language": _l("Customer’s language"),
    "registered_at": _l("Registered on"),
    "due_at": _l("To be closed by"),
    "closed_at": _l("Closed on"),
    "result": _l("What was done"),
    "close_reason": _l("How it ended"),
    "status": _l("State"),
}
FOUND_BY = {
    SAVED: _l("as last time"),
    KNOWN: _l("by its name"),
    GUESSED: _l("a guess: look at it"),
}
BATCH_STATE = {
    "running": _l("Being imported"),
    "cut_off": _l("Cut off"),
    "done": _l("All stored"),
    "failed": _l("Ended early"),
    "undoing": _l("Being taken back"),
    "undo_cut_off": _l("Partly taken back"),
    "undone": _l("Undone"),
}
BATCH_TONE = {
    "running": "info", "cut_off": "warn", "done": "good", "failed": "bad", "undoing": "info",
    "undo_cut_off": "warn", "undone": "neutral",
}  # fmt: skip
_FIXED: Mapping[str, Mapping[str, object]] = {
    "kind": KIND,
    "severity": SEVERITY,
    "channel": {code: CHANNEL[code] for code in CHANNELS},
    "status": {code: STATE[code] for code in PATHS},
    "close_reason": CLOSE_REASON,
    "language": LANGUAGES,
}
MUST = frozenset({"kind"})  # cannot be left empty


def said_column(name: str) -> str:
    """Return the name of one of our columns, or the heading of the file as it stands."""
    return str(COLUMN.get(name, name))


def offered(column: str, departments: Sequence[str]) -> list[tuple[str, str]]:
    """Return what a word of the file may mean: (what is stored, what people see)."""
    known = _FIXED.get(column, {name: name for name in departments})
    return [(code, str(label)) for code, label in known.items()]


def ways_out(column: str) -> list[tuple[str, str]]:
    """Return what can be done with a word instead of choosing one of ours."""
    ways = [(NEW, _("Take over as new"))] if column not in _FIXED else []
    ways += [(EMPTY, _("Leave empty"))] if column not in MUST else []
    return [*ways, (SKIP, _("Leave out these rows"))]


def said_meaning(column: str, code: str) -> str:
    """Return what was chosen for a word, in words."""
    return dict((*offered(column, ()), *ways_out(column))).get(code, code)
