"""How much the longest tests do: little in every run, more with ``LONG=1`` (``docs/testing.md``)."""

import os

LONG = os.environ.get("LONG", "0") not in {"", "0"}


def size(usual: int, *, long: int) -> int:
    """Return how many, or how long: as in every run, or as before a release."""
    return long if LONG else usual
