"""How much room something takes on an A4 page: pure estimates, so that pages are known before they are drawn.

Browsers count pages of a whole print job only; "page 2 of 3" of each sheet, and that no question is broken
over two pages, is therefore decided here. Lengths are in em of the body type; ``static/css/paper_sheet.css``
has the same figures. Estimates lean to the large side: a page that is not quite full does no harm.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

MM_PER_POINT = 25.4 / 72
WIDTH_MM, HEIGHT_MM = 178.0, 251.0  # what margins, head line and foot line leave of 210 x 297, and a reserve
SAFETY = 0.97  # of the width: fonts differ from machine to machine
LINE = 1.4
GUTTER = 1.9  # where the numbers of the questions stand
MARK = 1.45  # a circle or square and the gap behind it
OPTION_GAP, APART = 0.75, 1.6  # between two options, before "did not use"
ROW = 1.6  # one line of options
RULE = 2.0  # a line to write on
_NARROW, _HALF, _WIDE = 0.3, 0.52, 0.95
_NARROW_ONES = frozenset("iljIt.,:;'|!()[] frJ-/")
_WIDE_ONES = frozenset("mwMW@%&")


@dataclass(frozen=True, slots=True)
class Paper:
    """The page seen through one size of type."""

    points: int

    @property
    def em(self) -> float:
        return self.points * MM_PER_POINT

    @property
    def width(self) -> float:
        return WIDTH_MM / self.em

    @property
    def column(self) -> float:
        """Return the room for what stands beside the numbers."""
        return self.width - GUTTER

    @property
    def height(self) -> float:
        return HEIGHT_MM / self.em

    def mm(self, length: float) -> float:
        """Return millimetres in em."""
        return length / self.em


def text_width(text: str) -> float:
    """Return how wide a text is on one line, in em."""
    return sum(map(_character_width, text))


def _character_width(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WFA":
        return 1.0
    if character in _NARROW_ONES:
        return _NARROW
    if character in _WIDE_ONES:
        return _WIDE
    return 0.7 if character.isupper() else _HALF + 0.06


def lines(text: str, width: float, scale: float = 1.0) -> int:
    """Return how many lines a text takes in a column; ``scale`` is its size against the body type."""
    room = width / scale * SAFETY
    return sum(_wrapped(part, room) for part in text.split("\n")) if text else 0


def _wrapped(text: str, room: float) -> int:
    count, used = 1, 0.0
    for word in _words(text):
        size = text_width(word)
        if used + size > room and used:
            count, used, size = count + 1, 0.0, text_width(word.lstrip())
        while size > room:  # longer than a line: broken anywhere
            count, size = count + 1, size - room
        used += size
    return count


def _words(text: str) -> Iterator[str]:
    """Split where a line may end: before a space, and around every wide character."""
    word = ""
    for character in text:
        wide = unicodedata.east_asian_width(character) in "WFA"
        if wide or character == " ":
            if word:
                yield word
            word = "" if wide else " "
            if wide:
                yield character
        else:
            word += character
    if word:
        yield word


def paragraph(text: str, width: float, scale: float = 1.0, below: float = 0.5) -> float:
    """Return the height of a paragraph, nothing where there is no text."""
    return lines(text, width, scale) * LINE * scale + below if text else 0.0


def fits_one_row(options: Iterable[str], width: float, *, apart: str = "") -> bool:
    """Tell whether these options stand on one line, with "did not use" at its end where that is offered."""
    widths = [MARK + text_width(option) for option in options]
    whole = sum(widths) + OPTION_GAP * (len(widths) - 1)
    whole += APART + MARK + text_width(apart) if apart else 0.0
    return whole <= width * SAFETY


def rows_of_flow(options: Sequence[str], width: float) -> int:
    """Return how many lines options take that run on like words of a text."""
    count, used = 1, 0.0
    for option in options:
        size = MARK + text_width(option) + OPTION_GAP
        if used and used + size - OPTION_GAP > width * SAFETY:
            count, used = count + 1, 0.0
        used += size
    return count


@dataclass(frozen=True, slots=True)
class Piece:
    """What stays together on a page: its own height, and what comes above it only at the top of a page."""

    height: float
    again: float = 0.0


def paginate(pieces: Sequence[Piece], *, room: float, taken: float) -> list[list[int]]:
    """Return the places of the pieces page by page; ``taken`` is what stands on the first page already."""
    pages: list[list[int]] = [[]]
    used = taken
    for place, piece in enumerate(pieces):
        if used + piece.height > room and used:
            pages.append([])
            used = piece.again
        pages[-1].append(place)
        used += piece.height
    return pages
