"""The change taken apart: a bar for what each group adds, then the mix and the total."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.charts import layout
from analysis.charts.layout import LINE, MARGIN, RIGHT, TEXT, Scale
from analysis.charts.palette import FALL, INK, RISE, SECONDARY, UNCLEAR
from analysis.charts.palette import LINE as LINE_COLOUR
from analysis.charts.sheet import Around, Box, Drawing, Mark, Sheet, laid_out
from analysis.charts.words import ALT_LIMIT, shorten, wrap
from analysis.fonts import text_width
from analysis.texts import N_, Translate
from analysis.verdicts import signed_points
from analysis.why.contributions import Breakdown, Group

MOST_GROUPS = 20
BAR = 0.26
GAP = 0.14
EDGES = 3.05, RIGHT - 1.75


@dataclass(frozen=True)
class WhyTexts(Around):
    """What stands around the bars; ``names`` are the groups in their order."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Sum:
    """One of the sums below the groups."""

    name: str
    shape: str
    value: float
    interval: tuple[float, float] | None


def why_chart(part: Breakdown, texts: WhyTexts, translate: Translate = N_) -> Drawing:
    """Lay out a breakdown.

    Parameters
    ----------
    part : Breakdown
    texts : WhyTexts
    translate : callable
        Gives the reader's language for the words of the chart itself.

    Returns
    -------
    Drawing
        It gives the same bytes for the same arguments, fonts and version of matplotlib.
    """
    return laid_out(texts, translate, lambda sheet, y: _compose(sheet, part, texts, y + 0.12))


def why_alt(part: Breakdown, texts: WhyTexts, translate: Translate = N_) -> str:
    """Describe the chart in at most 120 characters; the table beside it is the whole alternative."""
    pairs = list(zip(part.groups, texts.names, strict=True))
    (_, best), (_, worst) = max(pairs, key=_within), min(pairs, key=_within)
    template = N_(
        "Bars. %(total)s points: %(within)s within, %(mix)s mix. Most “%(best)s”, least “%(worst)s”."
    )
    said = translate(template) % {
        "total": signed_points(part.top.total, 1), "within": signed_points(part.top.within, 1),
        "mix": signed_points(part.top.composition, 1), "best": best, "worst": worst,
    }  # fmt: skip
    return shorten(said, ALT_LIMIT)


def _within(pair: tuple[Group, str]) -> float:
    return pair[0].within


def _compose(sheet: Sheet, part: Breakdown, texts: WhyTexts, top: float) -> float:
    """Put the bars and their sums on the sheet and return where they end."""
    pairs = list(zip(part.groups, texts.names, strict=True))
    shown = sorted(pairs, key=lambda pair: -abs(pair[0].within))[:MOST_GROUPS]
    shown = [pair for pair in pairs if pair in shown]
    scale = _scale(part, shown)
    sheet.text(
        EDGES[1] + 1.7,
        top + LINE / 2,
        sheet.translate(N_("n, earlier and later")),
        colour=SECONDARY,
        align="right",
    )
    y = top + LINE + 0.05
    for group, name in shown:
        y = _row(sheet, scale, y, name, group)
    line = y + GAP / 2
    sheet.lines.append(((MARGIN, line), (RIGHT, line), LINE_COLOUR, 1.0))
    drawn = part.drawn_top
    sums = [
        Sum(N_("Within the groups, together"), "D", part.top.within, drawn.within if drawn else None),
        Sum(N_("Changed mix"), "s", part.top.composition, drawn.composition if drawn else None),
        Sum(N_("Change of the total"), "o", part.top.total, None),
    ]
    y = line + GAP
    for one in sums:
        y = _sum(sheet, scale, y, one)
    _grid(sheet, scale, top + LINE, y)
    return y + 0.34


def _scale(part: Breakdown, shown: Sequence[tuple[Group, str]]) -> Scale:
    values = [group.within for group, _ in shown] + [part.top.within, part.top.composition, part.top.total]
    values += [bound for drawn in part.drawn_top or () for bound in drawn]
    low, high = min(0.0, *values), max(0.0, *values)
    room = max(0.01, high - low) * 0.16  # for the numbers beside the bars
    return Scale(low - room, high + room, *EDGES)


def _row(sheet: Sheet, scale: Scale, y: float, name: str, group: Group) -> float:
    lines = wrap(name, sheet.fonts.regular, TEXT, EDGES[0] - MARGIN - 0.15, 2)
    height = max(BAR, len(lines) * LINE)
    middle = y + height / 2
    for place, line in enumerate(lines):
        sheet.text(MARGIN, middle + (place - (len(lines) - 1) / 2) * LINE, line)
    colour = RISE if group.within >= 0 else FALL
    left, right = sorted((scale.at(0), scale.at(group.within)))
    if right - left > 0.01:
        sheet.boxes.append(Box(left, middle - BAR / 2, right, middle + BAR / 2, colour))
    _number(sheet, scale, middle, (group.within,), signed_points(group.within, 1))
    n = f"{group.before.n:,} / {group.after.n:,}"
    sheet.text(EDGES[1] + 1.7, middle, n, colour=SECONDARY, align="right")
    return y + height + GAP


def _sum(sheet: Sheet, scale: Scale, y: float, one: Sum) -> float:
    """Draw a sum as a point with its range: a shape of its own for each."""
    middle, ends = y + BAR / 2, one.interval or (one.value, one.value)
    sheet.text(MARGIN, middle, sheet.translate(one.name), bold=True)
    if one.interval:
        sheet.lines.append(((scale.at(ends[0]), middle), (scale.at(ends[1]), middle), UNCLEAR, 2.2))
    sheet.marks.append(Mark(scale.at(one.value), middle, one.shape, INK, size=8.0))
    said = signed_points(one.value, 1)
    _number(sheet, scale, middle, (*ends, one.value), said, positive=one.value >= 0)
    return y + BAR + GAP


def _number(
    sheet: Sheet, scale: Scale, y: float, reach: tuple[float, ...], text: str, *, positive: bool | None = None
) -> None:
    """Write points beyond the end of a bar or range, on the side to which it points."""
    forward = reach[0] >= 0 if positive is None else positive
    x = scale.at(max(reach)) + 0.12 if forward else scale.at(min(reach)) - 0.12
    width = text_width(sheet.fonts.regular, text, TEXT)
    x = min(x, scale.right + 0.3 - width) if forward else max(x, scale.left - 0.1 + width)
    sheet.text(x, y, text, align="left" if forward else "right", backed=True)


def _grid(sheet: Sheet, scale: Scale, top: float, bottom: float) -> None:
    for value in layout.ticks(scale, (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0), 0.6):
        sheet.grid.append(((scale.at(value), top), (scale.at(value), bottom), LINE_COLOUR, 0.6))
        decimals = 0 if abs(value * 100 - round(value * 100)) < 1e-9 else 1
        sheet.text(
            scale.at(value), bottom + 0.14, signed_points(value, decimals), colour=SECONDARY, align="center"
        )
    sheet.grid.append(((scale.at(0), top), (scale.at(0), bottom), INK, 1.0))
