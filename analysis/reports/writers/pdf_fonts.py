"""Where in a file the faces are that a PDF carries."""

from functools import lru_cache

from fontTools.ttLib import TTCollection  # type: ignore[import-untyped]
from matplotlib.font_manager import FontProperties, findfont


@lru_cache(maxsize=4)
def _numbers(path: str) -> dict[tuple[str, str], int]:
    """Return the place of each face in a collection, by family and style."""
    with TTCollection(path, lazy=True) as collection:
        return {
            (face["name"].getBestFamilyName() or "", face["name"].getBestSubFamilyName() or ""): place
            for place, face in enumerate(collection)
        }


def file_of(font: FontProperties, family: str, *, bold: bool) -> tuple[str, int]:
    """Return the file of a face, and its place in it where the file holds several."""
    path = str(findfont(font))
    if not path.lower().endswith((".ttc", ".otc")):
        return path, 0
    numbers = _numbers(path)
    wanted = (family, "Bold" if bold else "Regular")
    return path, numbers.get(wanted, next((n for (name, _), n in numbers.items() if name == family), 0))
