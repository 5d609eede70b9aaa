"""The chart of the breakdown whose mix explains most, for page and documents."""

from functools import partial

from analysis import labels, pictures
from analysis.texts import N_, Translate
from analysis.why import words
from analysis.why.contributions import Breakdown
from analysis.why.results import Why
from analysis.why.telling import dimension


def picture_of(
    found: Why, *, language: str, translate: Translate, names: tuple[str, str], population: str, source: str
) -> pictures.Picture | None:
    """Return the chart, or None where nothing was taken apart.

    Parameters
    ----------
    found : Why
    language : str
    translate : callable
    names : tuple of str
        What the periods are called.
    population, source : str
        Whose answers count, empty for everybody's; the line at the foot.

    Returns
    -------
    pictures.Picture or None
    """
    from analysis.charts import why as charts  # noqa: PLC0415 # matplotlib comes with the first chart

    part = found.largest
    if part is None or found.item is None:
        return None
    template = N_(
        "%(item)s: what each group adds to the change of the satisfied share, points; %(before)s to %(after)s"
    )
    said = translate(template) % {"item": found.item.item.label, "before": names[0], "after": names[1]}
    texts = charts.WhyTexts(
        title=_title(part, translate), subtitle=f"{said}. {population}" if population else said,
        source=source, names=tuple(labels.value_label(part.dimension, group.name) for group in part.groups),
    )  # fmt: skip
    key = pictures.key_of("why", language, texts, part)
    drawing = partial(charts.why_chart, part, texts, translate)
    return pictures.Picture(key, drawing, charts.why_alt(part, texts, translate))


def _title(part: Breakdown, translate: Translate) -> str:
    """Return the finding in a few words."""
    template = N_("By %(dimension)s: part of the change is mix")
    if words.may_be_chance(part) and not words.explains_little(part):
        template = N_("By %(dimension)s: the part of the mix is not clear")
    elif part.top.reversed or words.explains_all(part):
        template = N_("By %(dimension)s: a change of mix")
    elif words.explains_little(part):
        template = N_("By %(dimension)s: the mix explains little")
    elif words.opposes(part):
        template = N_("By %(dimension)s: the mix worked against the change")
    return translate(template) % {"dimension": dimension(part.dimension)}
