"""What can be chosen while a measure is planned: questions with a satisfied share, groups, departments."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.auth.models import User
from core.i18n import text_in
from followup.cases.queries import values_of
from followup.measures import queries
from followup.measures.words import value_label
from surveys.models import DIMENSIONS, Questionnaire, Stratum
from surveys.queries import load_version

Groups = dict[str, list[tuple[str, str]]]  # dimension -> (value, label)


@dataclass(frozen=True, slots=True)
class Offers:
    """What a form offers."""

    items: dict[str, list[tuple[str, str]]]  # title of a questionnaire -> ("key:item", label)
    groups: Groups
    owners: list[tuple[str, str]]
    departments: list[str]

    def item_label(self, questionnaire: str, item_key: str) -> str:
        """Return what a question is called; its key where the present version does not ask it."""
        wanted = f"{questionnaire}:{item_key}"
        labels = (label for one in self.items.values() for value, label in one if value == wanted)
        return next(labels, item_key)


def offers(session: Session, language: str) -> Offers:
    """Read everything that can be chosen."""
    owners = [(str(user.id), user.display_name) for user in queries.owners(session)]
    return Offers(items(session, language), groups(session), owners, departments(session))


def items(session: Session, language: str) -> dict[str, list[tuple[str, str]]]:
    """Return the questions of the present versions that are answered on a scale."""
    wanted = select(Questionnaire).where(Questionnaire.current_version_id.is_not(None))
    found: dict[str, list[tuple[str, str]]] = {}
    for row in session.scalars(wanted.order_by(Questionnaire.key)):
        version = load_version(session, row.current_version_id or 0)
        scored = [
            (f"{row.key}:{item.item_key}", item.definition.said(language).name)
            for item in version.items
            if item.definition.scored()
        ]
        if scored:
            found[text_in(version.title, language)] = scored
    return found


def groups(session: Session) -> Groups:
    """Return for each dimension the values that answers have."""
    rows = session.execute(select(*(getattr(Stratum, name) for name in DIMENSIONS))).all()
    return {
        name: [(value, value_label(name, value)) for value in values]
        for place, name in enumerate(DIMENSIONS)
        if (values := sorted({row[place] for row in rows} - {""}))
    }


def departments(session: Session) -> list[str]:
    """Return the departments that are known, of cases, staff and measures."""
    staff = session.scalars(select(User.department).distinct())
    return sorted({*values_of(session, "department"), *queries.departments(session), *staff} - {""})
