"""The desk's own fields stand beside items that may be called anything, such as ``note`` or ``outcome``.

Where a questionnaire has an item of such a name, the page sends the desk's own fields with a prefix, and
says so.
"""

from collections.abc import Iterable, Mapping

from surveys.parsing import Form

OWN = frozenset({"outcome", "note", "appointment", "version", "confirmed", "anyone", "then", "phone"})
PREFIX, SAID = "desk-", "desk-prefix"
TURN = "desk-turn"  # the page, a point, and a number that grows with everything the page sends
LONGEST_TURN = 9  # digits; more were not sent by a page of ours


def prefix_for(item_keys: Iterable[str]) -> str:
    """Return the prefix that the desk's own fields need beside these items; mostly none."""
    return "" if OWN.isdisjoint(item_keys) else PREFIX


def prefix_of(given: Form) -> str:
    """Return the prefix with which a form came."""
    return PREFIX if given.get(SAID) == PREFIX else ""


def own(given: Form, name: str) -> str:
    """Return one of the desk's own fields."""
    return given.get(prefix_of(given) + name) or ""


def is_older(sent: Mapping[str, str], kept: Mapping[str, str]) -> bool:
    """Tell whether a page sent this before what is kept of it: on the way the two have changed places."""
    (page, _, number), (kept_page, _, last) = (each.get(TURN, "").partition(".") for each in (sent, kept))
    are_numbers = all(each.isdecimal() and len(each) <= LONGEST_TURN for each in (number, last))
    return page == kept_page and are_numbers and int(number) < int(last)
