"""What the caller reads aloud, with the facts of the case in it. Plain texts in, pieces out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from core.i18n import _l

# What a spoken text may hold in braces; the words are for a place whose value is not known.
PLACEHOLDERS = {
    "customer": _l("name of the customer"),
    "case": _l("number of the case"),
    "title": _l("what the case is about"),
    "registered": _l("day the case was registered"),
    "closed": _l("day the case was closed"),
    "agent": _l("name of the caller"),
    "organisation": _l("name of the organisation"),
    "hotline": _l("number of the hotline"),
}
_BRACES = re.compile(r"\{\s*([^{}\s][^{}\n]{0,38}?)\s*\}")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a spoken text; ``missing`` marks a place for which nothing is known."""

    words: str
    missing: bool = False


def filled(text: str, values: Mapping[str, str]) -> tuple[Piece, ...]:
    """Put the values into a text. A missing value and an unknown placeholder stay visible, never blank."""
    pieces, end = [], 0
    for found in _BRACES.finditer(text):
        pieces.append(Piece(text[end : found.start()]))
        pieces.append(_piece(found.group(1), values))
        end = found.end()
    pieces.append(Piece(text[end:]))
    return tuple(piece for piece in pieces if piece.words)


def unknown(text: str) -> list[str]:
    """Return the placeholders of a text that nothing will ever fill."""
    return [name for name in dict.fromkeys(_BRACES.findall(text)) if name not in PLACEHOLDERS]


def _piece(name: str, values: Mapping[str, str]) -> Piece:
    if name not in PLACEHOLDERS:
        return Piece(f"{{{name}}}", missing=True)
    value = values.get(name, "").strip()
    return Piece(value) if value else Piece(str(PLACEHOLDERS[name]), missing=True)
