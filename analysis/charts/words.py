"""The words of a chart: its finding, its alternative text, and lines that fit their column."""

from collections.abc import Sequence

from matplotlib.font_manager import FontProperties

from analysis.compare import ItemComparison
from analysis.fonts import text_width
from analysis.texts import N_, Translate
from analysis.verdicts import CLAIMS, Code, percent

ALT_LIMIT = 120

_NO_LINE_START = "，。、；：？！）》」』”’％%,.;:?!)"

_RISES = frozenset({Code.HIGHER, Code.SLIGHTLY_HIGHER})
_TESTED = CLAIMS | {Code.UNCLEAR, Code.UNCHANGED, Code.MIXED}


def finding(items: Sequence[ItemComparison], translate: Translate = N_) -> str:
    """Return the chart's title: what was found, in at most about ten words."""
    codes = [one.verdict.code for one in items]
    tested = [code for code in codes if code in _TESTED]
    if not tested:
        provisional = Code.PROVISIONAL in codes
        return translate(
            N_("Provisional, no verdict yet") if provisional else N_("Too few answers to compare")
        )
    if len(tested) == 1:
        return _single(next(one for one in items if one.verdict.code in _TESTED), translate)
    counts = {"rose": sum(code in _RISES for code in tested), "items": len(tested)}
    counts["fell"] = sum(code in CLAIMS for code in tested) - counts["rose"]
    if counts["rose"] and counts["fell"]:
        return translate(N_("%(rose)s of %(items)s items higher, %(fell)s lower")) % counts
    if counts["rose"]:
        return translate(N_("%(rose)s of %(items)s items clearly higher")) % counts
    if counts["fell"]:
        return translate(N_("%(fell)s of %(items)s items clearly lower")) % counts
    return translate(N_("No clear change in %(items)s items")) % counts


def _single(one: ItemComparison, translate: Translate) -> str:
    share = percent(one.verdict.share or 0, one.verdict.decimals)
    code = one.verdict.code
    if code in _RISES:
        template = N_("Satisfied share is higher: %(share)s")
    elif code in CLAIMS:
        template = N_("Satisfied share is lower: %(share)s")
    elif code is Code.MIXED:
        template = N_("Satisfied share %(share)s: the evidence is mixed")
    elif code is Code.UNCHANGED:
        template = N_("Satisfied share %(share)s: unchanged within the margin")
    else:
        template = N_("Satisfied share %(share)s: no clear change")
    return translate(template) % {"share": share}


def alt_text(items: Sequence[ItemComparison], *, before: str, after: str, translate: Translate = N_) -> str:
    """Describe a comparison chart for those who cannot see it.

    Parameters
    ----------
    items : sequence of ItemComparison
    before, after : str
        What the periods are called, in the reader's language.
    translate : callable

    Returns
    -------
    str
        At most 120 characters: kind of chart, periods, the finding, highest and lowest share. The table
        beside the chart is its full alternative.
    """
    start = translate(N_("Stacked bars, %(before)s and %(after)s. %(finding)s.")) % {
        "before": before, "after": after, "finding": finding(items, translate),
    }  # fmt: skip
    shares = [(top.p, one.item.label) for one in items if (top := one.after.top_box) and top.p is not None]
    if not shares:
        return shorten(start, ALT_LIMIT)
    if len(items) == 1:
        return shorten(f"{start} {_single_alt(items[0], translate)}".rstrip(), ALT_LIMIT)
    (high, high_label), (low, low_label) = max(shares), min(shares)
    template = translate(N_("Highest %(high)s %(high_label)s, lowest %(low)s %(low_label)s."))
    shown = {"high": percent(high), "low": percent(low), "high_label": "", "low_label": ""}
    room = max(0, ALT_LIMIT - len(start) - 1 - len(template % shown)) // 2
    if room < 4:
        return shorten(start, ALT_LIMIT)
    shown |= {"high_label": shorten(high_label, room), "low_label": shorten(low_label, room)}
    return f"{start} {template % shown}"


def _single_alt(one: ItemComparison, translate: Translate) -> str:
    earlier, later = one.before.top_box, one.after.top_box
    if earlier is None or later is None or earlier.p is None or later.p is None:
        return ""
    return translate(N_("Satisfied %(earlier)s, then %(later)s; n=%(n1)s and %(n2)s.")) % {
        "earlier": percent(earlier.p), "later": percent(later.p), "n1": earlier.n, "n2": later.n,
    }  # fmt: skip


def category_words(one: ItemComparison) -> tuple[str, ...]:
    """Return the words of an item's categories, worst first; the scores where it has no words."""
    return one.item.category_labels or tuple(str(category) for category in one.item.categories)


def shorten(text: str, limit: int) -> str:
    """Cut a text to ``limit`` characters, the last of them an ellipsis where something is missing."""
    return text if len(text) <= limit else text[: max(0, limit - 1)].rstrip() + "…"


def wrap(text: str, font: FontProperties, size: float, width: float, most: int = 4) -> list[str]:
    """Break a text into lines of at most ``width`` inches; what goes beyond ``most`` lines is cut.

    Chinese breaks between any two characters but not before a closing mark; other scripts at spaces.
    """
    lines = [""]
    for piece in _pieces(text):
        if not lines[-1] or text_width(font, (lines[-1] + piece).rstrip(), size) <= width:
            lines[-1] += piece
        else:
            lines.append(piece.lstrip())
        while text_width(font, lines[-1].rstrip(), size) > width and len(lines[-1]) > 1:
            fits = _fitting(lines[-1], font, size, width)
            lines[-1:] = [lines[-1][:fits], lines[-1][fits:]]
    lines = [line.strip() for line in lines]
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    while last and text_width(font, last + "…", size) > width:
        last = last[:-1]
    return [*lines[: most - 1], last.rstrip() + "…"]


def balanced(text: str, font: FontProperties, size: float, width: float) -> list[str]:
    """Break a head into as few lines as fit, of about the same length: no last line of one character."""
    lines = wrap(text, font, size, width)
    while width > 0.5 and len(closer := wrap(text, font, size, width - 0.1)) == len(lines):
        lines, width = closer, width - 0.1
    return lines


def _fitting(line: str, font: FontProperties, size: float, width: float) -> int:
    """How many characters of a word without a break fit; at least one, so that wrapping always ends."""
    return next(
        (cut for cut in range(len(line) - 1, 1, -1) if text_width(font, line[:cut], size) <= width), 1
    )


def _pieces(text: str) -> list[str]:
    """Cut a text where a line may break."""
    pieces: list[str] = []
    for char in text:
        joined = pieces and (
            char in _NO_LINE_START
            or char == " "
            or not (_wide(char) or _wide(pieces[-1][-1]) or pieces[-1][-1] == " ")
        )
        if joined:
            pieces[-1] += char
        else:
            pieces.append(char)
    return pieces


def _wide(char: str) -> bool:
    return ord(char) >= 0x2E80
