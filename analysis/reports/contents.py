"""What stands in a report, in its order: read first, inside a transaction; composed and drawn after it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from analysis import presenting
from analysis.asking import Asked
from analysis.compare import Comparison, ItemComparison
from analysis.queries import comparison, versions_of
from analysis.reports import beside, charts, comparing, counts, fingerprint, method
from analysis.reports.beside import Telling
from analysis.reports.blocks import Block, Heading, Report
from analysis.reports.edition import Edition
from analysis.texts import N_
from core.i18n import speaking_alone, text_in

_COMPARED = N_("%(after)s compared with %(before)s")
_FOOT = N_("%(organisation)s · %(made)s · %(address)s")


@dataclass(frozen=True)
class Gathered:
    """All that was read for a report; nothing of it needs the database any more."""

    asked: Asked
    title: str
    comparison: Comparison
    headline: ItemComparison | None
    fingerprint: Mapping[str, str]
    told: Sequence[Telling] = ()


def gather(session: Session, asked: Asked, edition: Edition) -> Gathered:
    """Read what a report needs.

    Raises
    ------
    AskedError
        For a question that cannot be answered.
    """
    with speaking_alone(edition.language):  # the labels of the pages, whoever reads or runs this
        return _gathered(session, asked, edition)


def _gathered(session: Session, asked: Asked, edition: Edition) -> Gathered:
    versions = versions_of(session, asked.questionnaire)
    compared = comparison(
        session, questionnaire=asked.questionnaire, before=asked.before, after=asked.after,
        today=edition.today, items=asked.items, where=asked.where, by=asked.by, adjust=asked.adjust,
        thresholds=edition.thresholds, language=edition.language, loaded=versions,
    )  # fmt: skip
    overall = versions[-1].with_role("overall")
    headline = presenting.headline_item(compared, overall.item_key if overall else None)
    title = text_in(versions[-1].title, edition.language)
    told: list[Telling] = []
    if headline is not None:
        question = beside.Question(asked, versions, compared, headline, title)
        told = beside.read(session, question, edition)
    parts = fingerprint.fingerprint(session, asked, versions, edition.thresholds)
    return Gathered(asked, title, compared, headline, parts, told)


def compose(found: Gathered, edition: Edition, *, name: str = "", draw: bool = True) -> Report:
    """Return the report, with charts or without; ``name`` stands in place of the questionnaire's title."""
    with speaking_alone(edition.language):
        return _composed(found, edition, name=name, draw=draw)


def _composed(found: Gathered, edition: Edition, *, name: str, draw: bool) -> Report:
    compared = found.comparison
    before, after = (side.period.label(edition.language) for side in (compared.before, compared.after))
    population = edition.population(compared.where)
    said = edition.say(_COMPARED, before=before, after=after)
    return Report(
        title=name or found.title,
        subtitle=f"{said} · {population}" if population else said,
        language=edition.language,
        organisation=edition.organisation,
        foot=edition.say(
            _FOOT, organisation=edition.organisation, address=edition.address(found.asked.args()),
            made=edition.made,
        ),
        blocks=tuple(_blocks(found, edition, draw=draw)),
        fingerprint=found.fingerprint,
    )  # fmt: skip


def report(session: Session, asked: Asked, edition: Edition) -> Report:
    """Read and compose a report in one go; where a transaction must not wait for drawings, use the two."""
    return compose(gather(session, asked, edition), edition)


def _blocks(found: Gathered, edition: Edition, *, draw: bool) -> Iterator[Block]:
    compared = found.comparison
    pictures = list(charts.comparison_pictures(compared, found.title, edition)) if draw else []
    yield from comparing.opening(compared, found.headline, edition)
    yield from pictures[:1]  # on the first page, below its finding and the key figures
    yield from comparing.base(compared, edition)
    yield Heading(edition.say(N_("Question by question")))
    yield from pictures[1:]
    yield from comparing.items(compared, edition)
    yield from comparing.constant_mix(compared, edition)
    yield from comparing.breakdown(compared, found.headline, edition)
    for tell in found.told:
        yield from tell(edition, draw)
    yield from counts.others(compared, edition)
    yield from method.method(compared, edition)
    yield from counts.appendix(compared, edition)
    yield from method.about(found.asked, found.title, found.fingerprint, edition)
