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

NEAR_DUE_HOURS = 24

TITLE_LIMIT = 200
TEXT_LIMIT = 4000
REASON_LIMIT = 500
