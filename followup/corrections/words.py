"""What people read about numbers to check."""

from core.i18n import _l

KIND = {"wrong": _l("Wrong person"), "dead": _l("Dead number")}
STATE = {
    "open": _l("To be checked"),
    "replaced": _l("Replaced"),
    "removed": _l("Removed"),
    "right": _l("The number is right"),
}
STATE_TONE = {"open": "warn", "replaced": "good", "removed": "neutral", "right": "good"}
