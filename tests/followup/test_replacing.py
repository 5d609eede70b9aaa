"""A replaced link of a follow-up: a new one goes out, the old one is dead, and all goes on from there."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from core.contacts.actions import set_do_not_contact
from core.contacts.models import ContactEvent
from core.db import Database
from core.errors import InputError
from core.outbox.models import Message
from followup import actions, replacing
from followup.cases import actions as cases
from followup.jobs import tick
from followup.models import Callback, Case, FollowUp
from followup.replacing import FollowUpOverError
from surveys import answering, links
from surveys.invitations.actions import EndedError, replace
from surveys.links import link_in
from surveys.models import Invitation, InvitationTally, Response
from surveys.parsing import Given
from surveys.queries import load_version
from tests.followup import factories as make

actions.listen()
replacing.listen()
SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(day: int, hour: int) -> datetime:
    """A moment of November 2026 in Shanghai."""
    return datetime(2026, 11, day, hour, tzinfo=SHANGHAI).astimezone(UTC)


def asked(database: Database, now: datetime, **contact: object) -> None:
    """One customer whom the tick has asked."""
    with database.begin() as session:
        make.new_rule(session, now=now)
        make.closed_case(session, now=now, contact=make.new_contact(session, now=now, **contact))
    tick(database, now=now)


def renew(database: Database, now: datetime) -> int:
    with database.begin() as session:
        follow_up = make.only_follow_up(session)
        assert follow_up.invitation_id is not None
        return replace(session, follow_up.invitation_id, actor="sven", reason="lost", now=now).id


def tokens(database: Database) -> list[str]:
    """The tokens that went out, in their order."""
    with database.read() as session:
        found = session.scalars(
            select(Message).where(Message.purpose == "invitation").order_by(Message.id)
        ).all()
        return [str(link_in(session, message)).rsplit("/", 1)[1] for message in found]


def answer(database: Database, token: str, now: datetime) -> None:
    with database.begin() as session:
        link = links.find(session, token)
        assert link is not None
        version = load_version(session, link.version_id)
        answering.answer_link(
            session, link, version, {"overall": Given(value=5)}, language="zh_Hans", now=now
        )


def only(database: Database, read: Callable[[FollowUp], object]) -> object:
    with database.read() as session:
        return read(make.only_follow_up(session))


def test_the_new_link_takes_the_answer_and_the_old_one_none(database: Database) -> None:
    asked(database, at(18, 10))
    tick(database, now=at(18, 11))
    new_id = renew(database, at(18, 12))
    assert only(database, lambda f: (f.state, f.invitation_id)) == ("sent", new_id)
    tick(database, now=at(18, 12))
    old, new = tokens(database)
    assert old != new
    with pytest.raises(answering.ClosedError):
        answer(database, old, at(18, 13))
    answer(database, new, at(18, 13))
    assert only(database, lambda f: f.state) == "answered"
    with database.read() as session:
        states = session.scalars(select(Invitation.state).order_by(Invitation.id))
        assert list(states) == ["replaced", "answered"]
        assert session.scalar(select(func.count()).select_from(Response)) == 1
        assert session.scalar(select(func.sum(InvitationTally.n))) == 1  # one person was invited
        events = session.scalars(select(ContactEvent.purpose).order_by(ContactEvent.id))
        assert list(events) == ["invitation", "invitation"]


def test_a_message_that_has_not_gone_out_yet_is_taken_back(database: Database) -> None:
    asked(database, at(18, 23))  # at night it waits
    renew(database, at(18, 23))
    tick(database, now=at(19, 8))
    tick(database, now=at(19, 9))
    with database.read() as session:
        found = session.execute(select(Message.state).order_by(Message.id)).scalars()
        assert list(found) == ["cancelled", "sent"]
    assert only(database, lambda f: f.state) == "sent"


def test_reminder_and_call_go_on_with_the_new_link(database: Database) -> None:
    asked(database, at(18, 10))
    tick(database, now=at(18, 11))
    renew(database, at(19, 9))  # an hour before the reminder would be due
    tick(database, now=at(19, 11))
    assert only(database, lambda f: f.state) == "sent"
    tick(database, now=at(20, 11))
    assert only(database, lambda f: f.state) == "reminded"
    with database.read() as session:
        reminder = session.scalars(select(Message).where(Message.purpose == "reminder")).one()
        assert str(link_in(session, reminder)).endswith(tokens(database)[-1])
    tick(database, now=at(23, 15))
    assert only(database, lambda f: f.state) == "call_queued"
    renew(database, at(23, 16))  # the customer asks for the link in the call
    tick(database, now=at(23, 16))
    answer(database, tokens(database)[-1], at(23, 17))
    with database.read() as session:
        assert make.only_follow_up(session).state == "answered"
        assert session.scalars(select(Callback.state)).one() == "cancelled"


def test_the_new_link_goes_by_the_channel_of_the_old_one(database: Database) -> None:
    asked(database, at(18, 10), phones=[], email="wang@example.org")
    with database.begin() as session:
        from core.contacts.actions import find_or_save

        find_or_save(session, name="王小明", phones=["13800000001"], household="H1", now=at(18, 10))
    renew(database, at(18, 12))
    with database.read() as session:
        assert set(session.scalars(select(Message.channel))) == {"email"}


def test_who_wants_no_contact_gets_no_new_link(database: Database) -> None:
    asked(database, at(18, 10))
    with database.begin() as session:
        contact_id = make.only_follow_up(session).contact_id
        assert contact_id is not None
        set_do_not_contact(session, contact_id, actor="sven", channel="staff", reason="asked", now=at(18, 11))
    with pytest.raises(InputError):
        renew(database, at(18, 12))
    with database.read() as session:
        assert session.scalars(select(Invitation.state)).all() == ["open"]  # nothing was half done


def test_no_new_link_goes_out_about_an_open_case_or_after_the_answer(database: Database) -> None:
    asked(database, at(18, 10))
    answer(database, tokens(database)[0], at(18, 11))
    with pytest.raises(EndedError):
        renew(database, at(18, 12))
    with database.begin() as session:
        case = make.closed_case(session, now=at(18, 12))
        tick_id = case.id
    tick(database, now=at(18, 12))
    with database.begin() as session:
        follow_up = session.scalars(select(FollowUp).where(FollowUp.case_id == tick_id)).one()
        invitation_id = follow_up.invitation_id
        assert invitation_id is not None
        cases.reopen(session, session.get_one(Case, tick_id), reason="again", actor="sven", now=at(18, 13))
    with database.begin() as session, pytest.raises((EndedError, FollowUpOverError)):
        replace(session, invitation_id, actor="sven", reason="lost", now=at(18, 14))


def test_replaced_twice_the_last_one_counts(database: Database) -> None:
    asked(database, at(18, 10))
    renew(database, at(18, 12))
    renew(database, at(18, 13) + timedelta(minutes=1))
    tick(database, now=at(18, 14))
    sent = tokens(database)
    assert len(set(sent)) == 3
    for old in sent[:2]:
        with pytest.raises(answering.ClosedError):
            answer(database, old, at(18, 15))
    answer(database, sent[-1], at(18, 15))
