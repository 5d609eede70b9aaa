"""When an item is asked."""

from typing import Any

import pytest

from surveys.conditions import ShowIf, read_condition, write_condition
from surveys.models import Missing
from surveys.parsing import Given

ANSWERS = {
    "score": Given(value=2),
    "ways": Given(codes=(1, 7)),
    "days": Given(number=12.5),
    "na": Given(missing=Missing.NOT_APPLICABLE),
    "words": Given(words="x"),
}


def asked(item: str, operator: str, value: float | None = None) -> bool:
    condition = read_condition({"all": [{"item": item, "is": operator, "value": value}]})
    assert condition is not None
    return condition.holds(ANSWERS)


@pytest.mark.parametrize(
    ("item", "operator", "value", "holds"),
    [
        ("score", "<=", 2, True),
        ("score", "<", 2, False),
        ("score", ">=", 3, False),
        ("score", ">", 1, True),
        ("score", "=", 2, True),
        ("score", "!=", 2, False),
        ("score", "has", 2, True),
        ("days", ">", 12, True),
        ("days", "<=", 12, False),
        ("ways", "has", 7, True),
        ("ways", "has", 3, False),
        ("ways", "has_not", 3, True),
        ("ways", "has_not", 1, False),
        ("words", "answered", None, True),
        ("na", "answered", None, False),
        ("na", "unanswered", None, True),
        ("absent", "unanswered", None, True),
        ("absent", "!=", 1, False),  # no answer is not "another answer"
        ("na", "<=", 5, False),
        ("na", "has_not", 5, False),
    ],
)
def test_one_comparison(item: str, operator: str, value: float | None, holds: bool):
    assert asked(item, operator, value) is holds


def test_all_or_any():
    parts: list[dict[str, Any]] = [
        {"item": "score", "is": "=", "value": 2},
        {"item": "score", "is": "=", "value": 5},
    ]
    both, either = read_condition({"all": parts}), read_condition({"any": parts})
    assert both is not None and not both.holds(ANSWERS)  # noqa: PT018
    assert either is not None and either.holds(ANSWERS)  # noqa: PT018
    assert both.items == ("score",)


@pytest.mark.parametrize(
    "plain",
    [
        {"item": "score", "at_most": 2},
        {"all": [{"item": "days", "is": "<=", "value": 2.5}]},
        {"all": [{"item": "score", "is": "answered"}]},
        {"any": [{"item": "a", "is": ">", "value": 1}, {"item": "b", "is": "has", "value": 3}]},
    ],
)
def test_a_condition_is_written_as_it_was_read(plain: dict[str, Any]):
    condition = read_condition(plain)
    assert isinstance(condition, ShowIf)
    assert write_condition(condition) == plain
