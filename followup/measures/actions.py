"""Planning measures, changing them, taking their steps and noting their progress."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from core import audit
from core.db import settings_of
from core.errors import ConflictError, InputError
from core.i18n import _
from core.installation import next_number
from core.texts import clean_text
from followup.measures.lifecycle import MEASURES, start_refusal
from followup.measures.models import Measure, MeasureCase, MeasureNote
from followup.models import Case

Where = dict[str, list[str]]
LIMITS = {"title": 120, "heard": 1000, "action": 2000, "department": 60}
NOTE_LIMIT = 1000
TWICE = timedelta(minutes=5)  # the same note again within these is a second press, later it is news
REASON_LIMIT = 500


class StartError(InputError):
    """The day from which it is in force does not fit how far the measure is."""


class StaleError(ConflictError):
    """Somebody changed this measure while you were typing; compare the two and save again."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What may be written down about a measure and changed later."""

    title: str
    heard: str
    action: str
    term: str
    department: str
    owner_id: int | None
    due_on: date
    starts_on: date | None = None
    questionnaire: str = ""
    item_key: str = ""
    also: list[str] = field(default_factory=list)
    expected_points: float | None = None
    scope: Where = field(default_factory=dict)
    control: Where = field(default_factory=dict)


def create(
    session: Session, plan: Plan, *, alert_id: int | None = None, form_key: str | None = None, actor: str,
    now: datetime,
) -> Measure:  # fmt: skip
    """Plan a measure and give it its number; a ``form_key`` that was used before is an IntegrityError."""
    day = _local(session, now).strftime("%Y%m%d")
    measure = Measure(
        number=f"{day}-M{next_number(session, f'measure:{day}'):03d}",
        state="planned",
        version=1,
        alert_id=alert_id,
        form_key=form_key,
        created_at=now,
        created_by=actor,
        **_columns(plan),
    )
    session.add(measure)
    session.flush()
    MEASURES.note(session, measure.id, "plan", "", "planned", actor=actor, now=now)
    _record(session, measure, "measure.plan", actor, now)
    return measure


def is_as_planned(measure: Measure, plan: Plan) -> bool:
    """Tell whether a measure is what a form says: then sending it again is a second press."""
    return all(getattr(measure, name) == value for name, value in _columns(plan).items())


def edit(session: Session, measure: Measure, plan: Plan, *, version: int, actor: str, now: datetime) -> bool:
    """Change a measure, unless somebody changed it since ``version`` was shown; tell whether anything did."""
    if refusal := start_refusal(measure, plan.starts_on, _local(session, now)):
        raise StartError(refusal)
    columns = _columns(plan)
    changed = [name for name, value in columns.items() if getattr(measure, name) != value]
    if measure.version == version and not changed:
        return False
    done = session.execute(
        update(Measure)
        .where(Measure.id == measure.id, Measure.version == version)
        .values(**columns, version=version + 1)
        .execution_options(synchronize_session=False)
    )
    session.refresh(measure)
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise StaleError(
            _("Somebody changed this measure while you were typing; compare the two and save again.")
        )
    _record(session, measure, "measure.edit", actor, now, fields=changed)
    return True


def take_step(
    session: Session, measure: Measure, event: str, *, day: date | None = None, reason: str = "",
    actor: str, now: datetime,
) -> None:  # fmt: skip
    """Start, finish, resume or drop a measure; ``day`` is since when it is in force, or done."""
    hold(session, measure)
    today = _local(session, now)
    day, why = day or today, clean_text(reason, REASON_LIMIT)
    changes: dict[str, dict[str, Any]] = {
        "start": {"starts_on": day}, "finish": {"done_on": day}, "resume": {"done_on": None},
    }  # fmt: skip
    MEASURES.move(
        session, measure, event, actor=actor, now=now, reason=why,
        changes=changes.get(event, {}) | {"version": Measure.version + 1},
        day=day, today=today, why=why, starts_on=measure.starts_on,
        is_published=measure.published_at is not None,
    )  # fmt: skip
    _record(session, measure, f"measure.{event}", actor, now)


def add_note(session: Session, measure: Measure, *, text: str, actor: str, now: datetime) -> MeasureNote:
    """Write down how far a measure is."""
    words = clean_text(text, NOTE_LIMIT)
    if not words:
        raise InputError(_("The note is empty; write what you want to keep."))
    hold(session, measure)
    mine = select(MeasureNote).where(MeasureNote.measure_id == measure.id)
    last = session.scalars(mine.order_by(MeasureNote.id.desc()).limit(1)).first()
    if last is not None and (last.text, last.by) == (words, actor) and now - last.at < TWICE:
        return last
    note = MeasureNote(measure_id=measure.id, text=words, at=now, by=actor)
    session.add(note)
    session.flush()
    _record(session, measure, "measure.note", actor, now)
    return note


def link_case(session: Session, measure: Measure, case: Case, *, actor: str, now: datetime) -> None:
    """Say that a measure answers a case too."""
    place = {"measure_id": measure.id, "case_id": case.id}
    hold(session, measure)
    if session.get(MeasureCase, tuple(place.values())):
        raise InputError(_("Case %(number)s is linked to this measure already.", number=case.number))
    session.execute(insert(MeasureCase).values(place))
    _record(session, measure, "measure.link", actor, now, case=case.number)


def unlink_case(session: Session, measure: Measure, case: Case, *, actor: str, now: datetime) -> None:
    """Take a case away from a measure."""
    here = (MeasureCase.measure_id == measure.id, MeasureCase.case_id == case.id)
    gone = session.execute(delete(MeasureCase).where(*here))
    if gone.rowcount != 1:  # type: ignore[attr-defined]
        raise InputError(_("Case %(number)s is not linked to this measure any more.", number=case.number))
    _record(session, measure, "measure.unlink", actor, now, case=case.number)


def hold(session: Session, measure: Measure) -> None:
    """Let nobody else change this measure meanwhile, and know it as it stands now."""
    session.flush()
    session.refresh(measure, with_for_update=True)


def _columns(plan: Plan) -> dict[str, Any]:
    values = {name: getattr(plan, name) for name in Plan.__dataclass_fields__}
    return values | {name: clean_text(values[name], limit) for name, limit in LIMITS.items()}


def _record(
    session: Session, measure: Measure, action: str, actor: str, now: datetime, **detail: object
) -> None:
    subject = f"measure:{measure.number}"
    audit.record(session, actor=actor, action=action, subject=subject, now=now, **detail)


def _local(session: Session, now: datetime) -> date:
    return now.astimezone(settings_of(session).zone).date()
