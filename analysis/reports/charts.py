"""The charts of a report: the drawings of the pages, as large as paper needs them."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from analysis.compare import Comparison
from analysis.pictures import DPI, picture_of
from analysis.pictures import Picture as Drawn
from analysis.reports.blocks import Picture
from analysis.reports.edition import Edition
from analysis.texts import N_

PAPER_DPI = 150  # of a drawing 10.5 inches wide: 235 dots an inch once it is 17 cm wide
MOST_ITEMS = 11  # in one chart of a sheet
FIRST_ITEMS = 7  # in the one that shares the first page with the finding and the key figures
WIDEST, HIGHEST = 17.0, 22.5  # centimetres that a page has beside its margins, head and foot
FIRST_HIGHEST = 14.5
_SOURCE = N_("Source: %(organisation)s, %(title)s")


def comparison_pictures(compared: Comparison, title: str, edition: Edition) -> Iterator[Picture]:
    """Give the charts of a comparison: one, or as many as keep their words large enough to read."""
    shown = [one for one in compared.items if one.item.kind.ordered]
    shown = [one for one in shown if not (one.before.hidden and one.after.hidden)]
    for first, last in _sheets(len(shown)):
        picture = _comparison_picture(replace(compared, items=tuple(shown[first:last])), title, edition)
        if picture is not None:
            yield on_paper(picture, HIGHEST if first else FIRST_HIGHEST)


def _sheets(count: int) -> list[tuple[int, int]]:
    """Return which items stand in each chart: few in the first, about as many in each of the others."""
    if count <= FIRST_ITEMS:
        return [(0, count)]
    others = -(-(count - FIRST_ITEMS) // MOST_ITEMS)
    first = min(FIRST_ITEMS, -(-count // (others + 1)))
    edges = [first + round((count - first) * place / others) for place in range(others + 1)]
    return [(0, first), *pairwise(edges)]


def _comparison_picture(compared: Comparison, title: str, edition: Edition) -> Drawn | None:
    return picture_of(
        compared, language=edition.language, translate=edition.translate,
        population=edition.population(compared.where), source=source(title, edition),
    )  # fmt: skip


def on_paper(picture: Drawn, highest: float = HIGHEST) -> Picture:
    """Return a drawing as a block: as wide as the page, or less where it would be higher than its place."""
    width, height = picture.size()
    shown = min(WIDEST, highest * width / height, width / DPI * 2.54)
    return Picture(picture.png(PAPER_DPI), picture.alt, round(shown, 2), round(shown * height / width, 2))


def source(title: str, edition: Edition) -> str:
    """Return the line at the foot of a chart."""
    return edition.say(_SOURCE, organisation=edition.organisation, title=title)
