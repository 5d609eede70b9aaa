"""What a public form carries in the place of a cookie: when it was shown and its number, signed by us.

Nobody can make one up, send it after a week, or use that of another page; its number makes two presses one.
"""

import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from core.crypto import TOKEN_ALPHABET, TOKEN_LENGTH, Vault, new_token
from followup.intake.policy import FORM_LASTS

_SHAPE = re.compile(rf"(\d{{9,11}})\.([{TOKEN_ALPHABET}]{{{TOKEN_LENGTH}}})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Stamp:
    """One form as one reader opened it."""

    shown_at: datetime
    number: str

    def __str__(self) -> str:
        return f"{int(self.shown_at.timestamp())}.{self.number}"


def new_stamp(now: datetime) -> Stamp:
    """Make the stamp of a form that is shown now."""
    return Stamp(now.replace(microsecond=0), new_token())


def sign(vault: Vault, page: str, stamp: Stamp) -> str:
    """Sign the form of one page, such as ``feedback``."""
    return vault.form_signature("public form", page, str(stamp))


def read(vault: Vault, page: str, text: str, signature: str, *, now: datetime) -> Stamp | None:
    """Return what a posted form carries; None when it is not ours, of another page, or too old."""
    found = _SHAPE.fullmatch(text)
    if found is None:
        return None
    stamp = Stamp(datetime.fromtimestamp(int(found[1]), UTC), found[2])
    is_ours = hmac.compare_digest(sign(vault, page, stamp).encode(), signature.encode("utf-8", "replace"))
    return stamp if is_ours and now - stamp.shown_at <= FORM_LASTS else None
