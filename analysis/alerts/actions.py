"""Writing alerts: what was found, once; and what people do about it."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from analysis.alerts import gathering, telling
from analysis.alerts.finding import Found, Look
from analysis.alerts.lifecycle import (
    ACKNOWLEDGED,
    ALERTS,
    CAUSES,
    LONGEST,
    NO_CAUSE,
    NO_REASON,
    NO_WORDS,
    OPEN,
    UNRESOLVED,
)
from analysis.alerts.models import Alert, AlertRound, Unwatched
from analysis.alerts.policy import KINDS
from core import audit
from core.auth.models import User
from core.auth.roles import ANALYSIS
from core.errors import ConflictError, InputError, NotFoundError, TransitionError
from core.i18n import _
from core.texts import clean_text
from core.transitions import history

CARRIED = {"acknowledge", "assign", "explain", "dismiss"}  # steps that those under an alert take with it
ACTOR = "alerts"  # who finds when no person does


def keep_round(session: Session, name: str, looked: Look, now: datetime) -> int | None:
    """Keep what a round found and tell it; None where another process did this round already.

    The row of the round is written first: of two processes at once the slower one waits here and then
    finds it taken.
    """
    row = _insert(session, AlertRound).values(
        name=name, looked=looked.looked, found=len(looked.found), seen_at=now, done_at=now
    )
    row = row.on_conflict_do_update(
        index_elements=[AlertRound.name], where=AlertRound.done_at.is_(None),
        set_={"looked": row.excluded.looked, "found": row.excluded.found, "done_at": now},
    )  # fmt: skip
    if session.scalar(row.returning(AlertRound.name)) is None:
        return None
    matters: dict[tuple[str, ...], int] = {}
    new: list[Alert] = []
    held = select(Alert).where(Alert.state.in_(UNRESOLVED)).order_by(Alert.id).with_for_update()
    waiting = session.scalars(held).all()  # held: nobody closes one while something is put under it
    for found in gathering.in_order(looked.found):
        matter = gathering.matter(found)
        under = gathering.leader(found, waiting) or (matters.get(matter) if matter else None)
        alert = _keep(session, found, under, now)
        if alert is not None:
            new.append(alert)
            if matter and under is None:
                matters[matter] = alert.id
    for alert in new:
        if alert.under is None:
            telling.tell_chat(session, alert, [one for one in new if one.under == alert.id], now)
    return len(new)


def remember(session: Session, name: str, now: datetime) -> None:
    """Write down when a period was first found to be over, or when somebody ticked."""
    row = _insert(session, AlertRound).values(name=name, looked=0, found=0, seen_at=now)
    session.execute(row.on_conflict_do_update(index_elements=[AlertRound.name], set_={"seen_at": now}))


def acknowledge(session: Session, alert_id: int, *, by: User, now: datetime) -> Alert:
    """Take an alert up; it is in the hands of who did, unless somebody has it."""
    alert = get(session, alert_id)
    changes = {"acknowledged_at": now, "acknowledged_by": by.id, "assigned_to": alert.assigned_to or by.id}
    _step(session, alert, "acknowledge", by=by, now=now, changes=changes)
    return alert


def assign(
    session: Session, alert_id: int, user_id: int, *, instead_of: int | None, by: User, now: datetime
) -> Alert:
    """Give an alert to somebody who may see it, and tell them; ``instead_of`` is whom the page showed."""
    alert = get(session, alert_id)
    person = session.get(User, user_id)
    if person is None or not person.active or person.role not in {role.value for role in ANALYSIS}:
        raise InputError(_("Choose somebody who may see alerts."))
    if alert.assigned_to not in {instead_of, person.id}:
        raise ConflictError(_already(session, alert))
    if alert.assigned_to == person.id and alert.state == ACKNOWLEDGED:
        return alert  # pressed twice
    reason = person.display_name
    changes = {"assigned_to": person.id}
    if alert.state == OPEN:
        changes |= {"acknowledged_at": now, "acknowledged_by": by.id}  # type: ignore[dict-item]
    _step(session, alert, "assign", by=by, now=now, reason=reason, changes=changes)
    if person.id != by.id:
        telling.tell_person(session, alert, person, now)
    return alert


def explain(session: Session, alert_id: int, *, cause: str, words: str, by: User, now: datetime) -> Alert:
    """Close an alert with what it turned out to be."""
    alert, said = get(session, alert_id), clean_text(words, LONGEST)
    if cause not in CAUSES:
        raise InputError(_(NO_CAUSE))
    if not said:
        raise InputError(_(NO_WORDS))
    changes = {"cause": cause, "explanation": said, "closed_at": now, "closed_by": by.id}
    _step(session, alert, "explain", by=by, now=now, reason=said, changes=changes)
    return alert


def dismiss(session: Session, alert_id: int, *, words: str, by: User, now: datetime) -> Alert:
    """Close an alert without an explanation of the figure, with the reason."""
    alert, said = get(session, alert_id), clean_text(words, LONGEST)
    if not said:
        raise InputError(_(NO_REASON))
    changes = {"cause": "", "explanation": said, "closed_at": now, "closed_by": by.id}
    _step(session, alert, "dismiss", by=by, now=now, reason=said, changes=changes)
    return alert


def reopen(session: Session, alert_id: int, *, words: str, by: User, now: datetime) -> Alert:
    """Open a closed alert again, with the reason; what was said before stays in the history."""
    alert, said = get(session, alert_id), clean_text(words, LONGEST)
    if not said:
        raise InputError(_(NO_REASON))
    changes: dict[str, Any] = {"cause": "", "explanation": "", "closed_at": None, "closed_by": None}
    _step(session, alert, "reopen", by=by, now=now, reason=said, changes=changes)
    return alert


def unwatch(session: Session, alert_id: int, *, reason: str, by: User, now: datetime) -> None:
    """Watch the figure of an alert no more; the alert itself stays as it is."""
    alert = get(session, alert_id)
    switch_off(
        session, kind=alert.kind, dimension=alert.dimension, group=alert.group, reason=reason, by=by, now=now
    )


def switch_off(
    session: Session, *, kind: str, dimension: str = "", group: str = "", reason: str, by: User, now: datetime
) -> None:
    """Watch a kind, or one group of it, no more."""
    said = clean_text(reason, 300)
    if kind not in KINDS:
        raise InputError(_("Choose what should not be watched."))
    if not said:
        raise InputError(_(NO_REASON))
    row = _insert(session, Unwatched).values(
        kind=kind, dimension=dimension if group else "", group=group, reason=said, at=now, by=by.name
    )
    if session.scalar(row.on_conflict_do_nothing().returning(Unwatched.id)) is None:
        raise ConflictError(_("This is not watched already; the list says by whom."))
    audit.record(
        session, actor=by.name, action="alerts.unwatch", subject=f"alerts:{kind}", now=now,
        dimension=dimension, group=group, reason=said,
    )  # fmt: skip


def switch_on(session: Session, unwatched_id: int, *, by: User, now: datetime) -> None:
    """Watch a kind or a group again."""
    row = session.get(Unwatched, unwatched_id, with_for_update=True)
    if row is None:
        raise NotFoundError(_("This is watched again already."))
    audit.record(
        session, actor=by.name, action="alerts.watch", subject=f"alerts:{row.kind}", now=now,
        dimension=row.dimension, group=row.group, reason=row.reason,
    )  # fmt: skip
    session.delete(row)


def get(session: Session, alert_id: int) -> Alert:
    """Return an alert as it stands now, and let nobody else change it; or raise ``NotFoundError``."""
    alert = session.get(Alert, alert_id, with_for_update=True)
    if alert is None:
        raise NotFoundError(_("There is no such alert."))
    return alert


def _keep(session: Session, found: Found, under: int | None, now: datetime) -> Alert | None:
    row = _insert(session, Alert).values(
        key=found.key, kind=found.kind, direction=found.direction,
        questionnaire=found.questionnaire, item_key=found.item_key, dimension=found.dimension,
        group=found.group, start=found.period.start, end=found.period.end,
        figures={**found.figures, "period": found.period.name}, state=OPEN, cause="", explanation="",
        found_at=now, under=under,
    )  # fmt: skip
    alert: Alert | None = session.scalar(row.on_conflict_do_nothing().returning(Alert))
    if alert is not None:
        ALERTS.note(session, alert.id, "find", "", OPEN, actor=ACTOR, now=now)
    return alert


def _step(
    session: Session, alert: Alert, event: str, *, by: User, now: datetime, reason: str = "",
    changes: dict[str, Any],
) -> None:  # fmt: skip
    try:
        ALERTS.move(session, alert, event, actor=by.name, now=now, reason=reason, changes=changes)
    except TransitionError:
        raise ConflictError(_already(session, alert)) from None
    changed = [alert]
    under = select(Alert).where(Alert.under == alert.id, Alert.state.in_(UNRESOLVED)).order_by(Alert.id)
    if event in CARRIED:  # the matter is one: what is said of it holds for all of it
        for one in session.scalars(under.with_for_update()).all():
            if event in ALERTS.events(one.state):
                ALERTS.move(session, one, event, actor=by.name, now=now, reason=reason, changes=changes)
                changed.append(one)
    for one in changed:
        audit.record(
            session, actor=by.name, action=f"alert.{event}", subject=f"alert:{one.id}", now=now, kind=one.kind
        )


def _already(session: Session, alert: Alert) -> str:
    """Say who was faster."""
    last = history(session, ALERTS.name, [alert.id])[-1]
    person = session.scalar(select(User.display_name).where(User.name == last.actor)) or last.actor
    return _("Somebody was faster: %(person)s has just changed this alert. Look at it again.", person=person)


def _insert(session: Session, model: type[Any]) -> Any:
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    return dialect.insert(model)
