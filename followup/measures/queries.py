"""Reading measures: one loader that also asks who may see it, the list, what is due, what touches an item."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, String, case, cast, func, or_, select, true
from sqlalchemy.orm import Session

from core.auth.models import User
from core.auth.roles import ANALYSIS, Role
from core.errors import InputError, NotFoundError
from core.i18n import _
from core.texts import clean_text
from core.transitions import history
from followup.cases import texts
from followup.cases.queries import Viewer, names_of
from followup.cases.queries import visible_to as case_visible_to
from followup.measures.lifecycle import MEASURES, OPEN, STATES
from followup.measures.models import Measure, MeasureCase, MeasureNote
from followup.models import Case

PAGE = 25
SOON = timedelta(days=7)
TERMS = ("short", "long")
SHOWN = 6  # on Today


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to; the same names stand in the address."""

    state: str = ""
    term: str = ""
    department: str = ""
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class MeasureLine:
    """One measure in a list."""

    id: int
    number: str
    title: str
    state: str
    term: str
    department: str
    owner: str
    due_on: date
    starts_on: date | None
    done_on: date | None
    questionnaire: str
    item_key: str
    expected_points: float | None
    scope: dict[str, list[str]]
    alert_id: int | None
    is_published: bool

    def is_overdue(self, today: date) -> bool:
        """Tell whether it is still owed and its day has passed."""
        return self.state in OPEN and self.due_on < today


@dataclass(frozen=True, slots=True)
class MeasurePage:
    """One page of the list, with the counts of all that fit."""

    rows: tuple[MeasureLine, ...]
    total: int
    overdue: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class LinkedCase:
    """A case that a measure answers; title and state only for who may see the case."""

    number: str
    title: str
    state: str
    is_visible: bool


@dataclass(frozen=True, slots=True)
class Happening:
    """One step or note in the history of a measure."""

    event: str  # "note" for a note
    words: str
    actor: str
    at: datetime


def visible_to(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition under which a measure exists for the viewer.

    Officers see those of their department and their own; officers without a department, auditors and those
    who analyse see all.
    """
    if viewer.role == Role.OFFICER and viewer.department:
        return or_(Measure.department == viewer.department, Measure.owner_id == viewer.id)
    return true()


def measure_for(session: Session, number: str, viewer: Viewer) -> Measure:
    """Return the measure of that number, if it exists for the viewer."""
    number = clean_text(number, 20)
    found = session.scalar(select(Measure).where(Measure.number == number, visible_to(viewer)))
    if found is None:
        raise NotFoundError(
            _("There is no measure %(number)s, or it belongs to another department.", number=number)
        )
    return found


def page_of(session: Session, viewer: Viewer, filters: Filters, *, page: int, today: date) -> MeasurePage:
    """Return one page of the measures that fit: what is overdue first, then by their day, what ended last."""
    conditions = [visible_to(viewer), *_conditions(filters, today)]
    late = func.count().filter(_overdue(today))
    total, overdue = session.execute(select(func.count(), late).where(*conditions)).one()
    pages = max(1, -(-total // PAGE))
    page = min(max(page, 1), pages)
    order = case((_overdue(today), 0), (Measure.state.in_(OPEN), 1), else_=2)
    wanted = _lines().where(*conditions).order_by(order, Measure.due_on, Measure.id)
    found = _read(session, wanted.limit(PAGE).offset((page - 1) * PAGE))
    return MeasurePage(tuple(found), total, overdue, page, pages)


def due(session: Session, viewer: Viewer, today: date) -> list[MeasureLine]:
    """Return what is overdue or due within a week: an officer's own and the department's, else all."""
    soon = Measure.state.in_(OPEN) & (Measure.due_on < today + SOON)
    wanted = _lines().where(visible_to(viewer), soon).order_by(Measure.due_on, Measure.id)
    return _read(session, wanted.limit(SHOWN))


def about(
    session: Session, *, questionnaire: str, item_key: str | None = None, limit: int = 5
) -> list[MeasureLine]:
    """Return the measures that are to move a questionnaire or one of its items, what is under way first.

    Parameters
    ----------
    session : Session
    questionnaire : str
        Its key.
    item_key : str, optional
        Without it, the measures for any of its items. Those that were expected to move it come before those
        that may move it beside another.
    limit : int

    Returns
    -------
    list of MeasureLine
        Dropped ones are left out.
    """
    order = case((Measure.state == "under_way", 0), (Measure.state == "done", 1), else_=2)
    wanted = _lines().where(Measure.questionnaire == questionnaire, Measure.state != "dropped")
    if item_key is not None:
        named = Measure.item_key == item_key
        wanted = wanted.where(named | cast(Measure.also, String).contains(f'"{item_key}"', autoescape=True))
        wanted = wanted.order_by(case((named, 0), else_=1))
    return _read(session, wanted.order_by(order, Measure.due_on.desc(), Measure.id.desc()).limit(limit))


def of_alert(session: Session, alert_id: int) -> list[MeasureLine]:
    """Return the measures that were planned because of an alert."""
    return _read(session, _lines().where(Measure.alert_id == alert_id).order_by(Measure.id))


def of_case(session: Session, case_id: int, viewer: Viewer) -> list[MeasureLine]:
    """Return the measures that answer a case."""
    wanted = _lines().join(MeasureCase, MeasureCase.measure_id == Measure.id)
    return _read(
        session, wanted.where(MeasureCase.case_id == case_id, visible_to(viewer)).order_by(Measure.id)
    )


def cases_of(session: Session, measure: Measure, viewer: Viewer) -> list[LinkedCase]:
    """Return the cases that a measure answers, the latest first."""
    seen = case_visible_to(viewer)
    wanted = select(Case, seen).join(MeasureCase, MeasureCase.case_id == Case.id)
    rows = session.execute(wanted.where(MeasureCase.measure_id == measure.id).order_by(Case.number.desc()))
    return [
        LinkedCase(
            found.number,
            texts.title(session, found) if visible and viewer.may_read_texts else "",
            found.state if visible else "",
            bool(visible),
        )
        for found, visible in rows
    ]


def happenings(session: Session, measure: Measure) -> tuple[list[Happening], dict[str, str]]:
    """Return what happened to a measure, the latest first, and the names of who did it."""
    notes = session.scalars(select(MeasureNote).where(MeasureNote.measure_id == measure.id))
    found = [Happening("note", note.text, note.by, note.at) for note in notes]
    found += [
        Happening(step.event, step.reason, step.actor, step.at)
        for step in history(session, MEASURES.name, [measure.id])
    ]
    found.reverse()  # of the same moment the later one stays in front
    found.sort(key=lambda each: each.at, reverse=True)
    return found, names_of(session, {each.actor for each in found})


def owners(session: Session) -> list[User]:
    """Return who may own a measure."""
    roles = [role.value for role in (*ANALYSIS, Role.OFFICER)]
    wanted = select(User).where(User.active, User.role.in_(roles))
    return list(session.scalars(wanted.order_by(User.display_name)))


def departments(session: Session) -> list[str]:
    """Return the departments that measures have."""
    return list(session.scalars(select(Measure.department).distinct().order_by(Measure.department)))


def _overdue(today: date) -> ColumnElement[bool]:
    return Measure.state.in_(OPEN) & (Measure.due_on < today)


def _conditions(filters: Filters, today: date) -> Iterable[ColumnElement[bool]]:
    for name, allowed in (("state", STATES), ("term", TERMS)):
        value = getattr(filters, name)
        if value and value not in allowed:
            raise InputError(_("%(value)s is not in the list; choose one of the filters.", value=value[:40]))
        if value:
            yield getattr(Measure, name) == value
    if filters.department:
        yield Measure.department == filters.department
    if filters.overdue:
        yield _overdue(today)


def _lines() -> Select[Measure, str]:
    return select(Measure, User.display_name).outerjoin(User, User.id == Measure.owner_id)


def _read(session: Session, wanted: Select[Measure, str]) -> list[MeasureLine]:
    return [_line(measure, owner or "") for measure, owner in session.execute(wanted)]


def _line(measure: Measure, owner: str) -> MeasureLine:
    return MeasureLine(
        id=measure.id,
        number=measure.number,
        title=measure.title,
        state=measure.state,
        term=measure.term,
        department=measure.department,
        owner=owner,
        due_on=measure.due_on,
        starts_on=measure.starts_on,
        done_on=measure.done_on,
        questionnaire=measure.questionnaire,
        item_key=measure.item_key,
        expected_points=measure.expected_points,
        scope=measure.scope,
        alert_id=measure.alert_id,
        is_published=measure.published_at is not None,
    )
