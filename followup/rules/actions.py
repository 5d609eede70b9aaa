"""Writing rules. A change makes a new version; what is planned keeps the version it was planned with."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import audit
from core.db import settings_of
from core.errors import InputError, NotFoundError
from core.i18n import _
from core.texts import clean_text
from followup.models import Rule, RuleVersion
from followup.rules.policy import Terms, checked
from followup.rules.presets import Preset
from surveys.models import Questionnaire

PRESETS = (
    ("投诉与报修回访", Terms(kinds=("complaint", "repair"), channel="link_then_phone")),
    ("其他工单抽样回访", Terms(channel="link", sampling_rate=30)),
)


def create(
    session: Session, *, name: str, terms: Terms, questionnaire_id: int, actor: str, now: datetime
) -> Rule:
    """Add a rule behind the others; it asks nobody until it is switched on."""
    last = session.scalar(select(func.max(Rule.position)))
    rule = Rule(name=_free_name(session, name, None), position=(last or 0) + 1)
    session.add(rule)
    session.flush()
    _write_version(session, rule, terms, questionnaire_id, actor=actor, now=now)
    _record(session, rule, "rule.create", actor=actor, now=now)
    return rule


def change(
    session: Session,
    rule_id: int,
    *,
    name: str,
    terms: Terms,
    questionnaire_id: int,
    actor: str,
    now: datetime,
) -> RuleVersion:
    """Say a rule anew; saving it unchanged makes no version."""
    rule = _get(session, rule_id)
    rule.name = _free_name(session, name, rule_id)
    current = session.get_one(RuleVersion, rule.current_version_id)
    if Terms.from_json(current.terms) == checked(terms) and current.questionnaire_id == questionnaire_id:
        return current
    version = _write_version(session, rule, terms, questionnaire_id, actor=actor, now=now)
    _record(session, rule, "rule.change", actor=actor, now=now, version=version.number)
    return version


def switch(session: Session, rule_id: int, *, active: bool, actor: str, now: datetime) -> Rule:
    """Switch a rule on or off. What is planned already goes its way."""
    rule = _get(session, rule_id)
    if rule.active != active:
        rule.active = active
        _record(session, rule, "rule.on" if active else "rule.off", actor=actor, now=now)
    return rule


def move(session: Session, rule_id: int, *, up: bool, actor: str, now: datetime) -> Rule:
    """Change places with the rule above or below; the first that fits wins."""
    ordered = list(session.scalars(select(Rule).order_by(Rule.position, Rule.id).with_for_update()))
    rule = _get(session, rule_id)
    place = ordered.index(rule)
    other = place + (-1 if up else 1)
    if 0 <= other < len(ordered):
        ordered[place], ordered[other] = ordered[other], ordered[place]
        for position, each in enumerate(ordered, start=1):
            each.position = position
        _record(session, rule, "rule.move", actor=actor, now=now, position=rule.position)
    return rule


def seed_rules(session: Session, *, actor: str, now: datetime, active: bool = False) -> list[Rule]:
    """Add the two usual rules where there is none: complaints and repairs by link, then by phone; others
    by link and by sample.
    """
    if session.scalar(select(func.count()).select_from(Rule)):
        return []
    questionnaire = session.scalar(select(Questionnaire).where(Questionnaire.key == "return_visit"))
    if questionnaire is None:
        raise NotFoundError("The rules need the questionnaire return_visit; publish it first.")
    settings = settings_of(session)
    added = [
        create(
            session,
            name=name,
            terms=replace(terms, answer_days=settings.answer_days, max_attempts=settings.max_attempts),
            questionnaire_id=questionnaire.id,
            actor=actor,
            now=now,
        )
        for name, terms in PRESETS
    ]
    if active:
        for rule in added:
            switch(session, rule.id, active=True, actor=actor, now=now)
    return added


def start_from(
    session: Session, preset: Preset, *, questionnaire_id: int, actor: str, now: datetime
) -> list[Rule]:
    """Add the rules of a preset, switched off; one whose name is taken stands already and is left alone."""
    taken = set(session.scalars(select(Rule.name)))
    return [
        create(
            session,
            name=str(each.name),
            terms=replace(each.terms, basis=f"{each.basis} ({each.source})"[:300]),
            questionnaire_id=questionnaire_id,
            actor=actor,
            now=now,
        )
        for each in preset.rules
        if str(each.name) not in taken
    ]


def _get(session: Session, rule_id: int) -> Rule:
    rule = session.get(Rule, rule_id)
    if rule is None:
        raise NotFoundError(_("There is no such rule; the list shows all of them."))
    return rule


def _free_name(session: Session, name: str, rule_id: int | None) -> str:
    cleaned = clean_text(name, 80)
    if not cleaned:
        raise InputError(_("Give the rule a name."))
    other = session.scalar(select(Rule.id).where(Rule.name == cleaned))
    if other is not None and other != rule_id:
        raise InputError(_("Another rule has this name; choose a different one."))
    return cleaned


def _write_version(
    session: Session, rule: Rule, terms: Terms, questionnaire_id: int, *, actor: str, now: datetime
) -> RuleVersion:
    if session.get_one(Questionnaire, questionnaire_id).anonymous:
        raise InputError(_("An anonymous questionnaire cannot be followed up; choose another one."))
    last = session.scalar(select(func.max(RuleVersion.number)).where(RuleVersion.rule_id == rule.id))
    version = RuleVersion(
        rule_id=rule.id,
        number=(last or 0) + 1,
        questionnaire_id=questionnaire_id,
        terms=checked(terms).to_json(),
        created_at=now,
        created_by=actor,
    )
    session.add(version)
    session.flush()
    rule.current_version_id = version.id
    session.flush()
    return version


def _record(
    session: Session, rule: Rule, action: str, *, actor: str, now: datetime, **detail: object
) -> None:
    audit.record(
        session, actor=actor, action=action, subject=f"rule:{rule.id}", now=now, name=rule.name, **detail
    )
