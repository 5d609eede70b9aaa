"""The words for why a follow-up is suppressed."""

from core.i18n import _l

REASON = {
    "asked_already": _l("Asked about the same matter already"),
    "told_us": _l("The customer told us without being asked"),
    "dispute": _l("In dispute or before a court"),
    "hardship": _l("Illness, death or another hardship"),
    "own_staff": _l("A case of our own staff or a test"),
    "wrong_case": _l("Registered by mistake"),
    "other": _l("Another reason, in words"),
}
