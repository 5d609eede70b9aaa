"""A channel whose server fails rests, for all processes; one message tries; the pace is kept."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from core.db import Database
from core.outbox import breakers
from core.outbox.breakers import CLOSED, HALF_OPEN, LONGEST_OPENING, OPEN, THRESHOLD, open_for, phase
from core.outbox.channels.choice import senders_for
from core.outbox.jobs import deliver
from core.outbox.models import ChannelState
from core.settings import Settings
from tests.core.test_gateway import ACCEPTED, REJECTED, SECRET
from tests.core.test_outbox import states, write
from tests.core.webserver import Reply, Request, in_turn, web_server

Run = Callable[..., dict[str, int]]
DOWN, TROUBLE = Reply(503), Reply(500)


def sms(database: Database, now: datetime, n: int) -> None:
    with database.begin() as session:
        for number in range(n):
            write(session, now, number, channel="sms", to=f"1381234{number:04d}")


def state_of(database: Database, channel: str = "sms") -> ChannelState | None:
    with database.read() as session:
        return breakers.states(session).get(channel)


@pytest.fixture
def run(database: Database, settings: Settings) -> Run:
    """One round of the outbox with the gateway at an address."""

    def round_at(url: str, at: datetime, **given: int) -> dict[str, int]:
        using = replace(settings, sms_url=url, sms_secret=SECRET, **given)  # type: ignore[arg-type]
        process = Database(using)  # as another process would: with nothing but the database in common
        try:
            return deliver(process, now=at, senders=senders_for(using))
        finally:
            process.dispose()

    return round_at


@pytest.mark.parametrize(
    ("openings", "low", "high"), [(1, 48, 72), (2, 96, 144), (5, 768, 1152), (20, 1440, 2160)]
)
def test_openings_grow_up_to_half_an_hour(openings: int, low: int, high: int) -> None:
    waits = {open_for(openings, channel).total_seconds() for channel in ("sms", "email", "webhook")}
    assert all(low <= wait <= high for wait in waits)
    assert len(waits) > 1


def test_phases(now: datetime) -> None:
    state = ChannelState(channel="sms", open_until=now)
    assert phase(None, now) == CLOSED
    assert phase(ChannelState(channel="sms"), now) == CLOSED
    assert phase(state, now - timedelta(seconds=1)) == OPEN
    assert phase(state, now) == HALF_OPEN


def test_a_channel_opens_after_failures_in_a_row_and_closes_after_one_success(
    database: Database, now: datetime, run: Run
) -> None:
    sms(database, now, 20)
    at = now
    with web_server(DOWN) as server:
        for _round in range(THRESHOLD):
            assert run(server.url, at) == {"retried": 1}  # one knock a round
            at += timedelta(seconds=5)
        state = state_of(database)
        assert state is not None
        assert state.openings == 1
        assert "503" in state.error
        assert state.open_until is not None
        for _round in range(5):
            assert run(server.url, at) == {}  # nobody knocks
            at += timedelta(seconds=5)
        assert len(server.received) == THRESHOLD
        at = state.open_until
        assert run(server.url, at) == {"retried": 1}  # one tries, and fails
        again = state_of(database)
        assert again is not None
        assert again.openings == 2
        assert again.open_until is not None
        assert again.open_until - at > (state.open_until - now) / 2
        server.script = lambda _request: ACCEPTED
        assert run(server.url, at + timedelta(seconds=1)) == {}
        assert run(server.url, again.open_until + timedelta(minutes=3)) == {"sent": 20}
    healed = state_of(database)
    assert healed is not None
    assert (healed.failures, healed.openings, healed.open_until, healed.error) == (0, 0, None, "")
    assert set(states(database).values()) == {"sent"}


def test_trouble_with_every_message_opens_within_one_round(
    database: Database, now: datetime, run: Run
) -> None:
    sms(database, now, 20)
    with web_server(TROUBLE) as server:
        assert run(server.url, now) == {"retried": THRESHOLD}
        assert len(server.received) == THRESHOLD


def test_timeouts_park_a_few_messages_and_not_all(
    database: Database, now: datetime, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    sms(database, now, 20)
    with web_server(Reply(trouble="reset")) as server:
        assert run(server.url, now) == {"uncertain": THRESHOLD}
        at = now + timedelta(minutes=2)
        assert run(server.url, at) == {"uncertain": 1}
    assert Counter(states(database).values()) == {"uncertain": THRESHOLD + 1, "queued": 16}


def test_bad_letters_do_not_open_a_channel(database: Database, now: datetime, run: Run) -> None:
    sms(database, now, 10)
    with web_server(Reply(422, REJECTED)) as server:
        assert run(server.url, now) == {"failed": 10}
    assert state_of(database) is None


def test_a_success_in_between_starts_the_count_anew(database: Database, now: datetime, run: Run) -> None:
    sms(database, now, 9)
    with web_server(in_turn(TROUBLE, TROUBLE, ACCEPTED, TROUBLE, TROUBLE, ACCEPTED)) as server:
        assert run(server.url, now) == {"retried": 4, "sent": 5}
    state = state_of(database)
    assert state is not None
    assert phase(state, now) == CLOSED


def test_other_channels_go_on(database: Database, now: datetime, run: Run) -> None:
    sms(database, now, 5)
    with database.begin() as session:
        for n in range(5, 10):
            write(session, now, n)
    with web_server(DOWN) as server:
        assert run(server.url, now) == {"retried": 1, "sent": 5}


def test_one_message_tries_even_when_many_processes_would(
    database: Database, now: datetime, run: Run
) -> None:
    sms(database, now, 8)
    held = threading.Event()

    def slow(_request: Request) -> Reply:
        held.wait(5)
        return DOWN

    with web_server(DOWN) as server:
        for n in range(THRESHOLD):
            run(server.url, now + timedelta(seconds=n))
        state = state_of(database)
        assert state is not None
        assert state.open_until is not None
        at = state.open_until + timedelta(minutes=2)
        server.received.clear()
        server.script = slow
        crew = [threading.Thread(target=run, args=(server.url, at)) for _n in range(4)]
        for member in crew:
            member.start()
        for member in crew[1:]:
            member.join(0.7)
        held.set()
        for member in crew:
            member.join()
        assert len(server.received) == 1


def test_a_probe_that_died_does_not_close_the_channel_for_ever(
    database: Database, now: datetime, run: Run
) -> None:
    sms(database, now, 1)
    with database.begin() as session:
        session.add(
            ChannelState(
                channel="sms", failures=3, openings=1, open_until=now, probe_until=now + breakers.PROBE,
                error="", changed_at=now,
            )
        )  # fmt: skip
    with web_server(ACCEPTED) as server:
        assert run(server.url, now + timedelta(minutes=1)) == {}
        assert run(server.url, now + breakers.PROBE) == {"sent": 1}


def test_a_person_may_have_it_tried_at_once(database: Database, now: datetime, run: Run) -> None:
    sms(database, now, 3)
    with web_server(in_turn(Reply(429, headers=(("Retry-After", "3000"),)), ACCEPTED)) as server:
        run(server.url, now)
        assert run(server.url, now + timedelta(minutes=1)) == {}
        with database.begin() as session:
            assert breakers.try_now(session, "sms", now + timedelta(minutes=1))
            assert not breakers.try_now(session, "email", now)
        assert run(server.url, now + timedelta(minutes=2))["sent"] == 2  # the third waits as it was asked to


def test_an_opening_is_never_longer_than_said(database: Database, now: datetime) -> None:
    at = now
    for _time in range(30):
        with database.begin() as session:
            breakers.note_failure(session, "sms", at, "down")
        state = state_of(database)
        assert state is not None
        if state.open_until is not None:
            assert state.open_until - at <= LONGEST_OPENING * 1.2
            at = state.open_until


def test_the_pace_of_a_channel_is_kept_over_all_processes(
    database: Database, now: datetime, run: Run
) -> None:
    sms(database, now, 100)
    sent_at: list[timedelta] = []
    with web_server(ACCEPTED) as server:
        for tick in range(10):
            at = now + timedelta(seconds=30 * tick)
            done = sum(run(server.url, at, sms_per_minute=40).get("sent", 0) for _process in range(2))
            sent_at += [at - now] * done
    assert len(sent_at) == 100
    for start in range(0, 300, 30):
        window = [at for at in sent_at if start <= at.total_seconds() < start + 60]
        assert len(window) <= 41  # a round takes a moment in which the next turn may come


@pytest.mark.parametrize("pace", [1, 2])
def test_a_slow_pace_lets_one_through_at_a_time(
    database: Database, now: datetime, run: Run, pace: int
) -> None:
    sms(database, now, 3)
    with web_server(ACCEPTED) as server:
        seen = [
            run(server.url, now + timedelta(seconds=s), sms_per_minute=pace).get("sent", 0)
            for s in (0, 20, 61, 125)
        ]
    assert seen == [1, 0, 1, 1]
