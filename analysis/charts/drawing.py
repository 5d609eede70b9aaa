"""The comparison chart: diverging bars beside the change of the satisfied share with its interval."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.charts import layout
from analysis.charts.layout import BAR, LINE, MARGIN, TEXT, Columns, Row, Scale
from analysis.charts.palette import (
    FALL,
    INK,
    RISE,
    SECONDARY,
    UNCLEAR,
    category_colours,
    hatches,
    neutral_place,
    text_on,
)
from analysis.charts.palette import LINE as LINE_COLOUR
from analysis.charts.sheet import Around, Box, Drawing, Mark, Sheet, laid_out
from analysis.charts.words import balanced, category_words, wrap
from analysis.compare import ItemComparison, Reason, Side, reason_text
from analysis.fonts import text_width
from analysis.texts import N_, Translate
from analysis.verdicts import CLAIMS, percent, signed_points

LABELLED_FROM = 0.06  # narrower segments carry no number
_SHORT = {
    Reason.CUT: N_("hidden; choose a longer period"),
    Reason.PROTECTED: N_("hidden to protect a small group"),
}


@dataclass(frozen=True)
class ChartTexts(Around):
    """What stands around and beside the bars.

    Parameters
    ----------
    before, after : str
        What the periods are called beside their bars; long names give way to "before" and "after", so the
        subtitle should say them.
    """

    before: str
    after: str


def compare_chart(items: Sequence[ItemComparison], texts: ChartTexts, translate: Translate = N_) -> Drawing:
    """Lay out two periods of ordered items.

    Parameters
    ----------
    items : sequence of ItemComparison
        1 to 25; items without ordered categories are left out.
    texts : ChartTexts
    translate : callable
        Gives the reader's language for the words of the chart itself.

    Returns
    -------
    Drawing
        It gives the same bytes for the same arguments, fonts and version of matplotlib.
    """
    ordered = [one for one in items if one.item.kind.ordered]
    return laid_out(texts, translate, lambda sheet, y: _compose(sheet, ordered, texts, y))


def _compose(sheet: Sheet, items: Sequence[ItemComparison], texts: ChartTexts, y: float) -> float:
    """Put the bars and the changes on the sheet and return where they end."""
    y = _legend(sheet, items, y + 0.12)
    places = _columns(sheet, [side for one in items for side in _sides(one)])
    top = _headers(sheet, places, y + 0.1)
    rows = layout.rows(items, sheet.fonts, top)
    periods = _period_names(sheet, texts)
    bottom = rows[-1].top + rows[-1].height if rows else top
    shares, changes = _scales(items, places)
    _grid(sheet, shares, changes, top, bottom)
    for row in rows:
        _label(sheet, row, places, periods)
        for side, middle in zip(_sides(row.item), row.bars, strict=True):
            _bar(sheet, row.item, side, middle=middle, scale=shares, places=places)
        _change(sheet, row, changes)
    return bottom + 0.4


def _columns(sheet: Sheet, sides: Sequence[Side]) -> Columns:
    """Divide the width by the longest numbers that stand in it."""
    missing = [_not_applicable(side) for side in sides]
    widths = [
        max((text_width(sheet.fonts.regular, f"{number:,}", TEXT) for number in numbers), default=0.0)
        for numbers in ([side.n or 0 for side in sides], missing)
    ]
    return layout.columns(widths[0], widths[1] if any(missing) else None)


def _period_names(sheet: Sheet, texts: ChartTexts) -> tuple[str, str]:
    names = texts.before, texts.after
    if all(text_width(sheet.fonts.regular, name, TEXT) <= layout.PERIOD_WIDTH - 0.1 for name in names):
        return names
    return sheet.translate(N_("before")), sheet.translate(N_("after"))


def _legend(sheet: Sheet, items: Sequence[ItemComparison], y: float) -> float:
    scales = dict.fromkeys((category_words(one), one.item.first_top) for one in items)
    for words, first_top in scales:
        colours, lines = category_colours(len(words), first_top), hatches(len(words), first_top)
        for line in layout.legend_lines(words, sheet.fonts):
            for left, place in line:
                sheet.boxes.append(Box(left, y + 0.03, left + 0.17, y + 0.19, colours[place], lines[place]))
                sheet.text(left + 0.24, y + LINE / 2, words[place])
            y += LINE + 0.04
    return y


def _headers(sheet: Sheet, places: Columns, y: float) -> float:
    """Write the heads of the columns on a common bottom line and return where the rows begin."""
    left, right = places.change
    head = sheet.translate(N_("Change in satisfied share, points (interval: 95%)"))
    parts = head.split("\n")  # a translation may say where its lines break
    change = [line for part in parts for line in balanced(part, sheet.fonts.regular, TEXT, right - left)]
    bottom = y + LINE * max(1, len(change))
    for place, line in enumerate(change):
        sheet.text(
            (left + right) / 2,
            bottom - LINE * (len(change) - place - 0.5),
            line,
            colour=SECONDARY,
            align="center",
        )
    sheet.text(places.bars[0], bottom - LINE / 2, sheet.translate(N_("Share of answers")), colour=SECONDARY)
    sheet.text(places.n, bottom - LINE / 2, "n", colour=SECONDARY, align="right")
    if places.missing is not None:
        sheet.text(
            places.missing, bottom - LINE / 2, sheet.translate(N_("N/A")), colour=SECONDARY, align="right"
        )
    return bottom + 0.05


def _scales(items: Sequence[ItemComparison], places: Columns) -> tuple[Scale, Scale]:
    shown = [_segments(one, side) for one in items for side in _sides(one) if not side.hidden]
    lefts, rights = [-part[0][0] for part in shown], [part[-1][1] for part in shown]
    bounds = [bound for one in items for bound in _interval(one) or ()]
    inset = (places.change[0] + 0.1, places.change[1] - 0.1)
    return layout.bar_scale(lefts, rights, places.bars), layout.change_scale(bounds, inset)


def _grid(sheet: Sheet, shares: Scale, changes: Scale, top: float, bottom: float) -> None:
    round_shares = layout.ticks(shares, (0.2, 0.4, 0.5, 1.0), 0.55)
    round_changes = layout.ticks(changes, (0.05, 0.1, 0.2, 0.25, 0.5, 1.0), 0.45)
    marks = [(shares, value, f"{abs(value):.0%}") for value in round_shares]
    marks += [(changes, value, signed_points(value)) for value in round_changes]
    for scale, value, text in marks:
        x = scale.at(value)
        sheet.grid.append(((x, top), (x, bottom), LINE_COLOUR, 0.6))
        sheet.text(x, bottom + 0.14, text, colour=SECONDARY, align="center")
    for x in (shares.at(0), changes.at(0)):
        sheet.grid.append(((x, top), (x, bottom), INK, 1.0))


def _label(sheet: Sheet, row: Row, places: Columns, periods: tuple[str, str]) -> None:
    first = row.middle - LINE * (len(row.label) - 1) / 2
    for place, line in enumerate(row.label):
        sheet.text(MARGIN, first + LINE * place, line)
    for name, middle in zip(periods, row.bars, strict=True):
        sheet.text(places.period, middle, name, colour=SECONDARY, align="right")


def _bar(
    sheet: Sheet, one: ItemComparison, side: Side, *, middle: float, scale: Scale, places: Columns
) -> None:
    if side.reason is not None and side.hidden:
        room = places.n - 0.2 - scale.left
        text = _said_in(sheet, room, _SHORT.get(side.reason), side.reason, one.min_cell)
        sheet.text(scale.left + 0.05, middle, text, colour=SECONDARY, backed=True)
        sheet.text(places.n, middle, "-", colour=SECONDARY, align="right")
        return
    scheme = len(one.item.categories), one.item.first_top
    parts = zip(_segments(one, side), category_colours(*scheme), hatches(*scheme), strict=True)
    for (start, end), colour, hatch in parts:
        left, right = scale.at(start), scale.at(end)
        if right > left:
            sheet.boxes.append(Box(left, middle - BAR / 2, right, middle + BAR / 2, colour, hatch))
        number = percent(end - start).rstrip("%")
        labelled = side.reason is None and end - start >= LABELLED_FROM  # percents of few answers mislead
        if labelled and text_width(sheet.fonts.regular, number, TEXT) < right - left:
            sheet.text(
                (left + right) / 2, middle, number, colour=text_on(colour), align="center",
                backed=bool(hatch), ground=colour,
            )  # fmt: skip
    sheet.text(places.n, middle, f"{side.n:,}", align="right")
    if places.missing is not None:
        sheet.text(places.missing, middle, f"{_not_applicable(side):,}", colour=SECONDARY, align="right")


def _said_in(sheet: Sheet, room: float, short: str | None, reason: Reason, min_cell: int) -> str:
    """Say why a bar is missing, in fewer words where the sentence is longer than the room of the bars."""
    text = reason_text(reason, sheet.translate, min_cell=min_cell)
    if short and text_width(sheet.fonts.regular, text, TEXT) > room:
        text = sheet.translate(short)
    return wrap(text, sheet.fonts.regular, TEXT, room, most=1)[0]


def _segments(one: ItemComparison, side: Side) -> list[tuple[float, float]]:
    """Return start and end of every category as shares; 0 is the line, in the middle of the neutral one."""
    counts, n = list((side.counts or {}).values()), side.n or 1
    neutral = neutral_place(len(counts), one.item.first_top)
    worse = sum(counts[: one.item.first_top if neutral is None else neutral])
    start = -worse if neutral is None else -worse - counts[neutral] / 2
    ends: list[tuple[float, float]] = []
    for count in counts:
        ends.append((start / n, (start + count) / n))
        start += count
    return ends


def _change(sheet: Sheet, row: Row, scale: Scale) -> None:
    one = row.item
    interval = _interval(one)
    if one.few:
        text, middle = sheet.translate(N_("few answers")), (scale.left + scale.right) / 2
        sheet.text(middle, row.middle, text, colour=SECONDARY, align="center", backed=True)
    if one.difference is None or interval is None or one.difference.top_box is None:
        return
    diff, decimals = one.difference.top_box.diff or 0.0, one.verdict.decimals
    clear = one.verdict.code in CLAIMS
    colour = (RISE if diff > 0 else FALL) if clear else UNCLEAR
    below = row.middle + 0.12
    sheet.lines.append(((scale.at(interval[0]), below), (scale.at(interval[1]), below), colour, 2.2))
    shape = "D" if clear else "o"
    sheet.marks.append(Mark(scale.at(diff), below, shape, colour, 7.5, filled=clear, edge=1.8))
    apart = interval[0] > 0 or interval[1] < 0
    low, high = (_bound(bound, decimals, apart=apart) for bound in interval)
    text = sheet.translate(N_("%(change)s (%(low)s to %(high)s)")) % {
        "change": _bound(diff, decimals, apart=apart), "low": low, "high": high,
    }  # fmt: skip
    half = text_width(sheet.fonts.bold, text, TEXT) / 2
    centre = min(max(scale.at(diff), scale.left - 0.1 + half), scale.right + 0.1 - half)
    sheet.text(centre, row.middle - 0.13, text, colour=colour, align="center", bold=clear, backed=True)


def _interval(one: ItemComparison) -> tuple[float, float] | None:
    """Return the interval that is drawn: none where answers are too few for a verdict."""
    if one.few or one.difference is None or one.difference.top_box is None:
        return None
    return one.difference.top_box.ci95


def _bound(value: float, decimals: int, *, apart: bool) -> str:
    """Write points; where the line beside them leaves out 0, nothing is rounded into it."""
    text = signed_points(value, decimals)
    return text if text != "0" or value == 0 or not apart else ">0" if value > 0 else "<0"


def _sides(one: ItemComparison) -> tuple[Side, Side]:
    return one.before, one.after


def _not_applicable(side: Side) -> int:
    return (side.missing or {}).get("not_applicable", 0)
