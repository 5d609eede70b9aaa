"""Relevance equations of LimeSurvey: the simple part of them."""

import re
from collections.abc import Iterable

from surveys.interchange.limesurvey.tables import Row
from surveys.interchange.logic import Both, LogicError, Node, Parser, Test, Token, together

_LONGEST = 4000
_TOKEN = re.compile(
    r"""\s*(?:(?P<sgqa>\d{1,12}X\d{1,12}X[A-Za-z0-9_]{1,60}(?:\.(?:NAOK|code|value|valueNAOK|shown))?)
    |(?P<text>'[^']*'|"[^"]*")
    |(?P<number>-?\d+(?:\.\d+)?)
    |(?P<op>==|<=|>=|!=|=|<|>)
    |(?P<join>&&|\|\|)
    |(?P<bang>!)
    |(?P<word>[A-Za-z_][A-Za-z0-9_]*(?:\.(?:NAOK|code|value|valueNAOK|shown))?)
    |(?P<mark>[(),]))""",
    re.VERBOSE,
)
_WORDS = {
    "and": ("and", ""), "or": ("or", ""), "not": ("not", ""), "eq": ("op", "="), "ne": ("op", "!="),
    "lt": ("op", "<"), "le": ("op", "<="), "gt": ("op", ">"), "ge": ("op", ">="),
}  # fmt: skip
_SIGNS = {"&&": ("and", ""), "||": ("or", ""), "!": ("not", ""), "==": ("op", "=")}
_CALLS = {"is_empty", "strlen", "count"}


def parsed(equation: str) -> Node:
    """Read an equation.

    Raises
    ------
    LogicError
        When it is more than can be said here.
    """
    return Parser(list(_tokens(equation.strip()[:_LONGEST]))).parse()


def _tokens(equation: str) -> Iterable[Token]:
    if equation.startswith("{") and equation.endswith("}"):
        equation = equation[1:-1]
    at = 0
    while at < len(equation.rstrip()):
        found = _TOKEN.match(equation, at)
        if found is None:
            raise LogicError
        at = found.end()
        yield _token(found.lastgroup or "", found[found.lastgroup or 0])


def _token(kind: str, value: str) -> Token:
    if kind in {"word", "sgqa"}:
        name = value.partition(".")[0]
        if name.lower() in _WORDS:
            return _WORDS[name.lower()]
        return ("call", name) if name in _CALLS else ("name", name)
    if kind == "text":
        return kind, value[1:-1]
    return _SIGNS.get(value, (value, value) if kind == "mark" else (kind, value))


def from_conditions(rows: list[Row]) -> Node | None:
    """Read the older table of conditions: those on one answer are alternatives, the others must all hold."""
    scenarios = {row.get("scenario", "1") for row in rows}
    if len(scenarios) > 1:
        raise LogicError
    by_field: dict[str, list[Node]] = {}
    for row in rows:
        method = {"==": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}.get(
            row.get("method", "").strip()
        )
        field = row.get("cfieldname", "").removeprefix("+")
        if method is None or not field or row.get("value", "").startswith("@"):
            raise LogicError
        value = row.get("value", "").strip()
        node = Test(field, method, value, loose=method == "!=")
        if not value and method in {"=", "!="}:
            node = Test(field, "unanswered" if method == "=" else "answered")
        by_field.setdefault(field, []).append(node)
    return together(
        *(nodes[0] if len(nodes) == 1 else Both(tuple(nodes), any_of=True) for nodes in by_field.values())
    )
