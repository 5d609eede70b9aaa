"""Conditions and ranges in the expressions of XLSForm, both ways."""

import re
from collections.abc import Mapping
from datetime import date

from surveys.conditions import Comparison, ShowIf
from surveys.definition import TEXT_LIMIT, ItemDefinition
from surveys.interchange.logic import LogicError, Node, Parser, Test, Token

_LONGEST = 4000
_TOKEN = re.compile(
    r"""\s*(?:\$\{\s*(?P<name>[^}\s]{1,200})\s*\}
    |(?P<text>'[^']*'|"[^"]*")
    |(?P<number>-?\d+(?:\.\d+)?)
    |(?P<op><=|>=|!=|=|<|>)
    |(?P<word>[a-zA-Z][a-zA-Z-]*)
    |(?P<self>\.)
    |(?P<mark>[(),]))""",
    re.VERBOSE,
)
SELF = "."


def parsed(expression: str) -> Node:
    """Read an expression.

    Raises
    ------
    LogicError
        When it is none that can be said here.
    """
    return Parser(_tokens(expression)).parse()


def _tokens(expression: str) -> list[Token]:
    expression = (
        expression.strip()[:_LONGEST].replace("‘", "'").replace("’", "'").replace("“", '"').replace("”", '"')
    )
    tokens: list[Token] = []
    at = 0
    while at < len(expression):
        found = _TOKEN.match(expression, at)
        if found is None:
            raise LogicError
        at = found.end()
        kind, value = found.lastgroup or "", found[found.lastgroup or 0]
        if kind == "text":
            value = value[1:-1]
        elif kind == "word":
            kind = value if value in {"and", "or", "not"} else "call"
        elif kind == "self":
            kind = "name"
        elif kind == "mark":
            kind = value
        tokens.append((kind, value))
    return tokens


def limits(expression: str, kind: str) -> tuple[dict[str, float], list[str]]:
    """Read a constraint: smallest and largest value, or the length of a text; and what is strange."""
    found: dict[str, float] = {}
    strange: list[str] = []
    for part in re.split(r"\s+and\s+", expression.strip()[:_LONGEST]):
        bound = _bound(_balanced(part.strip()), kind)
        if bound is None:
            strange.append(part)
        else:
            found[bound[0]] = bound[1]
    return found, strange


_LENGTH = re.compile(r"\(?\s*string-length\s*\(\s*\.\s*\)\s*(<=|<)\s*(\d{1,5})\s*\)?")


def _balanced(part: str) -> str:
    """Take off brackets that close in another part."""
    while part.startswith("(") and part.count("(") > part.count(")"):
        part = part[1:].strip()
    while part.endswith(")") and part.count(")") > part.count("("):
        part = part[:-1].strip()
    return part


def _bound(part: str, kind: str) -> tuple[str, float] | None:
    length = _LENGTH.fullmatch(part)
    if length:
        return ("limit", int(length[2]) - (length[1] == "<")) if kind == "text" else None
    try:
        node = parsed(part)
        if not isinstance(node, Test) or node.name != SELF or kind not in {"number", "date"}:
            return None
        value = date.fromisoformat(node.value).toordinal() if kind == "date" else _exact(node.value)
    except (LogicError, ValueError):
        return None
    step = {"<": -1, ">": 1}.get(node.operator, 0) if isinstance(value, int) else 0
    if node.operator in {"<", "<="}:
        return "maximum", value + step
    return ("minimum", value + step) if node.operator in {">", ">="} else None


def _exact(literal: str) -> float:
    return float(literal) if "." in literal or "e" in literal else int(literal)


def condition(show_if: ShowIf, items: Mapping[str, ItemDefinition]) -> str:
    """Write a condition."""
    parts = [_comparison(each, items.get(each.item)) for each in show_if.comparisons]
    return (" or " if show_if.any_of else " and ").join(parts)


def _comparison(comparison: Comparison, on: ItemDefinition | None) -> str:
    name, operator = "${" + comparison.item + "}", comparison.operator
    if operator in {"answered", "unanswered"}:
        return f"{name} {'!=' if operator == 'answered' else '='} ''"
    value = number(comparison.value or 0)
    if on is not None and on.kind == "date":
        value = day(comparison.value or 0)
    if operator == "has":
        return f"selected({name}, '{value}')"
    if operator == "has_not":
        return f"({name} != '' and not(selected({name}, '{value}')))"
    if operator == "!=":
        return f"({name} != '' and {name} != {value})"
    return f"{name} {operator} {value}"


def constraint(item: ItemDefinition) -> str:
    """Write the range of a number or date, or the length of a text."""
    parts = []
    if item.kind == "text" and item.limit != TEXT_LIMIT:
        parts.append(f"string-length(.) <= {item.limit}")
    for sign, bound in ((">=", item.minimum), ("<=", item.maximum)):
        if bound is not None:
            parts.append(f". {sign} {day(bound) if item.kind == 'date' else repr(bound)}")
    return " and ".join(parts)


def number(value: float) -> str:
    """Write a number as people do."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def day(ordinal: float) -> str:
    """Write an ordinal day; one that is no day stays a number."""
    whole = float(ordinal).is_integer() and 1 <= ordinal <= date.max.toordinal()
    return f"date('{date.fromordinal(int(ordinal)).isoformat()}')" if whole else number(ordinal)
