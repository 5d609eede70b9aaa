"""Reading rules in their order."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.auth.models import Skill, User
from core.errors import NotFoundError
from core.i18n import _
from followup.cases.categories import SEPARATOR, paths
from followup.cases.queries import values_of
from followup.models import Rule, RuleVersion
from followup.rules.policy import Terms

_COLUMNS = {
    "categories": "category",
    "departments": "department",
    "service_types": "service_type",
    "districts": "district",
}


@dataclass(frozen=True, slots=True)
class RuleCard:
    """A rule with the wording that is in force."""

    id: int
    name: str
    active: bool
    position: int
    version_id: int
    version_number: int
    questionnaire_id: int
    terms: Terms


def rules(session: Session, *, active_only: bool = False) -> list[RuleCard]:
    """Return the rules, the first that fits first."""
    wanted = select(Rule, RuleVersion).join(RuleVersion, RuleVersion.id == Rule.current_version_id)
    if active_only:
        wanted = wanted.where(Rule.active)
    return [_card(*row) for row in session.execute(wanted.order_by(Rule.position, Rule.id))]


def rule(session: Session, rule_id: int) -> RuleCard:
    """Return one rule, or raise ``NotFoundError``."""
    wanted = select(Rule, RuleVersion).join(RuleVersion, RuleVersion.id == Rule.current_version_id)
    row = session.execute(wanted.where(Rule.id == rule_id)).first()
    if row is None:
        raise NotFoundError(_("There is no rule with this number; the list shows all of them."))
    return _card(row[0], row[1])


def terms_of(session: Session, rule_version_id: int) -> Terms:
    """Return the terms that a follow-up was planned with."""
    return Terms.from_json(session.get_one(RuleVersion, rule_version_id).terms)


def versions(session: Session, rule_id: int) -> list[RuleVersion]:
    """Return every wording of a rule, the newest first."""
    wanted = select(RuleVersion).where(RuleVersion.rule_id == rule_id)
    return list(session.scalars(wanted.order_by(RuleVersion.number.desc())))


def offers(session: Session) -> dict[str, list[str]]:
    """Return the names that exist, for the selects of a rule; ``agents`` are departments that call,
    ``skills`` what those who call can do.
    """
    calls = User.active & User.role.in_(("agent", "supervisor")) & (User.department != "")
    found = {name: values_of(session, column) for name, column in _COLUMNS.items()}
    used = (*paths(session), *found["categories"])
    found["categories"] = list(dict.fromkeys(node for path in used for node in _upwards(path)))
    found["agents"] = list(session.scalars(select(User.department).where(calls).distinct()))
    able = select(Skill.value).join(User, User.id == Skill.user_id).where(Skill.kind == "skill", User.active)
    found["skills"] = list(session.scalars(able.distinct().order_by(Skill.value)))
    return found


def _upwards(path: str) -> list[str]:
    """Return the nodes above a category and itself, from the top: 供暖, 供暖/温度不达标."""
    names = path.split(SEPARATOR)
    return [SEPARATOR.join(names[:depth]) for depth in range(1, len(names) + 1)]


def _card(row: Rule, version: RuleVersion) -> RuleCard:
    return RuleCard(
        id=row.id,
        name=row.name,
        active=row.active,
        position=row.position,
        version_id=version.id,
        version_number=version.number,
        questionnaire_id=version.questionnaire_id,
        terms=Terms.from_json(version.terms),
    )
