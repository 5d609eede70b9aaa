"""The words and the channel of an invitation, and of its one reminder.

A reminder needs the personal link again, but only the hash of a token is stored, and a new token would
kill the link of the first message. So the link is read back from where it still stands: the sealed text
of the first message. Where that text was erased there is no reminder.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.calendar import Calendar
from core.contacts.actions import note_contact
from core.contacts.routes import route_to
from core.db import settings_of
from core.i18n import said_day
from core.outbox import actions as outbox
from core.outbox.messages import render
from core.outbox.models import Message
from followup.matters import Matter
from followup.models import FollowUp
from surveys.models import Invitation


def message_key(follow_up_id: int, purpose: str) -> str:
    """Return the key by which the outbox knows a message of a follow-up: written twice, sent once."""
    return f"followup:{follow_up_id}:{'invite' if purpose == 'invitation' else purpose}"


def write_message(
    session: Session,
    matter: Matter,
    invitation: Invitation,
    *,
    purpose: str,
    link: str,
    now: datetime,
    instead: bool = False,
    fallen_back: bool = False,
) -> Message | None:
    """Queue one message inside the hours when messages may go out, and remember the contact.

    It goes by the channel of the invitation where that still reaches the customer. ``instead`` writes the
    link that takes the place of an earlier one, ``fallen_back`` the same link by the next channel.
    """
    card, follow_up = matter.card, matter.follow_up
    route = route_to(card, (invitation.channel, *matter.terms.written))
    if route is None or card is None:
        return None
    template = f"{'invite' if purpose == 'invitation' else 'reminder'}_{route.channel}"
    words = _words(session, matter, invitation, link, now)
    title, body = render(template, card.language, session, **words)
    note_contact(session, card.id, channel=route.channel, purpose=purpose, now=now)
    return outbox.enqueue(
        session,
        key=message_key(follow_up.id, purpose)
        + (f":{invitation.id}" if instead or fallen_back else "")
        + (f":{route.channel}" if fallen_back else ""),
        channel=route.channel,
        purpose=purpose,
        to=route.to,
        title=title,
        body=body.strip() if route.channel == "sms" else body,
        language=card.language,
        contact_id=card.id,
        subject_type="follow_up",
        subject_id=follow_up.id,
        due_at=_in_hours(session, now),
        now=now,
        values=words,
    )


def _in_hours(session: Session, now: datetime) -> datetime:
    """Return the next moment at which messages may go out; they do on every day, whatever is declared."""
    settings = settings_of(session)
    calendar = Calendar(settings.country, settings.zone)
    return calendar.next_open(now, settings.message_hours, workdays_only=False)


def first_message(session: Session, follow_up: FollowUp) -> Message | None:
    """Return the message that carried the link; of links that replaced one another, the last one's."""
    wanted = select(Message).where(
        Message.subject_type == "follow_up",
        Message.subject_id == follow_up.id,
        Message.purpose == "invitation",
    )
    return session.scalar(wanted.order_by(Message.id.desc()).limit(1))


def _words(
    session: Session, matter: Matter, invitation: Invitation, link: str, now: datetime
) -> dict[str, str]:
    settings, card = settings_of(session), matter.card
    language = card.language if card else "zh_Hans"
    last_day = invitation.answer_by.astimezone(settings.zone).date()
    return {
        "signature": settings.signature,
        "organisation": settings.organisation_en if language == "en" else settings.organisation_zh,
        "hotline": settings.hotline,
        "addressee": card.name if card else "",
        "number": matter.case.number,
        "link": link,
        "answer_by": said_day(last_day, language, now.astimezone(settings.zone).date()),
    }
