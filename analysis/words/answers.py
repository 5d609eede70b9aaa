"""The answers behind a bar or a cell: as many as the bar says, in an order that stays."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, literal, select
from sqlalchemy.orm import Session

from analysis.cube import Where
from analysis.periods import Period
from analysis.words.cells import Asking
from analysis.words.reading import filtered
from core.db import vault_of
from core.masking import mask
from followup.models import Case, FollowUp
from surveys.models import Answer, Missing, Response, Stratum
from surveys.parsing import Given
from surveys.queries import LoadedItem, LoadedVersion
from surveys.rows import given_from

PER_PAGE = 25


@dataclass(frozen=True, slots=True)
class Line:
    """One response, with everything it answered; words are masked."""

    id: int
    version: int
    day: date
    mode: str
    unit: tuple[str, str]
    case: str
    given: tuple[tuple[LoadedItem, Given], ...]


def lines(
    session: Session, versions: Sequence[LoadedVersion], period: Period, where: Where, *,
    asking: Asking, value: int | None, page: int,
) -> list[Line]:  # fmt: skip
    """Return one page of the responses that gave an answer, the newest first.

    Parameters
    ----------
    session : Session
    versions : sequence of LoadedVersion
    period : Period
    where : mapping
        Which answers count.
    asking : Asking
        The question.
    value : int or None
        A score, the code of an option or a kind of missing answer; None: whoever answered.
    page : int
        From 1.

    Returns
    -------
    list of Line
    """
    wanted = _wanted(asking, period, where).where(_gave(asking, value))
    wanted = wanted.order_by(Response.day.desc(), Response.id.desc())
    rows = session.execute(wanted.limit(PER_PAGE).offset((page - 1) * PER_PAGE)).all()
    given = _given(session, versions, {row.id: row.version_id for row in rows})
    cases = _cases(session, [row.id for row in rows])
    numbers = {version.id: version.number for version in versions}
    return [
        Line(row.id, numbers[row.version_id], row.day, row.mode, (row.district, row.department),
             cases.get(row.id, ""), given[row.id])
        for row in rows
    ]  # fmt: skip


def how_many(asking: Asking, side: str, value: int | None) -> int:
    """Return how many responses the list has, from the tally that the bar is drawn from."""
    cell = asking.cells[side]
    return cell.n if value is None else cell.values.get(value, 0)


def _wanted(asking: Asking, period: Period, where: Where) -> Select[Any]:
    columns: list[Any] = [
        Response.id, Response.version_id, Response.day, Response.mode, Stratum.district, Stratum.department
    ]  # fmt: skip
    wanted: Select[Any] = (
        select(*columns)
        .join(Answer, Answer.response_id == Response.id)
        .join(Stratum, Stratum.id == Response.stratum_id)
        .where(Answer.item_id.in_(sorted(asking.series.item_ids)))
        .where(Response.day >= period.start, Response.day < period.end)
    )
    return filtered(wanted, where)


def _gave(asking: Asking, value: int | None) -> ColumnElement[bool]:
    """Say which answers are meant, as the tally counts them."""
    kind = asking.series.item.kind
    if value is not None and value < 0:
        return Answer.value == value
    if value is None or kind in {"text", "number", "date"}:
        return Answer.value.is_(None) | (Answer.value >= 0)
    if kind == "multiple":
        return (literal(" ") + Answer.codes + literal(" ")).contains(f" {value} ")
    return Answer.value == value


def _given(
    session: Session, versions: Sequence[LoadedVersion], version_of: dict[int, int]
) -> dict[int, tuple[tuple[LoadedItem, Given], ...]]:
    """Read all answers of some responses in one statement, in the order of the questionnaire."""
    vault = vault_of(session)
    wanted = select(
        Answer.response_id, Answer.item_id, Answer.value, Answer.codes, Answer.number, Answer.words
    ).where(Answer.response_id.in_(version_of))
    rows = {(row.response_id, row.item_id): row for row in session.execute(wanted)}
    items = {version.id: version.items for version in versions}
    found = {}
    for response_id, version_id in version_of.items():
        read = [
            (item, given_from(vault, response_id, rows[response_id, item.id]))
            for item in items[version_id]
            if (response_id, item.id) in rows
        ]
        found[response_id] = tuple((item, given) for item, given in read if _is_worth_a_line(given))
    return found


def _is_worth_a_line(given: Given) -> bool:
    return given.missing not in {Missing.NOT_ASKED, Missing.SKIPPED}


def masked(given: Given) -> str:
    """Return the words of an answer without what identifies somebody."""
    return mask(given.words) if given.words else ""


def _cases(session: Session, response_ids: Sequence[int]) -> dict[int, str]:
    """Return the numbers of the cases that responses are about."""
    wanted = (
        select(FollowUp.response_id, Case.number)
        .join(Case, Case.id == FollowUp.case_id)
        .where(FollowUp.response_id.in_(response_ids))
    )
    return {response_id: number for response_id, number in session.execute(wanted) if response_id}
