"""Rows of an export, streamed from the database: one for each response, without an object for any answer.

One statement for each version reads everything about a response in one row, so that the database keeps the
order and nothing is gathered here. Reading takes no lock that writing waits for.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from core.crypto import Vault
from core.db import settings_of, vault_of
from surveys.exports.cells import Cell, Cells
from surveys.exports.columns import CHOSEN, META, OTHER, VALUE, WORDS, WRITTEN, Column, Layout, Question
from surveys.exports.harmless import masked
from surveys.models import DIMENSIONS, Answer, Missing, Response, Stratum
from surveys.queries import LoadedItem, LoadedVersion
from surveys.rows import words_place

CHUNK = 1000  # rows that the database hands over at once
K = TypeVar("K")
V = TypeVar("V")
Row = list[Cell]
Fill = Callable[[Any, Row], None]


@dataclass(frozen=True, slots=True)
class Span:
    """The local days of the answers that are wanted, both included; None is open."""

    first: date | None = None
    last: date | None = None

    def of(self) -> list[ColumnElement[bool]]:
        found = [Response.day >= self.first] if self.first else []
        return [*found, Response.day <= self.last] if self.last else found


class Memo(dict[K, V], Generic[K, V]):
    """What was made of few different values, each made once."""

    def __init__(self, make: Callable[[K], V]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: K) -> V:
        made = self[key] = self._make(key)
        return made


def count(session: Session, versions: Sequence[LoadedVersion], span: Span) -> int:
    """Return how many responses an export will contain."""
    wanted = select(func.count()).select_from(Response)
    wanted = wanted.where(Response.version_id.in_([version.id for version in versions]), *span.of())
    return session.execute(wanted).scalar_one()


def rows(session: Session, layout: Layout, span: Span, cells: Cells) -> Iterator[Row]:
    """Yield one row for each response, in the order of versions, days and numbers."""
    zone, vault = settings_of(session).zone, vault_of(session)
    for version in layout.versions:
        reader = _Reader(layout, version, cells, vault)
        meta = _meta(version, cells, zone)
        wanted = reader.statement(span).execution_options(stream_results=True, yield_per=CHUNK)
        template, plain, fills = reader.template, reader.plain, reader.fills
        with closing(session.execute(wanted)) as records:
            for record in records:
                row = template.copy()
                row[: len(META)] = meta(record)
                for at, source, shown in plain:
                    row[at] = shown[record[source]]
                for fill in fills:
                    fill(record, row)
                yield row


_META = [
    Response.id, Response.mode, Response.language, Response.day, Response.submitted_at, Response.seconds,
    Response.revision, *(getattr(Stratum, name) for name in DIMENSIONS), Response.handler,
]  # fmt: skip


def _meta(version: LoadedVersion, cells: Cells, zone: ZoneInfo) -> Callable[[Any], Row]:
    """Return what makes the first cells of a row; of an anonymous answer only the day is known."""
    key, number, anonymous = version.questionnaire_key, version.number, version.definition.anonymous
    texts: Memo[str, Cell] = Memo(cells.text)
    days: Memo[date, Cell] = Memo(cells.day)

    def meta(record: Any) -> Row:
        at = days[record[3]] if anonymous else cells.moment(record[4].astimezone(zone))
        return [
            record[0], key, number, record[1], record[2], days[record[3]], at, record[5], record[6],
            *(texts[text] for text in record[7 : len(_META)]),
        ]  # fmt: skip

    return meta


class _Reader:
    """What to select for one version, and how to put it into a row."""

    def __init__(self, layout: Layout, version: LoadedVersion, cells: Cells, vault: Vault) -> None:
        self.version, self.cells, self.vault = version, cells, vault
        self.selected: list[Any] = []
        self.plain: list[tuple[int, int, Memo[int | None, Cell]]] = []
        self.fills: list[Fill] = []
        self.template: Row = [None] * len(META)
        self.template += [
            cells.blank if column.holds_words else cells.missing(column, Missing.NOT_ASKED)
            for column in layout.columns
        ]
        places = layout.places()
        for question, item in layout.asked(version.number):
            self._add(question, item, places)

    def statement(self, span: Span) -> Select[Any]:
        """Return one row for each response; each answer is found by its primary key."""
        return (
            select(*_META, *self.selected)
            .join(Stratum, Stratum.id == Response.stratum_id)
            .where(Response.version_id == self.version.id, *span.of())
            .order_by(Response.day, Response.id)  # the order of an index: nothing is sorted first
        )

    def _add(self, question: Question, item: LoadedItem, places: dict[Column, int]) -> None:
        if item.kind == "multiple":
            self._add_chosen(question, item, places)
        for part in (VALUE, WRITTEN):
            column = question.columns.get((part, 0))
            if column and item.kind in {"number", "date"}:
                self._add_measure(column, item, places[column])
            elif column:
                source = self._select(item, _SAID if part == WRITTEN else Answer.value)
                self.plain.append((places[column], source, self._shown(column)))
        for part in (WORDS, OTHER):
            column = question.columns.get((part, 0))
            if column in places and (part == WORDS or item.definition.other is not None):
                self._add_words(item, places[column])

    def _select(self, item: LoadedItem, what: Any) -> int:
        """Select something of the answer to an item; return where it will stand."""
        wanted = select(what).where(Answer.response_id == Response.id, Answer.item_id == item.id)
        self.selected.append(wanted.correlate(Response).scalar_subquery())
        return len(_META) + len(self.selected) - 1

    def _shown(self, column: Column) -> Memo[int | None, Cell]:
        """Return the cells of a column by what is stored; an item without an answer row was not asked."""

        def make(value: int | None) -> Cell:
            if value is None or value < 0:
                return self.cells.missing(column, Missing.NOT_ASKED if value is None else Missing(value))
            return self.cells.value(column, value)

        return Memo(make)

    def _add_chosen(self, question: Question, item: LoadedItem, places: dict[Column, int]) -> None:
        offered = [question.columns[CHOSEN, option.code] for option in item.definition.options]
        said, codes = self._select(item, _SAID), self._select(item, Answer.codes)

        def make(stored: tuple[int | None, str | None]) -> list[tuple[int, Cell]]:
            value, text = stored
            chosen = {int(code) for code in (text or "").split()}
            return [
                (places[column], self._shown(column)[int(column.code in chosen) if value == 1 else value])
                for column in offered
            ]

        memo: Memo[tuple[int | None, str | None], list[tuple[int, Cell]]] = Memo(make)

        def fill(record: Any, row: Row) -> None:
            for at, cell in memo[record[said], record[codes]]:
                row[at] = cell

        self.fills.append(fill)

    def _add_measure(self, column: Column, item: LoadedItem, at: int) -> None:
        said, number = self._select(item, Answer.value), self._select(item, Answer.number)
        shown = self._shown(column)
        write = self._day if item.kind == "date" else self.cells.number

        def fill(record: Any, row: Row) -> None:
            given = record[number]
            row[at] = shown[record[said]] if given is None else write(given)

        self.fills.append(fill)

    def _day(self, ordinal: float) -> Cell:
        return self.cells.day(date.fromordinal(int(ordinal)))

    def _add_words(self, item: LoadedItem, at: int) -> None:
        sealed, vault, text = self._select(item, Answer.words), self.vault, self.cells.text

        def fill(record: Any, row: Row) -> None:
            if record[sealed]:
                words = vault.open(record[sealed], words_place(record[0], item.id))
                row[at] = text(masked(words))

        self.fills.append(fill)


_SAID = func.coalesce(Answer.value, 1)  # why there is no answer, or 1 where there is one
