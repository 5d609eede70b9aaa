"""What the tick does for campaigns: draw what is due, ask and remind at the pace, settle what came of it."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from core.calendar import load_calendar
from core.contacts import wishes
from core.contacts.models import Contact
from core.db import Database, settings_of
from core.outbox.models import Message
from core.rounds import BATCH, Step, each
from surveys.campaigns import drawing, sending, settling
from surveys.campaigns.audiences import terms_of
from surveys.campaigns.letters import INVITE, REMIND, SUBJECT
from surveys.campaigns.lifecycle import ASKED, UNDER_WAY
from surveys.campaigns.models import Campaign, Recipient, Wave
from surveys.models import Invitation

GUARDS = {INVITE: settling.why_not_deliver, REMIND: settling.why_not_deliver}
Choose = Callable[[Session, Wave, datetime, int], list[int]]


def draw(database: Database, *, now: datetime) -> dict[str, int]:
    """Draw the waves whose day has come."""
    with database.read() as session:
        wanted = select(Campaign.id).where(Campaign.state == "running", Campaign.next_wave_at <= now)
        ids = session.scalars(wanted.order_by(Campaign.next_wave_at, Campaign.id)).all()
    return each(database, drawing.draw_due, Campaign, ids, now, due="next_wave_at")


def send(database: Database, *, now: datetime) -> dict[str, int]:
    """Ask who is planned, then remind who did not answer, each wave at its pace, inside the hours."""
    with database.read() as session:
        settings = settings_of(session)
        if not load_calendar(session).is_open(now, settings.message_hours, workdays_only=False):
            return {}
        waves = session.scalars(select(Wave.id).where(Wave.state == "running").order_by(Wave.id)).all()
    counts: Counter[str] = Counter()
    for wave_id in waves:
        counts.update(_in_turn(database, wave_id, sending.ask, _planned, now))
        counts.update(_in_turn(database, wave_id, sending.remind, _to_remind, now))
    return dict(counts)


def settle(database: Database, *, now: datetime) -> dict[str, int]:
    """Take over what became of messages and links, and close the waves that are over."""
    with database.read() as session:
        ids = [*_changed(session, now), *_answered_late(session, now)]
    counts = Counter(each(database, settling.settle, Recipient, ids, now))
    with database.read() as session:
        under_way = exists().where(Recipient.wave_id == Wave.id, Recipient.state.in_(UNDER_WAY))
        waves = session.scalars(select(Wave.id).where(Wave.state == "running", ~under_way)).all()
    counts.update(each(database, settling.close, None, waves, now))
    return dict(counts)


def _in_turn(database: Database, wave_id: int, step: Step, choose: Choose, now: datetime) -> dict[str, int]:
    """Take the step with one person after the other until the pace, the list or the batch is used up."""
    counts: Counter[str] = Counter()
    while sum(counts.values()) < BATCH:
        with database.read() as session:
            wave = session.get(Wave, wave_id)
            ids = choose(session, wave, now, _allowance(session, wave, now)) if wave else []
        found = each(database, step, Recipient, ids, now)
        counts.update(found)
        if not found:
            break
    return dict(counts)


def _allowance(session: Session, wave: Wave, now: datetime) -> int:
    """Return how many messages the pace of a wave lets out now; past its end all are looked at once more."""
    if now >= wave.closes_at:
        return BATCH
    if wave.next_send_at > now:
        return 0
    pace = terms_of(session.get_one(Campaign, wave.campaign_id)).pace
    waited = now - max(wave.next_send_at, now - sending.CATCH_UP)
    return min(BATCH, 1 + int(waited.total_seconds() * pace / 3600))


def _planned(session: Session, wave: Wave, now: datetime, n: int) -> list[int]:
    wanted = select(Recipient.id).where(
        Recipient.wave_id == wave.id, Recipient.state == "planned", Recipient.due_at <= now
    )
    return list(session.scalars(wanted.order_by(Recipient.id).limit(n))) if n else []


def _to_remind(session: Session, wave: Wave, now: datetime, n: int) -> list[int]:
    terms = terms_of(session.get_one(Campaign, wave.campaign_id))
    wanted = select(Recipient.id).join(Invitation, Invitation.id == Recipient.invitation_id)
    wanted = wanted.where(
        Recipient.wave_id == wave.id,
        Recipient.state == "sent",
        Recipient.due_at <= now,
        Recipient.reminders < terms.reminders,
        Invitation.state == "open",
        Invitation.answer_by > now,
    )
    return list(session.scalars(wanted.order_by(Recipient.id).limit(n))) if n else []


def _changed(session: Session, now: datetime) -> list[int]:
    """Return who is asked and has answered, stopped or let the last day pass, or whose message has ended."""
    ended = exists().where(
        Message.subject_type == SUBJECT,
        Message.subject_id == Recipient.id,
        Message.purpose == INVITE,
        Message.state.in_(("sent", "failed", "cancelled", "uncertain")),
    )
    wanted = (
        select(Recipient.id)
        .join(Invitation, Invitation.id == Recipient.invitation_id)
        .join(Contact, Contact.id == Recipient.contact_id, isouter=True)
        .where(
            Recipient.state.in_(ASKED),
            or_(
                Invitation.state != "open",
                Invitation.answer_by <= now,
                and_(Contact.do_not_contact, ~wishes.fresh(now)),
                and_(Recipient.state == "sending", ended),
            ),
        )
    )
    return list(session.scalars(wanted.order_by(Recipient.id).limit(BATCH)))


def _answered_late(session: Session, now: datetime) -> list[int]:
    """Return who answered after all, though we had stopped asking: until its last day a link lives."""
    wanted = select(Recipient.id).join(Invitation, Invitation.id == Recipient.invitation_id)
    wanted = wanted.where(
        Recipient.state.in_(("stopped", "failed", "skipped")),
        Recipient.due_at > now,
        Invitation.state.in_(("answered", "locked")),
    )
    return list(session.scalars(wanted.order_by(Recipient.id).limit(BATCH)))
