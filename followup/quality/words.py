"""What the pages of quality call things."""

from core.i18n import _l
from followup.quality.policy import STEPS
from surveys.definition import ItemDefinition
from surveys.layout import choices

STATE = {
    "waiting": _l("waits"),
    "in_hand": _l("in somebody’s hands"),
    "agrees": _l("the same answers"),
    "differs": _l("answers differ"),
    "not_possible": _l("could not be compared"),
    "lapsed": _l("nobody looked in time"),
}
STATE_TONE = {"agrees": "good", "differs": "warn", "not_possible": "neutral"}
WAY = {"listen": _l("listened to the recording"), "call": _l("called again")}
REASON = {
    "no_recording": _l("There is no recording"),
    "not_reached": _l("The customer could not be reached"),
    "wrong_person": _l("Somebody else answered"),
    "declined": _l("The customer did not want to answer again"),
    "changed": _l("The customer changed the answers since the call"),
    "other": _l("Another reason, see the note"),
}
WHY_NOT_CALL = {
    "open_case": _l("The case is open again or being decided about; only the recording can be listened to."),
    "no_contact": _l("The customer wants no contact; only the recording can be listened to."),
    "no_number": _l("There is no number any more; only the recording can be listened to."),
    "too_long_ago": _l("The call was more than two weeks ago; only the recording can be listened to."),
    "rang_enough": _l(
        "This number is in a call or rang often enough today; listen to the recording or come back later."
    ),
    "closed_hours": _l(
        "Calls may not be made now; listen to the recording or come back within the permitted hours."
    ),
}
MISSING = {
    -1: _l("not asked"),
    -2: _l("left blank"),
    -3: _l("does not apply"),
    -4: _l("Refused"),
    -5: _l("Don’t know"),
}


def said(item: ItemDefinition, value: int, language: str) -> str:
    """Say an answer as a person reads it."""
    if value in MISSING and value not in item.values():
        return str(MISSING[value])
    return dict(choices(item, language)).get(value, str(value))


def distance(item: ItemDefinition, first: int, second: int) -> str:
    """Say how far two answers are apart: same, near (one step of a scale), apart."""
    if first == second:
        return "same"
    return "near" if item.kind in STEPS and min(first, second) >= 0 and abs(first - second) == 1 else "apart"


DISTANCE = {"same": _l("the same"), "near": _l("one step apart"), "apart": _l("different")}
DISTANCE_TONE = {"same": "good", "near": "neutral", "apart": "warn"}
FINDING = {
    "fine": _l("nothing wrong"),
    "talk": _l("to be talked about"),
    "mistake": _l("a mistake, to be put right"),
}
FINDING_TONE = {"fine": "good", "talk": "info", "mistake": "warn"}
