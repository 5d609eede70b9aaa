"""How much came back on paper, and how often two people read the same."""

from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.auth.models import User
from surveys.models import Version
from surveys.paper.models import PaperEntry, PaperRun

CHECKED = ("agreed", "differs", "settled")


@dataclass(slots=True)
class Agreement:
    """Of so many questions that two people looked at, so many were read the same."""

    looked_at: int = 0
    differing: int = 0

    @property
    def same(self) -> int:
        return self.looked_at - self.differing

    @property
    def percent(self) -> float | None:
        return None if not self.looked_at else 100 * self.same / self.looked_at


@dataclass(slots=True)
class Person:
    """What one person typed first, and how it stood the second look."""

    name: str
    entered: int = 0
    checked: int = 0
    agreement: Agreement = field(default_factory=Agreement)
    decided_against: int = 0


@dataclass(slots=True)
class Figures:
    """The figures of one questionnaire."""

    printed: int = 0
    elsewhere: int = 0
    states: Counter[str] = field(default_factory=Counter)
    whole: Agreement = field(default_factory=Agreement)
    items: dict[str, Agreement] = field(default_factory=dict)
    people: list[Person] = field(default_factory=list)

    @property
    def entered(self) -> int:
        return self.states.total()

    @property
    def checked(self) -> int:
        return sum(self.states[state] for state in CHECKED)


def figures(session: Session, questionnaire_id: int) -> Figures:
    """Return what was printed, typed in and read twice of one questionnaire."""
    found = Figures()
    printed = session.execute(
        select(PaperRun.elsewhere, func.sum(PaperRun.sheets))
        .join(Version, Version.id == PaperRun.version_id)
        .where(Version.questionnaire_id == questionnaire_id)
        .group_by(PaperRun.elsewhere)
    )
    for elsewhere, sheets in printed:
        if elsewhere:
            found.elsewhere = sheets
        else:
            found.printed = sheets
    _count_people(session, questionnaire_id, found)
    return found


def _count_people(session: Session, questionnaire_id: int, found: Figures) -> None:
    rows = session.execute(
        select(
            PaperEntry.state,
            PaperEntry.compared,
            PaperEntry.differing,
            PaperEntry.decisions,
            User.display_name,
        )
        .join(User, User.id == PaperEntry.entered_by)
        .where(PaperEntry.questionnaire_id == questionnaire_id)
        .execution_options(yield_per=1000)
    )
    people: dict[str, Person] = {}
    for row in rows:
        person = people.setdefault(row.display_name, Person(row.display_name))
        person.entered += 1
        found.states[row.state] += 1
        if row.state not in CHECKED:
            continue
        person.checked += 1
        person.decided_against += sum(choice != "first" for choice in row.decisions.values())
        for key in row.compared:
            item = found.items.setdefault(key, Agreement())
            for each in (item, found.whole, person.agreement):
                each.looked_at += 1
                each.differing += key in row.differing
    found.people = [people[name] for name in sorted(people)]
