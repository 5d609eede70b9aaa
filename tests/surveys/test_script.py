"""What the caller reads aloud: values are put in, and what is missing is marked."""

import pytest

from surveys.script import PLACEHOLDERS, Piece, filled, unknown

KNOWN = {"customer": "王小明", "case": "20261118-0001", "title": "暖气不热", "agent": " "}


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("您好，{customer}。", (Piece("您好，"), Piece("王小明"), Piece("。"))),
        ("{case}{ title }", (Piece("20261118-0001"), Piece("暖气不热"))),
        ("no braces", (Piece("no braces"),)),
        ("", ()),
        ("{} and {\n}", (Piece("{} and {\n}"),)),
        ("{name}?", (Piece("{name}", missing=True), Piece("?"))),
    ],
)
def test_values_stand_in_their_places(text: str, pieces: tuple[Piece, ...]) -> None:
    assert filled(text, KNOWN) == pieces


@pytest.mark.parametrize("text", ["{agent}", "{hotline}"])
def test_a_missing_value_is_marked_and_not_blank(text: str) -> None:
    (piece,) = filled(text, KNOWN)
    assert piece.missing
    assert piece.words == PLACEHOLDERS[text.strip("{}")]


def test_a_value_with_braces_is_put_in_as_it_is() -> None:
    assert filled("{title}", {"title": "{agent}"}) == (Piece("{agent}"),)


def test_what_nothing_fills_is_named_once() -> None:
    assert unknown("{customer} {name} {Title} {name} {}") == ["name", "Title"]
