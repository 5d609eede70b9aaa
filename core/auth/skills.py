"""What somebody can do at the phone, beside what everybody can: languages, and kinds of calls."""

import re
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core import audit
from core.auth.models import Skill, User
from core.errors import InputError
from core.i18n import DEFAULT, LANGUAGES, _
from core.texts import clean_text

MOST = 20
LONGEST = 40
OFFERED = {
    code: name for code, name in LANGUAGES.items() if code != DEFAULT
}  # the usual one everybody speaks


def skills_of(session: Session, user: User) -> dict[str, list[str]]:
    """Return what is written down about somebody, by kind: ``language`` and ``skill``."""
    found: dict[str, list[str]] = {"language": [], "skill": []}
    wanted = select(Skill).where(Skill.user_id == user.id).order_by(Skill.kind, Skill.value)
    for row in session.scalars(wanted):
        found[row.kind].append(row.value)
    return found


def known_skills(session: Session) -> list[str]:
    """Return every skill that somebody has."""
    wanted = select(Skill.value).where(Skill.kind == "skill").distinct()
    return list(session.scalars(wanted.order_by(Skill.value)))


def change_skills(
    session: Session, user: User, *, languages: Iterable[str], skills: str, actor: str, now: datetime
) -> None:
    """Write down what somebody can do; ``skills`` are names between commas."""
    names = _names(skills)
    spoken = sorted(set(languages) & set(OFFERED))
    session.execute(delete(Skill).where(Skill.user_id == user.id))
    session.add_all(Skill(user_id=user.id, kind="language", value=code) for code in spoken)
    session.add_all(Skill(user_id=user.id, kind="skill", value=name) for name in names)
    audit.record(
        session, actor=actor, action="user.skills", subject=f"user:{user.name}", now=now, languages=spoken,
        skills=names,
    )  # fmt: skip


def _names(text: str) -> list[str]:
    cleaned = (clean_text(part, 200) for part in re.split(r"[,，、;；\n]", text))
    names = list(dict.fromkeys(name for name in cleaned if name))
    if len(names) > MOST:
        raise InputError(_("Write down at most %(most)s skills.", most=MOST))
    for name in names:
        if len(name) > LONGEST:
            raise InputError(
                _(
                    "“%(name)s” is too long: a skill has at most %(most)s characters.",
                    name=f"{name[:12]}…", most=LONGEST,
                )
            )  # fmt: skip
    return names
