"""What a rule says about channels, callers, caps and samples is what the engine does."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from core.contacts.actions import set_do_not_contact
from core.db import Database
from core.outbox.models import Message
from core.outbox.receipts import Receipt, take
from followup import bounces, jobs
from followup.callbacks import actions as desk
from followup.callbacks.holding import reveal
from followup.callbacks.outcomes import Code
from followup.callbacks.taking import Agent, pull_next
from followup.cases import actions as cases
from followup.models import Callback, FollowUp
from followup.rules.policy import Terms
from surveys.models import Invitation
from tests.followup import factories as make


@pytest.fixture(autouse=True)
def _listening() -> None:
    bounces.listen()


def ask(database: Database, terms: Terms, now: datetime, **contact: object) -> None:
    """Close one case and let the tick do what the rule says, until the message is out."""
    with database.begin() as session:
        make.new_rule(session, terms, now=now)
        make.closed_case(session, now=now, contact=make.new_contact(session, now=now, **contact))
    for _n in range(2):
        jobs.tick(database, now=now)


def bounce(database: Database, now: datetime) -> None:
    """Let the provider report that the latest message did not arrive, and tick."""
    with database.begin() as session:
        message = session.scalars(select(Message).order_by(Message.id.desc())).first()
        assert message is not None
        take(session, Receipt(message.uid, False, words="unknown"), message.channel, now)
    for _n in range(2):
        jobs.tick(database, now=now)


def sent_by(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(Message.channel).order_by(Message.id)))


def state(database: Database) -> str:
    with database.read() as session:
        return make.only_follow_up(session).state


def test_a_text_that_does_not_arrive_goes_by_mail_and_then_to_the_phone_each_once(
    database: Database, now: datetime
) -> None:
    ask(database, make.ASK_ALL, now, email="wang@example.org")
    assert (sent_by(database), state(database)) == (["sms"], "sent")
    bounce(database, now + timedelta(minutes=5))
    assert (sent_by(database), state(database)) == (["sms", "email"], "sent")
    with database.read() as session:
        assert session.scalars(select(Invitation.channel)).one() == "email"  # one link, two messages
    bounce(database, now + timedelta(minutes=10))
    assert (sent_by(database), state(database)) == (["sms", "email"], "call_queued")
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Callback)) == 1


def test_nothing_falls_back_to_who_wants_no_contact_any_more(database: Database, now: datetime) -> None:
    ask(database, make.ASK_ALL, now, email="wang@example.org")
    with database.begin() as session:
        contact_id = make.only_follow_up(session).contact_id
        assert contact_id is not None
        set_do_not_contact(session, contact_id, actor="customer", channel="phone", reason="asked", now=now)
    bounce(database, now + timedelta(minutes=5))
    assert sent_by(database) == ["sms"]


@pytest.mark.parametrize(
    ("written", "first"), [(("email", "sms"), "email"), (("email",), "email"), (("sms",), "sms")]
)
def test_the_first_channel_of_the_rule_comes_first(
    database: Database, now: datetime, written: tuple[str, ...], first: str
) -> None:
    ask(database, replace(make.ASK_ALL, written=written), now, email="wang@example.org")
    assert sent_by(database) == [first]


def test_a_channel_that_the_rule_does_not_name_is_not_used(database: Database, now: datetime) -> None:
    terms = replace(make.ASK_ALL, channel="link", written=("sms",))
    ask(database, terms, now, phones=[], email="wang@example.org")
    assert sent_by(database) == []
    with database.read() as session:
        follow_up = make.only_follow_up(session)
        assert (follow_up.state, follow_up.reason) == ("skipped", "no_contact")


def test_a_call_goes_to_the_agents_of_the_department_until_its_limit_has_passed(
    database: Database, now: datetime
) -> None:
    ask(database, make.by_phone(agents="热线组", call_within_workdays=1), now)
    with database.begin() as session:
        mine = make.new_user(session, "mei", "agent", now=now, department="热线组")
        others = make.agent(session, "otto", now=now)
        assert pull_next(session, others, now=now) is None
        taken = pull_next(session, Agent(mine.id, mine.name), now=now)
        assert taken is not None
        session.rollback()
    late = now + timedelta(days=1, minutes=1)
    with database.begin() as session:
        others = make.agent(session, "otto", now=now)
        assert pull_next(session, others, now=late) is not None


@pytest.mark.parametrize(
    ("uncapped", "state"), [((), "skipped"), (("urgent",), "sent"), (("repair",), "sent")]
)
def test_some_cases_are_asked_whatever_the_cap_says(
    database: Database, now: datetime, uncapped: tuple[str, ...], state: str
) -> None:
    with database.begin() as session:
        make.new_rule(session, replace(make.ASK_ALL, cap_days=30, uncapped=uncapped), now=now)
        contact = make.new_contact(session, now=now)
        make.closed_case(session, now=now, contact=contact)
    jobs.tick(database, now=now)
    later = now + timedelta(hours=1)
    with database.begin() as session:
        make.closed_case(session, now=later, contact=contact, severity="urgent")
    jobs.tick(database, now=later)
    with database.read() as session:
        assert session.scalars(select(FollowUp.state).order_by(FollowUp.id.desc())).first() == state


def test_a_kind_with_a_rate_of_its_own(database: Database, now: datetime) -> None:
    with database.begin() as session:
        terms = replace(make.ASK_ALL, sampling_rate=0, kind_rates=(("complaint", 100.0),))
        make.new_rule(session, terms, now=now)
        for kind in ("complaint", "repair"):
            make.closed_case(session, now=now, kind=kind)
    jobs.tick(database, now=now)
    with database.read() as session:
        assert list(session.scalars(select(FollowUp.state).order_by(FollowUp.id))) == ["sent", "skipped"]


def test_the_first_closing_and_the_later_ones_are_told_apart(database: Database, now: datetime) -> None:
    with database.begin() as session:
        make.new_rule(session, replace(make.ASK_ALL, resolution="repeat"), now=now, name="again")
        case = make.closed_case(session, now=now)
        assert session.scalar(select(func.count()).select_from(FollowUp)) == 0
        cases.reopen(session, case, actor="sven", reason="again", now=now + timedelta(hours=1))
        make.close(session, case, now=now + timedelta(hours=2))
        assert make.only_follow_up(session).resolution_no == 2


PHONE_FIRST = replace(make.ASK_ALL, channel="phone_then_link", max_attempts=1)


def called(database: Database, now: datetime, code: Code, note: str = "", **contact: object) -> None:
    """Ask by phone, and let the one permitted call end so."""
    ask(database, PHONE_FIRST, now, **contact)
    assert (sent_by(database), state(database)) == ([], "call_queued")
    with database.begin() as session:
        anna = make.agent(session, "anna", now=now)
        callback = pull_next(session, anna, now=now)
        assert callback is not None
        reveal(session, callback.id, anna, now=now)
        desk.record_outcome(session, callback.id, anna, code, note=note, now=now)
    jobs.settle_calls(database, now=now + timedelta(minutes=5))


def test_who_cannot_be_reached_by_phone_gets_a_link(database: Database, now: datetime) -> None:
    called(database, now, Code.NO_ANSWER)
    assert state(database) == "sending"
    for _n in range(2):
        jobs.tick(database, now=now + timedelta(minutes=5))
    assert (sent_by(database), state(database)) == (["sms"], "sent")
    jobs.tick(database, now=now + timedelta(days=15))
    jobs.tick(database, now=now + timedelta(days=16))
    assert state(database) == "expired"  # and is not called a second time


def test_a_dead_number_leaves_the_mail(database: Database, now: datetime) -> None:
    called(database, now, Code.DEAD_NUMBER, email="wang@example.org")
    assert sent_by(database) == ["email"]


@pytest.mark.parametrize(
    ("code", "note"), [(Code.REFUSED_SOFT, "不方便"), (Code.REFUSED_HARD, "不要再打"), (Code.DEAD_NUMBER, "")]
)
def test_no_link_to_who_refused_or_cannot_be_written_to(
    database: Database, now: datetime, code: Code, note: str
) -> None:
    called(database, now, code, note)
    assert (sent_by(database), state(database)) == ([], "closed_no_response")


def test_phone_first_writes_to_who_has_no_number(database: Database, now: datetime) -> None:
    ask(database, PHONE_FIRST, now, phones=[], email="wang@example.org")
    assert sent_by(database) == ["email"]


def test_a_call_whose_limit_nobody_can_know_does_not_wait_for_its_department_for_ever(
    database: Database,
) -> None:
    """The last working day before a year whose days off are not known; nobody is in the department."""
    last = datetime.fromisoformat("2026-12-31T10:00:00+08:00")
    ask(database, make.by_phone(agents="热线组", call_within_workdays=1), last)
    with database.begin() as session:
        assert make.only_callback(session).deadline is None
        others = make.agent(session, "otto", now=last)
        assert pull_next(session, others, now=last) is not None
