"""The fixed lists of the case register and the time limits, without a clock or a database."""

KINDS = ("complaint", "suggestion", "inquiry", "praise", "repair")
SEVERITIES = ("minor", "normal", "serious", "urgent")
CHANNELS = (
    "phone", "hotline", "email", "web", "social", "counter", "visit", "letter", "import", "other",
)  # fmt: skip
CLOSE_REASONS = (
    "solved",
    "explained",
    "partly_solved",
    "not_ours",
    "not_justified",
    "withdrawn",
    "duplicate",
    "unreachable",
)

# Working days until a case of this severity should be closed.
DUE_WORKDAYS = {"urgent": 1, "serious": 2, "normal": 5, "minor": 7}
REOPEN_WORKDAYS = 3  # the new limit that is proposed when a reopen request is accepted
NEAR_DUE_HOURS = 24

TITLE_LIMIT = 200
TEXT_LIMIT = 4000
REASON_LIMIT = 500


def due_workdays(severity: str) -> int:
    """Return how many working days a case of this severity may take."""
    return DUE_WORKDAYS.get(severity, DUE_WORKDAYS["normal"])
