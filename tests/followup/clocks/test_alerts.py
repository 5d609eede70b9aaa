"""Warnings, breaches and escalations: each noted once, each person told once a round."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.auth.addresses import email_of, set_email
from core.auth.models import User
from core.calendar_days import take_over
from core.db import Database, vault_of
from core.outbox.models import Message
from followup.cases import actions
from followup.cases.requests import request_reopen
from followup.clocks.jobs import watch
from followup.clocks.models import CaseAlert
from followup.models import Case, FollowUp
from tests.followup.factories import new_case, new_contact, new_rule, new_user


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}+08:00")


def case_of(session: Session, now: datetime, **given: object) -> Case:
    case = new_case(session, new_contact(session, now=now).id, now=now, **given)  # type: ignore[arg-type]
    actions.accept(session, case, actor="test", now=now)
    return case


def noted(database: Database) -> list[tuple[int, str, str]]:
    with database.read() as session:
        wanted = select(CaseAlert.case_id, CaseAlert.clock, CaseAlert.level).order_by(CaseAlert.id)
        return [(row[0], row[1], row[2]) for row in session.execute(wanted)]


def told(database: Database) -> list[tuple[str, str, str]]:
    """Return (channel, to whom, text) of every notice."""
    with database.read() as session:
        vault = vault_of(session)
        return [
            (
                m.channel,
                vault.open(m.to_sealed, f"message.to:{m.uid}"),
                vault.open(m.body_sealed, f"message.body:{m.uid}"),
            )
            for m in session.scalars(select(Message).where(Message.purpose == "notice").order_by(Message.id))
        ]


def staffed(database: Database, now: datetime) -> dict[str, int]:
    """Han and Hua handle in the east, Olga is their officer, Lead leads them, Sven watches over all."""
    with database.begin() as session:
        places = {"han": ("officer", "东城所"), "lead": ("supervisor", "东城所"), "sven": ("supervisor", "")}
        users = {
            name: new_user(session, name, role, department=place, now=now)
            for name, (role, place) in places.items()
        }
        set_email(session, users["han"], "han@example.org")
        return {name: user.id for name, user in users.items()}


def test_a_case_is_warned_about_then_late_then_escalated(database: Database, now: datetime) -> None:
    people = staffed(database, now)
    with database.begin() as session:
        case = case_of(session, now, handler_id=people["han"])
        case.responded_at = now
    assert watch(database, now=at("11-24T09:59")) == {}  # 80 % are four of five days: Tuesday at ten
    assert watch(database, now=at("11-24T10:00")) == {"warning": 1, "told": 1}
    assert watch(database, now=at("11-24T10:01")) == {}
    assert watch(database, now=at("11-25T10:00")) == {}  # the limit itself is still in time
    assert watch(database, now=at("11-25T10:01")) == {"breach": 1, "told": 2}
    assert watch(database, now=at("11-25T15:29")) == {}  # four working hours, with lunch between
    assert watch(database, now=at("11-25T15:30")) == {"escalated": 1, "told": 2}
    assert watch(database, now=at("12-25T15:30")) == {}
    assert noted(database) == [(case.id, "resolution", level) for level in ("warning", "breach", "escalated")]
    who = [(channel, to) for channel, to, _text in told(database)]
    assert who == [
        ("email", "han@example.org"),
        ("email", "han@example.org"), ("notice", "lead"),
        ("notice", "sven"), ("notice", "lead"),
    ]  # fmt: skip
    assert case.number in told(database)[0][2]


def test_the_first_answer_has_a_clock_of_its_own(database: Database, now: datetime) -> None:
    staffed(database, now)
    with database.begin() as session:
        case = case_of(session, now, severity="urgent")
    assert watch(database, now=now + timedelta(minutes=95)) == {}
    assert watch(database, now=now + timedelta(minutes=96)) == {"warning": 1, "told": 1}
    assert watch(database, now=now + timedelta(minutes=121))["breach"] == 1
    assert noted(database) == [(case.id, "response", "warning"), (case.id, "response", "breach")]


def test_after_days_of_silence_everybody_gets_one_message(database: Database, now: datetime) -> None:
    people = staffed(database, now)
    with database.begin() as session:
        numbers = [case_of(session, now, handler_id=people["han"]).number for _count in range(40)]
    done = watch(database, now=at("12-07T10:00"))
    assert done == {"escalated": 80, "breach": 80, "told": 3}  # answers and resolutions; no warning any more
    assert watch(database, now=at("12-07T10:01")) == {}
    messages = told(database)
    assert sorted(to for _channel, to, _text in messages) == ["han@example.org", "lead", "sven"]
    text = {to: words for _channel, to, words in messages}["han@example.org"]
    assert numbers[0] in text
    assert "…" in text  # the rest is in the list


def test_what_stands_still_is_closed_or_cancelled_alarms_nobody(database: Database, now: datetime) -> None:
    staffed(database, now)
    with database.begin() as session:
        waiting, closed, cancelled, merged, kept = (case_of(session, now) for _count in range(5))
        actions.wait(session, waiting, actor="olga", reason="等", now=now)
        actions.close(session, closed, result="好", close_reason="solved", actor="rita", now=now)
        actions.cancel(session, cancelled, actor="olga", reason="误登", now=now)
        actions.merge(session, merged, kept, actor="olga", now=now)
        actions.close(session, kept, result="好", close_reason="solved", actor="rita", now=now)
    assert watch(database, now=at("12-28T10:00")) == {}


def test_a_reopened_case_is_alarmed_about_anew(database: Database, now: datetime) -> None:
    staffed(database, now)
    with database.begin() as session:
        case = case_of(session, now)
    watch(database, now=at("11-30T10:00"))
    with database.begin() as session:
        case = session.get_one(Case, case.id)
        actions.close(session, case, result="好", close_reason="solved", actor="rita", now=at("11-30T11:00"))
        actions.reopen(session, case, actor="sven", reason="又坏", now=at("11-30T12:00"))
    assert watch(database, now=at("12-14T10:00")) == {"breach": 2, "escalated": 2, "told": 2}


def test_nobody_in_the_department_means_the_supervisors(database: Database, now: datetime) -> None:
    people = staffed(database, now)
    with database.begin() as session:
        session.get_one(User, people["han"]).active = False  # on leave
        case_of(session, now, handler_id=people["han"], department="西城所")
        nobodys = case_of(session, now, severity="urgent", department="南城所")
        nobodys.responded_at = now
    watch(database, now=at("11-19T08:00"))
    assert [to for _channel, to, _text in told(database)] == ["sven"]


def test_a_reopen_request_that_nobody_decides_reaches_the_supervisors(
    database: Database, now: datetime
) -> None:
    staffed(database, now)
    with database.begin() as session:
        new_rule(session, now=now)
        case = case_of(session, now)
        actions.close(session, case, result="好", close_reason="solved", actor="rita", now=now)
        follow_up = session.scalars(select(FollowUp)).one()
        request_reopen(session, case, follow_up, cause="dissatisfied", now=now)
    assert watch(database, now=at("11-20T10:00")) == {}
    assert watch(database, now=at("11-20T10:01")) == {"breach": 1, "told": 2}  # 15 working hours: two days
    assert noted(database) == [(case.id, "decision", "breach")]
    assert watch(database, now=at("12-20T10:00")) == {}


def test_two_rounds_at_once_note_and_tell_once(database: Database, now: datetime) -> None:
    staffed(database, now)
    with database.begin() as session:
        for _count in range(5):
            case_of(session, now)
    with ThreadPoolExecutor(4) as pool:
        rounds = list(pool.map(lambda _n: watch(database, now=at("12-07T10:00")), range(4)))
    assert sum(done.get("breach", 0) for done in rounds) == 10
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(CaseAlert)) == 20
    assert len(told(database)) == sum(done.get("told", 0) for done in rounds) == 2


def test_limits_are_filled_in_when_the_year_becomes_known(database: Database) -> None:
    start = datetime.fromisoformat("2099-12-30T10:00:00+08:00")
    with database.begin() as session:
        case = case_of(session, start)
        waited = case_of(session, start)
        actions.wait(session, waited, actor="olga", reason="等", now=start)
        actions.resume(session, waited, actor="olga", now=start + timedelta(hours=24))
    assert watch(database, now=start + timedelta(hours=25)) == {}
    assert (case.due_at, case.response_due_at) == (None, None)
    with database.begin() as session:
        for year in (2099, 2100):
            take_over(session, year, {}, actor="ada", now=start)
    assert watch(database, now=start + timedelta(hours=25)) == {"limits": 2}
    with database.read() as session:
        due = dict(session.execute(select(Case.id, Case.due_at)).all())
    # 30 and 31 December are Wednesday and Thursday; nothing was declared a day off.
    assert due[case.id] == datetime.fromisoformat("2100-01-06T10:00:00+08:00")
    assert due[waited.id] == datetime.fromisoformat("2100-01-07T10:00:00+08:00")


def test_an_address_is_sealed(database: Database, now: datetime) -> None:
    with database.begin() as session:
        user = new_user(session, "han", "officer", now=now)
        set_email(session, user, " han@example.org ")
        assert b"example" not in (user.email_sealed or b"")
        assert email_of(session, user) == "han@example.org"
        set_email(session, user, "")
        assert (user.email_sealed, email_of(session, user)) == (None, "")
