"""When an item is asked: comparisons with the answers to earlier items, all or any of which must hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

OPERATORS = ("<=", "<", ">=", ">", "=", "!=", "has", "has_not", "answered", "unanswered")
WITHOUT_VALUE = ("answered", "unanswered")


class Said(Protocol):
    """What an answer offers to a comparison (``surveys.parsing.Given`` does)."""

    @property
    def value(self) -> int | None: ...
    @property
    def codes(self) -> tuple[int, ...]: ...
    @property
    def number(self) -> float | None: ...
    @property
    def is_answer(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison. ``has`` and ``has_not`` look into the codes of a multiple choice."""

    item: str
    operator: str
    value: float | None = None

    def holds(self, answers: Mapping[str, Said]) -> bool:
        """Compare; an item without an answer is neither more nor less than anything."""
        said = answers.get(self.item)
        answered = said is not None and said.is_answer
        if self.operator in WITHOUT_VALUE:
            return answered == (self.operator == "answered")
        if said is None or not answered or self.value is None:
            return False
        if self.operator in {"has", "has_not"}:
            chosen = self.value in (said.codes or (said.value,))
            return chosen == (self.operator == "has")
        given = said.value if said.value is not None else said.number
        return given is not None and _COMPARED[self.operator](float(given), self.value)


_COMPARED = {
    "<=": lambda given, value: given <= value,
    "<": lambda given, value: given < value,
    ">=": lambda given, value: given >= value,
    ">": lambda given, value: given > value,
    "=": lambda given, value: given == value,
    "!=": lambda given, value: given != value,
}


@dataclass(frozen=True, slots=True)
class ShowIf:
    """The item is asked when all comparisons hold, or any of them."""

    comparisons: tuple[Comparison, ...]
    any_of: bool = False

    def holds(self, answers: Mapping[str, Said]) -> bool:
        """Tell whether the item is asked, given the answers so far."""
        results = [comparison.holds(answers) for comparison in self.comparisons]
        return any(results) if self.any_of else all(results)

    @property
    def items(self) -> tuple[str, ...]:
        """Return the keys of the items it looks at, each once."""
        return tuple(dict.fromkeys(comparison.item for comparison in self.comparisons))

    @property
    def low(self) -> tuple[str, int] | None:
        """Return (item, score) where it only asks for a score that low or lower: the usual "why?"."""
        only = self.comparisons[0]
        simple = len(self.comparisons) == 1 and only.operator == "<=" and only.value is not None
        return (only.item, int(only.value)) if simple and only.value is not None else None


def read_condition(data: Mapping[str, Any] | None) -> ShowIf | None:
    """Read ``{"item": "overall", "at_most": 2}`` or ``{"any": [{"item": …, "is": "=", "value": 1}, …]}``."""
    if not data:
        return None
    if "at_most" in data:
        return ShowIf((Comparison(str(data["item"]), "<=", float(data["at_most"])),))
    any_of = "any" in data
    parts = data["any"] if any_of else data["all"]
    return ShowIf(tuple(_comparison(part) for part in parts), any_of=any_of and len(parts) > 1)


def _comparison(part: Mapping[str, Any]) -> Comparison:
    value = part.get("value")
    return Comparison(str(part["item"]), str(part["is"]), None if value is None else float(value))


def write_condition(condition: ShowIf) -> dict[str, Any]:
    """Write a condition as plain values, the simple one in its short form."""
    if condition.low:
        item, at_most = condition.low
        if at_most == condition.comparisons[0].value:
            return {"item": item, "at_most": at_most}
    parts = []
    for comparison in condition.comparisons:
        part: dict[str, Any] = {"item": comparison.item, "is": comparison.operator}
        if comparison.value is not None:
            whole = comparison.value.is_integer()
            part["value"] = int(comparison.value) if whole else comparison.value
        parts.append(part)
    return {"any" if condition.any_of else "all": parts}
