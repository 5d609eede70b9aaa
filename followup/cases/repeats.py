"""The same trouble again: a case of the same household about the same category within some days.

Two contacts are the same customer when their household numbers agree; where one of them has none, when they
share a telephone number. A praise repeats nothing. The program links a repeat to the case before it, so that
repeats can be counted later whatever the setting is then.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, delete, exists, func, insert, literal, select, union
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.contacts import phones as telephone
from core.contacts import queries as contacts
from core.contacts.models import Contact, Phone
from core.db import settings_of
from core.errors import InputError
from core.installation import wait_for_turns
from core.texts import clean_text
from core.transitions import Transition
from followup.cases.categories import are_in_line
from followup.cases.lifecycle import CASES, ENDED
from followup.cases.models import CaseLink
from followup.models import Case

NEVER = ("praise",)
MOST = 50  # earlier cases a customer that are looked at, on the average of those asked about
SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Customer:
    """What tells a customer: keyed hashes of the household number and of the telephone numbers."""

    household: bytes | None = None
    phones: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class Matter:
    """A case, or what is about to become one."""

    kind: str
    category: str
    at: datetime
    customer: Customer
    id: int = 0
    number: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class RepeatFigures:
    """How many cases there were, and how many of them repeated an earlier one."""

    cases: int
    repeats: int


def is_same(one: Customer, other: Customer) -> bool:
    """Tell whether two contacts are one household; without a number of it, one telephone."""
    if one.household is not None and other.household is not None:
        return one.household == other.household
    return not one.phones.isdisjoint(other.phones)


def repeats(later: Matter, earlier: Matter, days: int) -> bool:
    """Tell whether one matter is an earlier one again; exactly ``days`` days still count."""
    return (
        later.kind not in NEVER
        and earlier.kind not in NEVER
        and earlier.state not in ENDED
        and (earlier.at, earlier.id) < (later.at, later.id or float("inf"))
        and later.at - earlier.at <= timedelta(days=days)
        and are_in_line(later.category, earlier.category)
        and is_same(later.customer, earlier.customer)
    )


def typed(session: Session, *, household: str, phones: Iterable[str]) -> Customer:
    """Return the customer of a form that is being filled in; what is no number tells nothing."""
    country, hashed = settings_of(session).country, set()
    for text in phones:
        try:
            hashed.add(contacts.phone_index(session, telephone.normalise(text, country).line))
        except InputError:
            continue
    return Customer(contacts.household_index(session, clean_text(household, 40)), frozenset(hashed))


def earlier_than(session: Session, matter: Matter) -> list[Matter]:
    """Return the matters that this one repeats, the latest first."""
    return _earlier(session, [matter])[0]


def matter_of(session: Session, case: Case) -> Matter:
    """Return a case as a matter."""
    known = _customers(session, [case.contact_id] if case.contact_id else [])
    return _matter(case, known.get(case.contact_id or 0, Customer()))


def settle(session: Session, cases: Sequence[Case], *, now: datetime) -> int:
    """Link each case to the one that it repeats, and later ones to them; return how many were linked.

    A few statements for all. Later ones count too, because many files list the newest case first.
    """
    session.flush()
    known = _customers(session, {case.contact_id for case in cases if case.contact_id})
    matters = [_matter(case, known.get(case.contact_id or 0, Customer())) for case in cases]
    wait_for_turns(session, _turns(matters))
    matters += _later(session, matters, now)
    wanted = {
        matter.id: found[0]
        for matter, found in zip(matters, _earlier(session, matters), strict=True)
        if found and matter.state not in ENDED
    }
    linked = _keep_right(session, [matter.id for matter in matters], wanted, now)
    pairs = [(id_, earlier.id) for id_, earlier in wanted.items() if (id_, earlier.id) not in linked]
    if pairs:
        _write(session, pairs, now)
    return len(pairs)


def counted(session: Session, kind: str, since: datetime, until: datetime) -> RepeatFigures:
    """Count the cases of a kind that were registered in a period, and the repeats among them."""
    return counted_by(session, kind, since, until, literal("")).get("", RepeatFigures(0, 0))


def counted_by(
    session: Session, kind: str, since: datetime, until: datetime, key: ColumnElement[Any]
) -> dict[Any, RepeatFigures]:
    """Count the same for each group."""
    again = exists().where(CaseLink.case_id == Case.id, CaseLink.kind == "repeat")
    wanted = select(key.label("key"), func.count(), func.sum(case((again, 1), else_=0))).where(
        Case.kind == kind, Case.registered_at >= since, Case.registered_at < until, Case.state.not_in(ENDED)
    )
    rows = session.execute(wanted.select_from(Case).group_by("key"))
    return {group: RepeatFigures(int(cases), int(repeated)) for group, cases, repeated in rows}


def _earlier(session: Session, matters: Sequence[Matter]) -> list[list[Matter]]:
    """Return for each matter what it repeats, the latest first."""
    days = settings_of(session).repeat_days
    asked = [m for m in matters if m.category and m.kind not in NEVER and _marks(m.customer)]
    if not days or not asked:
        return [[] for _matter in matters]
    since = min(matter.at for matter in asked) - timedelta(days=days)
    until = max(matter.at for matter in asked)
    known: dict[bytes, list[Matter]] = defaultdict(list)
    for other in _matters_of(session, [matter.customer for matter in asked], since, until):
        for mark in _marks(other.customer):
            known[mark].append(other)
    return [_repeated(matter, known, days) for matter in matters]


def _later(session: Session, matters: Sequence[Matter], now: datetime) -> list[Matter]:
    """Return the later cases of the same customers that may be these again."""
    days = settings_of(session).repeat_days
    asked = [matter for matter in matters if _marks(matter.customer) and matter.at < now]
    if not days or not asked:
        return []
    since, until = min(matter.at for matter in asked), max(matter.at for matter in asked)
    given = {matter.id for matter in matters}
    customers = [matter.customer for matter in asked]
    found = _matters_of(session, customers, since, until + timedelta(days=days))
    return [matter for matter in found if matter.id not in given]


def _repeated(matter: Matter, known: dict[bytes, list[Matter]], days: int) -> list[Matter]:
    met = {other.id: other for mark in _marks(matter.customer) for other in known.get(mark, ())}
    found = [other for other in met.values() if other.id != matter.id and repeats(matter, other, days)]
    return sorted(found, key=lambda other: (other.at, other.id), reverse=True)


def _turns(matters: Iterable[Matter]) -> set[str]:
    """Return what to wait for: of two cases of one household at once, the second has to see the first.

    A few hundred turns for all households, so that a long import does not hold a lock for each.
    """
    asked = [m.customer for m in matters if m.category and m.kind not in NEVER]
    return {f"repeats:{mark[0]}" for customer in asked for mark in _marks(customer)}


def _marks(customer: Customer) -> list[bytes]:
    return [*customer.phones, *([customer.household] if customer.household is not None else [])]


def _matters_of(
    session: Session, customers: Sequence[Customer], since: datetime, until: datetime
) -> list[Matter]:
    """Return the cases of a time of everybody who shares a mark with one of some customers, the latest first.

    A number that half a town gives, such as a switchboard's, does not make this long: there is a most.
    """
    households = {c.household for c in customers if c.household is not None}
    numbers = {number for customer in customers for number in customer.phones}
    kin = union(
        select(Contact.id).where(Contact.household_index.in_(households)),
        select(Phone.contact_id).where(Phone.number_index.in_(numbers)),
    )
    rows = session.execute(
        select(
            Case.id, Case.number, Case.kind, Case.category, Case.state, Case.registered_at, Case.contact_id
        )
        .where(Case.contact_id.in_(kin), Case.category != "", Case.registered_at.between(since, until))
        .order_by(Case.registered_at.desc(), Case.id.desc())
        .limit(MOST * len(customers))
    ).all()
    known = _customers(session, {row.contact_id for row in rows})
    return [
        Matter(
            row.kind, row.category, row.registered_at, known[row.contact_id], row.id, row.number, row.state
        )
        for row in rows
    ]


def _customers(session: Session, contact_ids: Collection[int]) -> dict[int, Customer]:
    """Return what tells some contacts."""
    if not contact_ids:
        return {}
    numbers: dict[int, set[bytes]] = defaultdict(set)
    wanted = select(Phone.contact_id, Phone.number_index).where(Phone.contact_id.in_(contact_ids))
    for contact_id, number in session.execute(wanted):
        numbers[contact_id].add(number)
    rows = session.execute(select(Contact.id, Contact.household_index).where(Contact.id.in_(contact_ids)))
    return {row.id: Customer(row.household_index, frozenset(numbers[row.id])) for row in rows}


def _matter(case: Case, customer: Customer) -> Matter:
    return Matter(case.kind, case.category, case.registered_at, customer, case.id, case.number, case.state)


def _keep_right(
    session: Session, case_ids: list[int], wanted: dict[int, Matter], now: datetime
) -> set[tuple[int, int]]:
    """Take away the program's own links that hold no more; return the pairs that are linked."""
    pairs, wrong = set(), []
    for row in session.scalars(select(CaseLink).where(CaseLink.case_id.in_(case_ids))).all():
        right = wanted.get(row.case_id)
        if row.kind == "repeat" and row.actor == SYSTEM and (right is None or right.id != row.other_id):
            wrong.append(row.id)
        else:
            pairs.add((row.case_id, row.other_id))
    if wrong:  # in a statement of its own: somebody else may have taken the same link away just now
        gone = delete(CaseLink).where(CaseLink.id.in_(wrong)).returning(CaseLink.case_id, CaseLink.other_id)
        _tell(session, "unlink", [(row.case_id, row.other_id) for row in session.execute(gone)], now)
    return pairs


def _write(session: Session, pairs: list[tuple[int, int]], now: datetime) -> None:
    """Link cases to those that they repeat."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(
        dialect.insert(CaseLink).on_conflict_do_nothing(),  # a person may have linked the two just now
        [
            {"case_id": later, "other_id": earlier, "kind": "repeat", "actor": SYSTEM, "at": now}
            for later, earlier in pairs
        ],
    )
    _tell(session, "link", pairs, now)


def _tell(session: Session, event: str, pairs: list[tuple[int, int]], now: datetime) -> None:
    """Write into both timelines that links came or went."""
    wanted = select(Case.id, Case.number, Case.state).where(
        Case.id.in_({id_ for pair in pairs for id_ in pair})
    )
    known = {row.id: row for row in session.execute(wanted)}
    notes = [
        {
            "machine": CASES.name, "subject_id": here, "event": event, "old": known[here].state,
            "new": known[here].state, "reason": f"repeat {known[there].number}", "actor": SYSTEM, "at": now,
        }
        for pair in pairs
        for here, there in (pair, pair[::-1])
    ]  # fmt: skip
    if notes:
        session.execute(insert(Transition), notes)
