"""A mark from which limits are computed anew holds until it is taken back; it is never deleted."""

from core.transitions import Machine, Step

VALID, TAKEN_BACK = "valid", "taken_back"
MARKS = Machine("limit_mark", [Step(VALID, "take_back", TAKEN_BACK)])
LONGEST = 300  # characters of a note
EARLIEST = 1990  # year of a month that is no slip of the pen
