"""Gateways and mail servers that are down, slow, break off or lie: judged by what the customers have.

How each single answer is understood stands in tests/core; here a whole morning goes wrong, and then the clock
runs on. No message may arrive twice, and every customer must hold the link in the end: by the invitation, by
the reminder of the next day, or an agent calls.
"""

import json
import re
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from core.db import Database
from core.outbox.channels import json_http, smtp
from core.outbox.models import Message
from core.settings import Settings
from followup import jobs
from followup.models import FollowUp
from tests.chaos.sink import Sink, mail_sink
from tests.core.webserver import Reply, Request, unused_url, web_server
from tests.followup import factories as make

PEOPLE = 8
MORNING = datetime.fromisoformat("2026-11-18T10:00+08:00")  # a Wednesday
SECRET = "the secret of the gateway"
STEP = timedelta(minutes=30)
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@dataclass
class Gateway:
    """Answers badly until it is mended, and knows each message by its key, as docs/channels.md asks."""

    bad: Reply
    takes: bool  # whether a message reaches the customer while it answers badly
    mended: bool = False
    taken: dict[str, str] = field(default_factory=dict)  # key -> number
    asked: list[str] = field(default_factory=list)
    brought: list[tuple[str, str]] = field(default_factory=list)  # number and link, each as it rang

    def __call__(self, request: Request) -> Reply:
        key, document = request.headers["idempotency-key"], json.loads(request.body)
        self.asked.append(key)
        if (self.takes or self.mended) and key not in self.taken:
            self.taken[key] = document["to"]
            link = re.search(r"/s/(\w+)", document["text"])
            self.brought.append((document["to"], link.group(1) if link else ""))
        accepted = Reply(200, json.dumps({"status": "accepted", "id": key[:8]}).encode())
        return accepted if self.mended else self.bad


def closed_in_the_morning(database: Database, **contact: object) -> None:
    with database.begin() as session:
        make.new_rule(session, now=MORNING)
        for n in range(PEOPLE):
            given = {"phones": [f"010-6234{n:04d}"], "email": f"c{n}@example.org"} if contact else {}
            make.closed_case(session, now=MORNING, contact=make.new_contact(session, now=MORNING, **given))


def ticks(settings: Settings, first: datetime, until: datetime) -> None:
    """Tick every half hour, each as another process would."""
    database = Database(settings)
    while first < until:
        done = jobs.tick(database, now=first)
        assert not [counts for counts in done.values() if counts.get("failed", 0) and "sent" not in counts]
        first += STEP
    database.dispose()


def the_days_after(settings: Settings) -> None:
    """The server works again from noon on; Thursday and Friday are as usual."""
    for day in range(3):
        start = MORNING + timedelta(days=day, hours=2 if day == 0 else 0)
        ticks(settings, start, MORNING + timedelta(days=day, hours=8))


def in_the_end(database: Database) -> tuple[Counter[str], set[str]]:
    """The states of the messages, and those of the follow-ups."""
    with database.read() as session:
        return Counter(session.scalars(select(Message.state))), set(session.scalars(select(FollowUp.state)))


BROKEN = {
    "says busy": (Reply(503), False),
    "slow, and sends": (Reply(wait=0.6), True),
    "slow, and does not": (Reply(wait=0.6), False),
    "resets after sending": (Reply(trouble="reset"), True),
    "resets": (Reply(trouble="reset"), False),
    "cuts its answer": (Reply(trouble="cut"), True),
    "says nonsense": (Reply(200, b"<html>OK</html>"), True),
    "an error after sending": (Reply(500), True),
    "says accepted and is not": (Reply(200, b'{"status": "accepted", "id": "G-1"}'), False),
}


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize("trouble", BROKEN)
def test_a_gateway_in_trouble_neither_doubles_nor_loses(
    settings: Settings, database: Database, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_http, "TIMEOUT", 0.3)
    closed_in_the_morning(database)
    gateway = Gateway(*BROKEN[trouble])
    with web_server(gateway) as server:
        using = replace(settings, sms_url=server.url, sms_secret=SECRET)
        ticks(using, MORNING, MORNING + timedelta(hours=2))
        gateway.mended = True
        the_days_after(using)
    assert_reached(database, [number for number, _link in gateway.brought], gateway.brought)
    if trouble != "an error after sending":  # there the key lets the gateway know its own message
        resent = Counter(gateway.asked) - Counter(set(gateway.asked))
        assert not resent or not BROKEN[trouble][1], "what may have been sent was sent again"


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_gateway_that_is_down_delays_and_nothing_else(settings: Settings, database: Database) -> None:
    closed_in_the_morning(database)
    ticks(replace(settings, sms_url=unused_url(), sms_secret=SECRET), MORNING, MORNING + timedelta(hours=2))
    gateway = Gateway(Reply(), takes=True, mended=True)
    with web_server(gateway) as server:
        the_days_after(replace(settings, sms_url=server.url, sms_secret=SECRET))
    assert_reached(database, [number for number, _link in gateway.brought], gateway.brought)
    assert in_the_end(database)[0] == {"sent": 2 * PEOPLE}  # the invitation and the reminder


Break = Callable[[Sink], None]


def _refuses(sink: Sink) -> None:
    sink.answer = "451 try again later"


def _is_slow(sink: Sink) -> None:
    sink.pause = 0.6


def _resets(sink: Sink) -> None:
    sink.resets_every = 1


def _lies(sink: Sink) -> None:
    sink.lies = True


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize("broken", [_refuses, _is_slow, _resets, _lies])
def test_a_mail_server_in_trouble_neither_doubles_nor_loses(
    settings: Settings, database: Database, broken: Break, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "TIMEOUT", 0.3)
    closed_in_the_morning(database, by="mail")
    with ExitStack() as stack:
        sink = stack.enter_context(mail_sink(pause=0.0))
        using = replace(settings, smtp_url=sink.url)
        broken(sink)
        ticks(using, MORNING, MORNING + timedelta(hours=2))
        sink.answer, sink.pause, sink.resets_every, sink.lies = "250 OK", 0.0, 0, False
        the_days_after(using)
    assert len({mail.number for mail in sink.mails}) == len(sink.mails), "a mail arrived twice"
    assert_reached(database, [mail.to for mail in sink.mails], [(mail.to, mail.token) for mail in sink.mails])


def assert_reached(database: Database, reached: list[str], links: list[tuple[str, str]]) -> None:
    """Everybody has the link, nobody more than the invitation and the reminder, and all are called now."""
    counts = Counter(reached)
    assert len(counts) == PEOPLE, f"only {len(counts)} of {PEOPLE} were reached"
    assert max(counts.values()) <= 2
    assert len(set(links)) == PEOPLE, "one link each"
    messages, follow_ups = in_the_end(database)
    assert follow_ups == {"call_queued"}  # two working days without an answer: an agent calls
    assert set(messages) <= {"sent", "uncertain"}
