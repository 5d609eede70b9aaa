"""What can be done to a draft, rule by rule."""

from dataclasses import replace

import pytest

from surveys.definition import ItemText, SectionText, from_dict
from surveys.editor import drafting
from surveys.editor.kinds import KINDS, as_kind, kind_of, roles_for
from tests.surveys.editor.drafts import choice, draft, item, keys

WHY = {"item": "a", "at_most": 2}
HEADING = {"zh_Hans": SectionText("人员"), "en": SectionText("Staff")}


def test_a_draft_without_texts_can_be_written_and_read_again() -> None:
    empty = draft(item("a"))
    bare = replace(empty, items=(replace(empty.items[0], texts={"en": ItemText("", hint="h")}),))
    assert from_dict(drafting.to_plain(bare)) == bare
    nothing = replace(empty, items=(replace(empty.items[0], texts={}),))
    assert from_dict(drafting.to_plain(nothing)).items[0].said("en").text == ""
    assert from_dict(drafting.to_plain(replace(empty, items=()))).items == ()


def test_a_new_key_was_never_used_in_any_version() -> None:
    assert drafting.next_key(draft(item("q1")), [draft(item("q2"), item("q4"))]) == "q3"


def test_a_question_is_added_behind_another_one_and_at_the_end() -> None:
    start = draft(item("a"), item("b"))
    new = draft(item("c")).items[0]
    assert keys(drafting.insert(start, new, after="a")) == ["a", "c", "b"]
    assert keys(drafting.insert(start, new)) == ["a", "b", "c"]
    assert keys(drafting.insert(draft(), new)) == ["c"]
    with pytest.raises(drafting.KeyUsedError):
        drafting.insert(start, start.items[0])


def test_what_is_added_behind_a_row_stands_behind_the_whole_matrix() -> None:
    start = draft(item("a", matrix="m1"), item("b", matrix="m1"), item("c"), matrices={"m1": {"en": "How"}})
    new = draft(item("n")).items[0]
    assert keys(drafting.insert(start, new, after="a")) == ["a", "b", "n", "c"]


def test_a_renamed_key_is_renamed_in_the_conditions_too() -> None:
    start = draft(item("a"), item("why", "text", show_if=WHY))
    changed = drafting.put(start, replace(start.items[0], key="overall"), old_key="a")
    assert changed.items[1].show_if is not None
    assert changed.items[1].show_if.items == ("overall",)
    with pytest.raises(drafting.KeyUsedError):
        drafting.put(start, replace(start.items[0], key="why"), old_key="a")


def test_a_copy_gets_a_key_of_its_own_and_is_not_a_second_overall_rating() -> None:
    copied = drafting.duplicate(draft(item("a", role="overall"), item("b")), "a", [])
    assert keys(copied) == ["a", "q1", "b"]
    assert copied.items[1].role == "none"


def test_removing_a_question_frees_those_that_looked_at_it() -> None:
    both = {"all": [{"item": "a", "is": "<=", "value": 2}, {"item": "b", "is": "answered"}]}
    start = draft(item("a"), item("b"), item("c", "text", show_if=WHY), item("d", "text", show_if=both))
    left, freed = drafting.remove(start, ["a"])
    assert freed == ["c", "d"]
    assert left.items[1].show_if is None
    assert left.items[2].show_if is not None
    assert left.items[2].show_if.items == ("b",)


@pytest.mark.parametrize(
    ("key", "up", "expected"),
    [("b", True, ["b", "a", "c"]), ("b", False, ["a", "c", "b"]), ("a", True, ["a", "b", "c"]),
     ("c", False, ["a", "b", "c"]), ("nobody", True, ["a", "b", "c"])],
)  # fmt: skip
def test_a_question_moves_one_step(key: str, up: bool, expected: list[str]) -> None:
    assert keys(drafting.move(draft(item("a"), item("b"), item("c")), key, up=up)) == expected


def test_a_question_never_moves_in_front_of_what_its_condition_looks_at() -> None:
    start = draft(item("a"), item("why", "text", show_if=WHY))
    for key, up in (("why", True), ("a", False)):
        with pytest.raises(drafting.OrderError) as refused:
            drafting.move(start, key, up=up)
        assert (refused.value.item_key, refused.value.on) == ("why", "a")


def test_over_the_border_of_a_section_a_question_first_changes_the_section() -> None:
    start = draft(item("a", section="s1"), item("b", section="s2"), sections={"s1": {}, "s2": {}})
    once = drafting.move(start, "a", up=False)
    assert [(each.key, each.section) for each in once.items] == [("a", "s2"), ("b", "s2")]
    assert keys(drafting.move(once, "a", up=False)) == ["b", "a"]
    above = drafting.move(start, "a", up=True)
    assert [(each.key, each.section) for each in above.items] == [("a", ""), ("b", "s2")]


def test_rows_move_inside_their_matrix_and_the_matrix_as_a_whole() -> None:
    start = draft(item("x"), item("a", matrix="m1"), item("b", matrix="m1"), matrices={"m1": {"en": "How"}})
    assert keys(drafting.move(start, "b", up=True)) == ["x", "b", "a"]
    assert keys(drafting.move(start, "a", up=True)) == ["x", "a", "b"]
    assert keys(drafting.move_matrix(start, "m1", up=True)) == ["a", "b", "x"]
    assert keys(drafting.move(start, "x", up=False)) == ["a", "b", "x"]


def test_a_question_can_be_put_anywhere() -> None:
    start = draft(item("a"), item("b", section="s1"), item("c", section="s1"), sections={"s1": {}})
    put = drafting.place(start, "a", before="c")
    assert [(each.key, each.section) for each in put.items] == [("b", "s1"), ("a", "s1"), ("c", "s1")]
    assert keys(drafting.place(start, "a")) == ["b", "c", "a"]
    assert drafting.place(start, "a", before="nobody") == start


def test_a_heading_takes_what_follows_up_to_the_next_one() -> None:
    start = draft(item("a"), item("b"), item("c", section="s1"), sections={"s1": {}})
    headed = drafting.add_section(start, "s2", HEADING, at="b")
    assert [each.section for each in headed.items] == ["", "s2", "s1"]
    assert [each.section for each in drafting.remove_section(headed, "s1").items] == ["", "s2", "s2"]
    assert [each.section for each in drafting.remove_section(headed, "s2").items] == ["", "", "s1"]
    assert keys(drafting.move_section(headed, "s1", up=True)) == ["a", "c", "b"]


def test_items_of_a_section_come_together_again() -> None:
    start = draft(item("a", section="s1"), item("b", section="s1"), item("c", section="s1"))
    items = [start.items[0], replace(start.items[1], section="s2"), start.items[2]]
    assert [each.key for each in drafting.arranged(items)] == ["a", "c", "b"]


def test_a_matrix_is_written_in_its_place_and_gone_with_its_last_row() -> None:
    start = draft(item("a"), item("z"), item("why", "text", show_if={"item": "r1", "at_most": 2}))
    rows = draft(item("r1", matrix="m1"), item("r2", matrix="m1")).items
    made = drafting.put_matrix(start, "m1", {"en": "How"}, rows, "a")
    assert keys(made) == ["a", "r1", "r2", "z", "why"]
    fewer = drafting.put_matrix(made, "m1", {"en": "How"}, rows[1:], "")
    assert keys(fewer) == ["a", "r2", "z", "why"]
    assert fewer.items[-1].show_if is None
    assert drafting.remove(fewer, ["r2"])[0].matrices == {}


def test_one_language_is_left() -> None:
    only = drafting.reduced(draft(choice("a", "x", "y"), intro={"en": "Hi", "zh_Hans": "您好"}), ["en"])
    assert only.languages == ("en",)
    assert set(only.items[0].texts) == set(only.items[0].options[0].texts) == set(only.intro) == {"en"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_become_every_other(kind: str) -> None:
    for start in (item("a"), item("a", "number", minimum=1), choice("a", "x", "y"), item("a", "text")):
        changed = as_kind(draft(start).items[0], kind, "sat5.1")
        assert kind_of(changed) == kind
        assert changed.role in roles_for(kind)
        assert bool(changed.options) == (start["kind"] == "single" and kind in {"single", "multiple"})


def test_an_old_scale_stays_until_another_is_chosen() -> None:
    kept = draft(item("a", scale="rating10")).items[0]
    assert as_kind(kept, "scale", "rating10.1") is kept
    assert as_kind(kept, "scale", "hcp5.1").scale == "hcp5.1"
