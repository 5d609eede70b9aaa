"""Reading from which month on limits are computed anew, who said so and why."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from analysis.trend.lifecycle import MARKS, TAKEN_BACK, VALID
from analysis.trend.models import LimitMark
from core.auth.models import User
from core.transitions import Transition


@dataclass(frozen=True, slots=True)
class Mark:
    """One month with its note; ``item_key`` "" stands for every item."""

    id: int
    item_key: str
    month: date
    note: str
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A mark that holds no more: by whom that was decided, when and why."""

    mark: Mark
    who: str
    at: datetime
    reason: str


def valid(session: Session, questionnaire: str, item_key: str) -> list[Mark]:
    """Return the marks that hold for an item, the latest first; one statement."""
    wanted = _wanted(questionnaire, item_key).where(LimitMark.state == VALID)
    rows = session.execute(wanted.order_by(LimitMark.month.desc(), LimitMark.item_key.desc()))
    return [_mark(row, name) for row, name in rows]


def taken_back(session: Session, questionnaire: str, item_key: str) -> list[TakenBack]:
    """Return what was taken back, the latest first."""
    wanted = (
        _wanted(questionnaire, item_key)
        .add_columns(Transition)
        .join(
            Transition,
            (Transition.machine == MARKS.name)
            & (Transition.subject_id == LimitMark.id)
            & (Transition.new == TAKEN_BACK),
        )
        .order_by(Transition.id.desc())
    )
    rows = session.execute(wanted).all()
    names = _names(session, {step.actor for _row, _name, step in rows})
    return [
        TakenBack(_mark(row, name), names.get(step.actor, step.actor), step.at, step.reason)
        for row, name, step in rows
    ]


def since(session: Session, questionnaire: str, item_key: str, day: date) -> date | None:
    """Return the last month until a day from which limits are computed anew."""
    found = valid(session, questionnaire, item_key)
    return next((one.month for one in found if one.month <= day), None)


def _wanted(questionnaire: str, item_key: str) -> Select[LimitMark, str]:
    wanted: Select[LimitMark, str] = select(LimitMark, User.display_name)
    return wanted.outerjoin(User, User.name == LimitMark.by).where(
        LimitMark.questionnaire == questionnaire, LimitMark.item_key.in_(("", item_key))
    )


def _mark(row: LimitMark, name: str | None) -> Mark:
    return Mark(row.id, row.item_key, row.month, row.note, name or row.by, row.at)


def _names(session: Session, sign_ins: set[str]) -> dict[str, str]:
    rows = session.execute(select(User.name, User.display_name).where(User.name.in_(sign_ins)))
    return {row.name: row.display_name for row in rows}
