"""When a follow-up may be suppressed by hand, and for which reasons."""

SUPPRESSIBLE = ("planned", "sending", "call_queued")
REASONS = ("asked_already", "told_us", "dispute", "hardship", "own_staff", "wrong_case", "other")
NEEDS_WORDS = frozenset({"other"})
EVENTS = ("suppress", "suppress_calls")
WORDS_LIMIT = 500
DAYS = 30  # of the count that everybody who leads sees
