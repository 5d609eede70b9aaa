"""The cards of "Why" as blocks: sentences, and tables whose figures a spreadsheet can count with."""

import re
from collections.abc import Iterator, Sequence

from analysis import labels
from analysis.reports import figures
from analysis.reports.blocks import Block, Cell, Column, Heading, Note, Paragraph, Table
from analysis.reports.edition import Edition
from analysis.reports.figures import NONE
from analysis.scores import Share
from analysis.texts import N_
from analysis.why import telling
from analysis.why.results import Why
from analysis.why.telling import Card

_BRACKETS = re.compile(r"^(.+?)\s*[（(]([^()（）]+)[)）]$")
NARROWEST, WIDEST = 8, 24  # narrow characters that a column is laid out for


def told(card: Card, *, already: str) -> Iterator[Block]:
    """Give one card; ``already`` is the sentence that stands above the picture."""
    yield Heading(card.title, 2)
    for text in card.says:
        if text != already:
            yield Paragraph(text)
    for table in card.tables:
        yield table_of(table)
    for text in card.cautions:
        yield Note(text)


def table_of(table: telling.Table) -> Table:
    """Return a table of words as one of figures; what stands in brackets gets a column of its own."""
    found = [(table.head[0], [row[0] for row in table.rows])]
    for place, head in enumerate(table.head[1:], start=1):
        found += _apart(head, [row[place] for row in table.rows])
    columns = tuple(
        Column(head, _width([head[: WIDEST // 2], *texts]) + 4 * (not place), numeric=bool(place))
        for place, (head, texts) in enumerate(found)
    )
    first, *others = (texts for _head, texts in found)
    rows = zip(map(Cell, first), *(map(figures.read, texts) for texts in others), strict=True)
    return Table(table.caption, columns, tuple(rows))


def groups(found: Why, names: tuple[str, str], edition: Edition) -> Iterator[Block]:
    """Give what each group of each dimension adds to the change."""
    rows = [
        (
            Cell(edition.word(labels.DIMENSION[part.dimension])),
            Cell(edition.value(part.dimension, group.name)),
            figures.number(group.before.n), _share(group.before, edition),
            figures.number(group.after.n), _share(group.after, edition),
            figures.points(group.within, 1), figures.points(group.composition, 1),
        )
        for part in found.breakdowns
        for group in part.groups
    ]  # fmt: skip
    if not rows:
        return
    heading = edition.say(N_("The change, group by group"))
    columns = (
        Column(edition.say(N_("Taken apart by")), 3), Column(edition.say(N_("Group")), 4),
        *(
            Column(f"{head}, {name}", 2, numeric=True)
            for name in names
            for head in (edition.say(N_("Answers")), edition.say(N_("Satisfied")))
        ),
        Column(edition.say(N_("Adds from within, points")), 2.4, numeric=True),
        Column(edition.say(N_("Adds by its share, points")), 2.4, numeric=True),
    )  # fmt: skip
    yield Heading(heading, 2)
    yield Table(heading, columns, tuple(rows))


def _apart(head: str, texts: list[str]) -> list[tuple[str, list[str]]]:
    """Take a column apart where its head names in brackets what stands in the brackets of its cells."""
    named, found = _BRACKETS.match(head), [_BRACKETS.match(text) for text in texts]
    if named is None or not any(found):
        return [(head, texts)]
    values = [one[1] if one else text for one, text in zip(found, texts, strict=True)]
    return [(named[1], values), (named[2], [one[2] if one else NONE.text for one in found])]


def _share(one: Share, edition: Edition) -> Cell:
    if one.p is not None and one.n < edition.thresholds.few_answers:
        return Cell(edition.say(figures.FEW, x=one.x, n=one.n))
    return figures.share(one.p, 1 if one.n >= 1000 else 0)


def _width(texts: Sequence[str]) -> float:
    """Return the width of the longest text in narrow characters, within reason."""
    longest = max(sum(2 if ord(char) >= 0x2E80 else 1 for char in text) for text in texts)
    return float(min(WIDEST, max(NARROWEST, longest)))
