"""Finding or saving many contacts at once, for imports: customers nobody knows yet go in together."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import chain

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.contacts import actions, phones, queries
from core.contacts.models import Contact, Phone
from core.db import settings_of


@dataclass(frozen=True, slots=True)
class Person:
    """Who a row of a file names."""

    name: str = ""
    phones: tuple[str, ...] = ()
    email: str = ""
    address: str = ""
    household: str = ""
    language: str = "zh_Hans"


def find_or_save_many(session: Session, people: Sequence[Person], *, source: str, now: datetime) -> list[int]:
    """Return the contacts of some people, in their order; each as ``find_or_save`` would."""
    traits = [_traits(session, person) for person in people]
    common = Counter(chain.from_iterable(traits))
    known = _known(session, common)
    fresh = {
        n: actions.build(session, **asdict(person), source=source, now=now)
        for n, person in enumerate(people)
        if not any(trait in known or common[trait] > 1 for trait in traits[n])
    }
    session.add_all(fresh.values())
    session.flush()
    return [
        fresh[n].id
        if n in fresh
        else actions.find_or_save(session, **asdict(person), source=source, now=now).id
        for n, person in enumerate(people)
    ]


def _traits(session: Session, person: Person) -> set[bytes]:
    """Return what a person can be recognised by: blind indexes of the numbers and the household."""
    country = settings_of(session).country
    lines = (phones.normalise(text, country).line for text in person.phones if text.strip())
    found = {queries.phone_index(session, line) for line in lines}
    household = queries.household_index(session, person.household)
    return found if household is None else found | {household}


def _known(session: Session, traits: Iterable[bytes]) -> set[bytes]:
    wanted = list(traits)
    numbers = session.scalars(select(Phone.number_index).where(Phone.number_index.in_(wanted)))
    households = session.scalars(select(Contact.household_index).where(Contact.household_index.in_(wanted)))
    return {*numbers, *(index for index in households if index)}
