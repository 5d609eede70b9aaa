"""The colours of charts: best answers dark blue, worst dark orange, neutral grey.

Without colour the pale orange and the neutral grey are one grey, so the dissatisfied side has a hatch.
"""

from collections.abc import Collection
from itertools import pairwise

INK = "#16212b"
SECONDARY = "#4b5963"
LINE = "#c9d3da"
RISE = "#12436D"
FALL = "#801650"
UNCLEAR = "#3D3D3D"

_NEUTRAL = "#bdbdbd"
_POSITIVE = ("#c6dbef", "#6baed6", "#08519c")  # from the middle outwards
_NAMED = {"white": (255, 255, 255), "black": (0, 0, 0)}
_HATCHED = 0.32  # how far the lines of a hatch stand out
_MOST = 256  # colours of a PNG with a palette
_CELL = 8
_NEGATIVE = ("#fdd0a2", "#fdae6b", "#a63603")


def category_colours(categories: int, first_top: int) -> list[str]:
    """Return one colour per category, worst first.

    The middle one of an odd number is neutral grey, unless it counts as satisfied: a scale whose middle
    answer is already positive shows it in blue.
    """
    neutral = neutral_place(categories, first_top)
    worse = neutral if neutral is not None else first_top
    better = categories - worse - (neutral is not None)
    middle = [_NEUTRAL] if neutral is not None else []
    return [*reversed(_ramp(_NEGATIVE, worse)), *middle, *_ramp(_POSITIVE, better)]


def neutral_place(categories: int, first_top: int) -> int | None:
    """Return the place of the neutral category, or None where the scale has none."""
    middle = categories // 2
    return middle if categories % 2 and categories > 2 and first_top == middle + 1 else None


def hatches(categories: int, first_top: int) -> list[str]:
    """Return the colour of the lines across each category, worst first; the satisfied side has none."""
    neutral = neutral_place(categories, first_top)
    worse = neutral if neutral is not None else first_top
    colours = category_colours(categories, first_top)
    return [
        _blend(colour, "white" if text_on(colour) == "white" else _NEGATIVE[-1], _HATCHED)
        if place < worse
        else ""
        for place, colour in enumerate(colours)
    ]


def blends(met: Collection[tuple[str, str]]) -> list[tuple[int, int, int]]:
    """Return at most 256 colours: those that meet, and the steps from one to the other."""
    pairs = sorted(met)
    whole = dict.fromkeys(_parts(colour) for pair in pairs for colour in pair)
    steps = min(16, (_MOST - len(whole)) // max(1, len(pairs)))
    soft = (
        _parts(_blend(ground, ink, step / (steps + 1)))
        for ground, ink in pairs
        for step in range(1, steps + 1)
    )
    apart = (one for one in soft if not any(_near(one, other) for other in whole))
    return list(dict.fromkeys([*whole, *apart]))[:_MOST]


def _near(one: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
    """Whether Pillow might take one colour for the other: it looks at cells of four levels."""
    return all(abs(a - b) < _CELL for a, b in zip(one, other, strict=True))


def fraction(colour: str) -> tuple[float, float, float]:
    """Return a colour as parts of 1."""
    red, green, blue = _parts(colour)
    return red / 255, green / 255, blue / 255


def text_on(colour: str) -> str:
    """Return white or black, whichever reads better on the colour."""
    red, green, blue = (_linear(part) for part in _parts(colour))
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "white" if luminance < 0.179 else "black"  # where both contrasts are equal


def _ramp(stops: tuple[str, ...], steps: int) -> list[str]:
    """Spread colours from the middle outwards; two or fewer take the outer stops as they are."""
    if steps <= len(stops):
        return [stops[-1]] if steps == 1 else list(stops[len(stops) - steps :])
    places = [step * (len(stops) - 1) / (steps - 1) for step in range(steps)]
    spans = [*pairwise(stops)]
    return [_between(*spans[min(int(place), len(spans) - 1)], place) for place in places]


def _between(low: str, high: str, place: float) -> str:
    return _blend(low, high, place - int(place) if place < 2 else 1.0)


def _blend(low: str, high: str, share: float) -> str:
    mixed = (a + (b - a) * share for a, b in zip(_parts(low), _parts(high), strict=True))
    return "#" + "".join(f"{round(part):02x}" for part in mixed)


def _parts(colour: str) -> tuple[int, int, int]:
    if colour in _NAMED:
        return _NAMED[colour]
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _linear(part: int) -> float:
    value = part / 255
    return value / 12.92 if value <= 0.03928 else float(((value + 0.055) / 1.055) ** 2.4)
