"""What lies on the desks when a visitor comes in: cases to assign, to finish today, late, and to look at."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.auth.models import User
from core.contacts.actions import save_contact
from followup.cases import actions as cases
from followup.demo.history import OF_DISTRICT
from followup.demo.texts import MATTERS
from followup.models import Case

# matter, name, district, street, registered so long ago, to be closed in
TO_ASSIGN = (
    (0, "王秀英", "城东区", "和平路12号", timedelta(minutes=50), timedelta(days=2)),
    (4, "周海燕", "高新区", "文化路31号", timedelta(minutes=20), timedelta(days=4)),
)
LATE = (3, "赵建国", "城西区", "柳河巷7号", timedelta(days=5), timedelta(hours=-20))
DUE_SOON = (1, "吴桂兰", "高新区", "春晖里45号", timedelta(hours=20), timedelta(hours=5))
TO_REVIEW = (9, "马志强", "城东区", "建设街60号", timedelta(days=2), timedelta(days=2))
Matter = tuple[int, str, str, str, timedelta, timedelta]


def leave_unfinished(session: Session, now: datetime) -> None:
    """Register cases of the last days and leave each at another step."""
    officer = session.scalars(select(User).where(User.name == "officer")).one()
    for matter in TO_ASSIGN:
        _register(session, matter, officer, now)
    for matter, handler in ((LATE, "马师傅"), (DUE_SOON, "高师傅")):
        case = _register(session, matter, officer, now)
        begun = case.registered_at + timedelta(minutes=15)
        cases.assign(session, case, handler_name=handler, actor=officer.name, now=begun)
        cases.accept(session, case, actor=officer.name, now=begun + timedelta(hours=1))
    _ask_for_closing(session, officer, now)


def _register(session: Session, matter: Matter, officer: User, now: datetime) -> Case:
    number, name, district, street, ago, due_in = matter
    kind, category, service_type, severity, title, _result = MATTERS[number]
    at = now - ago
    contact = save_contact(
        session, name=name, phones=[f"1388800{number:04d}"], address=district + street,
        household=f"{2_000_000 + number}", source="demo", now=at,
    )  # fmt: skip
    return cases.register(
        session, kind=kind, title=title, severity=severity, category=category, service_type=service_type,
        district=district, department=OF_DISTRICT[district], contact_id=contact.id, due_at=now + due_in,
        actor=officer.name, created_by=officer.id, now=at,
    )  # fmt: skip


def _ask_for_closing(session: Session, officer: User, now: datetime) -> None:
    """The officer handled one case alone: somebody else has to look at the closing."""
    case = _register(session, TO_REVIEW, officer, now)
    cases.assign(session, case, handler_id=officer.id, actor=officer.name, now=now - timedelta(hours=30))
    cases.close(
        session, case, result=MATTERS[TO_REVIEW[0]][5], close_reason="solved", actor=officer.name,
        actor_id=officer.id, now=now - timedelta(minutes=40),
    )  # fmt: skip
