"""The number that stands on a sheet of paper, with a check digit that catches slips of the finger.

The check digit is Damm's (a quasigroup of order 10): every single wrong digit and every two digits in the
wrong order are found. Numbers start at 100001, so that none has a zero in front that could get lost.
"""

import unicodedata

FIRST = 100_001
LARGEST = 999_999_999
_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)
_BETWEEN = " -\u2010\u2011\u2012\u2013\u2014\u2212\u30fc\u00a0"  # what people type for the dash


def check_digit(number: int) -> int:
    """Return the digit that makes the whole come out at zero."""
    return _interim(str(number))


def serial_of(number: int) -> str:
    """Return the number as it is printed: ``100001-2``."""
    return f"{number}-{check_digit(number)}"


def plain(text: str) -> str:
    """Return the digits that somebody typed, of either width, with or without the dash; else nothing."""
    kept = unicodedata.normalize("NFKC", text[:40])
    kept = "".join(character for character in kept if character not in _BETWEEN)
    return kept if kept.isascii() and kept.isdigit() else ""


def is_complete(digits: str) -> bool:
    """Tell whether these could be all digits of a number, the check digit among them."""
    return len(digits) > len(str(FIRST)) and FIRST <= int(digits[:-1] or 0) <= LARGEST


def number_in(digits: str) -> int | None:
    """Return the number without its check digit, or None where the digits do not fit together."""
    return int(digits[:-1]) if is_complete(digits) and _interim(digits) == 0 else None


def _interim(digits: str) -> int:
    interim = 0
    for digit in digits:
        interim = _DAMM[interim][int(digit)]
    return interim
