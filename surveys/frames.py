"""Pages rendered once: all that is the same for every reader is kept, the rest is filled into gaps."""

import re

from markupsafe import Markup, escape

_BLANK_LINES = re.compile(r"\n\s*\n")  # what template tags leave behind
_GAP = re.compile("\x01([a-z_]+)\x01")


def gap(name: str) -> Markup:
    """Return the mark to put where something differs from reader to reader."""
    return Markup("\x01{}\x01").format(name)


class Frame:
    """A page with gaps."""

    def __init__(self, html: str) -> None:
        parts = _GAP.split(_BLANK_LINES.sub("\n", html))
        self._texts, self._names = parts[::2], parts[1::2]

    def fill(self, **values: str) -> str:
        """Return the page with each gap filled; plain strings are escaped, markup is not."""
        safe = {name: str(escape(value)) for name, value in values.items()}
        filled = [self._texts[0]]
        for name, text in zip(self._names, self._texts[1:], strict=True):
            filled.append(safe[name])
            filled.append(text)
        return "".join(filled)
