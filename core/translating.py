"""How texts of pure modules reach the catalogue: marked here, translated where they are shown."""

from collections.abc import Callable

Translate = Callable[[str], str]


def N_(text: str) -> str:  # noqa: N802 (the name by which Babel collects texts that are translated later)
    """Mark a text for the catalogue and return it as it is; also the ``translate`` of English."""
    return text
