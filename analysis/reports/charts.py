"""The charts of a report: the drawings of the pages, as large as paper needs them."""

from collections.abc import Iterator
from dataclasses import replace

from analysis.compare import Comparison
from analysis.pictures import DPI, picture_of
from analysis.pictures import Picture as Drawn
from analysis.reports.blocks import Picture
from analysis.reports.edition import Edition
from analysis.texts import N_

PAPER_DPI = 150  # of a drawing 10.5 inches wide: 235 dots an inch once it is 17 cm wide
MOST_ITEMS = 11  # in one chart of a sheet
WIDEST, HIGHEST = 17.0, 22.5  # centimetres that a page has beside its margins, head and foot
_SOURCE = N_("Source: %(organisation)s, %(title)s")


def comparison_pictures(compared: Comparison, title: str, edition: Edition) -> Iterator[Picture]:
    """Give the charts of a comparison: one, or as many as keep their words large enough to read."""
    shown = [one for one in compared.items if one.item.kind.ordered]
    shown = [one for one in shown if not (one.before.hidden and one.after.hidden)]
    count = -(-len(shown) // MOST_ITEMS)
    for place in range(count):
        first, last = (round(len(shown) * edge / count) for edge in (place, place + 1))
        picture = _comparison_picture(replace(compared, items=tuple(shown[first:last])), title, edition)
        if picture is not None:
            yield picture


def _comparison_picture(compared: Comparison, title: str, edition: Edition) -> Picture | None:
    found = picture_of(
        compared, language=edition.language, translate=edition.translate,
        population=edition.population(compared.where), source=source(title, edition),
    )  # fmt: skip
    return None if found is None else on_paper(found)


def on_paper(picture: Drawn) -> Picture:
    """Return a drawing as a block: as wide as the page, or less where it would be higher than one."""
    width, height = picture.size()
    shown = min(WIDEST, HIGHEST * width / height, width / DPI * 2.54)
    return Picture(picture.png(PAPER_DPI), picture.alt, round(shown, 2), round(shown * height / width, 2))


def source(title: str, edition: Edition) -> str:
    """Return the line at the foot of a chart."""
    return edition.say(_SOURCE, organisation=edition.organisation, title=title)
