"""What the public form takes, without a clock or a database."""

import re
from datetime import timedelta

LIMITS = {
    "words": 2000,
    "district": 60,
    "address": 130,  # a record holds 200, and the district may stand before it
    "household": 40,
    "name": 60,
    "phone": 40,
    "email": 254,
}
MOST_LINKS = 2  # in what somebody writes; advertising has more
PEOPLE_NEED = timedelta(seconds=3)  # nobody reads and fills the form faster
FORM_LASTS = timedelta(days=7)
SUBJECT_LIMIT = 40
_LINK = re.compile(
    r"(?:https?://|www\.)[^\s，。；、]+|\b[a-z0-9-]+\.(?:com|cn|net|org|top|xyz|vip|info|shop|site)\b[^\s，。；、]*",
    re.IGNORECASE,
)
_ENDS = re.compile(r"[\n。！？!?；;]|\.\s")


def links_in(text: str) -> int:
    """Count what looks like the address of a page."""
    return len(_LINK.findall(text))


def subject_of(text: str) -> str:
    """Return the first sentence as the subject of the case, cut where it is long."""
    first = next((part.strip() for part in _ENDS.split(text) if part.strip()), text.strip())
    return first if len(first) <= SUBJECT_LIMIT else f"{first[: SUBJECT_LIMIT - 1].rstrip()}…"
