"""Drawing a wave: the list as it stands now, a new seed, a row for each person in the order of asking."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, func, insert, select, update
from sqlalchemy.orm import Session

from core.calendar import parse_hours
from core.db import settings_of
from surveys.actions import blank_stratum, stratum_id
from surveys.campaigns.audiences import population, terms_of
from surveys.campaigns.lifecycle import WAVES
from surveys.campaigns.models import Campaign, Recipient, Wave
from surveys.campaigns.policy import Terms, next_start, sending_days
from surveys.campaigns.sampling import Candidate, Sample, draw
from surveys.models import DIMENSIONS, Questionnaire

SYSTEM = "system"
AT_ONCE = timedelta(minutes=1)  # so much of the pace goes out with the first tick
NOT_ASKED = {"state": "skipped", "reason": "household"}
SEEDS = 2**53  # seeds below survive a spreadsheet
_RECIPIENTS: Table = Recipient.__table__  # type: ignore[assignment]


def draw_due(session: Session, campaign_id: int, now: datetime) -> str | None:
    """Draw the wave that is due; the statement that takes it names the time it saw, so nobody draws twice."""
    campaign = session.get(Campaign, campaign_id)
    if campaign is None or campaign.next_wave_at is None or campaign.next_wave_at > now:
        return None
    terms = terms_of(campaign)
    following = next_start(terms, settings_of(session).zone, after=now)
    taken = session.execute(
        update(Campaign)
        .where(
            Campaign.id == campaign_id,
            Campaign.state == "running",
            Campaign.next_wave_at == campaign.next_wave_at,
        )
        .values(next_wave_at=following)
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        return None
    sample = draw(population(session, campaign_id, terms, now=now), terms, seed := secrets.randbelow(SEEDS))
    _write(session, campaign, terms, sample, seed=seed, now=now)
    return "drawn"


def closing_time(session: Session, people: int, terms: Terms, now: datetime) -> datetime:
    """Return after which moment nobody is asked any more: the days of sending and of answering, and one more.

    A list that waits behind a pause or days without power is asked late, but not a season later.
    """
    hours = parse_hours(settings_of(session).message_hours)
    a_day = sum(last - first for first, last in hours) / 60
    return now + timedelta(days=sending_days(people, terms.pace, a_day) + terms.answer_days + 1)


def _write(
    session: Session, campaign: Campaign, terms: Terms, sample: Sample, *, seed: int, now: datetime
) -> None:
    last = session.scalar(select(func.max(Wave.number)).where(Wave.campaign_id == campaign.id))
    questionnaire = session.get_one(Questionnaire, campaign.questionnaire_id)
    wave = Wave(
        campaign_id=campaign.id,
        number=(last or 0) + 1,
        version_id=questionnaire.current_version_id,
        seed=seed,
        population=sample.population,
        starts_at=now,
        next_send_at=now - AT_ONCE,
        closes_at=closing_time(session, len(sample.people), terms, now),
        created_at=now,
    )
    session.add(wave)
    session.flush()
    WAVES.note(session, wave.id, "draw", "", "running", actor=SYSTEM, now=now, reason=f"seed {seed}")
    strata = _strata(session, sample)
    rows = [_row(wave.id, person, strata, now) for person in sample.people]
    rows += [_row(wave.id, person, strata, now) | NOT_ASKED for person in sample.doubles]
    if rows:
        session.execute(insert(_RECIPIENTS), rows)


def _strata(session: Session, sample: Sample) -> dict[tuple[str, ...], int]:
    """Return the number of each combination of dimensions among the people."""
    known = {person.dimensions for person in (*sample.people, *sample.doubles)}
    return {
        given: stratum_id(session, **dict(zip(DIMENSIONS, given, strict=True)))
        if given
        else blank_stratum(session)
        for given in sorted(known)
    }


def _row(
    wave_id: int, person: Candidate, strata: dict[tuple[str, ...], int], now: datetime
) -> dict[str, Any]:
    return {
        "wave_id": wave_id,
        "contact_id": person.contact_id,
        "stratum_id": strata[person.dimensions],
        "state": "planned",
        "reason": "",
        "reminders": 0,
        "due_at": now,
    }
