"""What may happen to an alert. Whoever closed one may be wrong: it can be opened again, with words."""

from core.transitions import Machine, Step
from core.translating import N_

OPEN, ACKNOWLEDGED, EXPLAINED, DISMISSED = "open", "acknowledged", "explained", "dismissed"
STATES = (OPEN, ACKNOWLEDGED, EXPLAINED, DISMISSED)
UNRESOLVED = (OPEN, ACKNOWLEDGED)
RESOLVED = (EXPLAINED, DISMISSED)

# What an alert turned out to be.
REAL_CHANGE, MIX, COLLECTION, ONE_EVENT, FALSE_ALARM = (
    "real_change", "mix", "collection", "one_event", "false_alarm",
)  # fmt: skip
CAUSES = (REAL_CHANGE, MIX, COLLECTION, ONE_EVENT, FALSE_ALARM)

LONGEST = 1000  # characters of an explanation
NO_WORDS = N_("Say in a few words what was found out; whoever reads the alert next year needs it.")
NO_CAUSE = N_("Choose what the alert turned out to be.")
NO_REASON = N_("Give the reason in a few words; it is kept with your name.")

ALERTS = Machine(
    "quality_alert",
    [
        Step(OPEN, "acknowledge", ACKNOWLEDGED),
        *(Step(state, "assign", ACKNOWLEDGED) for state in UNRESOLVED),
        *(Step(state, "explain", EXPLAINED) for state in UNRESOLVED),
        *(Step(state, "dismiss", DISMISSED) for state in UNRESOLVED),
        *(Step(state, "reopen", OPEN) for state in RESOLVED),
    ],
)
