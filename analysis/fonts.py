"""The font of every chart: one that has Chinese glyphs, on any machine.

A system font is taken when there is one, else the files inside the package mpl-font. That package is found
by its path and never imported: its import pulls in pyplot, which keeps global state in a server.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from matplotlib.font_manager import FontProperties, fontManager, get_font
from matplotlib.font_manager import findfont as find_font_file

from core.errors import SettingsError

FAMILIES = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
)
PROBE = "满意度回访，。1%"  # what every chart needs at least


class FontMissingError(SettingsError):
    """No font with Chinese glyphs was found: install fonts-noto-cjk, or the Python package mpl-font."""


@dataclass(frozen=True)
class ChartFonts:
    """Regular and bold face of the chosen family, and where it came from (``system`` or ``package``)."""

    family: str
    origin: str
    regular: FontProperties
    bold: FontProperties


@lru_cache(maxsize=1)
def chart_fonts() -> ChartFonts:
    """Return the fonts for this process; called at start it fails loudly instead of drawing boxes.

    Raises
    ------
    FontMissingError
        If no font has the glyphs.
    """
    return find_fonts()


def find_fonts(families: Sequence[str] = FAMILIES) -> ChartFonts:
    """Look for one of the system ``families``, then inside the package."""
    for fonts in (_system(families), _packaged()):
        if fonts is not None and can_draw(fonts.regular, PROBE):
            return fonts
    raise FontMissingError


def can_draw(font: FontProperties, text: str) -> bool:
    """Whether the font has a glyph for every character."""
    return drawable(font, text) == text


def drawable(font: FontProperties, text: str) -> str:
    """Return the text with characters that the font lacks (emoji, rare scripts) replaced by a box."""
    return "".join(char if _advance(font, char) is not None else "□" for char in text)


def text_width(font: FontProperties, text: str, size: float) -> float:
    """Return the width of a text in inches at a size in points."""
    ems = sum(_advance(font, char) or 1.0 for char in text)
    return ems * size / 72


@lru_cache(maxsize=20_000)
def _advance(font: FontProperties, char: str) -> float | None:
    """Return how far a character moves the pen, in ems; None where the font has no glyph."""
    face: Any = get_font(find_font_file(font))
    if not face.get_char_index(ord(char)):
        return None
    face.set_size(100, 72)
    return float(face.load_char(ord(char)).linearHoriAdvance) / 65536 / 100


def _system(families: Sequence[str]) -> ChartFonts | None:
    installed = {entry.name for entry in fontManager.ttflist if Path(entry.fname).is_file()}
    for family in families:
        if family in installed:
            regular = FontProperties(family=[family])
            return ChartFonts(family, "system", regular, FontProperties(family=[family], weight="bold"))
    return None


def _packaged() -> ChartFonts | None:
    spec = find_spec("mpl_font")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / "fonts" / "noto"
    regular, bold = folder / "NotoSansCJKsc-Regular.otf", folder / "NotoSansCJKsc-Bold.otf"
    if not regular.is_file() or not bold.is_file():
        return None
    return ChartFonts(
        "Noto Sans CJK SC", "package", FontProperties(fname=regular), FontProperties(fname=bold)
    )
