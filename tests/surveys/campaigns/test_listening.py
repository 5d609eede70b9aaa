"""A new link in the place of a campaign's, and a report that a message did not arrive."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from core.contacts.models import ContactEvent
from core.db import Database
from core.outbox import hooks as outbox_hooks
from core.outbox.models import Message
from surveys import hooks, links
from surveys import jobs as surveys_jobs
from surveys.campaigns import listening
from surveys.invitations import actions as invitations
from surveys.models import Invitation
from tests.surveys.campaigns import people as make
from tests.surveys.campaigns.people import DAY, states, tick


@pytest.fixture(autouse=True)
def _listening() -> Iterator[None]:
    listening.listen()
    yield
    hooks.replaced.remove(listening.replaced)
    outbox_hooks.undelivered.remove(listening.undelivered)


def test_a_replaced_link_goes_out_and_its_answer_counts(database: Database, now: datetime) -> None:
    [only] = make.contacts(database, 1, now=now)
    make.started(database, now=now)
    tick(database, now)
    with database.begin() as session:
        old = session.scalars(select(Invitation.id)).one()
        new = invitations.replace(session, old, actor="olga", reason="lost", now=now + DAY).id
    assert states(database) == {"sending": 1}
    tick(database, now + DAY)
    assert states(database) == {"sent": 1}
    assert len(make.messages(database)) == 2
    tick(database, now + 4 * DAY + timedelta(minutes=1))
    with database.read() as session:
        reminder = session.scalars(select(Message).where(Message.purpose == "campaign_reminder")).one()
        url = links.link_in(session, reminder)
        assert url is not None
        link = links.find(session, url.rsplit("/", 1)[1])
        assert link is not None
        assert link.id == new
        assert link.contact_id == only


def test_a_link_of_an_ended_campaign_is_not_sent_again(database: Database, now: datetime) -> None:
    [only] = make.contacts(database, 1, now=now)
    number = make.started(database, now=now)
    tick(database, now)
    with database.begin() as session:
        make.actions.end(session, number, actor="lena", now=now)
    with database.begin() as session, pytest.raises(Exception, match="Nobody sends this link on"):
        invitations.replace(session, make.link_of(database, only).id, actor="x", reason="", now=now)


def test_an_invitation_that_bounced_is_not_delivered_and_not_reminded(
    database: Database, now: datetime
) -> None:
    make.contacts(database, 1, now=now)
    make.started(database, now=now)
    tick(database, now)
    with database.begin() as session:
        message = session.scalars(select(Message)).one()
        for listener in outbox_hooks.undelivered:
            listener(session, message, now)
    assert states(database) == {"failed undeliverable": 1}
    tick(database, now + 4 * DAY)
    assert len(make.messages(database)) == 1
    with database.read() as session:
        assert len(session.scalars(select(ContactEvent)).all()) == 1


def test_what_waits_with_the_old_link_is_taken_back(database: Database, now: datetime) -> None:
    make.contacts(database, 1, now=now)
    make.started(database, now=now)
    surveys_jobs.ask_campaigns(database, now=now)  # written, and not delivered yet
    with database.begin() as session:
        old = session.scalars(select(Invitation.id)).one()
        invitations.replace(session, old, actor="olga", reason="lost", now=now)
    tick(database, now)
    assert make.messages(database) == [("campaign", "cancelled"), ("campaign", "sent")]
    assert states(database) == {"sent": 1}
