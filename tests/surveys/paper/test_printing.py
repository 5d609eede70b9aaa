"""What stands on paper: which questions, in which words, on which page."""

from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from hypothesis import given
from hypothesis import strategies as st

from app import create_app
from core.settings import Settings
from surveys.definition import from_dict
from surveys.paper import fitting, printing, wording
from tests.surveys.paper import examples as ex


@pytest.fixture
def flask(sqlite_settings: Settings) -> Flask:
    """The application, for its words."""
    return create_app(sqlite_settings)


def laid(
    flask: Flask,
    items: list[dict[str, Any]],
    language: str = "en",
    *,
    points: int = 16,
    instructions: str = "",
    linked: bool = False,
    **more: Any,
) -> printing.Sheet:
    """Lay out a questionnaire of these items."""
    version = ex.loaded(items, **more)
    with flask.test_request_context("/"), force_locale(language):
        return printing.sheet(version, language, points=points, instructions=instructions, linked=linked)


def questions(sheet: printing.Sheet) -> dict[str, printing.Question]:
    return {block.question.key: block.question for page in sheet.pages for block in page.blocks}


def test_questions_for_the_phone_are_left_out_and_the_others_are_numbered(flask: Flask) -> None:
    found = questions(laid(flask, ex.EIGHT))
    assert [q.number for q in found.values()] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert "heard" not in found
    assert list(found)[:2] == ["overall", "reason"]


def test_every_step_has_its_words_the_best_one_first(flask: Flask) -> None:
    overall = questions(laid(flask, ex.EIGHT, "zh_Hans"))["overall"]
    assert overall.options == ("非常满意", "满意", "一般", "不满意", "非常不满意")
    assert overall.layout == "row"


def test_one_or_several_is_said_and_drawn(flask: Flask) -> None:
    found = questions(laid(flask, ex.EIGHT))
    assert (found["home"].how, found["home"].kind) == ("(choose one)", "single")
    assert (found["channels"].how, found["channels"].kind) == ("(choose all that apply)", "multiple")
    assert found["channels"].other == "Other"
    assert "Other" not in found["channels"].options
    assert found["warmth"].how == "(from 5 to 35)"
    assert found["since"].layout == "date"


def test_a_conditional_question_says_when_it_is_asked(flask: Flask) -> None:
    said = questions(laid(flask, ex.EIGHT))["reason"].only_if
    assert said == "Only if you chose “Dissatisfied” or “Very dissatisfied” in question 1:"


CONDITIONS = [
    ({"all": [{"item": "home", "is": "=", "value": 2}]}, "you chose “Floor heating” in question 2"),
    ({"all": [{"item": "channels", "is": "has", "value": 1}]}, "you chose “Hotline” in question 3"),
    ({"all": [{"item": "channels", "is": "has_not", "value": 1}]},
     "you did not choose “Hotline” in question 3"),
    ({"all": [{"item": "warmth", "is": "<", "value": 18}]}, "the answer to question 4 is less than 18"),
    ({"all": [{"item": "since", "is": ">=", "value": 739935}]},
     "the answer to question 5 is 2026-11-15 or later"),
    ({"all": [{"item": "recommend", "is": "<=", "value": 6}]},
     "you chose an answer from “6” to “0: not at all likely” in question 6"),
    ({"all": [{"item": "overall", "is": "answered"}]}, "you answered question 1"),
    ({"any": [{"item": "overall", "is": "=", "value": 5}, {"item": "home", "is": "unanswered"}]},
     "you chose “Very satisfied” in question 1, or you left question 2 blank"),
    ({"all": [{"item": "overall", "is": "=", "value": 5}, {"item": "home", "is": "answered"}]},
     "you chose “Very satisfied” in question 1, and you answered question 2"),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "said"), CONDITIONS)
def test_conditions_in_words(flask: Flask, condition: dict[str, Any], said: str) -> None:
    items = [
        ex.OVERALL,
        ex.HOME,
        ex.CHANNELS,
        ex.WARMTH,
        ex.SINCE,
        ex.NPS,
        {**ex.COMMENT, "show_if": condition},
    ]
    assert questions(laid(flask, items))["comment"].only_if == f"Only if {said}:"


def test_what_depends_on_a_question_that_is_not_on_paper(flask: Flask) -> None:
    phone = ex.BY_PHONE_ONLY
    never = {**ex.COMMENT, "show_if": {"all": [{"item": "heard", "is": "=", "value": 1}]}}
    after = {**ex.REASON, "show_if": {"all": [{"item": "comment", "is": "answered"}]}}
    always = {**ex.NPS, "show_if": {"all": [{"item": "heard", "is": "unanswered"}]}}
    either = {**ex.SINCE, "show_if": {"any": [{"item": "heard", "is": "=", "value": 1},
                                              {"item": "overall", "is": "=", "value": 5}]}}  # fmt: skip
    found = questions(laid(flask, [phone, ex.OVERALL, never, after, always, either]))
    assert list(found) == ["overall", "recommend", "since"]
    assert found["recommend"].only_if == ""
    assert found["since"].only_if == "Only if you chose “Very satisfied” in question 1:"


def test_the_anonymous_sheet_says_what_its_number_is_for(flask: Flask) -> None:
    assert laid(flask, ex.EIGHT).anonymous == ""
    assert "not kept with your answers" in laid(flask, ex.EIGHT, anonymous=True).anonymous


def test_the_office_line_has_the_keys_of_the_answers_once(flask: Flask) -> None:
    sheet = laid(
        flask, [ex.OVERALL, *ex.MATRIX, ex.HOME, ex.COMMENT, {**ex.OVERALL, "key": "again", "role": "none"}]
    )
    assert sheet.office == (("1, 7", "5 4 3 2 1"), ("2–4", "5 4 3 2 1 · 0"), ("5", "1 2 3"))


def test_the_rows_of_a_matrix_stand_under_its_stem_also_on_the_next_page(flask: Flask) -> None:
    rows = [ex.aspect(f"r{n}", "等候时间", "Waiting", matrix="visit") for n in range(20)]
    sheet = laid(flask, rows)
    stems = [[bool(block.matrix) for block in page.blocks] for page in sheet.pages]
    assert len(stems) > 2
    assert all(page[0] and not any(page[1:]) for page in stems)


def test_every_question_stands_on_one_page_in_its_order(flask: Flask) -> None:
    for points in printing.SIZES:
        sheet = laid(flask, ex.forty(), "zh_Hans", points=points, linked=True, instructions="请寄回")
        order = [block.question.number for page in sheet.pages for block in page.blocks]
        assert order == list(range(1, 41))
        assert [page.ends for page in sheet.pages] == [False] * (len(sheet.pages) - 1) + [True]


def test_large_type_takes_more_pages(flask: Flask) -> None:
    pages = [len(laid(flask, ex.forty(), points=points).pages) for points in printing.SIZES]
    assert pages[0] < pages[1]


HEIGHTS = st.lists(st.floats(0.5, 20), max_size=40)


@given(HEIGHTS, st.floats(20, 60), st.floats(0, 60))
def test_pages_hold_what_they_can_and_lose_nothing(heights: list[float], room: float, taken: float) -> None:
    pages = fitting.paginate([fitting.Piece(h) for h in heights], room=room, taken=taken)
    assert [place for page in pages for place in page] == list(range(len(heights)))
    for number, page in enumerate(pages):
        used = sum(heights[place] for place in page) + (taken if number == 0 else 0)
        assert used <= room + 1e-9 or len(page) <= (0 if taken else 1)


@given(st.text(max_size=300), st.floats(5, 60))
def test_any_text_has_a_finite_number_of_lines(text: str, width: float) -> None:
    count = fitting.lines(text, width)
    assert (count == 0) == (text == "")
    assert count <= text.count("\n") + 1 + fitting.text_width(text) / width * 4 + len(text.split())


def test_wide_characters_wrap_one_by_one_and_words_as_a_whole() -> None:
    assert fitting.lines("供暖" * 10, 10.0) == 3  # 20 em, of which 9.7 go on a line
    assert fitting.lines("heating " * 4, 10.0) == 2
    assert fitting.lines("a\nb", 10.0) == 2


def test_numbers_of_the_sheet_are_those_of_the_entry() -> None:
    found = printing.printed_items(from_dict(ex.definition(ex.EIGHT)))
    assert found == {key: place for place, key in enumerate(
        ["overall", "reason", "home", "channels", "warmth", "since", "recommend", "comment"], start=1
    )}  # fmt: skip
    assert wording.MANY == 3
