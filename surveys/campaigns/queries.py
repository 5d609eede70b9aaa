"""Reading campaigns: the list, the rounds, who was asked and why others were not."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from core.contacts import queries as contacts
from core.contacts.models import Contact
from core.errors import NotFoundError
from core.i18n import _
from core.texts import mask_name
from surveys.campaigns.models import Campaign, Member, Recipient, Wave
from surveys.models import Invitation, Questionnaire

PAGE = 50


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """A campaign as the list shows it: its latest round."""

    campaign: Campaign
    title_of_questionnaire: dict[str, str]
    waves: int
    invited: int
    answered: int


@dataclass(frozen=True, slots=True)
class WaveRow:
    """One round with the number of people in each state."""

    wave: Wave
    states: dict[str, int]

    @property
    def people(self) -> int:
        return sum(self.states.values())


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person of a round, recognisable only to who knows them."""

    recipient: Recipient
    wave_number: int
    name: str
    channel: str


def get(session: Session, campaign_id: int, *, lock: bool = False) -> Campaign:
    """Return a campaign, or raise ``NotFoundError``."""
    campaign = session.get(Campaign, campaign_id, with_for_update=lock or None, populate_existing=lock)
    if campaign is None:
        raise NotFoundError(_("There is no such campaign; the list shows all of them."))
    return campaign


def campaigns(session: Session) -> list[CampaignRow]:
    """Return all campaigns, the newest first, with the figures of their latest round."""
    titles = {row.id: row.title for row in session.scalars(select(Questionnaire))}
    latest = select(func.max(Wave.id)).group_by(Wave.campaign_id)
    counted = (
        select(Wave.campaign_id, Wave.number, _n(Recipient.invitation_id.is_not(None)), _n(_is_answered()))
        .join(Recipient, Recipient.wave_id == Wave.id, isouter=True)
        .where(Wave.id.in_(latest))
        .group_by(Wave.campaign_id, Wave.number)
    )
    figures = {row[0]: row[1:] for row in session.execute(counted)}
    return [
        CampaignRow(row, titles[row.questionnaire_id], *figures.get(row.id, (0, 0, 0)))
        for row in session.scalars(select(Campaign).order_by(Campaign.id.desc()))
    ]


def waves(session: Session, campaign_id: int) -> list[WaveRow]:
    """Return the rounds of a campaign, the newest first."""
    found = session.scalars(select(Wave).where(Wave.campaign_id == campaign_id).order_by(Wave.number.desc()))
    return [WaveRow(wave, _states(session, Recipient.wave_id == wave.id)) for wave in found]


def in_state(session: Session, wave_id: int, state: str) -> int:
    """Count the people of a round who are in one state."""
    return _states(session, Recipient.wave_id == wave_id).get(state, 0)


def reasons(session: Session, wave_ids: Sequence[int]) -> list[tuple[str, str, int]]:
    """Return (state, reason, how many) for those who were not asked or not asked to the end."""
    wanted = (
        select(Recipient.state, Recipient.reason, func.count())
        .where(Recipient.wave_id.in_(wave_ids), Recipient.reason != "")
        .group_by(Recipient.state, Recipient.reason)
        .order_by(func.count().desc(), Recipient.state, Recipient.reason)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(wanted)]


def people(
    session: Session, campaign_id: int, *, wave: int = 0, state: str = "", reason: str = "", page: int = 1
) -> tuple[list[PersonRow], int]:
    """Return one page of the people of a campaign, and how many there are in all."""
    wanted = (
        select(Recipient, Wave.number, Invitation.channel, Contact)
        .join(Wave, Wave.id == Recipient.wave_id)
        .join(Invitation, Invitation.id == Recipient.invitation_id, isouter=True)
        .join(Contact, Contact.id == Recipient.contact_id, isouter=True)
        .where(Wave.campaign_id == campaign_id)
    )
    wanted = wanted.where(Wave.number == wave) if wave else wanted
    wanted = wanted.where(Recipient.state == state) if state else wanted
    wanted = wanted.where(Recipient.reason == reason) if reason else wanted
    total = session.scalar(select(func.count()).select_from(wanted.order_by(None).subquery())) or 0
    shown = wanted.order_by(Recipient.id).limit(PAGE).offset(PAGE * (page - 1))
    return [_person(session, *row) for row in session.execute(shown)], total


def members(session: Session, campaign_id: int) -> int:
    """Count the people of a campaign's own list."""
    wanted = select(func.count()).select_from(Member).where(Member.campaign_id == campaign_id)
    return session.scalar(wanted) or 0


def sources(session: Session) -> list[str]:
    """Return where contacts come from."""
    wanted = select(Contact.source).where(Contact.source != "").distinct().order_by(Contact.source)
    return list(session.scalars(wanted))


def questionnaires(session: Session) -> list[Questionnaire]:
    """Return what a campaign may ask with."""
    published = Questionnaire.current_version_id.is_not(None)
    return list(session.scalars(select(Questionnaire).where(published).order_by(Questionnaire.id)))


def _person(
    session: Session, recipient: Recipient, number: int, channel: str | None, contact: Contact | None
) -> PersonRow:
    name = contacts.opened(session, contact, "name") if contact else ""
    return PersonRow(recipient, number, mask_name(name), channel or "")


def _states(session: Session, condition: ColumnElement[bool]) -> dict[str, int]:
    wanted = select(Recipient.state, func.count()).where(condition).group_by(Recipient.state)
    return {row[0]: row[1] for row in session.execute(wanted)}


def _is_answered() -> ColumnElement[bool]:
    return Recipient.state == "answered"


def _n(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
