"""The charts of a report: the drawings of the pages, as large as paper needs them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO

from PIL import Image

from analysis.compare import Comparison
from analysis.pictures import DPI, drawn, picture_of
from analysis.reports.blocks import Picture
from analysis.reports.edition import Edition
from analysis.texts import N_

PAPER_DPI = 150  # of a drawing 10.5 inches wide: 235 dots an inch once it is 17 cm wide
MOST_ITEMS = 11  # in one chart of a sheet
WIDEST, HIGHEST = 17.0, 22.5  # centimetres that a page has beside its margins, head and foot
_COLOURS = 128  # flat colours and soft edges: a third of the bytes, and the same to the eye
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
    from analysis.charts import compare_chart  # noqa: PLC0415 # matplotlib costs half a second and 50 MB

    found = picture_of(
        compared, language=edition.language, translate=edition.translate,
        population=edition.population(compared.where), source=source(title, edition),
    )  # fmt: skip
    if found is None:
        return None
    return on_paper(
        found.key,
        lambda dpi: compare_chart(found.items, found.texts, translate=found.translate, dpi=dpi),
        found.size(),
        found.alt(),
    )


def on_paper(key: str, draw: Callable[[int], bytes], size: tuple[int, int], alt: str) -> Picture:
    """Return a drawing as a block.

    Parameters
    ----------
    key : str
        A name for all that is drawn; the drawing is kept under it.
    draw : callable
        Takes the pixels per inch and gives a PNG.
    size : tuple of int
        Width and height at the resolution of the pages: only their relation counts.
    alt : str
        The words for those who cannot see it.

    Returns
    -------
    Picture
        As wide as the page, or less where it would be higher than one.
    """
    png = drawn(f"{key}:{PAPER_DPI}", lambda: small(draw(PAPER_DPI)))
    width, height = size
    shown = min(WIDEST, HIGHEST * width / height, width / DPI * 2.54)
    return Picture(png, alt, round(shown, 2), round(shown * height / width, 2))


def source(title: str, edition: Edition) -> str:
    """Return the line at the foot of a chart."""
    return edition.say(_SOURCE, organisation=edition.organisation, title=title)


def small(png: bytes) -> bytes:
    """Return a picture with a palette; the same picture gives the same bytes."""
    out = BytesIO()
    with Image.open(BytesIO(png)) as image:
        flat = image.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
        flat.save(out, "PNG", optimize=False, compress_level=6)
    return out.getvalue()
