"""JSON: exact both ways, and a sentence for what is wrong."""

import json
from typing import Any

import pytest

from core.errors import HuifangError
from surveys import seeds
from surveys.definition import content_hash, from_dict, to_dict
from surveys.interchange import plain
from tests.surveys.test_definition import rich, said


@pytest.mark.parametrize("source", [rich(), said(), to_dict(seeds.return_visit())])
def test_what_is_written_is_read_again_exactly(source: dict[str, Any]) -> None:
    definition = from_dict(source)
    imported = plain.read(plain.write(definition, key="k"))
    assert from_dict(imported.definition) == definition
    assert content_hash(from_dict(imported.definition)) == content_hash(definition)
    assert (imported.notes, imported.key) == ([], "k")


def test_unknown_parts_are_named_with_their_place() -> None:
    item = {"key": "a", "texts": {"en": {"text": "x", "colour": "red"}}, "logo": 1}
    imported = plain.read(json.dumps({"items": [item], "theme": {}}).encode())
    assert [str(note) for note in imported.notes] == [
        "“theme” is not known and was left out.",
        "items[1]: “logo” is not known and was left out.",
        "items[1].texts.en: “colour” is not known and was left out.",
    ]
    assert imported.definition["items"] == [{"key": "a", "texts": {"en": {"text": "x"}}}]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"[]", "should hold an object"),
        (b"{", "Line 1 of the JSON file cannot be read"),
        (b"{}", "the list of questions"),
        (b'{"pages": []}', "SurveyJS"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"items": NaN}', "NaN, which is no number"),
        (b'{"items": [1]}', r"items\[1\] should be an object"),
        (b'{"items": [{"key": "a"}]}', "“key” and “texts”"),
        (b'{"items": [{"key": "a", "texts": {"en": 3}}]}', r"items\[1\].texts.en should be an object"),
        (b'{"items": [{"key": "a", "texts": {"en": {"hint": "x"}}}]}', "an object with “text”"),
        (
            b'{"items": [{"key": "a", "required": 1, "texts": {"en": "x"}}]}',
            "required should be true or false",
        ),
        (b'{"items": [{"key": "a", "minimum": 1e999, "texts": {"en": "x"}}]}', "minimum should be a number"),
        (b'{"items": [{"key": "a", "scale": "sat9", "texts": {"en": "x"}}]}', "The scale should be one of"),
        (
            b'{"items": [{"key": "a", "show_if": {"all": []}, "texts": {"en": "x"}}]}',
            "at least one comparison",
        ),
        (
            b'{"items": [{"key": "a", "text": {"en": "x"}, "show_if": {"any": [{"item": "b", "is": "~"}]}}]}',
            "one of <=",
        ),
        (b'{"title": {"en": ["x"]}, "items": []}', "title.en should be a text"),
        (b"\xff", "neither UTF-8 nor GB18030"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(content: bytes, sentence: str) -> None:
    with pytest.raises(HuifangError, match=sentence):
        plain.read(content)


def test_text_that_no_database_takes_is_cleaned() -> None:
    imported = plain.read(b'{"items": [{"key": "a", "texts": {"en": "x\\ud800\\u0000y"}}]}')
    assert imported.definition["items"][0]["texts"] == {"en": "xy"}
