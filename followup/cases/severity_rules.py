"""Writing the rules that suggest a severity: the first that fits wins."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import audit
from core.errors import InputError, NotFoundError
from core.i18n import _
from core.installation import wait_for_turn
from core.texts import clean_text
from followup.cases.models import SeverityRule
from followup.cases.policy import KINDS, SEVERITIES
from followup.cases.seeds import SEVERITY_RULES

WORDS, WORD_LIMIT = 40, 30


def rules(session: Session) -> list[SeverityRule]:
    """Return all rules in their order."""
    return list(session.scalars(select(SeverityRule).order_by(SeverityRule.position, SeverityRule.id)))


def get(session: Session, rule_id: int) -> SeverityRule:
    """Return a rule, or raise ``NotFoundError``."""
    row = session.get(SeverityRule, rule_id)
    if row is None:
        raise NotFoundError(_("There is no such rule; the list shows all of them."))
    return row


def save(
    session: Session,
    row: SeverityRule | None,
    *,
    kind: str,
    category: str,
    words: list[str],
    severity: str,
    actor: str,
    now: datetime,
) -> SeverityRule:
    """Change a rule, or add one behind the others."""
    if kind not in ("", *KINDS) or severity not in SEVERITIES:
        raise InputError(_("Choose a kind and a severity from the list."))
    cleaned = _checked(words)
    action = "severity_rule.change" if row else "severity_rule.add"
    if row is None:
        wait_for_turn(session, "severity rules")
        last = session.scalar(select(func.max(SeverityRule.position)))
        row = SeverityRule(position=(last or 0) + 1, active=True)
        session.add(row)
    row.kind, row.severity, row.words = kind, severity, cleaned
    row.category = clean_text(category, 60)
    session.flush()
    _record(session, row, action, actor=actor, now=now)
    return row


def switch(session: Session, row: SeverityRule, *, active: bool, actor: str, now: datetime) -> None:
    """Switch a rule on or off."""
    if row.active != active:
        row.active = active
        _record(session, row, "severity_rule.on" if active else "severity_rule.off", actor=actor, now=now)


def move(session: Session, row: SeverityRule, *, up: bool, actor: str, now: datetime) -> None:
    """Change places with the rule above or below."""
    wait_for_turn(session, "severity rules")
    ordered = rules(session)
    place = ordered.index(row)
    other = place + (-1 if up else 1)
    if 0 <= other < len(ordered):
        ordered[place], ordered[other] = ordered[other], ordered[place]
        for position, each in enumerate(ordered, start=1):
            each.position = position
        _record(session, row, "severity_rule.move", actor=actor, now=now)


def remove(session: Session, row: SeverityRule, *, actor: str, now: datetime) -> None:
    """Take out a rule; the audit trail keeps what it said."""
    _record(session, row, "severity_rule.remove", actor=actor, now=now)
    session.delete(row)
    session.flush()


def seed_severity_rules(session: Session) -> int:
    """Add the usual rules where there is none."""
    wait_for_turn(session, "severity rules")
    if session.scalar(select(SeverityRule.id).limit(1)) is not None:
        return 0
    for position, (severity, kind, category, words) in enumerate(SEVERITY_RULES, start=1):
        session.add(
            SeverityRule(
                position=position, kind=kind, category=category, words=list(words), severity=severity
            )
        )
    session.flush()
    return len(SEVERITY_RULES)


def _checked(words: list[str]) -> list[str]:
    cleaned = [" ".join(clean_text(word).split()) for word in words]
    cleaned = list(dict.fromkeys(word for word in cleaned if word))
    if len(cleaned) > WORDS:
        raise InputError(_("A rule looks for at most %(n)d words; make a second rule.", n=WORDS))
    for word in cleaned:
        if len(word) > WORD_LIMIT:
            raise InputError(_("“%(word)s…” is too long; separate words by commas or lines.", word=word[:12]))
    return cleaned


def _record(session: Session, row: SeverityRule, action: str, *, actor: str, now: datetime) -> None:
    audit.record(
        session, actor=actor, action=action, subject=f"severity_rule:{row.id}", now=now, kind=row.kind,
        category=row.category, words=row.words, severity=row.severity,
    )  # fmt: skip
