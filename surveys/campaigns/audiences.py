"""Who is on the list of a campaign: contacts that fit, a list of its own, or what another floor registers."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import Session

from core.contacts.models import Contact, Phone
from surveys.campaigns.models import Campaign, Member
from surveys.campaigns.policy import CONTACTS, OWN_LIST, Terms, checked
from surveys.campaigns.sampling import Candidate
from surveys.models import DIMENSIONS, Stratum


@dataclass(frozen=True, slots=True)
class Option:
    """One thing a registered audience wants to know: a number of days, or names of which one has to fit."""

    name: str
    label: Any  # lazy text
    kind: str = "names"  # names | days
    choices: Callable[[], dict[str, str]] | None = None  # code -> word; None: free names


@dataclass(frozen=True, slots=True)
class Provider:
    """An audience that a higher floor knows, such as customers whose case was closed lately."""

    key: str
    label: Any  # lazy text
    options: tuple[Option, ...]
    # contact and dimensions, in the order of surveys.models.DIMENSIONS; only reads
    find: Callable[[Session, Mapping[str, Any], datetime], Iterable[tuple[int, tuple[str, ...]]]]


_providers: dict[str, Provider] = {}


def register(provider: Provider) -> None:
    """Offer one more audience."""
    _providers[provider.key] = provider


def providers() -> list[Provider]:
    """Return what other floors offer."""
    return list(_providers.values())


def kinds() -> list[str]:
    """Return the keys of all audiences."""
    return [CONTACTS, OWN_LIST, *_providers]


def terms_of(campaign: Campaign) -> Terms:
    """Return what a campaign says."""
    return Terms.from_json(campaign.terms)


def checked_terms(terms: Terms) -> Terms:
    """Return the terms, or raise ``InputError`` with the sentence that says what to mend."""
    return checked(terms, kinds())


def population(session: Session, campaign_id: int, terms: Terms, *, now: datetime) -> list[Candidate]:
    """Return everybody a campaign could ask, before sampling; each person once. Nothing is written."""
    listed = _listed(session, campaign_id, terms, now)
    shares = _shares(session)
    found = []
    for row in session.execute(_contacts(terms)):
        if listed is not None and row.id not in listed:
            continue
        known = listed[row.id] if listed is not None else ()
        own = {key for key in (row.household_index, row.email_index) if key}
        everything = frozenset(own | shares.get(row.id, set()))
        found.append(Candidate(row.id, row.uid, known, _group(terms.group_by, row, known), everything))
    return found


def has_mobile() -> ColumnElement[bool]:
    """The condition that a contact can get an SMS."""
    return exists().where(Phone.contact_id == Contact.id, Phone.kind == "mobile", Phone.dead.is_(False))


def _listed(
    session: Session, campaign_id: int, terms: Terms, now: datetime
) -> dict[int, tuple[str, ...]] | None:
    """Return contact -> dimensions of the list; None when every contact is on it."""
    if terms.audience == CONTACTS:
        return None
    if terms.audience == OWN_LIST:
        columns = [getattr(Stratum, name) for name in DIMENSIONS]
        wanted = select(Member.contact_id, *columns).join(Stratum, Stratum.id == Member.stratum_id)
        rows = session.execute(wanted.where(Member.campaign_id == campaign_id))
        return {row[0]: tuple(row[1:]) for row in rows}
    provider = _providers.get(terms.audience)
    return dict(provider.find(session, terms.options, now)) if provider else {}


def _contacts(terms: Terms) -> Select[*tuple[Any, ...]]:
    shares = (Contact.household_index, Contact.email_index)
    wanted = select(Contact.id, Contact.uid, *shares, Contact.language, Contact.source).order_by(Contact.id)
    if terms.source:
        wanted = wanted.where(Contact.source == terms.source)
    if terms.language:
        wanted = wanted.where(Contact.language == terms.language)
    if terms.household:
        has_one = Contact.household_index.is_not(None)
        wanted = wanted.where(has_one if terms.household == "yes" else ~has_one)
    conditions = {
        "mobile": has_mobile(),
        "email": Contact.email_index.is_not(None),
        "either": or_(has_mobile(), Contact.email_index.is_not(None)),
    }
    return wanted.where(conditions[terms.reach]) if terms.reach else wanted


def _shares(session: Session) -> dict[int, set[bytes]]:
    """Return the living numbers of each contact, by their blind index."""
    found: dict[int, set[bytes]] = {}
    for row in session.execute(select(Phone.contact_id, Phone.number_index).where(Phone.dead.is_(False))):
        found.setdefault(row.contact_id, set()).add(row.number_index)
    return found


def _group(group_by: str, row: Any, dimensions: tuple[str, ...]) -> str:
    if group_by in {"language", "source"}:
        return str(getattr(row, group_by))
    return dimensions[DIMENSIONS.index(group_by)] if dimensions else ""
