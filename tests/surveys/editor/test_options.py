"""A code never means another thing, over the whole history of a questionnaire."""

from surveys.editor.options import Line, coded
from tests.surveys.editor.drafts import choice, draft


def line(word: str, code: int | None = None, *, other: bool = False) -> Line:
    return Line({"zh_Hans": f"{word}项", "en": word}, code, other)


def codes(*lines: Line, present: object = None, history: tuple[object, ...] = ()) -> list[int]:
    found = coded(lines, "a", present=present.items[0].options if present else (), history=history)  # type: ignore[attr-defined,arg-type]
    return [option.code for option in found]


def test_renamed_and_moved_options_keep_their_codes() -> None:
    now = draft(choice("a", "red", "green", "blue"))
    assert codes(line("blue", 3), line("crimson", 1), line("green", 2), present=now) == [3, 1, 2]


def test_a_removed_code_is_not_given_to_another_option_over_three_versions() -> None:
    first = draft(choice("a", "red", "green", "blue"))
    second = draft(choice("a", "red", "green"))  # blue, 3, is gone
    assert codes(line("red", 1), line("black"), present=second, history=(first, second)) == [1, 4]


def test_an_option_that_comes_back_gets_its_own_code_again() -> None:
    first, second = draft(choice("a", "red", "green", "blue")), draft(choice("a", "red", "green"))
    assert codes(line("red", 1), line("blue"), present=second, history=(first, second)) == [1, 3]


def test_a_code_that_got_new_words_later_is_not_brought_back_by_its_old_words() -> None:
    first, second = draft(choice("a", "red", "blue")), draft(choice("a", "red", "navy"))
    third = draft(choice("a", "red"))
    assert codes(line("red", 1), line("blue"), present=third, history=(first, second, third)) == [1, 3]


def test_a_code_that_is_not_of_this_item_is_not_believed() -> None:
    assert codes(line("red", 77), line("green", 77), present=draft(choice("a", "red", "green"))) == [3, 4]


def test_one_code_is_given_once_however_often_it_is_sent() -> None:
    assert codes(line("red", 1), line("green", 1), present=draft(choice("a", "red"))) == [1, 2]


def test_other_is_not_taken_for_an_option_that_says_other() -> None:
    first = draft(choice("a", "red", "else"))
    assert codes(
        line("red", 1), line("else", other=True), present=draft(choice("a", "red")), history=(first,)
    ) == [1, 3]
