"""The colours of ``specs/ux.md`` Q18: best answers dark blue, worst dark orange, neutral grey."""

from itertools import pairwise

INK = "#16212b"
SECONDARY = "#4b5963"
LINE = "#c9d3da"
RISE = "#12436D"
FALL = "#801650"
UNCLEAR = "#3D3D3D"

_NEUTRAL = "#bdbdbd"
_POSITIVE = ("#c6dbef", "#6baed6", "#08519c")  # from the middle outwards
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
    share = place - int(place) if place < 2 else 1.0
    mixed = (a + (b - a) * share for a, b in zip(_parts(low), _parts(high), strict=True))
    return "#" + "".join(f"{round(part):02x}" for part in mixed)


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _linear(part: int) -> float:
    value = part / 255
    return value / 12.92 if value <= 0.03928 else float(((value + 0.055) / 1.055) ** 2.4)
