"""Who can make which call: department, skill and language of the agents, and whose own case it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product

from sqlalchemy import ColumnElement, and_, not_, or_, select, tuple_
from sqlalchemy.orm import Session

from core.auth.models import Skill, User
from core.auth.roles import DESK
from followup.models import Callback

Asked = tuple[str, str, str]  # department, skill and language that a call asks for; "" asks for none


@dataclass(slots=True)
class Able:
    """What one person at the desk can do."""

    names: tuple[str, ...] = ()
    department: str = ""
    skills: set[str] = field(default_factory=set)
    languages: set[str] = field(default_factory=set)

    def serves(self, asked: Asked) -> bool:
        """Tell whether this person has everything that a call asks for."""
        department, skill, language = asked
        return (
            department in {"", self.department}
            and skill in {"", *self.skills}
            and language in {"", *self.languages}
        )


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
    nobodys = _nobodys(desk, product(["", *departments], ["", *skills], ["", *languages]))
    if not nobodys:
        return or_(*conditions)
    asked = tuple_(Callback.department, Callback.skill, Callback.language)
    return and_(or_(*conditions), asked.not_in(nobodys))


def _nobodys(desk: Sequence[Able], combinations: Iterable[Asked]) -> list[Asked]:
    """Return what is asked for together and nobody has together, though each for itself somebody has."""
    distinct = {(each.department, frozenset(each.skills), frozenset(each.languages)): each for each in desk}
    able = list(distinct.values())
    return [asked for asked in combinations if not any(each.serves(asked) for each in able)]


def _desk(session: Session, agent_id: int) -> dict[int, Able]:
    """Return everybody who makes calls and has not left, and who asks."""
    wanted = select(User.id, User.name, User.display_name, User.department, Skill.kind, Skill.value)
    wanted = wanted.outerjoin(Skill, Skill.user_id == User.id)
    wanted = wanted.where(or_(and_(User.active, User.role.in_(DESK)), User.id == agent_id))
    found: dict[int, Able] = {agent_id: Able()}
    for row in session.execute(wanted):
        able = found.setdefault(row.id, Able())
        able.names, able.department = tuple({row.name, row.display_name} - {""}), row.department
        if row.kind is not None:
            (able.languages if row.kind == "language" else able.skills).add(row.value)
    return found


def names_of(session: Session, agent_id: int) -> tuple[str, ...]:
    """Return the names by which a case may say that this person handled it."""
    user = session.get(User, agent_id)
    return tuple({user.name, user.display_name} - {""}) if user else ()
