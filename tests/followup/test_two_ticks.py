"""Two schedulers at once, and one that is killed: each message goes out once, and nothing is lost."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core.contacts.models import ContactEvent
from core.db import Database, vault_of
from core.outbox import jobs as outbox
from core.outbox.models import Message
from core.outbox.senders import Letter
from core.settings import Settings
from followup import jobs
from followup.models import FollowUp
from surveys.models import Invitation
from tests.followup import factories as make

ROOT = Path(__file__).resolve().parents[2]
CASES = 24


class Sink:
    """A sender that counts what would reach the customers."""

    def __init__(self) -> None:
        self.letters: list[str] = []
        self._lock = threading.Lock()

    def send(self, letter: Letter) -> None:
        time.sleep(0.002)  # a network takes a moment: the other scheduler comes in between
        with self._lock:
            self.letters.append(letter.to)


def closed(database: Database, now: datetime, n: int = CASES) -> None:
    """One rule, many closed cases of as many customers."""
    with database.begin() as session:
        make.new_rule(session, now=now)
        for _n in range(n):
            make.closed_case(session, now=now)


def test_two_schedulers_at_once_send_each_message_once(
    settings: Settings, database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed(database, now)
    sink = Sink()
    monkeypatch.setattr(outbox, "senders_for", lambda _settings: {"sms": sink, "email": sink})
    others = [Database(settings) for _n in range(3)]
    with ThreadPoolExecutor(4) as pool:
        ticks = [pool.submit(jobs.tick, each, now=now) for each in (database, *others) for _again in range(2)]
        counts = [tick.result() for tick in ticks]
    for other in others:
        other.dispose()
    assert sum(c["send"].get("invited", 0) for c in counts) == CASES
    assert not any(c["send"].get("failed") for c in counts)
    assert Counter(Counter(sink.letters).values()) == {1: CASES}
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Invitation)) == CASES
        assert session.scalar(select(func.count()).select_from(ContactEvent)) == CASES
        assert set(session.scalars(select(Message.state))) == {"sent"}
    jobs.tick(database, now=now + timedelta(seconds=30))
    with database.read() as session:
        assert set(session.scalars(select(FollowUp.state))) == {"sent"}


@pytest.mark.slow
def test_a_killed_scheduler_loses_nothing_and_sends_nothing_twice(
    settings: Settings, database: Database, now: datetime
) -> None:
    closed(database, now, n=60)
    program = (
        "import sys\nfrom datetime import datetime\nfrom core.db import Database\n"
        "from core.settings import Settings, checked\nfrom followup.jobs import tick\n"
        "from pathlib import Path\n"
        "given = {'data_dir': Path(sys.argv[1]), 'secret_key': sys.argv[2], 'database_url': sys.argv[3]}\n"
        "s = checked(Settings(**given))\n"
        "print('ready', flush=True)\ntick(Database(s), now=datetime.fromisoformat(sys.argv[4]))\n"
    )
    words = [str(settings.data_dir), settings.secret_key, settings.database_url, now.isoformat()]
    for pause in (0.05, 0.2, 0.4):
        process = subprocess.Popen(
            [sys.executable, "-c", program, *words], cwd=ROOT, stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(pause)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    later = now + timedelta(minutes=30)
    for n in range(3):
        jobs.tick(database, now=later + timedelta(minutes=n))
    with database.read() as session:
        states = Counter(session.scalars(select(FollowUp.state)))
        messages = Counter(session.scalars(select(Message.state)))
        assert states == {"sent": 60}
        assert sum(messages.values()) == 60  # one message each, whatever was killed
        assert set(messages) <= {"sent", "uncertain"}  # what may have gone out waits for a person
        assert messages["uncertain"] <= 3
        assert session.scalar(select(func.count()).select_from(Invitation)) == 60
        links = {
            vault_of(session).open(m.body_sealed, f"message.body:{m.uid}")
            for m in session.scalars(select(Message))
        }
        assert len(links) == 60
