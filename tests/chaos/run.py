"""One run: people work, processes are killed, everything is brought to rest, and then it is judged."""

import random
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from core import clock, schema
from core.db import Database
from core.installation import CalendarDay
from core.outbox.models import Message
from core.settings import Settings
from followup.models import FollowUp
from tests import people as staff
from tests.chaos.house import PATIENCE, House
from tests.chaos.judging import Verdict, is_whole, judge
from tests.chaos.people import Caller, Customer, Officer, Person, Supervisor, World
from tests.chaos.sink import Sink, mail_sink
from tests.followup import factories as make

PROCESSES = ("web", "scheduler-1", "scheduler-2")
# What has to have happened before a run says anything; a slow machine runs longer.
ENOUGH = {"cases": 15, "answers": 8, "calls": 4, "mails": 10, "kills": 6}
ROUNDS = 60


def prepare(database: Database) -> None:
    """Staff, two rules, and a calendar in which every day is worked: a run may fall on any day."""
    schema.make_ready(database) if database.settings.is_sqlite else schema.upgrade(database)
    for name in ("olga", "anna", "amir", "sven"):
        staff.hire(database, name)
    now = clock.now()
    with database.begin() as session:
        today = now.date()
        session.add_all(CalendarDay(day=today + timedelta(n), is_workday=True) for n in range(-3, 60))
        make.new_rule(session, make.by_phone(kinds=("complaint",)), now=now, name="by phone")
        make.new_rule(session, replace(make.ASK_ALL, channel="link"), now=now, name="by link")


def run(settings: Settings, *, seconds: float, seed: int) -> Verdict:
    """Let people work for so long while processes die, and judge what is left."""
    database = Database(settings)
    prepare(database)
    with mail_sink() as sink:
        house = House(settings, sink.url)
        world = World(house, sink, seed)
        try:
            _days_work(world, seconds, random.Random(seed))
            ended = house.stop()
            _come_to_rest(database, house)
        finally:
            house.end()
    verdict = judge(database, sink, world.ledger, house.kills)
    verdict.wrong += [f"{name} ended with {code}" for name, code in ended.items() if code != 0]
    verdict.wrong += [] if is_whole(database) else ["the file of the database is damaged"]
    audited = house.command("audit", "verify")
    verdict.wrong += [audited.stderr or audited.stdout] if audited.returncode else []
    verdict.counts |= {"seed": seed, "errors_logged": _errors(house)}
    database.dispose()
    return verdict


def _days_work(world: World, seconds: float, dice: random.Random) -> None:
    house = world.house
    for name in PROCESSES:
        house.start(name)
    house.wait_for_web()
    with _at_work(world, dice) as jobs:
        begun = time.monotonic()
        while not _is_enough(world) or time.monotonic() - begun < seconds:
            assert time.monotonic() - begun < seconds + 4 * PATIENCE, "too little happened"
            time.sleep(dice.uniform(1.5, 6.0))
            if dice.random() < 0.7:  # more kills than chance would bring fall between a mail and its receipt
                _wait_for_mail(world.sink)
            _kill_one(house, dice)
            for job in jobs:
                if job.done():
                    job.result()
        house.wait_for_web()


def _wait_for_mail(sink: Sink) -> None:
    end = time.monotonic() + 5
    while not sink.talking and time.monotonic() < end:
        time.sleep(0.01)


def _kill_one(house: House, dice: random.Random) -> None:
    name = dice.choice(PROCESSES)
    house.kill(name, dice)
    if name not in house.running:
        time.sleep(dice.uniform(0.0, 1.0))
        house.start(name)
    if name == "web":
        house.wait_for_web()


@contextmanager
def _at_work(world: World, dice: random.Random) -> Iterator[list[Future[None]]]:
    """Let everybody work; afterwards each finishes what is begun, with the web server up."""
    crew = [(Officer, "olga"), (Officer, "sven"), (Supervisor, "sven"), (Caller, "anna"), (Caller, "amir")]
    people: list[Person] = [each(world, name, random.Random(dice.random())) for each, name in crew]
    for person in people:
        person.sign_in()
    people += [Customer(world, f"customer {n}", random.Random(dice.random())) for n in range(3)]
    with ThreadPoolExecutor(len(people)) as pool:
        try:
            jobs = [pool.submit(person.work) for person in people]
            yield jobs
        finally:
            world.over.set()
    for job in jobs:
        job.result()


def _is_enough(world: World) -> bool:
    ledger = world.ledger
    seen = {
        "cases": len(ledger.cases), "answers": len(ledger.answers), "calls": len(ledger.calls),
        "mails": len(world.sink.mails), "kills": world.house.kills,
    }  # fmt: skip
    return all(seen[name] >= least for name, least in ENOUGH.items())


def _come_to_rest(database: Database, house: House) -> None:
    """Tick by hand until nothing is due: what a killed sender held is parked after ten minutes."""
    at = datetime.now(UTC) + timedelta(minutes=11)
    for _round in range(ROUNDS):
        house.tick(at.isoformat())
        with database.read() as session:
            messages = select(func.count()).where(Message.state.in_(("queued", "sending")))
            follow_ups = select(func.count()).where(FollowUp.state.in_(("planned", "sending")))
            left = session.scalar(messages), session.scalar(follow_ups)
        if left == (0, 0):
            return
        at += timedelta(minutes=13)
    raise AssertionError(f"after {ROUNDS} rounds there are still {left[0]} messages, {left[1]} follow-ups")


def _errors(house: House) -> int:
    return sum(log.read_text("utf-8", "replace").count("Traceback") for log in house.logs.iterdir())
