"""What a closing plans, what a reopening makes void, what an answer leads to."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from werkzeug.datastructures import MultiDict

from core.db import Database
from core.outbox.models import Message
from followup import actions
from followup.cases import actions as cases
from followup.jobs import tick
from followup.models import Callback, Case, FollowUp, ReopenRequest
from followup.rules import actions as rules
from followup.rules.policy import Terms
from surveys import answering, links
from surveys.models import Invitation, Response
from surveys.queries import load_version
from tests.followup import factories as make

actions.listen()
GOOD = {"overall": "5", "resolved": "2"}
BAD = {"overall": "1", "resolved": "1", "reason": "还是不热"}


def answer_by_link(database: Database, token: str, given: dict[str, str], now: datetime) -> None:
    """Press send on the customer's page."""
    with database.begin() as session:
        link = links.find(session, token)
        assert link is not None
        version = load_version(session, link.version_id)
        answers, problems = answering.parse_form(version, MultiDict(given), mode="web")
        assert not problems
        answering.answer_link(session, link, version, answers, language="zh_Hans", now=now)


def states(database: Database) -> list[str]:
    """The states of all follow-ups in their order."""
    with database.read() as session:
        return list(session.scalars(select(FollowUp.state).order_by(FollowUp.id)))


def sent_out(database: Database, now: datetime) -> str:
    """Close one case and let the tick send its question; return the token."""
    with database.begin() as session:
        make.new_rule(session, now=now)
        make.closed_case(session, now=now)
    tick(database, now=now)
    return make.link_token(database)


def test_closing_plans_what_the_first_fitting_rule_asks(database: Database, now: datetime) -> None:
    with database.begin() as session:
        make.new_rule(session, replace(make.ASK_ALL, kinds=("complaint",)), now=now, name="complaints")
        second = make.new_rule(session, Terms(delay_hours=2), now=now, name="others")
        make.new_rule(session, now=now, name="never reached")
        make.closed_case(session, now=now, kind="repair")
        follow_up = make.only_follow_up(session)
        assert (follow_up.rule_id, follow_up.resolution_no, follow_up.state) == (second.id, 1, "planned")
        assert follow_up.due_at == now + timedelta(hours=2)  # 10:00 plus two working hours
        assert follow_up.handler_name == "张师傅"


def test_an_inactive_rule_plans_nothing(database: Database, now: datetime) -> None:
    with database.begin() as session:
        rule = make.new_rule(session, now=now)
        rules.switch(session, rule.id, active=False, actor="test", now=now)
        make.closed_case(session, now=now)
    assert states(database) == []


def test_planned_twice_is_planned_once(database: Database, now: datetime) -> None:
    with database.begin() as session:
        make.new_rule(session, now=now)
        case = make.closed_case(session, now=now)
        assert actions.plan(session, case, now=now) == [make.only_follow_up(session)]


def test_the_database_holds_one_follow_up_per_closing_and_rule(database: Database, now: datetime) -> None:
    with database.begin() as session:
        make.new_rule(session, now=now)
        make.closed_case(session, now=now)
        first = make.only_follow_up(session)
        copied = {c.key: getattr(first, c.key) for c in FollowUp.__table__.columns if c.key != "id"}
    with pytest.raises(IntegrityError), database.begin() as session:
        session.add(FollowUp(**copied))


def test_a_follow_up_keeps_the_rule_it_was_planned_with(database: Database, now: datetime) -> None:
    with database.begin() as session:
        rule = make.new_rule(session, now=now)
        make.closed_case(session, now=now)
        before = make.only_follow_up(session).rule_version_id
        version = rules.change(
            session, rule.id, name="all", terms=make.by_phone(), questionnaire_id=1, actor="test", now=now
        )
        assert version.number == 2
        assert make.only_follow_up(session).rule_version_id == before


def test_reopening_makes_void_what_is_planned_and_the_next_closing_plans_anew(
    database: Database, now: datetime
) -> None:
    with database.begin() as session:
        make.new_rule(session, Terms(delay_hours=2, cap_days=0), now=now)
        case = make.closed_case(session, now=now)
        cases.reopen(session, case, actor="sven", reason="did not hold", now=now + timedelta(hours=1))
    tick(database, now=now + timedelta(hours=2))  # due now, but the case is open
    with database.begin() as session:
        assert session.scalar(select(func.count()).select_from(Message)) == 0
        make.close(session, session.scalars(select(Case)).one(), now=now + timedelta(hours=3))
    assert states(database) == ["void", "planned"]
    tick(database, now=now + timedelta(hours=6))  # two hours of work, with the break at noon
    assert states(database) == ["void", "sent"]


def test_reopening_after_sending_takes_the_link_back(database: Database, now: datetime) -> None:
    sent_out(database, now)
    with database.begin() as session:
        case = session.scalars(select(Case)).one()
        cases.reopen(session, case, actor="sven", reason="did not hold", now=now)
        assert session.scalars(select(Invitation.state)).all() == ["withdrawn"]
    assert states(database) == ["void"]


def test_reopening_before_delivery_cancels_the_message(database: Database, now: datetime) -> None:
    night = now + timedelta(hours=13)  # 23:00: the message waits for the morning
    with database.begin() as session:
        make.new_rule(session, now=night)
        make.closed_case(session, now=night)
    tick(database, now=night)
    with database.begin() as session:
        assert session.scalars(select(Message.state)).all() == ["queued"]
        cases.reopen(session, session.scalars(select(Case)).one(), actor="sven", reason="again", now=night)
        assert session.scalars(select(Message.state)).all() == ["cancelled"]


def test_a_good_answer_is_final_after_a_day(database: Database, now: datetime) -> None:
    token = sent_out(database, now)
    answer_by_link(database, token, GOOD, now + timedelta(hours=1))
    assert states(database) == ["answered"]
    tick(database, now=now + timedelta(hours=26))
    assert states(database) == ["locked"]
    with database.read() as session:
        assert session.scalars(select(Invitation.state)).all() == ["locked"]


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        ({"overall": "2", "resolved": "2"}, "dissatisfied"),
        ({"overall": "4", "resolved": "1"}, "unresolved"),
        (BAD, "both"),
    ],
)
def test_a_poor_answer_asks_for_reopening(
    database: Database, now: datetime, given: dict[str, str], cause: str
) -> None:
    answer_by_link(database, sent_out(database, now), given, now + timedelta(hours=1))
    with database.read() as session:
        request = session.scalars(select(ReopenRequest)).one()
        assert (request.cause, request.state) == (cause, "open")
        assert session.scalars(select(Case.state)).one() == "reopen_requested"
    assert states(database) == ["remedy"]


def test_an_amended_poor_answer_asks_once(database: Database, now: datetime) -> None:
    token = sent_out(database, now)
    answer_by_link(database, token, GOOD, now + timedelta(hours=1))
    answer_by_link(database, token, BAD, now + timedelta(hours=2))
    answer_by_link(database, token, BAD | {"reason": "三天了"}, now + timedelta(hours=3))
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(ReopenRequest)) == 1
    assert states(database) == ["remedy"]


def test_after_a_remedy_the_customer_is_called_whatever_the_sample_says(
    database: Database, now: datetime
) -> None:
    answer_by_link(database, sent_out(database, now), BAD, now + timedelta(hours=1))
    with database.begin() as session:
        rule = session.scalars(select(FollowUp.rule_id)).one()
        terms = replace(make.ASK_ALL, sampling_rate=0, cap_days=30)
        rules.change(session, rule, name="all", terms=terms, questionnaire_id=1, actor="test", now=now)
        request = session.scalars(select(ReopenRequest)).one()
        cases.accept_reopen(session, request, actor="sven", now=now + timedelta(hours=2))
        make.close(session, session.scalars(select(Case)).one(), now=now + timedelta(hours=4))
    tick(database, now=now + timedelta(hours=5))
    with database.read() as session:
        first, recovery = session.scalars(select(FollowUp).order_by(FollowUp.id))
        assert (first.state, recovery.state) == ("remedy", "call_queued")
        assert recovery.recovery_of_id == first.id
        assert make.only_callback(session).priority == 16
        assert session.scalar(select(func.count()).select_from(Response)) == 1


def test_the_page_names_the_day_on_which_the_customer_reported(database: Database, now: datetime) -> None:
    with database.begin() as session:
        make.new_rule(session, now=now)
        contact = make.new_contact(session, now=now)
        case = make.new_case(session, contact.id, now=now - timedelta(days=3), kind="repair")
        make.close(session, case, now=now)
    tick(database, now=now)
    with database.read() as session:
        about = session.scalars(select(Invitation.about)).one()
    assert about == {"addressee": "王*", "on": "2026-11-15", "kind": "repair"}


def test_after_a_remedy_a_customer_without_a_number_is_asked_by_link(
    database: Database, now: datetime
) -> None:
    with database.begin() as session:
        make.new_rule(session, now=now)
        contact = make.new_contact(session, now=now, phones=[], email="wang@example.org")
        make.closed_case(session, now=now, contact=contact)
    tick(database, now=now)
    answer_by_link(database, make.link_token(database), BAD, now + timedelta(hours=1))
    with database.begin() as session:
        request = session.scalars(select(ReopenRequest)).one()
        cases.accept_reopen(session, request, actor="sven", now=now + timedelta(hours=2))
        make.close(session, session.scalars(select(Case)).one(), now=now + timedelta(hours=4))
    tick(database, now=now + timedelta(hours=5))
    with database.read() as session:
        recovery = session.scalars(select(FollowUp).order_by(FollowUp.id.desc())).first()
        assert recovery is not None
        assert recovery.recovery_of_id is not None
        assert recovery.state == "sent"
        assert [m.channel for m in session.scalars(select(Message))] == ["email", "email"]


def test_wanting_no_more_contact_ends_everything_open(database: Database, now: datetime) -> None:
    with database.begin() as session:
        make.new_rule(session, make.by_phone(), now=now)
        contact = make.new_contact(session, now=now)
        make.closed_case(session, now=now, contact=contact)
        make.closed_case(session, now=now, contact=contact)
    tick(database, now=now)
    with database.begin() as session:
        assert actions.stop_contact(session, contact.id, actor="customer", now=now) == 2
        assert session.scalars(select(Callback.state)).all() == ["cancelled", "cancelled"]
    assert states(database) == ["closed_no_response"] * 2


def test_closing_in_a_year_without_a_calendar_still_works(database: Database, now: datetime) -> None:
    new_year = now.replace(year=2027, month=1, day=4)
    with database.begin() as session:
        make.new_rule(session, Terms(delay_hours=2), now=now)
        case = make.new_case(session, make.new_contact(session, now=now).id, now=now)
        make.close(session, case, now=new_year)
        assert make.only_follow_up(session).due_at == new_year + timedelta(hours=2)


def test_listening_twice_hears_once() -> None:
    from surveys import hooks  # what listen changed

    actions.listen()
    actions.listen()
    assert hooks.answered.count(actions.answer_arrived) == 1
