"""The pages of the rules: the sentence, trying it, starting from a preset."""

import re
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from core.db import Database
from followup.models import FollowUp, Rule, RuleVersion
from followup.rules.policy import Terms, checked
from followup.rules.presets import PRESETS
from tests import people as staff
from tests.followup import factories as make

FORM = {
    "name": "供暖投诉", "kinds": ["complaint", "repair"], "categories": ["供暖"],
    "categories_more": "供水，燃气",
    "questionnaire": "1", "channel": "link_then_phone", "written": "email,sms", "agents": "热线组",
    "skill": "燃气",
    "resolution": "first", "delay_hours": "4", "delay_in": "working", "reminds": "y",
    "reminder_after_workdays": "1", "phone_after_workdays": "2", "call_within_workdays": "1",
    "max_attempts": "3", "answer_days": "14", "sampling_rate": "50", "rate_complaint": "100",
    "cap_days": "30", "uncapped": ["urgent"], "max_age_days": "30", "starts_on": "2026-11-01",
    "basis": "办结后两个工作日内回访",
}  # fmt: skip


@pytest.fixture
def sven(app: Flask, database: Database, now: datetime) -> FlaskClient:
    """The supervisor, with one rule for every case and three closed cases."""
    staff.sven(database)
    with database.begin() as session:
        make.new_rule(session, now=now)
        for kind in ("complaint", "repair", "praise"):
            make.closed_case(session, now=now, kind=kind, category="供暖/温度不达标")
    return staff.sign_in(app.test_client(), "sven")


def send(client: FlaskClient, path: str, **data: object) -> tuple[int, str]:
    answer = client.post(path, data=data | {"csrf_token": staff.csrf_token(client, path)})
    return answer.status_code, answer.get_data(as_text=True)


def test_a_sentence_is_stored_as_it_was_chosen(sven: FlaskClient, database: Database) -> None:
    assert send(sven, "/rules/new", **FORM)[0] == 303
    with database.read() as session:
        stored = session.scalars(select(RuleVersion.terms).order_by(RuleVersion.id.desc())).first()
    assert stored is not None
    terms = Terms.from_json(stored)
    assert (terms.kinds, terms.categories) == (("complaint", "repair"), ("供暖", "供水", "燃气"))
    assert (terms.written, terms.agents, terms.resolution) == (("email", "sms"), "热线组", "first")
    assert terms.skill == "燃气"
    assert (terms.kind_rates, terms.uncapped) == ((("complaint", 100.0),), ("urgent",))
    shown = sven.get("/rules/2").get_data(as_text=True)
    for chosen in ("供水", "燃气", "供暖"):
        assert re.search(rf'checked[^>]*value="{chosen}"', shown)
    assert 'value="热线组"' in shown
    assert 'value="燃气"' in shown
    assert "Nobody who calls can “燃气”" in sven.get("/rules").get_data(as_text=True)
    assert send(sven, "/rules/2", **FORM)[0] == 303  # saving what is shown makes no version
    assert "version 2" not in sven.get("/rules").get_data(as_text=True)


def test_nothing_typed_is_lost_on_an_error(sven: FlaskClient) -> None:
    status, page = send(sven, "/rules/new", **FORM | {"sampling_rate": "300", "rate_repair": "7000"})
    assert status == 422
    for typed in (
        'value="供水，燃气"',
        'value="热线组"',
        'value="300"',
        'value="7000"',
        'value="2026-11-01"',
    ):
        assert typed in page
    assert re.search(r'checked[^>]*value="供暖"', page)
    assert '<details class="rule-more" open>' in page


def test_a_rule_is_tried_before_it_has_a_name_and_nothing_is_written(
    sven: FlaskClient, database: Database
) -> None:
    wanted = FORM | {"name": "", "categories_more": "", "starts_on": "", "sampling_rate": "100", "try": "30"}
    status, page = send(sven, "/rules/new", **wanted)
    assert status == 200
    assert "Of 3 closings this rule fits 2 and would have asked about 0" in page
    assert "2: the rule “all” comes first" in page
    status, page = send(sven, "/rules/1", **wanted | {"cap_days": "0"})
    assert "would have asked about 2" in page
    assert "0 cases are added, 1 are not asked about any more" in page
    assert "王*" in page
    assert "王小明" not in page
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Rule)) == 1
        assert session.scalar(select(func.count()).select_from(RuleVersion)) == 1
        assert session.scalar(select(func.count()).select_from(FollowUp)) == 3


def test_a_saved_rule_is_tried_by_looking(sven: FlaskClient) -> None:
    page = sven.get("/rules/1?try=90:added:5").get_data(as_text=True)
    assert "would have asked about 3" in page
    for odd in ("", "31", "30:x", "30:all:99999999999", "٣٠", "30:all:1:2", ":", "%00"):
        assert sven.get("/rules/1", query_string={"try": odd}).status_code == 200


def test_the_list_says_what_stands_in_the_way(sven: FlaskClient) -> None:
    send(sven, "/rules/new", **FORM | {"sampling_rate": "0", "rate_complaint": ""})
    page = sven.get("/rules").get_data(as_text=True)
    assert "Never wins: all its cases are taken before by “all”." in page
    assert "Asks nobody: it samples nothing." in page
    assert "Nobody who calls belongs to “热线组”" in page


def test_a_preset_adds_its_rules_switched_off_and_once(sven: FlaskClient, database: Database) -> None:
    page = sven.get("/rules/presets").get_data(as_text=True)
    assert "shandongtowngas.com.cn id=105" in page
    chosen = {"preset": "gas", "questionnaire": "1"}
    for _n in range(2):
        data = chosen | {"csrf_token": staff.csrf_token(sven, "/rules/presets")}
        assert sven.post("/rules/presets", data=data).status_code == 303
    with database.read() as session:
        rules = session.execute(select(Rule.name, Rule.active).order_by(Rule.position)).all()
        stored = session.scalars(select(RuleVersion.terms).order_by(RuleVersion.id)).all()
    assert [tuple(row) for row in rules] == [
        ("all", True), ("Gas: orders of the 12345 hotline", False), ("Gas: all others", False),
    ]  # fmt: skip
    hotline, others = (Terms.from_json(terms) for terms in stored[1:])
    assert (hotline.came_by, hotline.sampling_rate, others.sampling_rate) == (("hotline",), 100, 20)
    assert "(shandongtowngas.com.cn id=105)" in hotline.basis
    assert hotline.basis in sven.get("/rules").get_data(as_text=True)
    for odd in ({"preset": "tea"}, {"preset": "gas", "questionnaire": "99"}):
        data = odd | {"csrf_token": staff.csrf_token(sven, "/rules/presets")}
        assert sven.post("/rules/presets", data=data).status_code == 422


def test_every_preset_says_something_possible() -> None:
    for preset in PRESETS:
        for rule in preset.rules:
            assert Terms.from_json(checked(rule.terms).to_json()) == rule.terms
            assert rule.source


ODD: list[dict[str, object]] = [
    {"sampling_rate": "NaN"}, {"delay_hours": "1e999"}, {"rate_repair": "-1"}, {"cap_days": "٣٦٦"},
    {"written": "fax"}, {"uncapped": ["all"]}, {"questionnaire": "x"}, {"resolution": "\0"},
    {"starts_on": "2026-02-30"}, {"basis": "a" * 301}, {"came_by": ["pigeon"]},
]  # fmt: skip


def test_an_odd_form_is_refused_and_never_breaks(sven: FlaskClient) -> None:
    token = staff.csrf_token(sven, "/rules/new")
    for odd in ODD:
        for more in ({}, {"try": "30"}):
            data = FORM | odd | more | {"csrf_token": token}
            assert sven.post("/rules/new", data=data).status_code == 422, odd


def test_odd_names_are_cleaned(sven: FlaskClient, database: Database) -> None:
    odd = {"categories": ["a\0b", "", " "], "categories_more": "\u202e;c"}
    assert send(sven, "/rules/new", **FORM | odd)[0] == 303
    with database.read() as session:
        stored = session.scalars(select(RuleVersion.terms).order_by(RuleVersion.id.desc())).first()
    assert stored is not None
    assert stored["categories"] == ["ab", "c"]
