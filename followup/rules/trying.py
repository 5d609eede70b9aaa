"""Trying a rule: the closings of the last days are read once, and both wordings looked at side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.contacts import queries as contacts
from core.db import settings_of
from core.texts import mask_name
from followup.models import Case
from followup.rules import past, trial
from followup.rules.policy import Terms, checked
from followup.rules.queries import RuleCard, rules

DAYS = (30, 90)
PAGE = 20
SHOWN = ("all", "added", "gone")


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to see of a trial: "30:added:2" is page 2 of what the last 30 days would add."""

    days: int
    show: str = "all"
    page: int = 1


def wish(text: str) -> Wish | None:
    """Read a wish from an address or a button; anything else is none."""
    days, show, page = (*text.split(":"), "", "")[:3] if text.count(":") < 3 else ("", "", "")
    if not days.isdecimal() or not days.isascii() or int(days[:4]) not in DAYS:
        return None
    number = int(page[:6]) if page.isascii() and page.isdecimal() else 1
    return Wish(int(days), show if show in SHOWN else "all", number)


@dataclass(frozen=True, slots=True)
class Trial:
    """What a wording would have asked in the last days, and how that differs from the saved one."""

    days: int
    closings: int
    outcome: trial.Outcome
    saved: trial.Outcome | None  # where the rule stands already with other words
    odds: trial.Odds
    names: dict[int, str]  # of the rules that come before

    @property
    def added(self) -> list[tuple[int, int]]:
        """Return the closings that only the new wording asks about."""
        return [each for each in self.outcome.asked if self.saved and each not in self.saved.asked]

    @property
    def gone(self) -> list[tuple[int, int]]:
        """Return the closings that only the saved wording asks about."""
        return [each for each in self.saved.asked if each not in self.outcome.asked] if self.saved else []


@dataclass(frozen=True, slots=True)
class Line:
    """One case of the list; nobody's name in full."""

    number: str
    kind: str
    category: str
    department: str
    customer: str
    closed_on: date | None
    way: str


def tried(session: Session, card: RuleCard | None, terms: Terms, *, days: int, now: datetime) -> Trial:
    """Try these terms, as a new rule behind the others or in the place of a saved one; nothing is written."""
    active = rules(session, active_only=True)
    since, due = now - timedelta(days=days), past.due_by_calendar(session)
    wordings = [checked(terms)] + ([card.terms] if card and card.terms != terms else [])
    longest = max(each.cap_days for each in (*wordings, *(rule.terms for rule in active)))
    asked = past.asked_before(session, since, longest) if longest else {}
    worlds = [
        trial.World(_played(active, card, wording), card.id if card else 0, due, dict(asked))
        for wording in wordings
    ]
    n = trial.run(past.closings(session, since, now), worlds)
    return Trial(
        days=days,
        closings=n,
        outcome=worlds[0].outcome,
        saved=worlds[1].outcome if len(worlds) > 1 else None,
        odds=past.odds(session, now),
        names={rule.id: rule.name for rule in active},
    )


def _played(active: Sequence[RuleCard], card: RuleCard | None, terms: Terms) -> list[trial.Played]:
    """Return the rules in their order, the tried one among them as if it were on."""
    if card is None:
        return [*((rule.id, rule.terms) for rule in active), (0, terms)]
    others = [(rule.position, rule.id, rule.terms) for rule in active if rule.id != card.id]
    ordered = sorted([*others, (card.position, card.id, terms)], key=lambda each: each[:2])
    return [(rule_id, said) for _position, rule_id, said in ordered]


def lines(session: Session, found: Trial, show: str, page: int) -> tuple[list[Line], int]:
    """Return one page of the cases, the latest first, and how many pages there are."""
    wanted = {"added": found.added, "gone": found.gone}.get(show, list(found.outcome.asked))
    pages = max(1, -(-len(wanted) // PAGE))
    start = (min(max(page, 1), pages) - 1) * PAGE
    chosen = wanted[::-1][start : start + PAGE]
    cases = {
        case.id: case for case in session.scalars(select(Case).where(Case.id.in_({c for c, _no in chosen})))
    }
    ways = (found.saved.asked if found.saved else {}) | found.outcome.asked
    return [_line(session, cases[each[0]], ways[each]) for each in chosen if each[0] in cases], pages


def _line(session: Session, case: Case, way: str) -> Line:
    zone = settings_of(session).zone
    return Line(
        number=case.number,
        kind=case.kind,
        category=case.category,
        department=case.department,
        customer=mask_name(contacts.card(session, case.contact_id).name) if case.contact_id else "",
        closed_on=case.closed_at.astimezone(zone).date() if case.closed_at else None,
        way=way,
    )
