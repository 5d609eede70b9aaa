"""The drivers' chart: how satisfied people are against how much it goes together with the overall rating.

No lines divide it into quarters: where they would stand is nobody's finding. Each point carries its intervals
both ways, and its name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

from analysis.charts import layout
from analysis.charts.layout import LINE, MARGIN, RIGHT, TEXT, Scale
from analysis.charts.palette import INK, RISE, SECONDARY, UNCLEAR
from analysis.charts.palette import LINE as LINE_COLOUR
from analysis.charts.sheet import Around, Drawing, Mark, Sheet, laid_out
from analysis.charts.words import ALT_LIMIT, shorten, wrap
from analysis.fonts import text_width
from analysis.texts import N_, Translate
from analysis.verdicts import percent

HEIGHT = 4.4  # of the plot, in inches
LEFT = 0.8
LABEL = 1.75  # the widest line of a name
REACH = 0.14  # from a point to its name

Box = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True)
class Point:
    """One driver; shares are fractions of 1. ``first`` marks those that may be the most important."""

    label: str
    satisfied: float
    satisfied_ci95: tuple[float, float]
    share: float
    share_ci95: tuple[float, float]
    first: bool


@dataclass(frozen=True)
class DriverTexts(Around):
    """What stands around the points; unless it is ``judged`` nothing is said about which driver is first."""

    judged: bool = True


def drivers_chart(points: Sequence[Point], texts: DriverTexts, translate: Translate = N_) -> Drawing:
    """Lay out the drivers; the same arguments give the same bytes."""
    return laid_out(texts, translate, lambda sheet, y: _compose(sheet, points, texts, y + 0.12))


def drivers_alt(points: Sequence[Point], translate: Translate = N_) -> str:
    """Describe the chart in at most 120 characters; the table beside it is its full alternative."""
    first, last = max(points, key=lambda one: one.share), min(points, key=lambda one: one.share)
    template = translate(
        N_("Points, share explained by satisfied share. First %(first)s %(high)s, last %(last)s %(low)s.")
    )
    shown = {"first": "", "last": "", "high": percent(first.share), "low": percent(last.share)}
    room = (ALT_LIMIT - len(template % shown)) // 2
    shown |= {"first": shorten(first.label, room), "last": shorten(last.label, room)}
    return shorten(template % shown, ALT_LIMIT)


def _compose(sheet: Sheet, points: Sequence[Point], texts: DriverTexts, y: float) -> float:
    y = _key(sheet, y, judged=texts.judged)
    head = sheet.translate(N_("Share of what these questions explain"))
    sheet.text(MARGIN, y + 0.12 + LINE / 2, head, colour=SECONDARY)
    top = y + 0.12 + LINE + 0.14
    bottom = top + HEIGHT
    across = _across(points)
    up = _up(points, top, bottom)
    _grid(sheet, across, up)
    for point in points:
        _point(sheet, point, across, up)
    _names(sheet, points, across, up)
    y = bottom + 0.4
    middle = (across.left + across.right) / 2
    cut = N_("Satisfied (this axis does not begin at 0)")
    said = sheet.translate(cut if across.low > 0 else N_("Satisfied"))
    sheet.text(middle, y, said, colour=SECONDARY, align="center")
    return y + 0.25


def _key(sheet: Sheet, y: float, *, judged: bool) -> float:
    """Say what the two shapes mean and what the lines are."""
    left = MARGIN + 0.08
    shapes = ((True, N_("may be the first")), (False, N_("clearly behind the first")))
    for shape, words in shapes if judged else ():
        sheet.marks.append(_mark(left, y + LINE / 2, first=shape))
        said = sheet.translate(words)
        sheet.text(left + 0.16, y + LINE / 2, said)
        left += 0.16 + text_width(sheet.fonts.regular, said, TEXT) + 0.35
    sheet.lines.append(((left, y + LINE / 2), (left + 0.3, y + LINE / 2), UNCLEAR, 1.2))
    sheet.text(left + 0.38, y + LINE / 2, sheet.translate(N_("plausible range (95%)")))
    return y + LINE


def _mark(x: float, y: float, *, first: bool) -> Mark:
    return Mark(x, y, "D", RISE, 8.0) if first else Mark(x, y, "o", UNCLEAR, 7.5, filled=False)


def _across(points: Sequence[Point]) -> Scale:
    """Return the axis of satisfied shares: part of 0 to 100 %, so that points stand apart."""
    low = min(one.satisfied_ci95[0] for one in points)
    high = max(one.satisfied_ci95[1] for one in points)
    step = 0.05
    first, last = max(0.0, int(low / step) * step), min(1.0, (int(high / step - 1e-9) + 1) * step)
    if last - first < 4 * step:
        first = max(0.0, last - 4 * step)
    return Scale(first, max(last, first + 4 * step), LEFT, RIGHT - 0.15)


def _up(points: Sequence[Point], top: float, bottom: float) -> Scale:
    """Return the axis of importance, from 0: a share is read against nothing."""
    high = max(one.share_ci95[1] for one in points)
    return Scale(0.0, min(1.0, (int(high / 0.1 - 1e-9) + 1) * 0.1), bottom, top)


def _grid(sheet: Sheet, across: Scale, up: Scale) -> None:
    for value in layout.ticks(across, (0.05, 0.1, 0.2), 0.7):
        x = across.at(value)
        sheet.grid.append(((x, up.left), (x, up.right), LINE_COLOUR, 0.6))
        sheet.text(x, up.left + 0.18, percent(value), colour=SECONDARY, align="center")
    step = next(each for each in (0.05, 0.1, 0.2, 0.25) if up.high / each <= 8)
    for place in range(int(up.high / step + 1e-9) + 1):
        y = up.at(place * step)
        sheet.grid.append(((across.left, y), (across.right, y), INK if place == 0 else LINE_COLOUR, 0.6))
        sheet.text(across.left - 0.08, y, percent(place * step), colour=SECONDARY, align="right")


def _point(sheet: Sheet, point: Point, across: Scale, up: Scale) -> None:
    x, y = across.at(point.satisfied), up.at(point.share)
    colour = RISE if point.first else UNCLEAR
    low, high = (across.at(bound) for bound in point.satisfied_ci95)
    sheet.lines.append(((low, y), (high, y), colour, 1.2))
    low, high = (up.at(bound) for bound in point.share_ci95)
    sheet.lines.append(((x, low), (x, high), colour, 1.2))
    sheet.marks.append(_mark(x, y, first=point.first))


def _names(sheet: Sheet, points: Sequence[Point], across: Scale, up: Scale) -> None:
    """Write each name where it covers least; the most important ones choose first."""
    frame = (across.left, up.right, across.right, up.left)
    places = {one: (across.at(one.satisfied), up.at(one.share)) for one in points}
    taken = [(x - 0.07, y - 0.07, x + 0.07, y + 0.07) for x, y in places.values()]
    for one in points:  # the lines may be crossed where nothing else is free
        x, y = places[one]
        taken.append((across.at(one.satisfied_ci95[0]), y - 0.01, across.at(one.satisfied_ci95[1]), y + 0.01))
        taken.append((x - 0.01, up.at(one.share_ci95[1]), x + 0.01, up.at(one.share_ci95[0])))
    for one in sorted(points, key=lambda each: -each.share):
        font = sheet.fonts.bold if one.first else sheet.fonts.regular
        lines = wrap(one.label, font, TEXT, LABEL, most=2)
        width = max(text_width(font, line, TEXT) for line in lines)
        box = min(
            _around(*places[one], width, LINE * len(lines)),
            key=lambda each: _covered(each, taken, frame),
        )
        taken.append(box)
        _lead(sheet, places[one], box)
        for place, line in enumerate(lines):
            sheet.text(box[0], box[1] + LINE * (place + 0.5), line, bold=one.first, backed=True)


def _lead(sheet: Sheet, point: tuple[float, float], box: Box) -> None:
    """Tie a name to its point where something else stands between them."""
    x, y = point
    near = min(max(x, box[0]), box[2]), min(max(y, box[1] + 0.03), box[3] - 0.03)
    if hypot(near[0] - x, near[1] - y) > 1.5 * REACH:
        sheet.grid.append((point, near, SECONDARY, 0.8))


def _around(x: float, y: float, width: float, height: float) -> list[Box]:
    """Return where a name may stand, the best places first."""
    corners = []
    for away in (REACH, 2.2 * REACH, 4 * REACH):
        for up, right in ((1, 1), (-1, 1), (1, -1), (-1, -1)):
            left = x + away / 2 if right > 0 else x - away / 2 - width
            above = y - away / 2 - height if up > 0 else y + away / 2
            corners.append((left, above, left + width, above + height))
        corners.append((x + away, y - height / 2, x + away + width, y + height / 2))
        corners.append((x - away - width, y - height / 2, x - away, y + height / 2))
    return corners


def _covered(box: Box, taken: Sequence[Box], frame: Box) -> float:
    """Return how much a name would hide; leaving the frame is worst."""
    outside = sum(
        max(0.0, gap)
        for gap in (frame[0] - box[0], frame[1] - box[1], box[2] - frame[2], box[3] - frame[3] + 0.02)
    )
    return 100 * outside + sum(_overlap(box, other) for other in taken)


def _overlap(one: Box, other: Box) -> float:
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    return across * down if across > 0 and down > 0 else 0.0
