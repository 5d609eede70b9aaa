"""The once-only value of a page of an open link: which version it shows, when it was made, and its number.

An open link has no token of its own, so the page carries what makes two presses one answer. It is signed
for its link: nobody can make one up, choose another version, or send a page after a month.
"""

import hmac
import re
from dataclasses import dataclass
from datetime import date, timedelta

from core.crypto import TOKEN_ALPHABET, TOKEN_LENGTH, Vault, new_token

LASTS = timedelta(days=30)
_SHAPE = re.compile(rf"(\d{{1,9}})\.(\d{{1,7}})\.([{TOKEN_ALPHABET}]{{{TOKEN_LENGTH}}})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Once:
    """One page as one reader opened it."""

    version_id: int
    made_on: date
    number: str

    def __str__(self) -> str:
        return f"{self.version_id}.{self.made_on.toordinal()}.{self.number}"

    @property
    def external_id(self) -> str:
        """Return what the response of this page is known by."""
        return f"open:{self.number}"


def new_once(version_id: int, today: date) -> Once:
    """Make the value of a page that is shown now."""
    return Once(version_id, today, new_token())


def sign(vault: Vault, slug: str, once: Once) -> str:
    """Sign a page for its link."""
    return vault.form_signature("open link", slug, str(once))


def read(vault: Vault, slug: str, text: str, signature: str, today: date) -> Once | None:
    """Return what a posted page carries; None when it is not ours, of another link, or too old."""
    found = _SHAPE.fullmatch(text)
    if found is None:
        return None
    try:
        once = Once(int(found[1]), date.fromordinal(int(found[2])), found[3])
    except (ValueError, OverflowError):  # no day has that number
        return None
    given = signature.encode("utf-8", "replace")
    is_ours = hmac.compare_digest(sign(vault, slug, once).encode(), given)
    return once if is_ours and today - once.made_on <= LASTS else None
