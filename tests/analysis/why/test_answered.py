"""Early and late answers and rates by channel: what is hidden of them, and samples where there are many."""

import pytest
from sqlalchemy import update

from analysis.why import asking
from surveys import actions
from surveys.models import Invitation
from tests.analysis.why.people_who_answered import EARLIER, LATER, Town
from tests.analysis.why.test_queries import DAY, HOUR, look, said


def test_what_a_filter_leaves_out_of_a_wave_protects_it(database):
    """All but five of those who answered at once pass the filter: without it those five would show."""
    with database.begin() as session:
        town = Town(session)
        for at in (EARLIER, LATER):
            for district, quick, late in (("East", 30, 30), ("West", 5, 30), ("North", 30, 30)):
                town.stratum = actions.stratum_id(session, district=district)
                for number in range(quick + late):
                    town.by_link(4, at, HOUR if number < quick else DAY * 5)
    found = look(database, "return_visit", where={"district": ("East", "North")})
    assert found.answered is None or found.answered.waves == ()
    [web] = look(database, "return_visit").answered.waves
    assert [later and later.n for _, _, later in web.rows] == [65, None, 90]


def test_two_periods_do_not_tell_the_few_who_answered_at_once_in_a_month(database):
    """Three answered at once in July, 15 in August and September each: the quarter less August..."""
    with database.begin() as session:
        town = Town(session)
        for sent, quick in ((LATER - DAY * 30, 3), (LATER, 15), (LATER + DAY * 30, 15)):
            for number in range(quick + 40):
                town.by_link(4, sent, HOUR if number < quick else DAY * 5)
        for _ in range(20):
            town.by_link(4, EARLIER, HOUR)
    found = {}
    for after in ("2026Q3", "2026-07", "2026-08", "2026-09"):
        who = look(database, "return_visit", before="2025Q3", after=after).answered
        found[after] = [name for wave in who.waves for name, _, later in wave.rows if later]
    assert found == {
        "2026Q3": ["quick", "later"], "2026-07": [], "2026-08": [], "2026-09": ["quick", "later"],
    }  # fmt: skip


def test_two_periods_do_not_tell_the_few_who_came_by_one_channel(database):
    """By e-mail three of July, 15 of August and of September; by SMS 40 of each."""
    with database.begin() as session:
        town = Town(session)
        for sent, mails in ((LATER - DAY * 30, 3), (LATER, 15), (LATER + DAY * 30, 15)):
            for number in range(mails + 40):
                town.by_link(4, sent, HOUR, channel="email" if number < mails else "sms")
        for _ in range(20):
            town.by_link(4, EARLIER, HOUR)
    found = {}
    for after in ("2026Q3", "2026-08", "2026-09"):
        channels = look(database, "return_visit", before="2025Q3", after=after).answered.channels
        found[after] = {name: later and later.answered for name, _, later in channels.rows}
    assert found == {
        "2026Q3": {"email": 33, "sms": 120},
        "2026-08": {"email": None, "sms": None},
        "2026-09": {"email": 15, "sms": 40},
    }


def test_of_many_some_are_looked_at_and_that_is_said(database, app, monkeypatch):
    """90 of 180 answered at once, every other one; looked at is one in three."""
    with database.begin() as session:
        town = Town(session)
        for at in (EARLIER, LATER):
            for number in range(180):
                town.by_link(5 if number < 90 else 2, at, HOUR if number % 2 else DAY * 5)
    monkeypatch.setattr(asking, "LOOKED_AT", 60)
    found = look(database, "return_visit")
    assert found.answered.sampled == (3, 3)
    [web] = found.answered.waves
    later = {name: later for name, _, later in web.rows}
    assert 50 <= later["quick"].n + later["later"].n <= 70
    assert later["quick"].p == pytest.approx(0.5, abs=0.15)
    [(name, _, rate)] = found.answered.channels.rows
    assert (name, rate.answered) == ("sms", rate.asked)
    assert 50 <= rate.asked <= 70
    with app.test_request_context():
        assert "one answer in 3" in said(found)


def test_what_came_back_undelivered_was_not_asked(database):
    with database.begin() as session:
        town = Town(session)
        for number in range(20):
            link = town.invited(LATER)
            follow_up = town.asked(LATER, invitation_id=link.id, state="sent")
            receipt = "undelivered" if number < 4 else "delivered"
            town.message(follow_up, "invitation", LATER, receipt=receipt)
        taken_back = town.invited(LATER)
        session.execute(update(Invitation).where(Invitation.id == taken_back.id).values(state="revoked"))
        lost_letter = town.invited(LATER)
        town.campaign_message(lost_letter, LATER, receipt="undelivered")
        for at in (EARLIER, LATER):
            for _ in range(15):
                town.answered(4, at, mode="phone")
    channels = look(database, "return_visit").answered.channels
    assert [(name, later.answered, later.asked) for name, _, later in channels.rows] == [("sms", 0, 16)]
