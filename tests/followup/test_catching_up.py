"""After hours without a scheduler: everything that is due goes out, at the pace of the channel, once, and to
each person one message.
"""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from core import health
from core.contacts.models import Contact
from core.db import Database
from core.outbox import breakers
from core.outbox import jobs as outbox
from core.outbox.senders import Letter
from core.rounds import BATCH, each_due
from core.settings import Settings
from followup import actions, jobs
from followup.models import Case, FollowUp
from tests.followup import factories as make

ONCE = replace(make.ASK_ALL, cap_days=30)


class Sink:
    """What the customers got, and when."""

    def __init__(self) -> None:
        self.got: list[tuple[str, datetime]] = []

    def send(self, letter: Letter) -> None:
        self.got.append((letter.to, letter.at))


def reasons(database: Database) -> Counter[tuple[str, str]]:
    """How the follow-ups ended up."""
    with database.read() as session:
        return Counter((f.state, f.reason) for f in session.scalars(select(FollowUp)))


def closed_while_nobody_ticked(database: Database, now: datetime, people: int, each: int) -> None:
    """Cases of some customers, several for each, closed through the hours; planned at closing."""
    with database.begin() as session:
        make.new_rule(session, ONCE, now=now)
        contacts = [make.new_contact(session, now=now) for _n in range(people)]
        cases = [
            make.new_case(session, contact.id, now=now - timedelta(hours=10))
            for contact in contacts for _n in range(each)
        ]  # fmt: skip
        for n, case in enumerate(cases):
            case.state, case.resolution_no = "closed", 1
            case.closed_at = now - timedelta(hours=9) + timedelta(seconds=n)
        session.flush()
        actions.plan_many(session, cases)


def test_what_waited_goes_out_at_the_pace_inside_the_hours_and_once(
    database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nine hours down; 40 people with 80 cases; 20 SMS a minute; it is 20:58 when somebody starts it."""
    evening = now.replace(hour=12, minute=58)
    database.settings = replace(database.settings, sms_per_minute=20)
    closed_while_nobody_ticked(database, evening, people=40, each=2)
    sink = Sink()
    monkeypatch.setattr(outbox, "senders_for", lambda _settings: {"sms": sink})
    moment = evening
    while moment < evening + timedelta(minutes=6):  # until 21:04: the hours for messages end at 21:00
        jobs.tick(database, now=moment)
        moment += timedelta(seconds=30)
    by_minute = Counter(at.replace(second=0, microsecond=0) for _to, at in sink.got)
    assert set(by_minute) == {evening, evening + timedelta(minutes=1)}
    assert all(n <= 30 for n in by_minute.values())  # the pace and one burst
    morning = evening.replace(day=19, hour=0, minute=0)
    for n in range(6):
        jobs.tick(database, now=morning + timedelta(seconds=30 * n))
    assert Counter(Counter(to for to, _at in sink.got).values()) == {1: 40}
    assert reasons(database) == {("sent", ""): 40, ("skipped", "bundled"): 40}


def test_the_latest_closing_is_the_one_that_is_asked_about(database: Database, now: datetime) -> None:
    closed_while_nobody_ticked(database, now, people=1, each=3)
    jobs.tick(database, now=now)
    with database.read() as session:
        found = session.execute(
            select(FollowUp.state, FollowUp.reason).join(Case, Case.id == FollowUp.case_id)
            .order_by(Case.closed_at)
        )  # fmt: skip
        assert [tuple(row) for row in found] == [("skipped", "bundled")] * 2 + [("sent", "")]


@pytest.mark.parametrize("why", ["reopened", "not_sampled", "too_old", "not_due"])
def test_a_later_closing_that_is_not_asked_about_hides_no_earlier_one(
    database: Database, now: datetime, why: str
) -> None:
    with database.begin() as session:
        rate = 0.0 if why == "not_sampled" else 100.0
        delay = 5 if why == "not_due" else 0
        make.new_rule(session, replace(ONCE, kinds=("repair",)), now=now, name="first")
        later = replace(ONCE, kinds=("praise",), sampling_rate=rate, delay_hours=delay)
        make.new_rule(session, replace(later, max_age_days=1), now=now, name="second")
        contact = make.new_contact(session, now=now)
        make.closed_case(session, now=now, contact=contact)
        second = make.closed_case(session, now=now + timedelta(minutes=1), contact=contact, kind="praise")
        if why == "reopened":
            second.state = "reopen_requested"
    moment = now + timedelta(days=2) if why == "too_old" else now + timedelta(minutes=2)
    if why == "too_old":  # the first is young enough by its own rule
        assert reasons(database) == {("planned", ""): 2}
    jobs.tick(database, now=moment)
    with database.read() as session:
        first = session.scalars(select(FollowUp).order_by(FollowUp.id)).first()
        assert first is not None
        assert first.state == "sent"


def test_a_case_that_passes_the_cap_is_asked_about_beside_a_later_one(
    database: Database, now: datetime
) -> None:
    with database.begin() as session:
        make.new_rule(session, replace(ONCE, uncapped=("complaint",)), now=now)
        contact = make.new_contact(session, now=now)
        make.closed_case(session, now=now, contact=contact, kind="complaint")
        make.closed_case(session, now=now, contact=contact, kind="repair")
    jobs.tick(database, now=now)
    assert reasons(database) in ({("sent", ""): 2}, {("sent", ""): 1, ("skipped", "cap"): 1})
    with database.read() as session:
        complaint = session.scalars(
            select(FollowUp.state).join(Case, Case.id == FollowUp.case_id).where(Case.kind == "complaint")
        ).one()
    assert complaint == "sent"


def test_a_job_takes_batch_after_batch_until_nothing_is_left(database: Database, now: datetime) -> None:
    left = list(range(2 * BATCH + 7))

    def step(_session: object, row_id: int, _now: datetime) -> str | None:
        left.remove(row_id)
        return "done"

    done = each_due(database, step, None, lambda _session: left[:BATCH], now)
    assert (done, left) == ({"done": 2 * BATCH + 7}, [])


def test_rows_in_other_hands_are_not_asked_for_again_and_again(database: Database, now: datetime) -> None:
    looks = []

    def find(_session: object) -> list[int]:
        looks.append(1)
        return list(range(BATCH))

    assert each_due(database, lambda _session, _row_id, _now: None, None, find, now) == {}
    assert len(looks) == 1


def test_catching_up_at_the_pace_does_not_take_the_web_servers_out(
    settings: Settings, database: Database, now: datetime
) -> None:
    """A channel that sends as fast as it may is not broken, however long the queue."""
    closed_while_nobody_ticked(database, now, people=4, each=1)
    jobs.send_due(database, now=now)
    paced, later = Database(replace(settings, sms_per_minute=1)), now + timedelta(hours=4)
    assert health.broken_parts(paced, now=later) == ["outbox"]
    with paced.begin() as session:
        assert breakers.admit(session, "sms", None, later, 1)
    assert health.broken_parts(paced, now=later + timedelta(minutes=1)) == []
    assert health.broken_parts(paced, now=later + timedelta(minutes=20)) == ["outbox"]
    paced.dispose()


def test_who_waits_for_a_call_is_asked_nothing_else(database: Database, now: datetime) -> None:
    """Nobody has called yet, so no contact counts against the cap; the call is under way all the same."""
    with database.begin() as session:
        make.new_rule(session, make.by_phone(cap_days=30), now=now)
        contact = make.new_contact(session, now=now)
        make.closed_case(session, now=now, contact=contact)
    assert jobs.send_due(database, now=now) == {"called": 1}
    later = now + timedelta(days=1)
    with database.begin() as session:
        make.closed_case(session, now=later, contact=session.get(Contact, contact.id))
    assert jobs.send_due(database, now=later) == {"skipped": 1}
    assert reasons(database) == {("call_queued", ""): 1, ("skipped", "cap"): 1}
