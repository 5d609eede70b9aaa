"""How the public page says the state of a case: in plain words, without names or departments."""

from core.i18n import _, _l

STATE = {
    "registered": _l("We have received your matter."),
    "assigned": _l("Your matter was given to the people responsible for it."),
    "in_progress": _l("Your matter is being worked on."),
    "waiting_customer": _l("We need something from you to go on. Please call us."),
    "close_review": _l("Your matter was worked on; we are checking the result."),
    "closed": _l("Your matter is closed."),
    "archived": _l("Your matter is closed."),
    "reopen_requested": _l("You told us that it is not in order yet. We are looking at it again."),
    "reopened": _l("Your matter was opened again and will be worked on."),
    "cancelled": _l("Your matter was ended. If that surprises you, please call us."),
    "merged": _l(
        "Your matter is handled together with another one. If you want to know more, please call us."
    ),
}


def not_found() -> str:
    """Say the same for a wrong pair and for a number that nobody has."""
    return _(
        "We found no matter with this number and these digits. "
        "Please check both; the digits are those of the telephone number that you gave us."
    )
