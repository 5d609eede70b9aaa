"""What differs between two versions, and what it means when they are far apart."""

from dataclasses import replace
from datetime import date

import pytest

from surveys.definition import Definition
from surveys.editor import comparing, words
from surveys.editor.comparing import Line
from tests.surveys.editor.drafts import choice, draft, item


def parts(old: Definition, new: Definition) -> list[tuple[str, str]]:
    [change] = [each for each in comparing.item_changes(old, new) if each.lines]
    return [(line.part, line.language) for line in change.lines]


def test_only_what_changed_is_listed() -> None:
    old = draft(item("a"), item("b"))
    said = {"zh_Hans": {"text": "a 怎么样？"}, "en": {"text": "Overall?", "hint": "Please"}}
    new = draft(item("a") | {"texts": said}, item("b"))
    assert parts(old, new) == [("text", "en"), ("hint", "en")]
    assert [each.what for each in comparing.item_changes(old, new)] == [("texts",), ()]


def test_options_are_compared_by_their_codes() -> None:
    old = draft(choice("a", "red", "green"))
    moved = choice("a", "red", "green")
    moved["options"].reverse()
    assert parts(old, draft(moved)) == [("order", "")]
    assert parts(old, draft(choice("a", "red", "lime"))) == [("option", "zh_Hans"), ("option", "en")]
    [change] = comparing.item_changes(old, draft(choice("a", "red")))
    assert [(line.code, line.old, line.new) for line in change.lines] == [
        (2, "green项", ""),
        (2, "green", ""),
    ]


@pytest.mark.parametrize(
    ("change", "part"),
    [({"scale": "sat7"}, "scale"), ({"required": True}, "required"), ({"only": "phone"}, "only"),
     ({"role": "driver"}, "role"), ({"not_applicable": True}, "not_applicable")],
)  # fmt: skip
def test_everything_that_can_change_is_said(change: dict[str, object], part: str) -> None:
    assert parts(draft(item("a")), draft(item("a", **change))) == [(part, "")]


def test_a_changed_rule_and_range_are_said() -> None:
    old = draft(item("a"), item("b", "number", minimum=1))
    new = draft(item("a"), item("b", "number", minimum=0, show_if={"item": "a", "at_most": 2}))
    assert parts(old, new) == [("show_if", ""), ("range", "")]


def test_the_whole_is_compared_too() -> None:
    old = draft(item("a"), item("b"), intro={"en": "Hi"})
    new = draft(item("b"), item("a", section="s1"), sections={"s1": {"en": {"title": "Staff"}}})
    found = {(line.part, line.language) for line in comparing.whole_changes(old, new)}
    assert found == {("intro", "en"), ("section", "en"), ("places", ""), ("section_of", "")}
    assert list(comparing.whole_changes(old, old)) == []


def test_decisions_of_the_version_before_are_no_change() -> None:
    old = draft(item("a"), changes={"a": "break"})
    assert comparing.is_unchanged(old, replace(old, changes={}))
    assert not comparing.is_unchanged(old, draft(item("a", role="driver")))


def test_over_several_versions_the_greatest_step_counts() -> None:
    first, second = draft(item("a"), item("b")), draft(item("a", scale="sat7"), item("b"))
    third = draft(item("a", scale="sat7"), item("b") | {"texts": {"zh_Hans": {"text": "改"}}})
    assert comparing.decided_between([first, second, third]) == {"a": "break", "b": "reworded"}


def test_a_question_that_was_away_for_a_version_begins_anew() -> None:
    there, away = draft(item("a"), item("b")), draft(item("b"))
    assert comparing.decided_between([there, away, there])["a"] == "break"


def test_conditions_and_values_are_said_in_words() -> None:
    rule = {"any": [{"item": "a", "is": "<=", "value": 2}, {"item": "b", "is": "has", "value": 1},
                    {"item": "gone", "is": "answered"}]}  # fmt: skip
    made = draft(item("a"), choice("b", "red", "green", kind="multiple"), item("c", "text", show_if=rule))
    assert words.condition(made.items[2].show_if, made) == (
        "“a 怎么样？” is at most “不满意” or “b 怎么样？” includes “red项” or “gone” (no longer there)"
    )
    assert words.condition(None, made) == "always"
    day = draft(item("a", "date", minimum=date(2024, 4, 24).toordinal(), soft=True))
    assert words.range_words(day.items[0]) == "2024-04-24 – …, asks once when outside"
    assert words.value_of(Line("kind", None, None), made.items[2], made) == "Long text"
