"""The charts of the page: drawn once for the same figures, kept in memory, named by a hash of them."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from functools import partial
from typing import TYPE_CHECKING

from analysis.compare import Comparison, ItemComparison, PeriodSummary
from analysis.kept import Kept
from analysis.texts import N_, Translate

if TYPE_CHECKING:
    from analysis.charts import ChartTexts
    from analysis.charts.sheet import Drawing

DRAWING = "3"  # raised when the drawing itself changes, so that kept pictures are not shown again
MOST_ITEMS = 25
DPI = 110
KEPT = 24
SHORT = 9  # characters

_PICTURES = Kept(KEPT)
_SIZES = Kept(200)


def kept(key: str) -> bytes | None:
    """Return a picture that was drawn already, if it is still there; its name says all that it shows."""
    found: bytes | None = _PICTURES.look(key)
    return found


def key_of(*parts: object) -> str:
    """Return a name for all that is drawn; it changes when any part of it does."""
    return hashlib.sha256(repr((DRAWING, DPI, parts)).encode()).hexdigest()[:20]


@dataclass(frozen=True)
class Picture:
    """One chart, named by its figures and not drawn yet.

    Parameters
    ----------
    key : str
        A name for all that is drawn.
    lay_out : callable
        Puts it on a sheet; called at most once while what is wanted is kept.
    alt : str
        The words for those who cannot see it, at most 120 characters.
    """

    key: str
    lay_out: "Callable[[], Drawing]"
    alt: str

    def png(self, dpi: int = DPI) -> bytes:
        """Return the picture, drawn at most once."""
        return _PICTURES.get(self.key if dpi == DPI else f"{self.key}:{dpi}", lambda: self.lay_out().png(dpi))

    def svg(self) -> bytes:
        """Return the picture in shapes and words."""
        return self.lay_out().svg()

    def size(self) -> tuple[int, int]:
        """Return width and height, so that the page reserves the space."""
        return _SIZES.get(self.key, lambda: self.lay_out().size(DPI))


def picture_of(
    comparison: Comparison, *, language: str, translate: Translate, population: str, source: str
) -> Picture | None:
    """Return the chart of a comparison, or None where no item with a scale has answers in either period.

    matplotlib is imported here and not with the module: it takes half a second and 50 MB, which a worker
    that only takes answers never needs.
    """
    from analysis.charts import ChartTexts, alt_text, compare_chart, finding  # noqa: PLC0415

    ordered = [one for one in comparison.items if one.item.kind.ordered]
    items = tuple(one for one in ordered if not (one.before.hidden and one.after.hidden))[:MOST_ITEMS]
    if not items:
        return None
    before, after = comparison.before.period.label(language), comparison.after.period.label(language)
    subtitle = translate(
        N_("Share of answers, satisfied to the right; %(before)s (above) and %(after)s (below)")
    )
    said = subtitle % {"before": before, "after": after}
    texts = ChartTexts(
        title=finding(items, translate), subtitle=f"{said}. {population}" if population else said,
        source=source, before=_short(before, comparison.before), after=_short(after, comparison.after),
    )  # fmt: skip
    alt = alt_text(items, before=before, after=after, translate=translate)
    return Picture(_key(items, texts, language), partial(compare_chart, items, texts, translate), alt)


def _short(label: str, summary: PeriodSummary) -> str:
    """Return what fits beside a bar: the label, or the name as it is typed."""
    return label if len(label) <= SHORT and label.isascii() else summary.period.name


def _key(items: Sequence[ItemComparison], texts: "ChartTexts", language: str) -> str:
    """Return a name for all that is drawn: the counts decide every figure, the codes what is claimed."""
    shown = [
        (
            one.item.label, one.item.scale_id, one.item.category_labels, one.verdict.code.value, one.min_cell,
            *((side.n, side.counts, side.missing, side.reason) for side in (one.before, one.after)),
        )
        for one in items
    ]  # fmt: skip
    return key_of(language, astuple(texts), shown)
