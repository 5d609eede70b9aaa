"""The funnel and the rates of a campaign, from rows as they really come about."""

from datetime import datetime, timedelta

from sqlalchemy import select

from core.contacts import actions as contacts
from core.contacts import queries as held
from core.db import Database
from surveys import actions as surveys
from surveys import traces
from surveys.campaigns import figures, preview, queries
from surveys.campaigns.models import Recipient, Wave
from surveys.models import Invitation
from tests.surveys.campaigns import people as make
from tests.surveys.campaigns.people import DAY, tick


def found(database: Database, e: float | None = None) -> figures.Figures:
    with database.read() as session:
        return figures.figures(session, list(session.scalars(select(Wave.id))), e=e)


def test_the_funnel_narrows_and_the_rates_follow(database: Database, now: datetime) -> None:
    ids = make.contacts(database, 20, now=now)
    silent = make.contacts(database, 2, now=now)
    with database.begin() as session:
        for number in silent:
            contacts.set_do_not_contact(session, number, actor="olga", channel="phone", reason="", now=now)
    make.started(database, now=now)
    tick(database, now)
    for n, number in enumerate(ids[:12]):
        make.answer(database, number, now=now + DAY, seconds=10 + n)
    with database.begin() as session:
        links = {number: make.link_of(database, number).id for number in ids[12:16]}
        traces.note(session, links[ids[12]], started=True, seconds=5, now=now)
        traces.note(session, links[ids[13]], started=False, seconds=5, now=now)
        surveys.opt_out(session, make.link_of(database, ids[14]), now=now)
    tick(database, now + 15 * DAY)
    result = found(database)
    assert dict(result.funnel.steps) == {
        "sampled": 22, "invited": 20, "delivered": 20, "opened": 14, "started": 13, "finished": 12,
    }  # fmt: skip
    assert result.funnel.seconds == 15.5  # the middle of 10 … 21
    assert not result.provisional
    sms, everybody = result.channels
    assert sms.counts == {"I": 12, "P": 0, "R": 2, "NC": 6, "O": 0, "UH": 0, "UO": 0, "NE": 0}
    assert sms.rates is not None
    assert sms.rates.rr1 == 0.6
    assert everybody.counts["R"] == 4  # who wants no contact refused beforehand
    assert everybody.rates is not None
    assert everybody.rates.rr1 == 12 / 22


def test_few_invited_people_have_counts_and_no_rate(database: Database, now: datetime) -> None:
    ids = make.contacts(database, 9, now=now)
    make.started(database, now=now)
    tick(database, now)
    for number in ids[:9]:
        make.answer(database, number, now=now)
    result = found(database)
    assert result.funnel.finished == 9
    assert result.funnel.seconds is None
    assert [row.rates for row in result.channels] == [None, None]


def test_channels_stand_apart_and_another_e_is_taken(database: Database, now: datetime) -> None:
    for n in range(10):
        make.contacts(database, 1, now=now, phones=[], email=f"a{n}@example.org")
    make.contacts(database, 12, now=now)
    make.contacts(
        database, 5, now=now, phones=["010-62345678"]
    )  # one number: one person, and no way to write
    make.started(database, now=now)
    tick(database, now)
    result = found(database, e=0.5)
    assert [(row.channel, row.invited) for row in result.channels] == [
        ("sms", 12),
        ("email", 10),
        ("all", 22),
    ]
    everybody = result.channels[-1]
    assert everybody.counts["UH"] == 1
    assert everybody.rates is not None
    assert everybody.rates.n == 23
    assert everybody.rates.e == 0.5


def test_a_part_that_was_saved_is_partial_even_after_it_was_forgotten(
    database: Database, now: datetime
) -> None:
    from surveys import earlier
    from surveys.earlier import FormData

    [only] = make.contacts(database, 1, now=now)
    make.started(database, now=now)
    tick(database, now)
    with database.begin() as session:
        earlier.save(session, make.link_of(database, only).id, FormData({"overall": ["4"]}), now=now)
    assert found(database).channels[-1].counts["P"] == 1
    over = now + 14 * DAY + timedelta(minutes=1)
    tick(database, over)
    with database.begin() as session:
        earlier.forget(session, make.link_of(database, only).id)
        assert session.scalars(select(Recipient.reason)).one() == "saved"
    assert found(database).channels[-1].counts["P"] == 1


def test_a_link_that_reached_somebody_else_is_not_eligible(database: Database, now: datetime) -> None:
    make.contacts(database, 1, now=now)
    make.started(database, now=now)
    tick(database, now)
    with database.begin() as session:
        link = session.scalars(select(Invitation.id)).one()
        surveys.revoke(session, link, actor="olga", now=now, reason="wrong number")
    tick(database, now + timedelta(minutes=1))
    assert make.states(database) == {"expired withdrawn": 1}
    assert found(database).channels[-1].counts["NE"] == 1


def test_a_preview_counts_whom_it_would_reach_and_whom_not(database: Database, now: datetime) -> None:
    ids = make.contacts(database, 4, now=now)
    make.contacts(database, 1, now=now, phones=[], email="wang@example.org")
    make.contacts(database, 1, now=now, phones=["010-62345678"])
    with database.begin() as session:
        contacts.note_contact(session, ids[0], channel="phone", purpose="callback", now=now - DAY)
        contacts.set_do_not_contact(session, ids[1], actor="olga", channel="phone", reason="", now=now)
    number = make.campaign(database, now=now, cap_days=30, pace=3)
    with database.read() as session:
        terms = preview.Terms.from_json(queries.get(session, number).terms)
        plan = preview.preview(session, number, terms, now=now)
    assert (plan.population, plan.people) == (6, 6)
    assert (plan.by_sms, plan.by_email, plan.unreachable) == (4, 1, 1)
    assert dict(plan.left_out) == {"cap": 1, "dnc": 1, "no_contact": 1}
    assert (plan.asked, plan.hours, plan.days) == (3, 2.0, 1)


def test_a_preview_only_looks_and_waits_for_nobody(database: Database, now: datetime) -> None:
    [only] = make.contacts(database, 1, now=now)
    with database.begin() as session:
        contacts.note_contact(session, only, channel="phone", purpose="callback", now=now - DAY)
    number = make.campaign(database, now=now, cap_days=30)
    with database.begin() as asking, database.read() as looking:
        assert held.hold(asking, [only])  # somebody is asking about something else at this moment
        terms = preview.Terms.from_json(queries.get(looking, number).terms)
        assert preview.preview(looking, number, terms, now=now).left_out == [("cap", 1)]
