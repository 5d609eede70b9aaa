"""The regular reports: each period once, its readers told once, whatever happens in between."""

from datetime import UTC, date, datetime
from threading import Barrier, Thread
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from analysis.periods import parse_period
from analysis.reports import actions, blocks, jobs, making, policy, queries
from analysis.reports.actions import Terms
from analysis.reports.jobs import make_reports
from analysis.reports.models import ReportDefinition, ReportRun
from analysis.texts import AskedError
from core.auth.addresses import set_email
from core.auth.models import User
from core.db import vault_of
from core.outbox.models import Message
from tests import people
from tests.analysis.answers import two_periods

ZONE = ZoneInfo("Asia/Shanghai")
SAVED = datetime(2026, 8, 10, tzinfo=UTC)
DUE = datetime(2026, 10, 3, 22, 0, tzinfo=UTC)  # 2026-10-04, 6:00 in Shanghai: three days after 30 September


def save(database, *readers, every="quarter", now=SAVED, query=None, language="en"):
    """Save a definition for some people."""
    with database.begin() as session:
        ids = tuple(session.scalars(select(User.id).where(User.name.in_(readers))))
        terms = Terms("Quality", every, "year", language, ids)
        return actions.create(session, "care", query or {}, terms, actor="lena", now=now).id


def kept(database):
    with database.read() as session:
        runs = session.scalars(select(ReportRun).order_by(ReportRun.id)).all()
        letters = session.scalars(select(Message).order_by(Message.id)).all()
        vault = vault_of(session)
        texts = [vault.open(one.body_sealed, f"message.body:{one.uid}") for one in letters]
        return [run.period for run in runs], list(zip(letters, texts, strict=True)), runs


def state(database):
    with database.read() as session:
        found = session.scalars(select(ReportDefinition)).one()
        return found.next_due, found.try_at


@pytest.mark.parametrize(
    ("every", "now", "period", "due"),
    [
        ("month", "2026-03-04 05:59", "2026-01", "2026-03-04 06:00"),
        ("month", "2026-03-04 06:00", "2026-02", "2026-04-04 06:00"),
        ("quarter", "2026-11-22 12:00", "2026Q3", "2027-01-04 06:00"),
        ("half", "2026-07-03 23:00", "2025H2", "2026-07-04 06:00"),
        ("year", "2027-01-04 06:00", "2026", "2028-01-04 06:00"),
    ],
)
def test_a_report_is_due_three_days_after_its_period(every, now, period, due):
    at = datetime.fromisoformat(now).replace(tzinfo=ZONE)
    assert policy.last_due(every, at, 3, ZONE).name == period
    assert policy.next_due(every, at, 3, ZONE) == datetime.fromisoformat(due).replace(tzinfo=ZONE)


def test_after_an_outage_the_last_three_periods_are_owed_and_never_an_open_one():
    since = datetime(2026, 1, 4, 6, tzinfo=ZONE)
    now = datetime(2026, 11, 22, tzinfo=ZONE)
    assert [p.name for p in policy.owed("month", since, now, 3, ZONE)] == ["2026-08", "2026-09", "2026-10"]
    assert [p.name for p in policy.owed("quarter", now, now, 3, ZONE)] == ["2026Q3"]
    assert all(period.end <= date(2026, 11, 22) for period in policy.owed("year", since, now, 3, ZONE))


def test_it_is_made_once_and_its_readers_are_told_once(database):
    two_periods(database)
    people.lena(database)
    people.aldo(database)
    people.anna(database)
    with database.begin() as session:
        lena = session.scalar(select(User).where(User.name == "lena"))
        set_email(session, lena, "lena@example.org")
    save(database, "lena", "aldo", "anna")  # an agent may not see reports
    assert make_reports(database, now=DUE.replace(hour=21)) == {}
    assert make_reports(database, now=DUE) == {"made": 1}
    assert make_reports(database, now=DUE) == {}
    periods, letters, runs = kept(database)
    assert periods == ["2026Q3"]
    assert sorted(message.channel for message, _text in letters) == ["email", "notice"]
    for _message, text in letters:
        assert "75%, 15 points lower than in Q3 2025" in text
        assert f"/analysis/reports/{runs[0].uid}" in text
    report = blocks.from_dict(runs[0].figures)
    assert report.title == "Quality"
    with database.read() as session:
        found = session.scalars(select(ReportDefinition)).one()
        assert found.next_due == datetime(2027, 1, 3, 22, 0, tzinfo=UTC)


def test_outside_any_request_every_word_is_in_the_language_of_the_report(database):
    two_periods(database)
    save(database, language="zh_Hans")
    make_reports(database, now=DUE)
    texts = " ".join(blocks.from_dict(kept(database)[2][0].figures).texts())
    assert "链接作答 100%" in texts
    assert "By link" not in texts


def test_two_schedulers_at_once_make_one(database):
    two_periods(database)
    people.lena(database)
    save(database, "lena")
    gate, results = Barrier(2), []

    def work():
        gate.wait()
        results.append(make_reports(database, now=DUE))

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    periods, letters, _runs = kept(database)
    assert periods == ["2026Q3"]
    assert len(letters) == 1
    assert sorted(results, key=len) == [{}, {"made": 1}]


def test_killed_before_the_end_it_leaves_nothing_and_is_made_by_the_next_round(database, monkeypatch):
    two_periods(database)
    people.lena(database)
    save(database, "lena")
    tell = actions._tell

    def killed(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(actions, "_tell", killed)
    with pytest.raises(KeyboardInterrupt):
        make_reports(database, now=DUE)
    assert kept(database)[:2] == ([], [])
    monkeypatch.setattr(actions, "_tell", tell)
    assert make_reports(database, now=DUE) == {"made": 1}
    assert len(kept(database)[1]) == 1


def test_what_was_missed_is_made_up_for_once(database):
    two_periods(database)
    people.lena(database)
    save(database, "lena", every="month", now=datetime(2026, 1, 10, tzinfo=UTC))
    late = datetime(2026, 11, 22, tzinfo=UTC)
    assert make_reports(database, now=late) == {"made": 3}
    assert make_reports(database, now=late) == {}
    periods, letters, _runs = kept(database)
    assert periods == ["2026-08", "2026-09", "2026-10"]
    assert len(letters) == 3


def test_one_period_that_cannot_be_made_keeps_none_of_the_others_back(database, monkeypatch):
    two_periods(database)
    people.lena(database)
    save(database, "lena", every="month", now=datetime(2026, 1, 10, tzinfo=UTC))
    late, make = datetime(2026, 11, 22, tzinfo=UTC), making.make

    def not_september(database, asked, *rest, **names):
        if asked.after.name == "2026-09":
            raise AskedError("gone")
        return make(database, asked, *rest, **names)

    monkeypatch.setattr(making, "make", not_september)
    assert make_reports(database, now=late) == {"made": 2, "failed": 1}
    assert make_reports(database, now=late) == {}  # it waits an hour
    assert kept(database)[0] == ["2026-08", "2026-10"]
    assert state(database) == (datetime(2026, 10, 3, 22, tzinfo=UTC), late.replace(hour=1))
    monkeypatch.setattr(making, "make", make)
    assert make_reports(database, now=late.replace(hour=2)) == {"made": 1}
    periods, letters, _runs = kept(database)
    assert periods == ["2026-08", "2026-10", "2026-09"]
    assert len(letters) == 3
    assert state(database) == (datetime(2026, 12, 3, 22, tzinfo=UTC), None)


def test_a_paused_one_rests_and_goes_on_with_what_ends_next(database):
    two_periods(database)
    people.lena(database)
    number = save(database, "lena")
    with database.begin() as session:
        actions.switch(session, queries.definition(session, number), on=False, actor="lena", now=SAVED)
    assert make_reports(database, now=DUE) == {}
    with database.begin() as session:
        actions.switch(session, queries.definition(session, number), on=True, actor="lena", now=DUE)
    assert make_reports(database, now=DUE) == {}
    assert make_reports(database, now=datetime(2027, 1, 5, tzinfo=UTC)) == {"made": 1}
    assert kept(database)[0] == ["2026Q4"]


def test_one_that_cannot_be_made_waits_an_hour_and_stops_no_other(database):
    two_periods(database)
    people.lena(database)
    save(database, "lena", query={"item": ["gone"]})
    with database.begin() as session:
        terms = Terms("Another", "quarter", "previous", "zh_Hans", ())
        actions.create(session, "care", {}, terms, actor="lena", now=SAVED)
    assert make_reports(database, now=DUE) == {"failed": 1, "made": 1}
    assert make_reports(database, now=DUE) == {}
    with database.read() as session:
        broken = session.scalar(select(ReportDefinition).where(ReportDefinition.title == "Quality"))
        assert (broken.next_due, broken.try_at) == (DUE, DUE.replace(hour=23))


def test_what_is_owed_is_not_forgotten_by_failing_until_the_next_is_due(database):
    two_periods(database)
    people.lena(database)
    number = save(database, "lena", query={"item": ["gone"]})
    later = datetime(2027, 1, 3, 22, 30, tzinfo=UTC)
    for moment, periods in ((DUE, 1), (later, 2)):
        assert make_reports(database, now=moment) == {"failed": periods}
    with database.begin() as session:
        found = queries.definition(session, number)
        terms = Terms("Quality", "quarter", "year", "en", tuple(found.readers))
        actions.change(session, found, {}, terms, version=found.version, actor="lena", now=later)
    assert make_reports(database, now=later) == {"made": 2}  # who mends it need not wait
    assert kept(database)[0] == ["2026Q3", "2026Q4"]


def test_one_that_was_changed_while_it_was_drawn_is_made_as_it_is_wanted_now(database):
    two_periods(database)
    people.lena(database)
    number = save(database, "lena")
    version, made = jobs._made(database, number, parse_period("2026Q3"), DUE)
    with database.begin() as session:
        found = queries.definition(session, number)
        terms = Terms("Other", "quarter", "previous", "zh_Hans", ())
        actions.change(session, found, {}, terms, version=found.version, actor="lena", now=SAVED)
    with database.begin() as session:
        assert jobs._kept(session, number, version, made, DUE) is None
    assert make_reports(database, now=DUE) == {"made": 1}
    assert kept(database)[2][0].query["before"] == "2026Q2"


def test_of_two_who_save_one_title_at_once_the_slower_one_is_told(database, monkeypatch):
    two_periods(database)
    gate, results, look = Barrier(2), [], actions._check_title

    def both_have_looked(*given):
        look(*given)
        if database.engine.dialect.name == "postgresql":  # SQLite lets nobody look while another writes
            gate.wait()

    monkeypatch.setattr(actions, "_check_title", both_have_looked)

    def work():
        terms = Terms("Quality", "month", "year", "en", ())
        try:
            with database.begin() as session:
                results.append(actions.create(session, "care", {}, terms, actor="lena", now=SAVED).title)
        except actions.TitleTakenError:
            results.append("taken")

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["Quality", "taken"]
