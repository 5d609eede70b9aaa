"""The tick through time: asking, quiet hours, reminders, the phone, expiry, and what stops it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from core.contacts import queries as contacts
from core.contacts.actions import set_do_not_contact
from core.contacts.models import ContactEvent
from core.db import Database, vault_of
from core.outbox.messages import SMS_LIMIT
from core.outbox.models import Message
from core.settings import checked
from followup import actions
from followup.chasing import chase
from followup.jobs import tick
from followup.models import Callback, FollowUp
from followup.rules.policy import Terms
from surveys.models import Invitation
from tests.followup import factories as make

actions.listen()
SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(day: int, hour: int, month: int = 11) -> datetime:
    """A moment of 2026 in Shanghai."""
    return datetime(2026, month, day, hour, tzinfo=SHANGHAI).astimezone(UTC)


def closed(database: Database, now: datetime, terms: Terms = make.ASK_ALL, **given: object) -> None:
    """One rule, one closed case."""
    with database.begin() as session:
        make.new_rule(session, terms, now=now)
        make.closed_case(session, now=now, **given)


def state(database: Database) -> tuple[str, str]:
    """State and reason of the one follow-up."""
    with database.read() as session:
        follow_up = make.only_follow_up(session)
        return follow_up.state, follow_up.reason


def messages(database: Database) -> list[tuple[str, str]]:
    """Purpose and state of each message."""
    with database.read() as session:
        rows = session.execute(select(Message.purpose, Message.state).order_by(Message.id))
        return [(row.purpose, row.state) for row in rows]


def test_a_due_question_is_asked_once(database: Database, now: datetime) -> None:
    closed(database, now)
    counts = tick(database, now=now)
    assert counts["send"] == {"invited": 1}
    assert counts["settle"] == {"sent": 1}
    assert tick(database, now=now + timedelta(minutes=1))["send"] == {}
    assert messages(database) == [("invitation", "sent")]
    assert state(database) == ("sent", "")


def test_the_short_message_fits_one_part_and_carries_the_link(database: Database, now: datetime) -> None:
    for language in ("zh_Hans", "en"):
        with database.begin() as session:
            contact = make.new_contact(session, now=now, language=language)
            if language == "zh_Hans":
                make.new_rule(session, now=now)
            make.closed_case(session, now=now, contact=contact)
    tick(database, now=now)
    tick(database, now=now + timedelta(days=1, minutes=1))
    with database.read() as session:
        found = session.scalars(select(Message)).all()
        assert sorted((m.language, m.purpose) for m in found) == [
            ("en", "invitation"), ("en", "reminder"), ("zh_Hans", "invitation"), ("zh_Hans", "reminder"),
        ]  # fmt: skip
        for message in found:
            body = vault_of(session).open(message.body_sealed, f"message.body:{message.uid}")
            realistic = body.replace(database.settings.public_url, "https://hf.example.com")
            assert "https://hf.example.com/s/" in realistic
            assert realistic.startswith("【回访示范供热公司】")
            assert len(realistic) <= SMS_LIMIT, realistic


def test_a_customer_with_e_mail_only_gets_an_e_mail_with_a_way_out(database: Database, now: datetime) -> None:
    with database.begin() as session:
        make.new_rule(session, now=now)
        contact = make.new_contact(session, now=now, phones=[], email="wang@example.org")
        make.closed_case(session, now=now, contact=contact)
    tick(database, now=now)
    with database.read() as session:
        message = session.scalars(select(Message)).one()
        assert message.channel == "email"
        body = vault_of(session).open(message.body_sealed, f"message.body:{message.uid}")
        assert "不再接收此类邀请" in body


def test_at_night_the_message_waits_for_the_morning(database: Database) -> None:
    night = at(18, 23)
    closed(database, night)
    tick(database, now=night)
    assert messages(database) == [("invitation", "queued")]
    assert state(database) == ("sending", "")
    tick(database, now=at(19, 7))
    assert messages(database) == [("invitation", "queued")]
    tick(database, now=at(19, 8))
    assert messages(database) == [("invitation", "sent")]


def test_after_three_days_down_one_message_goes_out_inside_the_hours(
    database: Database, now: datetime
) -> None:
    closed(database, now)
    woken = at(21, 3)  # the scheduler comes back at three in the morning
    tick(database, now=woken)
    assert messages(database) == [("invitation", "queued")]
    tick(database, now=at(21, 8))
    assert messages(database) == [("invitation", "sent")]


def test_one_reminder_with_the_same_link_and_then_the_phone(database: Database) -> None:
    wednesday = at(18, 10)
    closed(database, wednesday)
    tick(database, now=wednesday)
    link = make.link_token(database)
    tick(database, now=at(19, 9))
    assert state(database)[0] == "sent"
    tick(database, now=at(19, 11))
    assert state(database)[0] == "reminded"
    with database.read() as session:
        reminder = session.scalars(select(Message).where(Message.purpose == "reminder")).one()
        assert link in vault_of(session).open(reminder.body_sealed, f"message.body:{reminder.uid}")
    tick(database, now=at(19, 12))
    assert messages(database) == [("invitation", "sent"), ("reminder", "sent")]
    tick(database, now=at(20, 11))
    assert state(database)[0] == "call_queued"
    with database.read() as session:
        assert make.only_callback(session).state in {"waiting", "ready"}
        assert session.scalars(select(Invitation.state)).one() == "open"  # the link still works


def test_a_reminder_that_comes_too_late_is_left_out(database: Database) -> None:
    closed(database, at(18, 10))
    tick(database, now=at(18, 10))
    tick(database, now=at(25, 10))  # a week without a scheduler
    assert state(database)[0] == "call_queued"
    assert messages(database) == [("invitation", "sent")]


def test_two_working_days_over_the_national_holiday(database: Database) -> None:
    """Asked on 30 September; 1 to 7 October are days off, so Friday the 9th is the second workday."""
    start = at(30, 10, month=9)
    closed(database, start, replace(make.ASK_ALL, reminder_after_workdays=None))
    tick(database, now=start)
    tick(database, now=at(8, 18, month=10))
    assert state(database)[0] == "sent"
    tick(database, now=at(9, 11, month=10))
    assert state(database)[0] == "call_queued"


def test_a_make_up_saturday_counts_as_a_working_day(database: Database) -> None:
    """Saturday 10 October 2026 is worked: asked on Thursday, handed over on Saturday."""
    start = at(8, 10, month=10)
    closed(database, start, replace(make.ASK_ALL, reminder_after_workdays=None))
    tick(database, now=start)
    tick(database, now=at(9, 18, month=10))
    assert state(database)[0] == "sent"
    tick(database, now=at(10, 11, month=10))
    assert state(database)[0] == "call_queued"


def test_a_link_without_a_phone_expires(database: Database) -> None:
    closed(database, at(18, 10), replace(make.ASK_ALL, channel="link", answer_days=3))
    tick(database, now=at(18, 10))
    tick(database, now=at(19, 11))
    tick(database, now=at(20, 11))
    assert state(database)[0] == "reminded"
    tick(database, now=at(21, 11))
    assert state(database) == ("expired", "no_answer")
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Callback)) == 0


@pytest.mark.parametrize(
    ("terms", "wait", "reason"),
    [
        (replace(make.ASK_ALL, sampling_rate=0), 0, "not_sampled"),
        (replace(make.ASK_ALL, max_age_days=5), 6, "too_old"),
    ],
)
def test_what_the_rule_does_not_want_is_skipped_with_its_reason(
    database: Database, now: datetime, terms: Terms, wait: int, reason: str
) -> None:
    closed(database, now, terms)
    tick(database, now=now + timedelta(days=wait))
    assert state(database) == ("skipped", reason)
    assert messages(database) == []


def test_nobody_is_asked_twice_within_the_cap(database: Database, now: datetime) -> None:
    with database.begin() as session:
        make.new_rule(session, replace(make.ASK_ALL, cap_days=30), now=now)
        contact = make.new_contact(session, now=now)
        for _n in range(2):
            make.closed_case(session, now=now, contact=contact)
    tick(database, now=now)
    with database.read() as session:
        found = session.scalars(select(FollowUp).order_by(FollowUp.id)).all()
        assert [(f.state, f.reason) for f in found] == [("skipped", "bundled"), ("sent", "")]
    with database.begin() as session:
        make.closed_case(session, now=now + timedelta(days=1), contact=session.merge(contact))
    tick(database, now=now + timedelta(days=1))
    with database.read() as session:
        last = session.scalars(select(FollowUp).order_by(FollowUp.id.desc())).first()
        assert last is not None
        assert (last.state, last.reason) == ("skipped", "cap")


def test_a_household_is_not_asked_twice_within_the_cap(database: Database, now: datetime) -> None:
    with database.begin() as session:
        make.new_rule(session, replace(make.ASK_ALL, cap_days=30), now=now)
        for name in ("王小明", "王秀英"):
            contact = make.new_contact(session, now=now, name=name, household="HX-1001")
            make.closed_case(session, now=now, contact=contact)
    tick(database, now=now)
    with database.read() as session:
        found = session.scalars(select(FollowUp).order_by(FollowUp.id)).all()
        assert [(f.state, f.reason) for f in found] == [("sent", ""), ("skipped", "cap_household")]
        refused = session.scalars(select(ContactEvent).where(ContactEvent.purpose == "not_asked")).one()
        assert (refused.contact_id, refused.reason) == (found[1].contact_id, "cap_household")


def test_a_customer_without_any_channel_is_skipped(database: Database, now: datetime) -> None:
    with database.begin() as session:
        make.new_rule(session, now=now)
        make.closed_case(session, now=now, contact=make.new_contact(session, now=now, phones=[]))
    tick(database, now=now)
    assert state(database) == ("skipped", "no_contact")


def test_a_landline_is_called_at_once(database: Database, now: datetime) -> None:
    with database.begin() as session:
        make.new_rule(session, now=now)
        contact = make.new_contact(session, now=now, phones=["010-62345678"])
        make.closed_case(session, now=now, contact=contact)
    tick(database, now=now)
    assert state(database)[0] == "call_queued"


def test_who_wants_no_contact_gets_nothing_even_when_it_is_queued(database: Database) -> None:
    night = at(18, 23)
    closed(database, night)
    tick(database, now=night)
    with database.begin() as session:
        contact_id = make.only_follow_up(session).contact_id
        assert contact_id is not None
        set_do_not_contact(session, contact_id, actor="sven", channel="staff", reason="asked", now=night)
    tick(database, now=at(19, 8))
    assert messages(database) == [("invitation", "cancelled")]
    assert state(database)[0] in {"skipped", "closed_no_response"}


def test_a_question_that_may_not_be_asked_any_more_ends_its_call(database: Database, now: datetime) -> None:
    closed(database, now, make.by_phone())
    tick(database, now=now)
    with database.begin() as session:
        contact_id = make.only_follow_up(session).contact_id
        assert contact_id is not None
        set_do_not_contact(session, contact_id, actor="sven", channel="staff", reason="asked", now=now)
    tick(database, now=now + timedelta(minutes=1))
    with database.read() as session:
        assert make.only_callback(session).state == "cancelled"
    assert state(database) == ("closed_no_response", "opted_out")


def test_closing_and_asking_work_while_the_mail_server_is_down(database: Database, now: datetime) -> None:
    database = Database(checked(replace(database.settings, smtp_url="smtp://127.0.0.1:9")))  # nobody there
    with database.begin() as session:
        make.new_rule(session, now=now)
        make.closed_case(
            session, now=now, contact=make.new_contact(session, now=now, phones=[], email="a@example.org")
        )
    tick(database, now=now)
    with database.read() as session:
        message = session.scalars(select(Message)).one()
        assert (message.state, make.only_follow_up(session).state) == ("queued", "sending")
        assert message.due_at > now
    database.dispose()


def test_a_poisonous_row_is_pushed_ahead_and_the_others_go_on(
    database: Database, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    with database.begin() as session:
        make.new_rule(session, now=now)
        bad = make.new_contact(session, now=now)
        make.closed_case(session, now=now, contact=bad)
        make.closed_case(session, now=now)
        bad.name_sealed = b"\x01 not what it was"
    counts = tick(database, now=now)
    assert counts["send"] == {"failed": 1, "invited": 1}
    with database.read() as session:
        poisoned = session.scalars(select(FollowUp).order_by(FollowUp.id)).first()
        assert poisoned is not None
        assert (poisoned.state, poisoned.due_at) == ("planned", now + timedelta(hours=1))
    assert tick(database, now=now + timedelta(minutes=5))["send"] == {}


def test_a_step_on_a_row_that_is_not_due_does_nothing(database: Database, now: datetime) -> None:
    closed(database, now)
    with database.begin() as session:
        assert chase(session, make.only_follow_up(session).id, now) is None


def test_asking_counts_against_the_cap_from_the_moment_it_is_queued(
    database: Database, now: datetime
) -> None:
    closed(database, now)
    tick(database, now=now)
    with database.read() as session:
        contact_id = make.only_follow_up(session).contact_id
        assert contact_id is not None
        assert contacts.contacted_since(session, contact_id, now) == 1
