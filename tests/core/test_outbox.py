"""The outbox: written once, sent once, never lost, never blindly sent again. Counted at the mail server."""

import multiprocessing
import os
import signal
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.orm import Session

from core import stopping
from core.audit import AuditEntry
from core.db import Database
from core.errors import ConflictError
from core.outbox import actions, jobs, queries
from core.outbox.channels import smtp
from core.outbox.channels.choice import senders_for
from core.outbox.channels.smtp import SmtpSender
from core.outbox.jobs import STALE_AFTER, deliver
from core.outbox.lifecycle import MESSAGES
from core.outbox.models import Message
from core.outbox.senders import Letter, Sender
from core.outbox.settling import MAX_ATTEMPTS, wait_after
from core.settings import Settings
from core.transitions import history
from tests.core.mailserver import mail_server

FORK = multiprocessing.get_context("spawn")


def write(session: Session, now: datetime, n: int = 1, **values: Any) -> Message | None:
    given: dict[str, Any] = {
        "key": f"test:{n}", "channel": "email", "purpose": "invitation", "to": f"c{n}@example.org",
        "title": f"Title {n}", "body": f"Body {n}: https://heat.example/s/token{n}\n", "language": "en",
        "contact_id": None, "subject_type": "follow_up", "subject_id": n, "due_at": now, **values,
    }  # fmt: skip
    return actions.enqueue(session, now=now, **given)


def states(database: Database) -> dict[int, str]:
    with database.read() as session:
        return dict(session.execute(select(Message.subject_id, Message.state)).all())  # type: ignore[arg-type]


def the_message(session: Session) -> Message:
    return session.scalars(select(Message)).one()


def mailing(settings: Settings, url: str) -> Settings:
    return replace(settings, smtp_url=url, mail_from="care@heat.example")


def to(settings: Settings, url: str) -> dict[str, Sender]:
    return senders_for(mailing(settings, url))


def test_a_key_is_used_once(database: Database, now: datetime) -> None:
    with database.begin() as session:
        assert write(session, now) is not None
        assert write(session, now, body="another text") is None
    with database.begin() as session:
        assert write(session, now) is None
    assert states(database) == {1: "queued"}


def test_what_a_message_says_is_sealed(database: Database, now: datetime) -> None:
    with database.begin() as session:
        write(
            session,
            now,
            to="wang@example.org",
            title="您好王秀英",
            body="打开 https://heat.example/s/abc 作答",
        )
    with database.read() as session:
        row = session.execute(text("SELECT * FROM messages")).one()
        stored = b"".join(bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode() for v in row)
        opened = queries.opened(session, the_message(session))
    for canary in ("wang@example.org", "王秀英", "/s/abc", "作答"):
        assert canary.encode() not in stored
    assert opened.to == "wang@example.org"
    assert opened.parts == (("打开 ", False), ("https://heat.example/s/abc", True), (" 作答", False))


def test_without_a_gateway_the_page_is_the_delivery(database: Database, now: datetime) -> None:
    with database.begin() as session:
        write(session, now, 1, channel="sms", to="13812345678")
        write(session, now, 2)
        write(session, now, 3, due_at=now + timedelta(minutes=1))
    assert deliver(database, now=now) == {"sent": 2}
    assert states(database) == {1: "sent", 2: "sent", 3: "queued"}
    with database.read() as session:
        message = session.scalars(select(Message).where(Message.subject_id == 1)).one()
        assert now <= (message.sent_at or now) < now + timedelta(minutes=1)
        assert message.attempts == 1
        assert [t.event for t in history(session, "message", [message.id])] == ["claim", "deliver"]


def test_due_mail_is_sent_once(database: Database, settings: Settings, now: datetime) -> None:
    with database.begin() as session:
        write(session, now)
    with mail_server() as server:
        assert deliver(database, now=now, senders=to(settings, server.url)) == {"sent": 1}
        assert deliver(database, now=now, senders=to(settings, server.url)) == {}
    assert server.recipients == ["c1@example.org"]


def test_a_guard_takes_a_message_back_at_the_last_moment(database: Database, now: datetime) -> None:
    with database.begin() as session:
        write(session, now, 1)
        write(session, now, 2, purpose="notice")
    done = deliver(database, now=now, guards={"invitation": lambda _s, _m, _now: "the case is open again"})
    assert done == {"cancelled": 1, "sent": 1}
    with database.read() as session:
        last = history(session, "message", [1])[-1]
    assert (last.new, last.reason) == ("cancelled", "the case is open again")


def test_messages_of_a_subject_can_be_taken_back(database: Database, now: datetime) -> None:
    with database.begin() as session:
        write(session, now, 1)
        write(session, now, 2)
        taken = actions.cancel(session, "follow_up", 1, actor="olga", now=now, reason="reopened")
        assert taken == 1
        assert actions.cancel(session, "follow_up", 1, actor="olga", now=now, reason="reopened") == 0
    assert deliver(database, now=now) == {"sent": 1}
    assert states(database) == {1: "cancelled", 2: "sent"}


def test_nobody_is_written_to_at_night(database: Database, now: datetime) -> None:
    night = datetime(2026, 11, 18, 15, 0, tzinfo=UTC)  # 23:00 in Shanghai
    with database.begin() as session:
        write(session, now, 1, channel="sms", to="13812345678")
        write(session, now, 2)
        write(session, now, 3, channel="notice", to="sven")
    assert deliver(database, now=night) == {"sent": 1}
    assert deliver(database, now=datetime(2026, 11, 18, 23, 59, tzinfo=UTC)) == {}
    assert deliver(database, now=datetime(2026, 11, 19, 0, 0, tzinfo=UTC)) == {"sent": 2}


def test_while_the_server_is_down_nothing_is_lost_or_used_up(
    database: Database, settings: Settings, now: datetime
) -> None:
    with database.begin() as session:
        for n in range(5):
            write(session, now, n)
        write(session, now, 9, channel="sms", to="13812345678")
    with mail_server() as server:
        gone = server.url  # nobody listens there after the block
    for hour in range(9):
        done = deliver(database, now=now + timedelta(hours=hour), senders=to(settings, gone))
        assert done["retried"] == 1  # one knock, then the channel rests; SMS goes on
    assert states(database) == dict.fromkeys(range(5), "queued") | {9: "sent"}
    with database.read() as session:
        assert {m.attempts for m in session.scalars(select(Message).where(Message.channel == "email"))} == {0}
    with mail_server() as server:
        assert deliver(database, now=now + timedelta(hours=10), senders=to(settings, server.url)) == {
            "sent": 5
        }
    assert sorted(server.recipients) == [f"c{n}@example.org" for n in range(5)]


def test_a_refusal_for_now_is_tried_again_later_and_later(
    database: Database, settings: Settings, now: datetime
) -> None:
    with database.begin() as session:
        write(session, now)
    at = now
    with mail_server(rcpt="450 4.2.1 mailbox of c1@example.org busy") as server:
        for attempt in range(1, MAX_ATTEMPTS + 1):
            done = deliver(database, now=at, senders=to(settings, server.url))
            assert done == ({"retried": 1} if attempt < MAX_ATTEMPTS else {"failed": 1})
            with database.read() as session:
                message = the_message(session)
                assert "450" in message.error
                assert "c1@example.org" not in message.error
            wait = wait_after(attempt, message.uid)
            if attempt < MAX_ATTEMPTS:
                assert timedelta(0) <= message.due_at - at - wait < timedelta(seconds=5)
                assert deliver(database, now=at + wait * 0.5, senders=to(settings, server.url)) == {}
            at = message.due_at
            if at.hour >= 12:  # 20:00 in Shanghai: go on next morning
                at = datetime(at.year, at.month, at.day + 1, 1, tzinfo=UTC)
    assert states(database) == {1: "failed"}


@pytest.mark.parametrize(
    ("attempts", "low", "high"),
    [(1, 48, 72), (2, 96, 144), (4, 384, 576), (9, 2880, 4320), (60, 2880, 4320)],
)
def test_waits_double_up_to_an_hour(attempts: int, low: int, high: int) -> None:
    waits = {wait_after(attempts, uid).total_seconds() for uid in ("a", "b", "c", "d")}
    assert all(low <= wait <= high for wait in waits)
    assert len(waits) > 1  # not all at the same moment


def test_a_refusal_for_good_fails_and_can_be_sent_again(
    database: Database, settings: Settings, now: datetime
) -> None:
    with database.begin() as session:
        write(session, now)
    with mail_server(bad_words=("c1@example.org",)) as server:
        assert deliver(database, now=now, senders=to(settings, server.url)) == {"failed": 1}
        server.bad_words = ()
        with database.begin() as session:
            actions.send_again(session, the_message(session), actor="sven", now=now)
        assert deliver(database, now=now, senders=to(settings, server.url)) == {"sent": 1}
    assert server.recipients == ["c1@example.org"]
    with database.read() as session:
        assert [e.action for e in session.scalars(select(AuditEntry))] == ["message.send_again"]


def test_one_bad_message_does_not_stop_the_others(
    database: Database, settings: Settings, now: datetime
) -> None:
    with database.begin() as session:
        for n in range(40):
            write(session, now, n, to="nonsense\n" if n == 3 else f"c{n}@example.org")
        session.execute(update(Message).where(Message.subject_id == 4).values(body_sealed=b"damaged"))

    def guard(_session: Session, message: Message, _now: datetime) -> None:
        if message.subject_id == 5:
            raise ValueError("poison")

    with mail_server() as server:
        done = deliver(database, now=now, guards={"invitation": guard}, senders=to(settings, server.url))
        assert done == {"failed": 1, "postponed": 2, "sent": 37}
        assert len(set(server.recipients)) == len(server.recipients) == 37
        at = now
        for _round in range(MAX_ATTEMPTS - 1):
            at += timedelta(hours=1, minutes=15)
            deliver(database, now=at, guards={"invitation": guard}, senders=to(settings, server.url))
    left = {n: state for n, state in states(database).items() if state != "sent"}
    assert left == {3: "failed", 4: "failed", 5: "failed"}


def test_a_batch_is_paced(database: Database, now: datetime) -> None:
    with database.begin() as session:
        for n in range(5):
            write(session, now, n)
    assert deliver(database, now=now, limit=3) == {"sent": 3}
    assert deliver(database, now=now, limit=3) == {"sent": 2}


def test_a_stopping_process_claims_nothing_more(database: Database, now: datetime) -> None:
    with database.begin() as session:
        write(session, now)
    stopping.requested.set()
    try:
        assert deliver(database, now=now) == {}
    finally:
        stopping.requested.clear()
    assert states(database) == {1: "queued"}


@pytest.mark.parametrize("trouble", ["reset", "hang"])
def test_without_a_receipt_a_person_decides(
    database: Database, settings: Settings, now: datetime, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "TIMEOUT", 0.4)
    with database.begin() as session:
        write(session, now)
    with mail_server(before_receipt=trouble) as server:
        assert deliver(database, now=now, senders=to(settings, server.url)) == {"uncertain": 1}
        for hours in (1, 2, 24):
            assert deliver(database, now=now + timedelta(hours=hours), senders=to(settings, server.url)) == {}
    assert server.recipients == ["c1@example.org"]
    with database.begin() as session:
        actions.confirm_sent(session, the_message(session), actor="sven", now=now)
    assert states(database) == {1: "sent"}
    with database.begin() as session, pytest.raises(ConflictError):
        actions.send_again(session, the_message(session), actor="sven", now=now)


class Dying:
    """Sends, or not, and dies before it can write down which."""

    def __init__(self, settings: Settings, *, sends: bool) -> None:
        self.sender, self.sends = SmtpSender(settings), sends

    def send(self, letter: Letter) -> None:
        if self.sends:
            self.sender.send(letter)
        os.kill(os.getpid(), signal.SIGKILL)


def die_sending(settings: Settings, sends: bool, now: datetime) -> None:
    database = Database(settings)
    deliver(database, now=now, senders={"email": Dying(settings, sends=sends)})


@pytest.mark.parametrize("sends", [True, False])
def test_a_killed_sender_leaves_a_message_for_a_person(
    database: Database, settings: Settings, now: datetime, sends: bool
) -> None:
    with database.begin() as session:
        write(session, now)
    with mail_server() as server:
        process = FORK.Process(target=die_sending, args=(mailing(settings, server.url), sends, now))
        process.start()
        process.join(60)
        assert process.exitcode == -signal.SIGKILL
        assert states(database) == {1: "sending"}
        soon, later = now + STALE_AFTER / 2, now + STALE_AFTER * 2
        assert deliver(database, now=soon, senders=to(settings, server.url)) == {}
        assert deliver(database, now=later, senders=to(settings, server.url)) == {"uncertain": 1}
        assert deliver(database, now=later, senders=to(settings, server.url)) == {}
        assert len(server.recipients) == sends  # never blindly sent again
        with database.begin() as session:
            actions.send_again(session, the_message(session), actor="sven", now=later)
        assert deliver(database, now=later, senders=to(settings, server.url)) == {"sent": 1}
        assert len({mail["Message-ID"] for _f, _r, mail in server.received}) == 1


def test_a_slow_sender_may_still_bring_the_receipt(database: Database, now: datetime) -> None:
    class Slow:
        def send(self, letter: Letter) -> None:
            jobs.park_stale(database, now=letter.at + STALE_AFTER * 2)

    with database.begin() as session:
        write(session, now)
    assert deliver(database, now=now, senders={"email": Slow()}) == {"sent": 1}
    with database.read() as session:
        assert [t.event for t in history(session, "message", [1])] == ["claim", "lose", "deliver"]


def send_all(settings: Settings, now: datetime) -> None:
    database = Database(settings)
    crew = [threading.Thread(target=deliver, args=(database,), kwargs={"now": now}) for _ in range(2)]
    for member in crew:
        member.start()
    for member in crew:
        member.join()
    database.dispose()


def test_two_processes_with_two_threads_send_each_message_once(
    database: Database, settings: Settings, now: datetime
) -> None:
    with database.begin() as session:
        for n in range(120):
            write(session, now, n)
    with mail_server() as server:
        crew = [FORK.Process(target=send_all, args=(mailing(settings, server.url), now)) for _ in range(2)]
        for process in crew:
            process.start()
        for process in crew:
            process.join(120)
        assert [process.exitcode for process in crew] == [0, 0]
    assert sorted(server.recipients) == sorted(f"c{n}@example.org" for n in range(120))
    assert set(states(database).values()) == {"sent"}
    with database.read() as session:
        owners = set(session.scalars(select(Message.claimed_by)))
    assert len(owners) >= 2  # it was shared work


def test_the_machine_has_no_way_from_sent_or_cancelled() -> None:
    assert MESSAGES.events("sent") == []
    assert MESSAGES.events("cancelled") == []
    assert MESSAGES.sources("claim") == ["queued"]


def test_counts_and_filters(database: Database, now: datetime) -> None:
    with database.begin() as session:
        write(session, now, 1)
        write(session, now, 2, channel="sms", to="13812345678")
        write(session, now, 3, due_at=now - timedelta(hours=3))
        actions.cancel(session, "follow_up", 1, actor="olga", now=now, reason="")
        assert queries.counts(session) == {
            "queued": 2, "sending": 0, "uncertain": 0, "failed": 0, "sent": 0, "cancelled": 1,
        }  # fmt: skip
        assert queries.count(session, "queued", "sms") == 1
        assert [row.to for row in queries.page(session, channel="sms")] == ["138****5678"]
        assert [row.to for row in queries.page(session, state="cancelled")] == ["c***@example.org"]
        assert queries.oldest_due(session, now) == now - timedelta(hours=3)


def test_the_next_of_many_due_at_one_moment_is_not_looked_for_by_sorting(
    database: Database, now: datetime
) -> None:
    with database.begin() as session:
        common = {"channel": "event", "purpose": "webhook", "to_sealed": b"", "body_sealed": b""}
        rows = [common | {"key": f"k{n}", "due_at": now, "created_at": now} for n in range(3000)]
        session.execute(insert(Message), rows)
        session.execute(text("ANALYZE messages"))
        due = select(Message.id).where(
            Message.state == "queued", Message.due_at <= now, Message.channel.in_(["event"])
        ).order_by(Message.due_at, Message.id).limit(1)  # fmt: skip
        ask = "EXPLAIN QUERY PLAN" if database.settings.is_sqlite else "EXPLAIN"
        compiled = due.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
        plan = str(session.execute(text(f"{ask} {compiled}")).all())
    assert "ix_messages_state_due_at" in plan
    assert "sort" not in plan.casefold()
    assert "b-tree" not in plan.casefold()
