"""The supervisor's board: figures against a count by hand, its lists, and giving callbacks to somebody."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit import AuditEntry
from core.db import Database
from core.errors import InputError
from followup import today
from followup.callbacks import holding, listing, standing, taking
from followup.callbacks.listing import Wanted
from followup.callbacks.models import Pause
from followup.callbacks.policy import ABSENT_AFTER, queue_reason
from followup.callbacks.reassigning import reassign
from followup.callbacks.taking import end_of_day
from followup.jobs import tick
from followup.models import Attempt, Callback, Case, FollowUp
from tests.followup import factories as make

START = datetime.fromisoformat("2026-11-18T10:00+08:00")  # a Wednesday


def queued(database: Database, n: int, **given: object) -> list[int]:
    """Callbacks of new customers, ready to be called."""
    with database.begin() as session:
        make.new_rule(session, make.by_phone(), now=START)
        for _n in range(n):
            make.closed_case(session, now=START, **given)
    tick(database, now=START)
    tick(database, now=START)
    with database.read() as session:
        return list(session.scalars(select(Callback.id).order_by(Callback.id)))


def put(session: Session, callback_id: int, **values: object) -> None:
    """Let a callback stand as the test needs it."""
    callback = session.get_one(Callback, callback_id)
    for name, value in values.items():
        setattr(callback, name, value)


def rang(session: Session, callback_id: int, agent_id: int, at: datetime, **more: object) -> None:
    """A call in the past."""
    values: dict[str, object] = {"outcome": "NO_ANSWER", "result": "NC"} | more
    session.add(
        Attempt(
            callback_id=callback_id,
            number=1,
            agent_id=agent_id,
            started_at=at,
            ended_at=at,
            local_day=at.date(),
            **values,
        )
    )


def test_the_figures_are_what_one_counts_by_hand(database: Database) -> None:
    ids = queued(database, 7)
    now = START + timedelta(hours=1)
    with database.begin() as session:
        anna = make.agent(session, "anna", now=START)
        put(session, ids[0], state="waiting", ready_at=now + timedelta(days=1))
        put(session, ids[1], state="appointed", priority=10, ready_at=now + timedelta(minutes=59))
        put(session, ids[2], state="appointed", priority=10, ready_at=now + timedelta(hours=2))
        put(session, ids[3], state="held", deadline=now - timedelta(minutes=1))
        put(session, ids[4], state="done", deadline=now - timedelta(days=1), ended_at=now)
        put(session, ids[5], deadline=now - timedelta(days=1))
        taken = taking.pull_next(session, anna, now=now)
        assert taken is not None
    with database.read() as session:
        n = standing.counts(session, now)
        assert (n.left_today, n.overdue, n.promised, n.in_hand, n.held) == (3, 2, 1, 1, 1)
        assert (n.ready, n.waiting, n.appointed, n.open) == (1, 1, 2, 6)
        desk = today.desk(session, now)
        assert (desk.left, desk.late, desk.promised) == (3, 2, 1)
        views = {view: listing.page(session, Wanted(view), 1, now=now, known=n) for view in listing.VIEWS}
        assert {view: (page.total, len(page.rows)) for view, page in views.items()} == {
            "open": (6, 6), "in_hand": (1, 1), "held": (1, 1), "overdue": (2, 2), "appointed": (2, 2),
            "ended": (1, 1),
        }  # fmt: skip


def test_who_holds_what_since_when_and_when_it_runs_out(database: Database) -> None:
    queued(database, 1)
    with database.begin() as session:
        anna = make.agent(session, "anna", now=START)
        callback = taking.pull_next(session, anna, now=START)
        assert callback is not None
        holding.reveal(session, callback.id, anna, now=START + timedelta(minutes=1))
    with database.read() as session:
        for minutes, runs_out in ((5, False), (14, True), (20, True)):
            line = standing.in_hand(session, START + timedelta(minutes=minutes))[0]
            assert (line.holder, line.state, line.number) == ("Anna", "in_call", 1)
            assert (line.since, line.ends_soon) == (START, runs_out)


def test_the_share_that_is_reached_by_hour_of_the_local_clock(database: Database) -> None:
    callback_id = queued(database, 1)[0]
    now = START + timedelta(hours=8)  # 18:00
    with database.begin() as session:
        anna = make.agent(session, "anna", now=START)
        for n in range(12):  # 10:00 today
            rang(
                session, callback_id, anna.id, START + timedelta(minutes=n), contacted=n < 3, connected=n < 5
            )
        rang(session, callback_id, anna.id, START, contacted=True, undone_at=now)
        rang(session, callback_id, anna.id, START + timedelta(hours=7, minutes=59))  # 17:59
        for day in (1, 27):
            for n in range(10):  # 00:30, which is the day before in UTC
                at = START - timedelta(days=day, hours=9, minutes=30)
                rang(session, callback_id, anna.id, at, contacted=n < day)
        rang(session, callback_id, anna.id, START - timedelta(days=29), contacted=True)
    with database.read() as session:
        found = {hour.hour: hour for hour in standing.hours(session, now)}
        assert sorted(found) == [0, 10, 17]
        assert (found[10].reached, found[10].calls, found[10].rate) == (3, 12, 25.0)
        assert (found[17].calls, found[17].rate) == (1, None)
        assert (found[0].reached_before, found[0].calls_before, found[0].rate_before) == (11, 20, 55.0)
        assert found[0].rate is None


def test_the_agents_of_the_day(database: Database) -> None:
    ids = queued(database, 2)
    with database.begin() as session:
        anna, amir = (make.agent(session, name, now=START) for name in ("anna", "amir"))
        make.agent(session, "idle", now=START)
        rang(session, ids[0], anna.id, START, connected=True, contacted=True, result="I", outcome="COMPLETE")
        rang(session, ids[0], anna.id, START + timedelta(minutes=5))
        rang(session, ids[0], anna.id, START + timedelta(minutes=9), undone_at=START)
        rang(session, ids[0], anna.id, START - timedelta(days=1))
        session.add(Pause(agent_id=anna.id, reason="meal", began_at=START + timedelta(minutes=6)))
        assert taking.pull_next(session, amir, now=START + timedelta(minutes=2)) is not None
    with database.read() as session:
        lines = {line.name: line for line in standing.agents(session, START + timedelta(minutes=10))}
    assert set(lines) == {"Anna", "Amir"}
    assert (lines["Anna"].calls, lines["Anna"].connected, lines["Anna"].answered) == (2, 1, 1)
    assert lines["Anna"].last_sign == START + timedelta(minutes=5)
    assert (lines["Anna"].paused_since, lines["Anna"].pause_reason) == (START + timedelta(minutes=6), "meal")
    assert (lines["Amir"].calls, lines["Amir"].last_sign) == (0, START + timedelta(minutes=2))
    assert lines["Amir"].holds


def test_lists_are_narrowed_in_sql_as_python_would(database: Database) -> None:
    ids = queued(database, 9)
    midnight = start_of_next_day(database)
    with database.begin() as session:
        anna = make.agent(session, "anna", now=START)
        for n, priority in enumerate((10, 16, 18, 20, 24, 30, 40, 50, 50)):
            put(session, ids[n], priority=priority, deadline=midnight + timedelta(hours=1), attempts=n % 2)
        put(session, ids[7], deadline=midnight - timedelta(hours=1), agent_id=anna.id)
        for case in session.scalars(select(Case).where(Case.id <= 4)):
            case.department = "西城所"
    with database.read() as session:
        rows = listing.page(session, Wanted(), 1, now=START).rows
        assert [row.id for row in rows] == ids  # the most urgent first
        for reason in ("appointment", "recovery", "unhappy", "serious", "due_today", "retry", "oldest"):
            page = listing.page(session, Wanted(reason=reason), 1, now=START)
            assert [row.id for row in page.rows] == [row.id for row in rows if row.reason == reason]
            assert page.total == len(page.rows) > 0
        west = listing.page(session, Wanted(department="西城所"), 1, now=START)
        assert {row.department for row in west.rows} == {"西城所"}
        assert west.total == 4
        assert [row.id for row in listing.page(session, Wanted(agent_id=anna.id), 1, now=START).rows] == [
            ids[7]
        ]
        assert queue_reason(50, midnight - timedelta(hours=1), 1, end_of_day=midnight) == "due_today"


def start_of_next_day(database: Database) -> datetime:
    with database.read() as session:
        return end_of_day(session, START)


def test_a_page_beyond_the_last_is_the_last(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = queued(database, 5)
    monkeypatch.setattr(listing, "PAGE", 2)
    with database.begin() as session:
        put(session, ids[4], state="appointed", priority=10)
    with database.read() as session:
        pages = [listing.page(session, Wanted(), n, now=START) for n in (1, 2, 3, 99)]
        assert [[row.id for row in page.rows] for page in pages] == [
            [ids[4], ids[0]], [ids[1], ids[2]], [ids[3]], [ids[3]],
        ]  # fmt: skip
        assert {(page.pages, page.total) for page in pages} == {(3, 5)}
        monkeypatch.setattr(listing, "PAGES", 2)
        page = listing.page(session, Wanted(department="东城所"), 9, now=START)
        assert (page.number, page.total, page.is_more) == (2, 4, True)


def test_an_absent_agents_appointments_go_to_another_who_is_first(database: Database) -> None:
    ids = queued(database, 2)
    with database.begin() as session:
        anna, amir = (make.agent(session, name, now=START) for name in ("anna", "amir"))
        put(session, ids[0], state="appointed", priority=10, agent_id=anna.id, ready_at=START)
        done = reassign(session, ids, amir.id, actor="sven", reason="krank", now=START + timedelta(hours=1))
        assert (done.done, done.refused) == (tuple(ids), ())
    with database.read() as session:
        said = select(AuditEntry.subject).where(AuditEntry.action == "callback.reassign")
        assert session.scalars(said.order_by(AuditEntry.seq)).all() == [f"callback:{i}" for i in ids]
    now = START + timedelta(hours=1, minutes=1)
    with database.begin() as session:
        put(session, ids[0], state="ready")
        put(session, ids[0], ready_at=now)
        assert taking.pull_next(session, anna, now=now) is None
        first = taking.pull_next(session, amir, now=now)
        assert first is not None
        assert first.id == ids[0]
        later = now + ABSENT_AFTER  # then it is everybody's
        other = taking.pull_next(session, anna, now=later)
        assert other is not None
        assert other.id == ids[1]


def test_in_the_evening_the_first_right_begins_in_the_morning(database: Database) -> None:
    ids = queued(database, 2)
    evening = START + timedelta(hours=12)  # 22:00
    with database.begin() as session:
        amir = make.agent(session, "amir", now=START)
        put(session, ids[0], priority=10)  # promised: at any hour
        reassign(session, ids, amir.id, actor="sven", reason="morgen", now=evening)
    with database.read() as session:
        from_then_on = session.scalars(select(Callback.ready_at).order_by(Callback.id)).all()
        assert from_then_on == [evening, datetime.fromisoformat("2026-11-19T09:00+08:00")]


def test_given_back_to_everybody_anybody_is_next(database: Database) -> None:
    ids = queued(database, 1)
    with database.begin() as session:
        anna, amir = (make.agent(session, name, now=START) for name in ("anna", "amir"))
        put(session, ids[0], agent_id=anna.id, ready_at=START)
        assert taking.pull_next(session, amir, now=START) is None
        reassign(session, ids, None, actor="sven", reason="free", now=START)
        assert taking.pull_next(session, amir, now=START) is not None


def test_nobody_is_given_an_own_case_or_what_somebody_holds(database: Database) -> None:
    with database.begin() as session:
        anna = make.agent(session, "anna", now=START)
    ids = queued(database, 3, handler_id=anna.id)
    with database.begin() as session:
        amir = make.agent(session, "amir", now=START)
        put(session, ids[2], handler_id=None, department="北城所")
        make.new_user(session, "nora", "agent", now=START, department="北城所")
        held = taking.pull_next(session, amir, now=START)
        assert held is not None
        numbers = dict(
            session.execute(
                select(Callback.id, Case.number)
                .join(FollowUp, FollowUp.id == Callback.follow_up_id)
                .join(Case, Case.id == FollowUp.case_id)
            ).all()
        )
        result = reassign(session, ids, anna.id, actor="sven", reason="x", now=START)
        assert result.done == ()
        assert {number for number, _why in result.refused} == set(numbers.values())
        why = dict(result.refused)
        assert "Anna" in why[numbers[ids[2]]]
        assert session.scalars(select(Callback.agent_id).where(Callback.id != held.id)).all() == [None, None]
        for people, reason, marked in ((anna.id, " ", ids), (anna.id, "x", []), (999, "x", ids)):
            with pytest.raises(InputError):
                reassign(session, marked, people, actor="sven", reason=reason, now=START)
