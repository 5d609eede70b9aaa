"""Making a campaign, starting, pausing and ending it. Nothing here commits."""

from datetime import datetime

from sqlalchemy import Select, insert, select, update
from sqlalchemy.orm import Session

from core import audit
from core.db import settings_of
from core.errors import ConflictError, InputError
from core.i18n import _
from core.outbox import actions as outbox
from core.texts import clean_text
from core.transitions import Transition
from surveys.campaigns import queries
from surveys.campaigns.audiences import checked_terms, population, terms_of
from surveys.campaigns.drawing import closing_time
from surveys.campaigns.letters import HELD, SUBJECT
from surveys.campaigns.lifecycle import CAMPAIGNS, RECIPIENTS, WAVES
from surveys.campaigns.models import Campaign, Recipient, Wave
from surveys.campaigns.policy import OWN_LIST, Terms, first_start
from surveys.models import Questionnaire


class StartedError(ConflictError):
    """This campaign has been started; only a draft can be changed. Make a new one instead."""


def create(
    session: Session, *, title: str, questionnaire_id: int, terms: Terms, actor: str, now: datetime
) -> Campaign:
    """Make a draft; it asks nobody until it is started."""
    campaign = Campaign(
        title=_title(title),
        questionnaire_id=_published(session, questionnaire_id),
        terms=checked_terms(terms).to_json(),
        state="draft",
        created_at=now,
        created_by=actor,
    )
    session.add(campaign)
    session.flush()
    _record(session, campaign.id, "create", actor=actor, now=now, title=campaign.title)
    return campaign


def change(
    session: Session,
    campaign_id: int,
    *,
    title: str,
    questionnaire_id: int,
    terms: Terms,
    actor: str,
    now: datetime,
) -> None:
    """Say a draft anew; what has been started stays as it was."""
    campaign = draft(session, campaign_id)
    campaign.title = _title(title)
    campaign.questionnaire_id = _published(session, questionnaire_id)
    campaign.terms = checked_terms(terms).to_json()
    session.flush()
    _record(session, campaign_id, "change", actor=actor, now=now, title=campaign.title)


def draft(session: Session, campaign_id: int) -> Campaign:
    """Lock a campaign that can still be changed, or raise ``StartedError``."""
    campaign = queries.get(session, campaign_id, lock=True)
    if campaign.state != "draft":
        raise StartedError(_("This campaign has been started; only a draft can be changed. Make a new one."))
    return campaign


def start(session: Session, campaign_id: int, *, actor: str, now: datetime) -> bool:
    """Let a draft begin; False when it had begun already, so that pressing twice starts once."""
    campaign = queries.get(session, campaign_id, lock=True)
    if campaign.state != "draft":
        return False
    terms = terms_of(campaign)
    first = first_start(terms, settings_of(session).zone, now)
    is_due = first <= now or terms.audience == OWN_LIST
    if is_due and not population(session, campaign_id, terms, now=now):
        raise InputError(_("There is nobody on the list; upload a list or choose other conditions."))
    CAMPAIGNS.move(session, campaign, "start", actor=actor, now=now, changes={"next_wave_at": first})
    _record(session, campaign_id, "start", actor=actor, now=now)
    return True


def pause(session: Session, campaign_id: int, *, actor: str, now: datetime) -> bool:
    """Send nothing more until it goes on: what is queued waits too."""
    if not _move(session, campaign_id, "pause", "pause", actor=actor, now=now):
        return False
    outbox.put_off(session, SUBJECT, _people(campaign_id), until=HELD)
    return True


def resume(session: Session, campaign_id: int, *, actor: str, now: datetime) -> bool:
    """Go on after a pause, with new days for who has not been asked yet."""
    if not _move(session, campaign_id, "resume", "resume", actor=actor, now=now):
        return False
    outbox.put_off(session, SUBJECT, _people(campaign_id), until=now)
    terms = terms_of(queries.get(session, campaign_id))
    for wave in session.scalars(_waves(campaign_id).where(Wave.state == "running")).all():
        waiting = queries.in_state(session, wave.id, "planned")
        if waiting:
            wave.closes_at = max(wave.closes_at, closing_time(session, waiting, terms, now))
    return True


def end(session: Session, campaign_id: int, *, actor: str, now: datetime) -> bool:
    """Ask nobody more and take back what is queued; links that are out can still be answered."""
    if not _move(session, campaign_id, "end", "close", actor=actor, now=now):
        return False
    outbox.cancel_all(session, SUBJECT, _people(campaign_id), actor=actor, now=now, reason="ended")
    _stop_planned(session, campaign_id, actor=actor, now=now)
    session.execute(update(Campaign).where(Campaign.id == campaign_id).values(next_wave_at=None))
    return True


def _move(
    session: Session, campaign_id: int, event: str, wave_event: str, *, actor: str, now: datetime
) -> bool:
    """Move a campaign and its waves. The waves are locked first, as those who send do."""
    session.scalars(_waves(campaign_id).with_for_update()).all()
    if not CAMPAIGNS.claim(session, Campaign, campaign_id, event, actor=actor, now=now):
        queries.get(session, campaign_id)  # or NotFoundError
        return False
    for wave_id in session.scalars(select(Wave.id).where(Wave.campaign_id == campaign_id)).all():
        WAVES.claim(session, Wave, wave_id, wave_event, actor=actor, now=now)
    session.expire_all()
    _record(session, campaign_id, event, actor=actor, now=now)
    return True


def _stop_planned(session: Session, campaign_id: int, *, actor: str, now: datetime) -> None:
    """Stop everybody who is only planned, in two statements however many they are."""
    planned = _people(campaign_id).where(Recipient.state == "planned").with_for_update(of=Recipient)
    ids = list(session.scalars(planned))
    if not ids:
        return
    session.execute(
        update(Recipient)
        .where(Recipient.id.in_(_people(campaign_id)), Recipient.state == "planned")
        .values(state="stopped", reason="ended")
        .execution_options(synchronize_session=False)
    )
    step = {"machine": RECIPIENTS.name, "event": "stop", "old": "planned", "new": "stopped", "at": now}
    rows = [{**step, "subject_id": number, "reason": "ended", "actor": actor} for number in ids]
    session.execute(insert(Transition), rows)


def _waves(campaign_id: int) -> Select[Wave]:
    return select(Wave).where(Wave.campaign_id == campaign_id).order_by(Wave.id)


def _people(campaign_id: int) -> Select[int]:
    return (
        select(Recipient.id).join(Wave, Wave.id == Recipient.wave_id).where(Wave.campaign_id == campaign_id)
    )


def _title(text: str) -> str:
    title = clean_text(text, 120)
    if not title:
        raise InputError(_("Give the campaign a title."))
    return title


def _published(session: Session, questionnaire_id: int) -> int:
    found = session.get(Questionnaire, questionnaire_id)
    if found is None or found.current_version_id is None:
        raise InputError(_("Choose a questionnaire that has been published."))
    return questionnaire_id


def _record(
    session: Session, campaign_id: int, act: str, *, actor: str, now: datetime, **detail: object
) -> None:
    audit.record(
        session, actor=actor, action=f"campaign.{act}", subject=f"campaign:{campaign_id}", now=now, **detail
    )
