"""Conditions in words, in English; and the same conditions as the page's script gets them."""

import json
from typing import Any

import pytest
from flask import Flask

from surveys.conditions import read_condition
from surveys.definition import from_dict
from surveys.forms_conditions import condition_text
from surveys.layout import asked_at_start, condition_data, date_field, parts
from tests.surveys import kinds

ITEMS = {item.key: item for item in from_dict(kinds.all_kinds()).items}


def one(item: str, operator: str, value: float | None = None) -> dict[str, Any]:
    said: dict[str, Any] = {"item": item, "is": operator}
    return said if value is None else said | {"value": value}


@pytest.mark.parametrize(
    ("comparison", "said"),
    [
        (one("warm", "<=", 2), "you chose “Disagree” or “Strongly disagree” for “warm enough by day”"),
        (one("overall", "=", 5), "you chose “Very satisfied” for “Overall satisfaction”"),
        (one("overall", "!=", 5), "you chose anything but “Very satisfied” for “Overall satisfaction”"),
        (one("overall", ">=", 1), "you answered “Overall satisfaction”"),
        (one("nps", "<", 7), "you chose 0 to 6 for “Recommendation”"),
        (one("nps", "=", 10), "you chose 10 for “Recommendation”"),
        (one("way", "has", 9), "you chose “Other” for “Way”"),
        (one("way", "has_not", 9), "you chose “By phone” or “WeChat” or “At the counter” for “Way”"),
        (one("ways", "has", 2), "you chose “WeChat” for “Wished ways”"),
        (one("ways", "has_not", 2), "you did not choose “WeChat” for “Wished ways”"),
        (one("solved", "=", 1), "you chose “No” for “Solved”"),
        (one("degrees", "<", 18.5), "“Room temperature” is less than 18.5"),
        (one("degrees", "<=", 18), "“Room temperature” is at most 18"),
        (one("degrees", ">", 18), "“Room temperature” is more than 18"),
        (one("degrees", ">=", 18), "“Room temperature” is at least 18"),
        (one("degrees", "=", 18), "“Room temperature” is 18"),
        (one("visit", "!=", 739_586), "“On which day shall we come?” is not 2025-12-01"),
        (one("comment", "answered"), "you answered “Is there anything else you would like to tell us?”"),
        (one("warm", "unanswered"), "you did not answer “warm enough by day”"),
    ],
)  # fmt: skip
def test_each_comparison_has_its_sentence(app: Flask, comparison: dict[str, Any], said: str):
    condition = read_condition({"all": [comparison]})
    assert condition is not None
    with app.test_request_context("/?lang=en"):
        assert condition_text(condition, ITEMS, "en") == f"Only if {said}"


def test_all_and_any_are_joined(app: Flask):
    both = [one("overall", "=", 5), one("comment", "answered")]
    for joined, word in (("all", "and"), ("any", "or")):
        condition = read_condition({joined: both})
        assert condition is not None
        with app.test_request_context("/?lang=en"):
            assert f"“Overall satisfaction” {word} you answered" in condition_text(condition, ITEMS, "en")
        assert json.loads(condition_data(condition)) == {
            "any": joined == "any",
            "of": [["overall", "=", 5], ["comment", "answered", None]],
        }


def test_a_draft_that_names_a_vanished_item_says_nothing(app: Flask):
    condition = read_condition({"all": [one("gone", "answered")]})
    assert condition is not None
    with app.test_request_context("/?lang=en"):
        assert condition_text(condition, ITEMS, "en") == ""


def test_sections_matrices_and_reasons_stand_where_they_belong():
    definition = from_dict(kinds.all_kinds())
    first, second = parts(definition, "en")
    assert (first.title, first.text, second.title) == (
        "The heating",
        "Please think of the last month.",
        "Reaching us",
    )
    assert [block.stem for block in first.blocks] == ["", "My home is", ""]
    overall = first.blocks[0].questions[0]
    assert [reason.key for reason in overall.reasons] == ["reason"]
    assert overall.low == 2
    keys = [asked.item.key for block in second.blocks for asked in block.questions]
    assert "agent_note" not in keys
    phone = [
        a.item.key for part in parts(definition, "en", "phone") for b in part.blocks for a in b.questions
    ]
    assert "agent_note" in phone
    assert "web_only" not in phone


def test_a_reason_far_from_its_question_stays_where_it_was_put():
    items = [*kinds.ITEMS[:1], *kinds.ITEMS[2:4], kinds.ITEMS[1]]
    shown = parts(from_dict(kinds.all_kinds(items=items)), "en")
    assert [asked.item.key for block in shown[0].blocks for asked in block.questions] == [
        "overall", "warm", "night", "reason",
    ]  # fmt: skip


def test_questions_are_counted_as_they_stand_at_the_start():
    definition = from_dict(kinds.all_kinds())
    assert len(asked_at_start(definition.items)) == 10
    unanswered = kinds.ITEMS[-1] | {"show_if": {"all": [one("overall", "unanswered")]}}
    definition = from_dict(kinds.all_kinds(items=[*kinds.ITEMS[:-1], unanswered]))
    assert len(asked_at_start(definition.items)) == 10  # it is asked before anything is answered


@pytest.mark.parametrize(
    ("written", "type_"),
    [
        ("", "date"),
        ("2026-12-01", "date"),
        ("2026-02-30", "text"),
        ("2026年12月1日", "text"),
        ("soon", "text"),
    ],
)
def test_a_day_that_no_calendar_shows_stays_as_it_was_written(written: str, type_: str):
    assert date_field(written) == (type_, written)
