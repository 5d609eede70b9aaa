"""What stands beside the comparison in a report: why, the trend, drivers, words that grew, measures.

Each part is read inside the transaction and told after it. One that cannot be made is named with its reason:
nothing is left out in silence.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from analysis.asking import Asked
from analysis.compare import Comparison, ItemComparison
from analysis.drivers import presenting as drivers_words
from analysis.drivers.queries import Drivers, drivers
from analysis.reports import cards, charts, figures
from analysis.reports.blocks import PERCENT, Block, Cell, Column, Heading, Note, Paragraph, Table
from analysis.reports.edition import Edition
from analysis.texts import N_, AskedError
from analysis.trend import presenting as trend_words
from analysis.trend.course import Trend
from analysis.trend.picture import picture_of as trend_picture
from analysis.trend.queries import trend
from analysis.why import words as why_words
from analysis.why.picture import picture_of as why_picture
from analysis.why.queries import why
from analysis.why.results import Why
from analysis.words.queries import GrownWords, comments, grown_words
from followup.measures import words as measure_words
from followup.measures.queries import MeasureLine, about
from surveys.queries import LoadedVersion

MOST_WORDS = 8
MOST_MEASURES = 10
CLEAR = 0.05
_MISSING = N_("%(part)s is missing here: %(reason)s")

Telling = Callable[[Edition, bool], Iterator[Block]]  # for whom; whether to draw


@dataclass(frozen=True)
class Question:
    """What every part starts from."""

    asked: Asked
    versions: Sequence[LoadedVersion]
    compared: Comparison
    headline: ItemComparison
    title: str


def read(session: Session, question: Question, edition: Edition) -> list[Telling]:
    """Read all parts; each comes back as what tells it."""
    parts: list[tuple[str, Callable[[Session, Question, Edition], Telling]]] = [
        (N_("Why"), _why), (N_("The trend"), _trend), (N_("What matters most"), _drivers),
        (N_("Words in comments"), _words), (N_("Measures"), _measures),
    ]  # fmt: skip
    found = []
    for name, make in parts:
        try:
            found.append(make(session, question, edition))
        except AskedError as error:  # such as a question without a scale
            found.append(_absent(name, error))
    return found


def _absent(name: str, error: AskedError) -> Telling:
    def tell(edition: Edition, _draw: bool) -> Iterator[Block]:
        yield Heading(edition.say(name))
        yield Note(edition.say(_MISSING, part=edition.say(name), reason=error.sentence(edition.translate)))

    return tell


def _why(session: Session, question: Question, edition: Edition) -> Telling:
    found = why(
        session, asked=question.asked, versions=question.versions, comparison=question.compared,
        thresholds=edition.thresholds, today=edition.today, language=edition.language,
    )  # fmt: skip
    return lambda edition, draw: _tell_why(found, question, edition, draw=draw)


def _tell_why(found: Why, question: Question, edition: Edition, *, draw: bool) -> Iterator[Block]:
    yield Heading(edition.say(N_("Why")))
    obstacle = why_words.obstacle(found, edition.translate, min_cell=edition.thresholds.min_cell)
    if obstacle:
        yield Note(obstacle)
        return
    said = why_words.headline(found, edition.translate)
    for text in filter(None, (why_words.doubt(found, edition.translate), said)):
        yield Paragraph(text)
    names = found.before.label(edition.language), found.after.label(edition.language)
    picture = why_picture(
        found, language=edition.language, translate=edition.translate, names=names,
        population=edition.population(found.where), source=charts.source(question.title, edition),
    )  # fmt: skip
    if picture is not None and draw:
        yield charts.on_paper(picture)
    for card in why_words.cards(found, edition.translate, names):
        yield from cards.told(card, already=said)
    yield from cards.groups(found, names, edition)


def _trend(session: Session, question: Question, edition: Edition) -> Telling:
    found = trend(
        session, versions=question.versions, item_key=question.headline.item.item_key,
        until=question.asked.after, where=question.asked.where, thresholds=edition.thresholds,
        today=edition.today, language=edition.language,
    )  # fmt: skip
    return lambda edition, draw: _tell_trend(found, question, edition, draw=draw)


def _tell_trend(found: Trend, question: Question, edition: Edition, *, draw: bool) -> Iterator[Block]:
    yield Heading(edition.say(N_("Month by month")))
    yield Paragraph(trend_words.sentence(found, edition.translate, edition.language))
    yield from map(Paragraph, trend_words.new_limits(found, edition.translate, edition.language))
    picture = trend_picture(
        found, language=edition.language, translate=edition.translate,
        population=edition.population(found.where), source=charts.source(question.title, edition),
    )  # fmt: skip
    if picture is not None and draw:
        yield charts.on_paper(picture)
    columns = (
        Column(edition.say(N_("Period")), 3),
        Column(edition.say(N_("Answers")), 2, numeric=True),
        Column(trend_words.measure_name(found, edition.translate), 3, numeric=True),
        Column(edition.say(N_("Limits")), 3, numeric=True),
        Column(edition.say(N_("Remark")), 5),
    )
    for one in found.lines:
        name = edition.say(N_("Month by month"))
        if one.mode:
            name = f"{name}, {edition.value('mode', one.mode)}"
        rows = trend_words.rows(found, one, edition.translate, edition.language)
        cells = [(row.period, row.n, row.value, row.limits, row.remark) for row in rows]
        yield Table(name, columns, tuple(tuple(map(Cell, row)) for row in cells))


def _drivers(session: Session, question: Question, edition: Edition) -> Telling:
    found = drivers(
        session, asked=question.asked, versions=question.versions, thresholds=edition.thresholds,
        today=edition.today, language=edition.language,
    )  # fmt: skip
    return lambda edition, _draw: _tell_drivers(found, edition)


def _tell_drivers(found: Drivers, edition: Edition) -> Iterator[Block]:
    yield Heading(edition.say(N_("What matters most")))
    yield Paragraph(drivers_words.headline(found, edition.translate))
    rows = tuple(
        (
            Cell(row.label), figures.satisfied(row.one.after, 0, edition)[0],
            Cell(drivers_words.share(row.driver.share), row.driver.share, PERCENT),
            Cell(f"{100 * row.driver.ci95[0]:.0f}–{100 * row.driver.ci95[1]:.0f}%"),
        )
        for row in found.rows
        if row.driver is not None
    )  # fmt: skip
    if found.hidden or not rows:
        return
    columns = (
        Column(edition.say(N_("Question")), 7),
        Column(edition.say(N_("Satisfied")), 3, numeric=True),
        Column(edition.say(N_("Share of what is explained")), 4, numeric=True),
        Column(edition.say(N_("plausible range")), 3, numeric=True),
    )
    yield Table(edition.say(N_("What matters most")), columns, rows)


def _words(session: Session, question: Question, edition: Edition) -> Telling:
    sides = comments(
        session, asked=question.asked, versions=question.versions, today=edition.today,
        thresholds=edition.thresholds,
    )  # fmt: skip
    if not any(side.texts or side.hidden for side in sides.values()):
        return lambda _edition, _draw: iter(())  # nobody is asked for words
    found = grown_words(session, sides, thresholds=edition.thresholds)
    return lambda edition, _draw: _tell_words(found, question, edition)


def _tell_words(found: GrownWords | None, question: Question, edition: Edition) -> Iterator[Block]:
    yield Heading(edition.say(N_("Words in comments")))
    if found is None:
        yield Note(edition.say(N_("A period has too few comments to compare their words.")))
        return
    grown = found.grown
    listed = [one for one in (*grown.rising(MOST_WORDS), *grown.falling(MOST_WORDS)) if one.p < CLEAR]
    said = {"screened": len(grown.words), "clear": sum(one.p_bh < CLEAR for one in grown.words)}
    yield Paragraph(
        edition.say(
            N_("Of %(screened)s words %(clear)s are said more or less often beyond what chance brings."),
            **said,
        )
    )
    if not listed:
        return
    before, after = (side.period.label(edition.language) for side in
                     (question.compared.before, question.compared.after))  # fmt: skip
    columns = (
        Column(edition.say(N_("Word")), 4),
        Column(edition.say(N_("Comments, %(period)s"), period=before), 3, numeric=True),
        Column("%", 1.5, numeric=True),
        Column(edition.say(N_("Comments, %(period)s"), period=after), 3, numeric=True),
        Column("%", 1.5, numeric=True),
        Column(edition.say(N_("What may be said")), 4),
    )
    sure, lead = edition.say(N_("beyond chance")), edition.say(N_("a lead, to be checked"))
    rows = tuple(
        (
            Cell(one.word), figures.number(one.before), figures.share(one.before / grown.n[0]),
            figures.number(one.after), figures.share(one.after / grown.n[1]),
            Cell(sure if one.p_bh < CLEAR else lead),
        )
        for one in listed
    )  # fmt: skip
    yield Table(edition.say(N_("Words in comments")), columns, rows)


def _measures(session: Session, question: Question, _edition: Edition) -> Telling:
    found = about(session, questionnaire=question.asked.questionnaire, limit=MOST_MEASURES)
    return lambda edition, _draw: _tell_measures(found, edition)


def _tell_measures(found: Sequence[MeasureLine], edition: Edition) -> Iterator[Block]:
    yield Heading(edition.say(N_("Measures")))
    if not found:
        yield Paragraph(edition.say(N_("No measure is planned for this questionnaire.")))
        return
    columns = (
        Column(edition.say(N_("Measure")), 6),
        Column(edition.say(N_("Department")), 3),
        Column(edition.say(N_("State")), 2.5),
        Column(edition.say(N_("To be done by")), 2.5),
        Column(edition.say(N_("Expected, points")), 3, numeric=True),
    )
    rows = tuple(
        (
            Cell(f"{one.number} {one.title}"), Cell(one.department),
            Cell(edition.word(measure_words.STATE[one.state])), Cell(one.due_on.isoformat()),
            figures.points(None if one.expected_points is None else one.expected_points / 100, 1),
        )
        for one in found
    )  # fmt: skip
    yield Table(edition.say(N_("Measures")), columns, rows)
