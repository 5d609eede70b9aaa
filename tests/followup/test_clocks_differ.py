"""Clocks that jump, differ or change to summer time: nothing goes out twice, nothing is forgotten."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from core.db import Database
from core.outbox import jobs as outbox
from core.outbox.models import Message
from core.outbox.senders import Letter
from core.settings import Settings
from followup import jobs
from followup.callbacks import taking
from followup.models import Callback, FollowUp
from tests.followup import factories as make

CASES = 6
TWO_MINUTES = timedelta(minutes=2)


@dataclass
class Sink:
    """Counts what would reach the customers, and when by the clock of who sent it."""

    letters: list[tuple[str, str]] = field(default_factory=list)
    at: list[datetime] = field(default_factory=list)

    def send(self, letter: Letter) -> None:
        self.letters.append((letter.to, letter.purpose))
        self.at.append(letter.at)


@pytest.fixture
def sink(monkeypatch: pytest.MonkeyPatch) -> Sink:
    sink = Sink()
    monkeypatch.setattr(
        outbox, "senders_for", lambda _settings: dict.fromkeys(("sms", "email", "notice"), sink)
    )
    return sink


def closed(database: Database, now: datetime, **terms: object) -> None:
    with database.begin() as session:
        make.new_rule(session, replace(make.ASK_ALL, **terms), now=now)  # type: ignore[arg-type]
        for _n in range(CASES):
            make.closed_case(session, now=now)


def closed_by_mail(database: Database, now: datetime) -> None:
    """Customers of any country: no telephone."""
    with database.begin() as session:
        make.new_rule(session, replace(make.ASK_ALL, delay_hours=2, channel="link"), now=now)
        for n in range(CASES):
            contact = make.new_contact(session, now=now, phones=[], email=f"c{n}@example.org")
            make.closed_case(session, now=now, contact=contact)


def states(database: Database) -> set[str]:
    with database.read() as session:
        return set(session.scalars(select(FollowUp.state)))


def by_purpose(sink: Sink) -> dict[str, int]:
    """How many of each kind; no customer has two of one."""
    assert max(Counter(sink.letters).values(), default=0) <= 1
    return dict(Counter(purpose for _to, purpose in sink.letters))


def test_a_clock_that_is_set_back_an_hour_sends_nothing_twice(
    database: Database, now: datetime, sink: Sink
) -> None:
    closed(database, now, delay_hours=1)
    ahead = now + timedelta(hours=2)
    jobs.tick(database, now=ahead)
    assert by_purpose(sink) == {"invitation": CASES}
    for minutes in range(0, 130, 10):  # from an hour before on, once more
        jobs.tick(database, now=now + timedelta(hours=1, minutes=minutes))
    assert by_purpose(sink) == {"invitation": CASES}
    assert states(database) == {"sent"}
    jobs.tick(database, now=ahead + timedelta(days=1, minutes=1))
    jobs.tick(database, now=ahead + timedelta(days=1))
    assert by_purpose(sink) == {"invitation": CASES, "reminder": CASES}


def test_a_message_claimed_by_a_clock_ahead_is_parked_when_the_others_have_caught_up(
    database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sender an hour ahead dies in the middle: by the other clocks its claim lies in the future."""

    class Killed(BaseException):
        """The process is gone."""

    class Dies:
        def send(self, _letter: Letter) -> None:
            raise Killed

    closed(database, now)
    monkeypatch.setattr(outbox, "senders_for", lambda _settings: {"sms": Dies(), "email": Dies()})
    with suppress(Killed):
        jobs.tick(database, now=now + timedelta(hours=1))
    later = Sink()
    monkeypatch.setattr(outbox, "senders_for", lambda _settings: {"sms": later, "email": later})
    for minutes in (1, 30, 61, 72, 73):
        jobs.tick(database, now=now + timedelta(minutes=minutes))
    assert by_purpose(later) == {"invitation": CASES - 1}
    with database.read() as session:
        assert Counter(session.scalars(select(Message.state))) == {"sent": CASES - 1, "uncertain": 1}
    assert states(database) == {"sent"}


@pytest.mark.slow
def test_two_processes_whose_clocks_differ_by_two_minutes_do_everything_once(
    settings: Settings, database: Database, now: datetime, sink: Sink
) -> None:
    closed(database, now, delay_hours=1)
    other = Database(settings)
    with ThreadPoolExecutor(2) as pool:
        for minutes in (*range(58, 64), *range(24 * 60 + 58, 24 * 60 + 64), *range(51 * 60, 51 * 60 + 3)):
            at = now + timedelta(minutes=minutes)
            rounds = [
                pool.submit(jobs.tick, database, now=at), pool.submit(jobs.tick, other, now=at + TWO_MINUTES)
            ]  # fmt: skip
            assert not [c for each in rounds for c in each.result().values() if c.get("failed")]
    other.dispose()
    assert by_purpose(sink) == {"invitation": CASES, "reminder": CASES}
    assert states(database) == {"call_queued"}
    with database.read() as session:
        assert len(session.scalars(select(Callback.id)).all()) == CASES


def test_a_clock_two_minutes_ahead_leaves_a_callback_in_the_hand_that_holds_it(
    database: Database, now: datetime
) -> None:
    with database.begin() as session:
        make.new_rule(session, make.by_phone(), now=now)
        make.closed_case(session, now=now)
        anna = make.agent(session, "anna", now=now)
    for _n in range(2):
        jobs.tick(database, now=now)
    with database.begin() as session:
        taken = taking.pull_next(session, anna, now=now)
        assert taken is not None
    jobs.tick(database, now=now + TWO_MINUTES)
    with database.read() as session:
        assert make.only_callback(session).agent_id == anna.id
    jobs.tick(database, now=now + timedelta(minutes=16))
    with database.read() as session:
        assert make.only_callback(session).state == "ready"


NIGHTS = [
    ("Europe/Berlin", "DE", "2026-03-28T22:00+01:00", "08:00-21:00"),  # 02:00 to 03:00 does not exist
    ("Europe/Berlin", "DE", "2026-10-24T22:00+02:00", "01:30-02:30"),  # 02:00 to 03:00 comes twice
    ("Australia/Lord_Howe", "AU", "2026-10-03T22:00+10:30", "01:30-02:30"),  # half an hour is left out
    ("Australia/Lord_Howe", "AU", "2026-04-04T22:00+11:00", "08:00-21:00"),  # half an hour comes twice
]


@pytest.mark.slow
@pytest.mark.parametrize(("zone", "country", "evening", "hours"), NIGHTS)
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_the_night_when_the_clocks_change(
    settings: Settings, database: Database, sink: Sink, zone: str, country: str, evening: str, hours: str
) -> None:
    """Asked two hours after closing, reminded a working day later, in whatever hours messages may go out."""
    start = datetime.fromisoformat(evening).astimezone(UTC)
    there = Database(replace(settings, timezone=zone, country=country, message_hours=hours))
    closed_by_mail(there, start)
    for quarters in [q for q in range(3 * 96) if q % 96 < 24 or q % 16 == 0]:  # every quarter at night
        done = jobs.tick(there, now=start + timedelta(minutes=15 * quarters))
        assert not [name for name, counts in done.items() if counts.get("failed")]
    there.dispose()
    assert by_purpose(sink) == {"invitation": CASES, "reminder": CASES}
    first, last = hours.split("-")
    for at in sink.at:
        local = at.astimezone(ZoneInfo(zone)).strftime("%H:%M")
        assert first <= local < last
    assert min(sink.at) >= start + timedelta(hours=2)
    assert states(database) == {"reminded"}
