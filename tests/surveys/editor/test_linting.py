"""Each remark before publishing, and the silence where there is nothing to say."""

from dataclasses import replace
from typing import Any

import pytest

from surveys.checking import problems
from surveys.definition import Definition, ItemText
from surveys.editor.linting import findings
from surveys.seeds import return_visit
from tests.surveys.editor.drafts import choice, draft, item

SPOKEN = {"spoken": "怎么样？"}


def said(zh: str, key: str = "a", kind: str = "likert", **more: Any) -> dict[str, Any]:
    return item(key, kind, role=more.pop("role", "overall"), **more) | {
        "texts": {"zh_Hans": {"text": zh, "spoken": zh}}
    }


def english(en: str, **more: Any) -> dict[str, Any]:
    return item("a", role="overall", **more) | {"texts": {"en": {"text": en, "spoken": en}}}


def codes(definition: Definition) -> set[str]:
    return {finding.code for finding in findings(definition)}


def chinese(*items: dict[str, Any], **more: Any) -> Definition:
    return draft(*items, title={"zh_Hans": "问卷"}, **more)


def test_the_return_visit_is_nearly_without_a_remark() -> None:
    assert codes(return_visit()) <= {"leading"}


@pytest.mark.parametrize(
    ("text", "is_double"),
    [("服务态度和专业水平怎么样？", True), ("快慢、质量怎么样？", True), ("态度与速度", True),
     ("速度及质量", True),
     ("师傅说话和气吗？", False), ("处理得及时吗？", False), ("服务态度怎么样？", False)],
)  # fmt: skip
def test_two_questions_in_one(text: str, is_double: bool) -> None:
    assert ("double" in codes(chinese(said(text)))) is is_double


@pytest.mark.parametrize(
    ("text", "is_double"),
    [("How polite and fast were we?", True), ("Was it fast or good?", True),
     ("Has it been solved or not?", False), ("How fast was the android?", False)],
)  # fmt: skip
def test_two_questions_in_one_in_english(text: str, is_double: bool) -> None:
    assert ("double" in codes(draft(english(text), title={"en": "Survey"}))) is is_double


def test_words_that_push_and_questions_for_personal_data() -> None:
    assert "leading" in codes(chinese(said("我们热情周到的服务怎么样？")))
    assert "personal" in codes(chinese(said("请留下您的手机号", kind="text", role="none")))
    assert "personal" not in codes(chinese(said("意见（请勿填写身份证号）", kind="text", role="none")))
    assert "personal" in codes(draft(english("Your identity number?", kind="text"), title={"en": "Survey"}))


def test_long_questions() -> None:
    assert "long_text" not in codes(chinese(said("长" * 40)))
    assert "long_text" in codes(chinese(said("长" * 41)))
    assert "long_text" not in codes(draft(english("word " * 25), title={"en": "Survey"}))
    assert "long_text" in codes(draft(english("word " * 26), title={"en": "Survey"}))


def test_many_questions_and_a_long_time() -> None:
    few = [said("怎么样？", f"a{n}", role="none") for n in range(8)]
    assert "many_items" not in codes(chinese(*few))
    assert "many_items" in codes(chinese(*few, said("怎么样？", "b", role="none")))
    assert "many_items" not in codes(chinese(*few, said("怎么样？", "b", role="none", only="phone")))
    words = [said("怎么样？", f"a{n}", "text", role="none") for n in range(8)]
    assert "long_survey" not in codes(chinese(*words))  # 120 seconds
    assert "long_survey" in codes(chinese(*words, said("怎么样？", "b")))


def test_no_overall_rating() -> None:
    assert "no_overall" in codes(chinese(said("怎么样？", role="none")))
    assert "no_overall" not in codes(chinese(said("怎么样？")))


def test_a_scale_with_more_good_than_bad_answers() -> None:
    assert "unbalanced" in codes(chinese(said("怎么样？", scale="hcp5")))
    assert "unbalanced" not in codes(chinese(said("怎么样？", scale="sat7")))
    own = [{"code": n, "texts": {"zh_Hans": t}} for n, t in enumerate(("很好", "好", "还好", "不好"), 1)]
    assert "unbalanced" in codes(chinese(said("怎么样？", kind="single", role="none", options=own)))


def test_an_open_question_that_must_be_answered() -> None:
    assert "required_words" in codes(chinese(said("为什么？", kind="text", role="open", required=True)))


def test_a_choice_without_a_way_out() -> None:
    assert "no_way_out" in codes(draft(choice("a", "x", "y", kind="multiple")))
    assert "no_way_out" in codes(draft(choice("a", "x", "y", "z", "w")))
    assert "no_way_out" not in codes(draft(choice("a", "x", "y")))
    assert "no_way_out" not in codes(draft(choice("a", "x", "y", "Other", kind="multiple")))


def test_nothing_to_read_aloud() -> None:
    silent = item("a") | {"texts": {"zh_Hans": {"text": "怎么样？"}}}
    assert "no_spoken" in codes(chinese(silent))
    assert "no_spoken" not in codes(chinese(silent | {"only": "web"}))


def test_half_a_translation() -> None:
    start = draft(item("a"))
    hinted = replace(start.items[0], texts={**start.items[0].texts, "en": ItemText("How?", hint="Please")})
    assert "half_translated" in codes(replace(start, items=(hinted,)))


BROKEN = [
    draft(),
    draft(item("a"), title={"zh_Hans": "问卷", "en": ""}),
    draft(item("a") | {"texts": {"zh_Hans": {"text": "怎么样？"}}}),
    draft(choice("a", "x")),
    draft(item("a", "single", options=[{"code": 1, "texts": {"zh_Hans": "一"}}, {"code": 2, "texts": {}}])),
    draft(item("b", show_if={"item": "a", "at_most": 2}), item("a")),
    draft(item("a", section="s1"), sections={"s1": {"en": {"title": "Staff"}}}),
    draft(item("a", matrix="m1"), matrices={"m1": {"en": "How"}}),
    draft(item("a", role="overall"), item("b", role="overall")),
    draft(item("a", only="phone"), item("b", show_if={"item": "a", "at_most": 2})),
    draft(item("a", "number", minimum=3, maximum=1)),
]  # fmt: skip


@pytest.mark.parametrize("definition", BROKEN)
def test_what_cannot_be_published_is_always_said(definition: Definition) -> None:
    assert list(problems(definition))
    assert any(finding.blocking for finding in findings(definition))


def test_what_can_be_published_is_never_held_up() -> None:
    fine = draft(item("a", role="overall"), choice("b", "x", "y"), item("c", "text"))
    assert not list(problems(fine))
    assert not any(finding.blocking for finding in findings(fine))


def test_a_placeholder_that_nothing_fills() -> None:
    known = chinese(said("您好，{customer}，满意吗？"), opening={"zh_Hans": "我是{agent}，{organisation}。"})
    assert "unknown_placeholder" not in codes(known)
    found = findings(chinese(said("{name}满意吗？"), closing={"zh_Hans": "{Hotline}，再见。"}))
    assert [(f.item_key, f.said) for f in found if f.code == "unknown_placeholder"] == [
        ("", "{Hotline}"), ("a", "{name}"),
    ]  # fmt: skip
