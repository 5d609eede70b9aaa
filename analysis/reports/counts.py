"""Every count behind a comparison, and the tests: the end of a report, for who wants to check it."""

from collections.abc import Iterator

from analysis import labels, presenting
from analysis.compare import Comparison, ItemComparison, Side
from analysis.items import Category, Kind
from analysis.reports import figures
from analysis.reports.blocks import Block, Cell, Column, Heading, Table
from analysis.reports.edition import Edition
from analysis.reports.figures import NONE
from analysis.texts import N_


def others(compared: Comparison, edition: Edition) -> Iterator[Block]:
    """Give the questions without a scale: choices, numbers, comments."""
    found = [one for one in compared.items if not one.item.kind.ordered]
    if not found:
        return
    heading = edition.say(N_("Choices, numbers and comments"))
    yield Heading(heading)
    yield _table(heading, found, compared, edition)


def appendix(compared: Comparison, edition: Edition) -> Iterator[Block]:
    """Give all counts of the questions with a scale, and the tests behind each verdict."""
    scaled = [one for one in compared.items if one.item.kind.ordered]
    if not scaled:
        return
    yield Heading(edition.say(N_("Counts and tests")))
    yield _table(edition.say(N_("Answers per category")), scaled, compared, edition)
    before = compared.before.period.label(edition.language)
    rows = [
        (Cell(one.item.label), Cell(name), Cell(text))
        for one in scaled
        for name, text in presenting.item_words(one, before, edition.translate).tests
    ]
    if rows:
        columns = (
            Column(edition.say(N_("Question")), 5),
            Column(edition.say(N_("Test or measure")), 6),
            Column(edition.say(N_("Value")), 6),
        )
        yield Table(edition.say(N_("Tests")), columns, tuple(rows))


def _table(caption: str, items: list[ItemComparison], compared: Comparison, edition: Edition) -> Table:
    before, after = (side.period.label(edition.language) for side in (compared.before, compared.after))
    columns = (
        Column(edition.say(N_("Question")), 4.4),
        Column(edition.say(N_("Answer")), 4),
        Column(before, 2.6, numeric=True),
        Column("%", 1.2, numeric=True),
        Column(after, 2.6, numeric=True),
        Column("%", 1.2, numeric=True),
    )
    rows = tuple((Cell(one.item.label), *row) for one in items for row in _rows(one, edition))
    return Table(caption, columns, rows)


def _rows(one: ItemComparison, edition: Edition) -> Iterator[tuple[Cell, ...]]:
    sides = (one.before, one.after)
    if one.item.kind is Kind.NUMBER:
        yield (Cell(edition.say(N_("Mean"))), *_pairs(_mean(side) for side in sides))
    elif one.item.kind is not Kind.TEXT and any(side.counts is not None for side in sides):
        words = one.item.category_labels or tuple(map(str, one.item.categories))
        pairs = list(zip(one.item.categories, words, strict=True))
        for category, label in reversed(pairs) if one.item.kind.ordered else pairs:
            cells = [cell for side in sides for cell in _count(side, category)]
            yield (Cell(label), *cells)
    for kind, label in labels.MISSING.items():
        counts = [(side.missing or {}).get(kind, 0) for side in sides]
        if any(counts):
            cells = [figures.number(n) if not side.hidden else NONE
                     for n, side in zip(counts, sides, strict=True)]  # fmt: skip
            yield (Cell(edition.word(label)), *_pairs(iter(cells)))
    yield (Cell(edition.say(N_("Answers counted"))), *_pairs(_size(side, edition) for side in sides))


def _pairs(cells: Iterator[Cell]) -> list[Cell]:
    """Put an empty share behind each count."""
    return [cell for given in cells for cell in (given, Cell(""))]


def _mean(side: Side) -> Cell:
    return figures.mean(side.mean.mean if side.mean else None)


def _count(side: Side, category: Category) -> tuple[Cell, Cell]:
    if side.counts is None:
        return NONE, Cell("")
    n = side.counts.get(category, 0)
    if not side.n or side.reason:
        return figures.number(n), Cell("")
    return figures.number(n), figures.share(n / side.n, 1 if side.n >= 1000 else 0)


def _size(side: Side, edition: Edition) -> Cell:
    return figures.size(side) if side.n is not None else Cell(edition.say(figures.HIDDEN))
