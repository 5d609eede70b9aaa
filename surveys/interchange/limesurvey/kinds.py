"""What each letter for a kind of question means here."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from core.i18n import _l
from surveys.interchange.choices import Choice
from surveys.interchange.languages import known
from surveys.interchange.limesurvey.structure import Question

LISTS = {"L", "!", "O", "Z", "W"}
MULTIPLE = {"M", "P"}
ARRAYS = {"A", "B", "C", "E", "F", "H", "1", "K", "Q"}
WRITTEN = {"N": "number", "D": "date", "S": "text", "T": "text", "U": "text"}
WRITTEN_ARRAYS: dict[str, dict[str, Any]] = {
    "K": {"kind": "number"},
    "Q": {"kind": "text", "single_line": True},
}
LEFT_OUT = {
    "R": _l("ranking"), "|": _l("file upload"), "*": _l("equation"), "I": _l("language switch"),
    ":": _l("array of numbers"), ";": _l("array of texts"),
}  # fmt: skip
TEN = [str(number) for number in range(11)]
_FIXED: dict[str, list[tuple[str, str, str]]] = {  # kind -> (code, Chinese, English)
    "5": [(str(number), str(number), str(number)) for number in range(1, 6)],
    "A": [(str(number), str(number), str(number)) for number in range(1, 6)],
    "B": [(str(number), str(number), str(number)) for number in range(1, 11)],
    "C": [("Y", "是", "Yes"), ("U", "不确定", "Uncertain"), ("N", "否", "No")],
    "E": [("I", "增加", "Increase"), ("S", "不变", "Same"), ("D", "减少", "Decrease")],
    "G": [("F", "女", "Female"), ("M", "男", "Male")],
    "Y": [("Y", "是", "Yes"), ("N", "否", "No")],
}


def fixed(kind: str, tags: Iterable[str]) -> list[Choice]:
    """Return the answers that a kind always offers, in the languages of the survey."""
    return [
        Choice(code, {tag: chinese if known(tag) == "zh_Hans" else english for tag in tags})
        for code, chinese, english in _FIXED.get(kind, [])
    ]


def limits(question: Question, kind: str) -> dict[str, float]:
    """Return the smallest and largest value, or the length of a text."""
    wanted = {
        "number": {"minimum": "min_num_value_n", "maximum": "max_num_value_n"},
        "date": {"minimum": "date_min", "maximum": "date_max"},
        "text": {"limit": "maximum_chars"},
    }.get(kind, {})
    found: dict[str, float] = {}
    for ours, name in wanted.items():
        value = next(iter(question.attributes.get(name, {}).values()), "")
        number = _day(value) if kind == "date" else _number(value)
        if number is not None:
            found[ours] = number
    if "limit" in found:
        found["limit"] = int(min(max(found["limit"], 1), 2000))
    return found


def _number(text: str) -> float | None:
    plain = text.strip().removeprefix("-")
    if not plain.isascii() or not plain.replace(".", "", 1).isdigit() or len(plain) > 15:
        return None
    return float(text) if "." in plain else int(text)


def _day(text: str) -> int | None:
    try:
        return date.fromisoformat(text.strip()[:10]).toordinal()
    except ValueError:
        return None
