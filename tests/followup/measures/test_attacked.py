"""Measures attacked: two people at once, what must not be published, days that cannot be."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from core.errors import InputError, TransitionError
from core.transitions import Transition
from followup.measures import actions, publishing
from followup.measures.actions import StartError
from followup.measures.models import Measure
from followup.measures.personal import holds_personal_data, small_counts
from tests.followup.measures.plans import WARM, planned

TEXTS = {"en": {"said": "Upper floors stayed cold.", "did": "We vented all risers."}}


@pytest.fixture
def running(database, now):
    planned(database, now)
    with database.begin() as session:
        measure = session.scalars(select(Measure)).one()
        actions.take_step(session, measure, "start", actor="lena", now=now)
    return measure


def test_what_is_dropped_while_somebody_publishes_it_is_not_on_the_public_page(database, running, now):
    looked, dropped = threading.Event(), threading.Event()
    refused = []

    def publish():
        with database.begin() as session:
            measure = session.scalars(select(Measure)).one()
            looked.set()
            dropped.wait(1)  # SQLite lets one write at a time: there the other waits for this one
            try:
                publishing.publish(session, measure, TEXTS, effect={}, confirmed=False, actor="a", now=now)
            except InputError as error:
                refused.append(error)

    other = threading.Thread(target=publish)
    other.start()
    looked.wait()
    try:
        with database.begin() as session:
            measure = session.scalars(select(Measure)).one()
            actions.take_step(session, measure, "drop", reason="no money", actor="b", now=now)
    except TransitionError as error:
        refused.append(error)
    dropped.set()
    other.join()
    with database.read() as session:
        measure = session.scalars(select(Measure)).one()
    assert len(refused) == 1
    assert (measure.state == "dropped") is (measure.published_at is None)


@pytest.mark.parametrize(
    "text",
    ["致电１３８１２３４５６７８", "座机84567890", "车牌辽B12345", "户主王秀英", "12栋3单元1802",
     "138，1234，5678",     "微信 wangli_88", "Mr Li was cold"],
)  # fmt: skip
def test_what_leads_to_a_person_is_not_published(text):
    assert holds_personal_data(text)
    with pytest.raises(InputError, match="take it out"):
        publishing.check({"en": TEXTS["en"] | {"did": text}}, min_cell=10, confirmed=True)


@pytest.mark.parametrize("text", ["2025-2026供暖季", "2026-11-22至2026-12-05", "2026.11.22起", "10月至3月"])
def test_days_and_seasons_are_no_personal_data(text):
    assert not holds_personal_data(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It helped only 3.", ["3"]), ("Of them 4, then 12.", ["4"]), ("共3户：", ["3"]), ("3-4户", ["3-4"]),
        ("三个老人", ["三"]), ("Two families", ["Two"]), ("one household", ["one household"]),
        ("up 3.5 points, 8%, 2026-11-02, at 10:30, no one", []),
    ],
)  # fmt: skip
def test_small_counts_are_found_wherever_they_stand(text, found):
    assert small_counts(text, 10) == found


def test_why_a_measure_is_dropped_names_nobody(client_for, csrf, database, now):
    number = planned(database, now).number
    with time_machine.travel(now, tick=False):
        client = client_for("lena")
        form = {"drop-reason": "户主王秀英 210203198001011234 不同意", "csrf_token": csrf(client, "/account")}
        answer = client.post(f"/measures/{number}/step/drop", data=form)
        assert answer.status_code == 422
        assert 'name="drop-confirm"' in answer.get_data(as_text=True)
        form["drop-reason"] = "没有经费"
        assert client.post(f"/measures/{number}/step/drop", data=form).status_code == 303
    with database.read() as session:
        assert "王秀英" not in "".join(session.scalars(select(Transition.reason)))


def test_the_day_in_force_fits_how_far_the_measure_is(database, running, now):
    def edit(**changes):
        with database.begin() as session:
            measure = session.scalars(select(Measure)).one()
            plan = replace(WARM, **changes)
            actions.edit(session, measure, plan, version=measure.version, actor="lena", now=now)

    today = now.date()
    with pytest.raises(StartError, match="under way already"):
        edit(starts_on=None)
    with pytest.raises(StartError, match="still to come"):
        edit(starts_on=today + timedelta(days=3))
    edit(starts_on=today - timedelta(days=9))
    with database.begin() as session:
        measure = session.scalars(select(Measure)).one()
        actions.take_step(session, measure, "finish", day=today - timedelta(days=5), actor="lena", now=now)
    with pytest.raises(StartError, match="cannot be done before"):
        edit(starts_on=today - timedelta(days=1))


def test_the_form_says_that_a_measure_under_way_needs_its_day(client_for, csrf, running, database, now):
    with time_machine.travel(now, tick=False):
        client = client_for("lena")
        typed = {
            "title": "A", "heard": "B", "action": "C", "term": "short", "department": "D", "owner": "",
            "due_on": "2026-12-01", "starts_on": "", "item": "", "version": "2",
            "csrf_token": csrf(client, "/account"),
        }  # fmt: skip
        answer = client.post(f"/measures/{running.number}/edit", data=typed)
    assert answer.status_code == 422
    assert "it is under way already" in answer.get_data(as_text=True)
