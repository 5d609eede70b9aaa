"""What to say beside a rule in the list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.auth.models import Skill, User
from core.auth.roles import DESK
from core.i18n import _
from followup.rules.overlaps import shadows
from followup.rules.queries import RuleCard
from surveys.models import Questionnaire
from surveys.queries import load_version


@dataclass(frozen=True, slots=True)
class Around:
    """What the cautions look at beside the rules, read once."""

    without_opening: frozenset[int]  # questionnaires that do not say how a call begins
    without_phone: frozenset[int]  # questionnaires of which nothing is asked on the phone
    callers: frozenset[str]  # departments with somebody who calls
    skills: frozenset[str]  # what somebody who calls can do


def around(session: Session, cards: Sequence[RuleCard]) -> Around:
    """Read the questionnaires of the rules, and which departments have agents."""
    versions = {}
    for questionnaire_id in {card.questionnaire_id for card in cards}:
        current = session.get_one(Questionnaire, questionnaire_id).current_version_id
        if current:
            versions[questionnaire_id] = load_version(session, current)
    calls = User.active & User.role.in_(DESK)
    callers = select(User.department).where(calls).distinct()
    skills = select(Skill.value).join(User, User.id == Skill.user_id).where(calls, Skill.kind == "skill")
    return Around(
        frozenset(key for key, version in versions.items() if not version.definition.opening),
        frozenset(
            key
            for key, version in versions.items()
            if not any(item.asked_in("phone") for item in version.definition.items)
        ),
        frozenset(session.scalars(callers)),
        frozenset(session.scalars(skills)),
    )


def cautions(card: RuleCard, cards: Sequence[RuleCard], seen: Around, today: date) -> list[str]:
    """Return what stands in the way of a rule, one sentence each."""
    terms, found = card.terms, []
    names = {each.id: each.name for each in cards}
    before = [(each.id, each.terms) for each in cards[: cards.index(card)] if each.active]
    takers = shadows(before, terms)
    if takers:
        said = _(", ").join(_("“%(name)s”", name=names[taker]) for taker in takers)
        found.append(_("Never wins: all its cases are taken before by %(rules)s.", rules=said))
    if terms.channel != "link":
        found += _about_calls(card, seen)
    if not terms.sampling_rate and not any(rate for _kind, rate in terms.kind_rates):
        found.append(_("Asks nobody: it samples nothing."))
    if terms.starts_on and terms.starts_on > today:
        found.append(_("Begins only on %(day)s.", day=terms.starts_on.isoformat()))
    return found


def _about_calls(card: RuleCard, seen: Around) -> list[str]:
    found = []
    if card.questionnaire_id in seen.without_phone:
        found.append(_("Calls, but its questionnaire asks nothing on the phone."))
    elif card.questionnaire_id in seen.without_opening:
        found.append(_("Calls, but its questionnaire has no words to open a call with."))
    if card.terms.agents and card.terms.agents not in seen.callers:
        found.append(
            _("Nobody who calls belongs to “%(name)s”: everybody is given these calls.",
              name=card.terms.agents)
        )  # fmt: skip
    if card.terms.skill and card.terms.skill not in seen.skills:
        found.append(
            _("Nobody who calls can “%(name)s”: everybody is given these calls.", name=card.terms.skill)
        )
    return found
