"""Many due items: eight schedulers at once, and a morning after nine hours without any."""

import os
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from core import clock
from core.db import Database
from core.outbox.models import Message
from core.settings import Settings
from followup import jobs
from followup.models import FollowUp
from surveys.models import Invitation
from tests.chaos.house import House, wait_until
from tests.chaos.sink import Sink, mail_sink
from tests.chaos.stock import owed
from tests.followup.factories import ASK_ALL
from tests.sizes import size

EIGHT = [f"scheduler-{n}" for n in range(1, 9)]
GIVEN = int(os.environ.get("DUE", "0"))  # DUE=10000 for as many as a large house has in a night
DUE = GIVEN or size(300, long=600)
MANY = GIVEN or size(400, long=1000)
PER_MINUTE = 120
HALF_A_MINUTE = timedelta(seconds=30)
EVENING = datetime.fromisoformat("2026-11-17T20:00+08:00")


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("settings", ["postgres"], indirect=True)
def test_eight_schedulers_send_each_message_once(settings: Settings, database: Database) -> None:
    owed(database, people=MANY, cases_each=1, now=clock.now(), terms=replace(ASK_ALL, channel="link"))
    with mail_sink(pause=0.0) as sink:
        house = House(settings, sink.url)
        try:
            for name in EIGHT:
                house.start(name)
            wait_until(lambda: len(sink.mails) >= MANY, "all mails", patience=600)
            wait_until(lambda: follow_ups(database) == {"sent": MANY}, "all is settled", patience=300)
            ended = house.stop()
        finally:
            house.end()
    assert set(ended.values()) == {0}
    assert Counter(Counter(mail.to for mail in sink.mails).values()) == {1: MANY}
    assert len({mail.token for mail in sink.mails}) == MANY
    with database.read() as session:
        assert set(session.scalars(select(Message.state))) == {"sent"}
        assert session.scalar(select(func.count()).select_from(Invitation)) == MANY
    said = [log.read_text("utf-8", "replace") for log in house.logs.iterdir()]
    assert not [text for text in said if "Traceback" in text]


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_after_nine_hours_down_everybody_gets_one_message_in_the_morning_at_a_steady_pace(
    settings: Settings, database: Database
) -> None:
    """Due in the evening, no scheduler until five in the morning; each person has two cases that ask."""
    people = DUE // 2
    owed(database, people=people, cases_each=2, now=EVENING, terms=replace(ASK_ALL, cap_days=30))
    with mail_sink(pause=0.0) as sink:
        other = Database(replace(settings, smtp_url=sink.url, email_per_minute=PER_MINUTE))
        back = EVENING + timedelta(hours=9)
        for n in range(DUE // 500 + 2):
            jobs.tick(other, now=back + n * HALF_A_MINUTE)
        jobs.tick(other, now=EVENING + timedelta(hours=11, minutes=59))
        assert sink.mails == []  # nobody is woken up
        per_round = _morning(other, sink, people)
        other.dispose()
    assert max(per_round) <= PER_MINUTE / 2 + PER_MINUTE / 2  # a burst of half a minute, and its own share
    minutes = [sum(per_round[n : n + 2]) for n in range(0, len(per_round), 2)]
    assert max(minutes[1:], default=0) <= PER_MINUTE * 1.5
    assert Counter(Counter(mail.to for mail in sink.mails).values()) == {1: people}
    with database.read() as session:
        states = select(FollowUp.state, FollowUp.reason, func.count())
        found = {tuple(row) for row in session.execute(states.group_by(FollowUp.state, FollowUp.reason))}
    assert found == {("sent", "", people), ("skipped", "bundled", people)}


def _morning(database: Database, sink: Sink, people: int) -> list[int]:
    """Tick every half minute from eight o'clock; return how many mails each round brought."""
    at, per_round = EVENING + timedelta(hours=12), list[int]()
    while len(sink.mails) < people:
        before = len(sink.mails)
        jobs.tick(database, now=at + len(per_round) * HALF_A_MINUTE)
        per_round.append(len(sink.mails) - before)
        assert len(per_round) < 40 + people, "the backlog does not get smaller"
    return per_round


def follow_ups(database: Database) -> dict[str, int]:
    """How many follow-ups are in which state."""
    with database.read() as session:
        states = select(FollowUp.state, func.count()).group_by(FollowUp.state)
        return {row[0]: row[1] for row in session.execute(states)}
