"""What may happen to a measure: it is planned, under way, done; or dropped with a reason."""

from datetime import date

from core.i18n import _
from core.transitions import Facts, Machine, Step
from followup.measures.models import Measure

OPEN = ("planned", "under_way")  # still owed
STATES = (*OPEN, "done", "dropped")


def _starts(facts: Facts) -> str | None:
    if facts["day"] > facts["today"]:
        return _("It cannot be in force since a day that is still to come.")
    return None


def _ends(facts: Facts) -> str | None:
    starts_on = facts["starts_on"]
    if facts["day"] > facts["today"]:
        return _("It cannot be done on a day that is still to come.")
    if starts_on and facts["day"] < starts_on:
        return _("It cannot be done before it was in force, which was on %(day)s.", day=starts_on.isoformat())
    return None


def _is_explained(facts: Facts) -> str | None:
    return None if facts["why"] else _("Write why: whoever reads this later was not there.")


def _may_go(facts: Facts) -> str | None:
    if facts["is_published"]:
        return _("The public page still tells of this measure; take it back there first.")
    return _is_explained(facts)


def start_refusal(measure: Measure, starts_on: date | None, today: date) -> str | None:
    """Say why a measure, as far as it is, cannot have been in force since a day."""
    if measure.state not in {"under_way", "done"}:
        return None
    if starts_on is None:
        return _("Say since when it is in force: it is under way already.")
    facts = {"day": measure.done_on or today, "today": today, "starts_on": starts_on}
    return _starts({"day": starts_on, "today": today}) or _ends(facts)


MEASURES = Machine(
    "measure",
    [
        Step("planned", "start", "under_way", _starts),
        Step("under_way", "finish", "done", _ends),
        Step("done", "resume", "under_way", _is_explained),
        *(Step(state, "drop", "dropped", _may_go) for state in OPEN),
    ],
)
