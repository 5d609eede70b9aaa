"""One normaliser for every text that comes from outside."""

import re
import unicodedata
from urllib.parse import quote

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
_MARK_RUN = re.compile(
    "([\u0300-\u036f\u1ab0-\u1aff\u20d0-\u20ff]{8})[\u0300-\u036f\u1ab0-\u1aff\u20d0-\u20ff]+"
)


def clean_text(value: str, limit: int | None = None) -> str:
    """Return ``value`` in NFC without control characters, bidi overrides and lone surrogates.

    Line ends become ``\\n``; outer white space goes; more than eight marks on one letter are cut.
    ``limit`` counts characters and never leaves half of a combined one.
    """
    text = _CONTROL.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))
    text = _MARK_RUN.sub(r"\1", unicodedata.normalize("NFC", text)).strip()
    if limit is not None and len(text) > limit:
        end = limit
        while end and (
            unicodedata.combining(text[end]) or text[end] in "\u200d\ufe0f" or text[end - 1] == "\u200d"
        ):
            end -= 1
        text = text[:end].rstrip()
    return text


def mask_phone(number: str) -> str:
    """Show the first three and the last four digits: 138****5678."""
    return f"{number[:3]}****{number[-4:]}" if len(number) >= 8 else "****"


def mask_name(name: str) -> str:
    """Show the first character only: 王*."""
    return f"{name[0]}*" if name else ""


def attachment(name: str) -> str:
    """Return the header under which a file is saved; a name may be Chinese, a header may not (RFC 6266)."""
    plain = name.encode("ascii", "ignore").decode()
    if plain == name:
        return f'attachment; filename="{name}"'
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
