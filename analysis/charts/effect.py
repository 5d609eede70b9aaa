"""The effect of a measure: two courses of the satisfied share, with the day it began and what is compared."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor

from analysis.charts import layout
from analysis.charts.layout import LINE, MARGIN, TEXT, Scale
from analysis.charts.palette import INK, RISE, SECONDARY, UNCLEAR
from analysis.charts.palette import LINE as LINE_COLOUR
from analysis.charts.sheet import Around, Box, Drawing, Mark, Sheet, laid_out
from analysis.charts.words import ALT_LIMIT, shorten
from analysis.effects.months import Side
from analysis.effects.queries import Code, Found, MonthRow
from analysis.effects.telling import DECIMALS, points
from analysis.effects.telling import said as share_said
from analysis.fonts import text_width
from analysis.texts import N_, Translate

LEFT, RIGHT = MARGIN + 0.62, layout.RIGHT - 1.6
PLOT = 2.9
BAND = "#e9eef1"
CROWDED = 0.6  # inches between two years

_TITLES = {
    Code.RISE: N_("Effect shown: %(diff)s points"),
    Code.FALL: N_("Fell instead: %(diff)s points"),
    Code.UNCLEAR: N_("Effect not shown: %(diff)s points"),
    Code.NOT_PARALLEL: N_("The groups moved apart before it began"),
    Code.TOO_SHORT: N_("Too few months to tell"),
}


@dataclass(frozen=True)
class EffectTexts(Around):
    """What stands around the chart, and what its lines are."""

    scope: str
    control: str


@dataclass(frozen=True)
class _Look:
    """How one group is drawn; its shape says what its colour says."""

    side: Callable[[MonthRow], Side | None]
    colour: str
    shape: str
    filled: bool


_SCOPE = _Look(lambda row: row.scope, RISE, "D", filled=True)
_CONTROL = _Look(lambda row: row.control, UNCLEAR, "o", filled=False)


def effect_title(found: Found, translate: Translate = N_) -> str:
    """Return the finding in a few words."""
    diff = ""
    if found.effect is not None:
        low, high = found.effect.ci95
        diff = points(found.effect.estimate, DECIMALS, translate, clear=low > 0 or high < 0)
    return translate(_TITLES[found.code]) % {"diff": diff}


def effect_alt(found: Found, translate: Translate = N_) -> str:
    """Describe the chart in at most 120 characters; the table beside it is the whole alternative."""
    said = translate(N_("Monthly satisfied share. %(finding)s.")) % {
        "finding": effect_title(found, translate)
    }
    if found.scope and found.scope[0].share and found.scope[1].share:
        earlier, later = (share_said(side.share) for side in found.scope if side.share)
        more = translate(N_("Before %(earlier)s, since %(later)s; %(months)s months."))
        numbers = {"earlier": earlier, "later": later, "months": len(found.course)}
        said = f"{said} {more % numbers}"
    return shorten(said, ALT_LIMIT)


def effect_chart(found: Found, texts: EffectTexts, translate: Translate = N_) -> Drawing:
    """Lay out the courses; the same arguments give the same bytes."""
    return laid_out(texts, translate, lambda sheet, y: _compose(sheet, found, texts, y + 0.1))


def cut(found: Found) -> bool:
    """Tell whether the axis does not begin at 0, which the chart has to say."""
    return _range(found.course)[0] > 0


def _compose(sheet: Sheet, found: Found, texts: EffectTexts, y: float) -> float:
    top = y + 2 * LINE
    course = found.course
    x = Scale(course[0].month - 0.5, course[-1].month + 0.5, LEFT, RIGHT)
    scale = Scale(*_range(course), top + PLOT, top)
    _grid(sheet, scale)
    _compared(sheet, found, x, top)
    _start(sheet, found, x, top)
    ends = [(_line(sheet, course, (x, scale), _SCOPE), texts.scope, RISE)]
    if found.control:
        ends.append((_line(sheet, course, (x, scale), _CONTROL), texts.control, UNCLEAR))
    if found.series:
        ends.append((_earlier(sheet, found, x, scale), sheet.translate(N_("earlier course")), SECONDARY))
    _names(sheet, [(end, name, colour) for end, name, colour in ends if end is not None])
    y = _axis(sheet, course, x, top + PLOT)
    y = _numbers(sheet, course, (x, y), _SCOPE)
    if found.control:
        y = _numbers(sheet, course, (x, y), _CONTROL)
    return y + 0.12


def _value(side: Side | None) -> float | None:
    return side.share.p if side is not None and side.share is not None else None


def _range(course: Sequence[MonthRow]) -> tuple[float, float]:
    """Return the ends of the axis: all points, rounded outwards to 5 %."""
    shown = [v for row in course for side in (row.scope, row.control) if (v := _value(side)) is not None]
    low = floor(min(shown, default=0.0) / 0.05 + 1e-9) * 0.05
    high = ceil(max(shown, default=1.0) / 0.05 - 1e-9) * 0.05
    return max(0.0, low - 0.05), min(1.0, high + 0.05)


def _grid(sheet: Sheet, scale: Scale) -> None:
    upwards = Scale(scale.low, scale.high, 0, PLOT)
    for value in layout.ticks(upwards, (0.05, 0.1, 0.2, 0.5), 0.4):
        y = scale.at(value)
        sheet.grid.append(((LEFT, y), (RIGHT, y), LINE_COLOUR, 0.6))
        sheet.text(LEFT - 0.1, y, f"{value:.0%}", colour=SECONDARY, align="right")
    sheet.grid.append(((LEFT, scale.left), (RIGHT, scale.left), INK, 1.0))


def _compared(sheet: Sheet, found: Found, x: Scale, top: float) -> None:
    """Shade the months that are compared; with a whole series none stands out."""
    if found.series or not found.before or not found.after:
        return
    for months, words in ((found.before, N_("before")), (found.after, N_("since"))):
        left, right = max(LEFT, x.at(months.first - 0.5)), x.at(months.end - 0.5)
        if right > LEFT:
            sheet.bands.append(Box(left, top, right, top + PLOT, BAND))
            sheet.text(
                (left + right) / 2, top + LINE / 2, sheet.translate(words), colour=SECONDARY, align="center"
            )


def _start(sheet: Sheet, found: Found, x: Scale, top: float) -> None:
    if found.after is None:
        return
    at = x.at(found.after.first - 0.5)
    sheet.dashes.append(((at, top - 2 * LINE + 0.06), (at, top + PLOT), INK, 1.6))
    words = sheet.translate(N_("in force"))
    fits = at + text_width(sheet.fonts.regular, words, TEXT) + 0.1 < layout.RIGHT
    sheet.text(at + (0.07 if fits else -0.07), top - 1.4 * LINE, words, align="left" if fits else "right")


def _line(
    sheet: Sheet, course: Sequence[MonthRow], axes: tuple[Scale, Scale], look: _Look
) -> tuple[float, float] | None:
    """Draw one course, with a gap where a month is missing, and return where it ends."""
    (x, scale), last = axes, None
    for row in course:
        value = _value(look.side(row))
        if value is None:
            continue
        place = x.at(row.month), scale.at(value)
        if last is not None and row.month == last[0] + 1:
            sheet.lines.append(((last[1], last[2]), place, look.colour, 2.0 if look.filled else 1.3))
        sheet.marks.append(Mark(*place, look.shape, look.colour, filled=look.filled))
        last = (row.month, *place)
    return (last[1], last[2]) if last else None


def _earlier(sheet: Sheet, found: Found, x: Scale, scale: Scale) -> tuple[float, float] | None:
    """Draw where the earlier course would have led."""
    assert found.series is not None
    shown = [row.month for row in found.course if row.since and _value(row.scope) is not None]
    low, high = scale.low, scale.high
    places = [
        (x.at(month), scale.at(min(max(value, low), high)))
        for month, value in zip(shown, found.series.course, strict=True)
    ]
    for one, other in pairwise(places):
        sheet.dashes.append((one, other, SECONDARY, 1.6))
    return places[-1] if places else None


def _names(sheet: Sheet, ends: Sequence[tuple[tuple[float, float], str, str]]) -> None:
    """Name the lines at their right ends; names that would touch move apart."""
    y = float("-inf")
    for (_x, height), name, colour in sorted(ends, key=lambda end: end[0][1]):
        y = max(height, y + LINE)
        sheet.text(RIGHT + 0.12, y, _fitting(sheet, name), colour=colour, bold=colour == RISE)


def _fitting(sheet: Sheet, name: str) -> str:
    """Cut a name to the room beside the plot."""
    while text_width(sheet.fonts.bold, name, TEXT) > layout.RIGHT - RIGHT - 0.12 and len(name) > 2:
        name = name.rstrip("…")[:-1] + "…"
    return name


def _axis(sheet: Sheet, course: Sequence[MonthRow], x: Scale, y: float) -> float:
    year, at = 0, 0.0
    for row in course:
        place = x.at(row.month)
        sheet.text(place, y + 0.14, str(row.month % 12 + 1), colour=SECONDARY, align="center")
        if row.month // 12 != year and (not year or place - at > CROWDED):
            sheet.text(place - 0.08, y + 0.14 + LINE, str(row.month // 12), bold=True)
            at = place
        year = row.month // 12
    return y + 2 * LINE + 0.1


def _numbers(sheet: Sheet, course: Sequence[MonthRow], at: tuple[Scale, float], look: _Look) -> float:
    """Write how many answers stand behind each month, upright, and return where the row ends."""
    x, y = at
    texts = [_said(look.side(row)) for row in course]
    height = max(text_width(sheet.fonts.regular, text, TEXT) for text in texts) + 0.04
    for row, text in zip(course, texts, strict=True):
        sheet.text(x.at(row.month), y + height / 2, text, colour=SECONDARY, align="center", upright=True)
    sheet.marks.append(Mark(MARGIN + 0.08, y + height / 2, look.shape, look.colour, filled=look.filled))
    sheet.text(LEFT - 0.1, y + height / 2, "n", colour=SECONDARY, align="right")
    return y + height + 0.1


def _said(side: Side | None) -> str:
    return "–" if side is None or side.is_hidden else f"{side.n}"
