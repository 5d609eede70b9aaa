"""How much the longest tests do: enough to find what they found so far, or with ``LONG=1`` much more."""

import os

LONG = os.environ.get("LONG", "0") not in {"", "0"}


def size(usual: int, *, long: int) -> int:
    """Return how many, or how long: as in every run, or as before a release."""
    return long if LONG else usual
