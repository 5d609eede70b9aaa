"""Who can make which call: department, skill and language of the agents, and whose own case it is."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, and_, not_, or_, select
from sqlalchemy.orm import Session

from core.auth.models import Skill, User
from core.auth.roles import DESK
from followup.models import Callback


@dataclass(slots=True)
class Able:
    """What one person at the desk can do."""

    names: tuple[str, ...] = ()
    department: str = ""
    skills: set[str] = field(default_factory=set)
    languages: set[str] = field(default_factory=set)


def for_agent(session: Session, agent_id: int, now: datetime) -> ColumnElement[bool]:
    """Select the calls that this agent may make: never an own case, by account or by name.

    A call that asks for a department, a skill or a language waits for those who have it: until its limit
    has passed, and only where somebody has it. Where the days off that would make its limit are not known,
    it is everybody's.
    """
    desk = _desk(session, agent_id)
    me = desk[agent_id]
    own = or_(Callback.handler_id.is_(None), Callback.handler_id != agent_id)
    not_mine = and_(own, Callback.handler_name.not_in(me.names)) if me.names else own
    waits_for_others = _waits_for_others(me, list(desk.values()))
    if waits_for_others is None:
        return not_mine
    is_late = or_(Callback.deadline <= now, Callback.deadline.is_(None))
    return and_(not_mine, or_(not_(waits_for_others), is_late))


def _waits_for_others(me: Able, desk: Sequence[Able]) -> ColumnElement[bool] | None:
    """Select the calls that others at the desk can make and this one cannot."""
    departments = sorted({each.department for each in desk} - {""})
    skills = sorted({skill for each in desk for skill in each.skills})
    languages = sorted({language for each in desk for language in each.languages})
    conditions = [
        column.in_(set(served) - mine)
        for column, served, mine in (
            (Callback.department, departments, {me.department}),
            (Callback.skill, skills, me.skills),
            (Callback.language, languages, me.languages),
        )
        if set(served) - mine
    ]
    if not conditions:
        return None
    cannot = [_lacks(each, departments, skills, languages) for each in _groups(desk)]
    if not all(cannot):  # somebody has everything
        return or_(*conditions)
    return and_(or_(*conditions), or_(*(not_(or_(*lacks)) for lacks in cannot)))


def _groups(desk: Sequence[Able]) -> list[tuple[set[str], frozenset[str], frozenset[str]]]:
    """Return who at the desk has the same skills and languages, and in which departments they are."""
    groups: dict[tuple[frozenset[str], frozenset[str]], set[str]] = {}
    for each in desk:
        groups.setdefault((frozenset(each.skills), frozenset(each.languages)), set()).add(each.department)
    return [(departments, skills, languages) for (skills, languages), departments in groups.items()]


def _lacks(
    group: tuple[set[str], frozenset[str], frozenset[str]], *known: Sequence[str]
) -> list[ColumnElement[bool]]:
    """Select what a group cannot make; what nobody at all has asks for nobody in particular."""
    columns = (Callback.department, Callback.skill, Callback.language)
    missing = [(column, {*values} - has) for column, values, has in zip(columns, known, group, strict=True)]
    return [column.in_(sorted(values)) for column, values in missing if values]


def _desk(session: Session, agent_id: int) -> dict[int, Able]:
    """Return everybody who makes calls and has not left, and who asks."""
    wanted = select(User.id, User.name, User.display_name, User.department, Skill.kind, Skill.value)
    wanted = wanted.outerjoin(Skill, Skill.user_id == User.id)
    wanted = wanted.where(or_(at_the_desk(), User.id == agent_id))
    found: dict[int, Able] = {agent_id: Able()}
    for row in session.execute(wanted):
        able = found.setdefault(row.id, Able())
        able.names, able.department = tuple({row.name, row.display_name} - {""}), row.department
        if row.kind is not None:
            (able.languages if row.kind == "language" else able.skills).add(row.value)
    return found


def at_the_desk() -> ColumnElement[bool]:
    """Select who makes calls and has not left."""
    return and_(User.active, User.role.in_(DESK))


def account_of(session: Session, handler: str) -> tuple[int | None, str]:
    """Return who at the desk a handler's name means, and how the account spells it.

    Spaces, width and case make no difference; who takes another name afterwards stays the handler.
    """
    told = _bare(handler)
    people = session.execute(
        select(User.id, User.name, User.display_name).where(at_the_desk()).order_by(User.id)
    )
    found = ((row.id, name) for row in people for name in (row.display_name, row.name) if _bare(name) == told)
    return next(found, (None, handler))


def _bare(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def names_of(session: Session, agent_id: int) -> tuple[str, ...]:
    """Return the names by which a case may say that this person handled it."""
    user = session.get(User, agent_id)
    return tuple({user.name, user.display_name} - {""}) if user else ()
