"""The words of an invitation and of a reminder, and their place in the outbox."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import product

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.calendar import load_calendar
from core.contacts.actions import note_contact
from core.contacts.routes import Route
from core.crypto import TOKEN_LENGTH
from core.db import settings_of
from core.i18n import said_day, text_in
from core.outbox import actions as outbox
from core.outbox.lengths import Length, measure
from core.outbox.messages import LANGUAGES, render
from core.outbox.models import Message
from core.settings import Settings
from surveys.campaigns.models import Recipient
from surveys.campaigns.policy import Terms
from surveys.campaigns.turns import Turn
from surveys.links import url_for_token
from surveys.models import Invitation
from surveys.queries import load_version

SUBJECT = "recipient"  # what the outbox calls the rows of a wave
HELD = datetime(9999, 1, 1, tzinfo=UTC)  # a message of a paused campaign is due when it goes on
INVITE, REMIND = "campaign", "campaign_reminder"  # purposes of a message
EXAMPLE_TOKEN = "2" * TOKEN_LENGTH
_LEDGER = {INVITE: "invitation", REMIND: "reminder"}  # what the ledger of a contact calls them


@dataclass(frozen=True, slots=True)
class Example:
    """A message as somebody would get it, with its length."""

    channel: str
    language: str
    purpose: str
    title: str
    body: str

    @property
    def length(self) -> Length:
        return measure(self.body)

    @property
    def too_long(self) -> bool:
        return self.channel == "sms" and self.length.parts > 1


def message_key(recipient: Recipient, invitation: Invitation, purpose: str) -> str:
    """Return the key by which the outbox knows a message: written twice, sent once.

    A link that takes the place of another is named in it.
    """
    if purpose == REMIND:
        return f"campaign:{recipient.id}:remind:{recipient.reminders + 1}"
    first = recipient.invitation_id in {None, invitation.id}
    return f"campaign:{recipient.id}:invite" + ("" if first else f":{invitation.id}")


def write_message(
    session: Session,
    turn: Turn,
    invitation: Invitation,
    route: Route,
    *,
    purpose: str,
    link: str,
    now: datetime,
) -> Message | None:
    """Queue one message inside the hours when messages may go out, and remember the contact."""
    settings, recipient, card = settings_of(session), turn.recipient, turn.card
    assert card is not None
    last_day = invitation.answer_by.astimezone(settings.zone).date()
    title = load_version(session, turn.wave.version_id).title
    given = {"title": text_in(title, card.language), "addressee": card.name, "link": link}
    words = _words(settings, card.language, given, last_day, now=now)
    subject, body = render(f"{purpose}_{route.channel}", card.language, session, **words)
    note_contact(session, card.id, channel=route.channel, purpose=_LEDGER[purpose], now=now)
    return outbox.enqueue(
        session,
        key=message_key(recipient, invitation, purpose),
        channel=route.channel,
        purpose=purpose,
        to=route.to,
        title=subject,
        body=body.strip() if route.channel == "sms" else body,
        language=card.language,
        contact_id=card.id,
        subject_type=SUBJECT,
        subject_id=recipient.id,
        due_at=load_calendar(session).next_open(now, settings.message_hours, workdays_only=False),
        now=now,
        values=words,
    )


def first_message(session: Session, recipient_id: int) -> Message | None:
    """Return the message that carried the link; of two, the one whose link took the place of the other."""
    wanted = select(Message).where(
        Message.subject_type == SUBJECT, Message.subject_id == recipient_id, Message.purpose == INVITE
    )
    return session.scalar(wanted.order_by(Message.id.desc()).limit(1))


def examples(session: Session, title: dict[str, str], terms: Terms, now: datetime) -> list[Example]:
    """Return what people would read, by channel and language, invitations before reminders."""
    settings = settings_of(session)
    last_day = (now + timedelta(days=terms.answer_days)).astimezone(settings.zone).date()
    purposes = (INVITE, REMIND) if terms.reminders else (INVITE,)
    languages = (terms.language,) if terms.language else LANGUAGES
    link = url_for_token(settings, EXAMPLE_TOKEN)
    found = []
    for channel, language, purpose in product(terms.channels, languages, purposes):
        name = "Wang Min" if language == "en" else "王敏"
        given = {"title": text_in(title, language), "addressee": name, "link": link}
        words = _words(settings, language, given, last_day, now=now)
        subject, body = render(f"{purpose}_{channel}", language, session, **words)
        found.append(Example(channel, language, purpose, subject, body.strip()))
    return found


def _words(
    settings: Settings, language: str, given: dict[str, str], last_day: date, *, now: datetime
) -> dict[str, str]:
    return given | {
        "signature": settings.signature,
        "organisation": settings.organisation_en if language == "en" else settings.organisation_zh,
        "hotline": settings.hotline,
        "answer_by": said_day(last_day, language, now.astimezone(settings.zone).date()),
    }
