"""Two thousand people, two ticks at once, a killed one, nine hours without any: one message each, no more."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, func, select, update

from core.contacts.bulk import Person, find_or_save_many
from core.db import Database
from core.outbox import jobs as outbox
from core.outbox.models import Message
from core.outbox.senders import Letter
from core.settings import Settings
from surveys import jobs as surveys_jobs
from surveys.campaigns import jobs
from surveys.campaigns.models import Recipient
from surveys.models import Invitation
from tests.surveys.campaigns import people as make
from tests.surveys.campaigns.people import DAY, states

ROOT = Path(__file__).resolve().parents[3]
PEOPLE, PACE = 2000, 6000  # a hundred a minute
FIVE = timedelta(minutes=5)


class Sink:
    """A sender that counts what would reach people."""

    def __init__(self) -> None:
        self.letters: list[str] = []
        self._lock = threading.Lock()

    def send(self, letter: Letter) -> None:
        with self._lock:
            self.letters.append(letter.to)


def listed(database: Database, n: int, now: datetime) -> None:
    """Many customers at once, each with a number of their own."""
    crowd = [Person(name="王小明", phones=(f"136{i:08d}",)) for i in range(n)]
    with database.begin() as session:
        find_or_save_many(session, crowd, source="test", now=now)


def tick(database: Database, now: datetime) -> dict[str, int]:
    """Do one round, and let the outbox work until nothing is due."""
    done = surveys_jobs.ask_campaigns(database, now=now)
    while outbox.deliver(database, now=now, guards=jobs.GUARDS):
        pass
    while surveys_jobs.settle_campaigns(database, now=now):
        pass
    return done


def killed(settings: Settings, now: datetime, pause: float) -> None:
    """Begin a round in another process and kill it in the middle."""
    program = (
        "import sys\nfrom datetime import datetime\nfrom pathlib import Path\nfrom core.db import Database\n"
        "from core.settings import Settings, checked\nimport followup.jobs\n"
        "from tests.surveys.campaigns.people import tick\n"
        "given = {'data_dir': Path(sys.argv[1]), 'secret_key': sys.argv[2], 'database_url': sys.argv[3]}\n"
        "database = Database(checked(Settings(**given)))\nprint('ready', flush=True)\n"
        "tick(database, datetime.fromisoformat(sys.argv[4]))\n"
    )
    words = [str(settings.data_dir), settings.secret_key, settings.database_url, now.isoformat()]
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


def together(settings: Settings, database: Database, now: datetime) -> int:
    """Let two processes' worth of rounds run at once; return how many people were asked or reminded."""
    other = Database(settings)
    with ThreadPoolExecutor(2) as pool:
        rounds = [pool.submit(tick, each, now) for each in (database, other)]
        done = [each.result() for each in rounds]
    other.dispose()
    assert not any(counts.get("failed") for counts in done)
    return sum(counts.get("invited", 0) + counts.get("reminded", 0) for counts in done)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_everybody_gets_one_invitation_and_one_reminder_whatever_happens(
    settings: Settings, database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed(database, PEOPLE, now)
    make.started(database, now=now, pace=PACE, reminders=1)
    sink = Sink()
    monkeypatch.setattr(outbox, "senders_for", lambda _settings: {"sms": sink, "email": sink})
    assert together(settings, database, now) == 101  # the first minute of the pace
    killed(settings, now + FIVE, 0.4)
    assert together(settings, database, now + FIVE) <= 501
    late = now + timedelta(hours=9)
    assert together(settings, database, late) <= 501  # five minutes are made up for, not nine hours
    for n in range(1, 9):
        tick(database, late + n * FIVE)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Invitation)) == PEOPLE
        messages = Counter(session.scalars(select(Message.state)))
    assert sum(messages.values()) == PEOPLE  # one each, whatever was killed
    assert set(messages) <= {"sent", "uncertain"}
    assert messages["uncertain"] <= 1  # what may have gone out waits for a person
    assert set(Counter(sink.letters).values()) == {1}
    _reminders_once(settings, database, late + 3 * DAY)


def _reminders_once(settings: Settings, database: Database, at: datetime) -> None:
    """Most have answered; the others hear from us once more and then no more."""
    with database.begin() as session:
        ids = session.scalars(select(Invitation.id).order_by(Invitation.id).limit(PEOPLE - 300)).all()
        session.execute(update(Invitation).where(Invitation.id.in_(ids)).values(state="answered"))
    tick(database, at - DAY)
    assert states(database)["answered"] == PEOPLE - 300
    day = at + timedelta(hours=14)  # the next morning, with all of them due
    assert together(settings, database, day) == 300
    for n in range(1, 4):
        tick(database, day + n * DAY)
    with database.read() as session:
        reminded = select(Message.contact_id).where(Message.purpose == "campaign_reminder")
        assert Counter(Counter(session.scalars(reminded)).values()) == {1: 300}
        assert set(session.scalars(select(Recipient.reminders))) == {0, 1}


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """Collect the statements that are sent to the database."""
    statements: list[str] = []

    def note(*given: object) -> None:
        statements.append(str(given[2]))

    event.listen(database.engine, "before_cursor_execute", note)
    yield statements
    event.remove(database.engine, "before_cursor_execute", note)


def test_the_work_of_a_tick_grows_with_the_people_it_asks_and_not_with_those_who_wait(
    database: Database, now: datetime
) -> None:
    listed(database, 160, now)
    make.started(database, now=now, pace=600, schedule="once")  # ten a minute
    make.tick(database, now)
    work = []
    for minutes, people in ((1, 10), (3, 20), (7, 40)):
        with counted(database) as statements:
            done = make.tick(database, now + timedelta(minutes=minutes))
        assert done["invited"] == people
        work.append(len(statements) / people)
    assert work[2] <= work[0] <= 80  # per person: less where the fixed part is shared by more
    with counted(database) as idle:
        make.tick(database, now + timedelta(minutes=7, seconds=1))
    assert len(idle) < 40
