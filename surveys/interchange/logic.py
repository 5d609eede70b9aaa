"""Conditions of foreign files: read into a small tree, then into what ``surveys.conditions`` can say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from core.errors import InputError
from core.i18n import _
from surveys.conditions import Comparison, ShowIf

TOKENS, DEPTH = 400, 20
NEGATED = {
    "=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">",
    "has": "has_not", "has_not": "has", "answered": "unanswered", "unanswered": "answered",
}  # fmt: skip
_TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_COMPARED: dict[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
}  # fmt: skip


class LogicError(InputError):
    """This condition cannot be said here."""


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison of an item with a value.

    A loose one also holds while the item has no answer, as "not equal" does in other programs.
    """

    name: str
    operator: str
    value: str = ""
    loose: bool = False


@dataclass(frozen=True, slots=True)
class Both:
    """Several conditions, all or any of which must hold."""

    parts: tuple["Node", ...]
    any_of: bool = False


Node = Test | Both
ALWAYS = Both(())
NEVER = Both((), any_of=True)
Token = tuple[str, str]  # kind: name | text | number | op | and | or | not | call | ( | ) | ,


def together(*nodes: Node | None) -> Node | None:
    """Return what holds when all of these hold."""
    there = tuple(node for node in nodes if node is not None and node != ALWAYS)
    if not there:
        return None
    return there[0] if len(there) == 1 else Both(there)


def negate(node: Node) -> Node:
    """Return the contrary."""
    if isinstance(node, Both):
        return Both(tuple(negate(part) for part in node.parts), not node.any_of)
    loose = not node.loose and node.operator not in {"answered", "unanswered"}
    return replace(node, operator=NEGATED[node.operator], loose=loose)


class Parser:
    """Reads ``or``, ``and``, ``not``, brackets, comparisons and the few calls that have a meaning here."""

    def __init__(self, tokens: list[Token]) -> None:
        if len(tokens) > TOKENS:
            raise LogicError
        self._tokens = tokens
        self._at = 0

    def parse(self) -> Node:
        """Read the whole."""
        node = self._any(0)
        if self._at != len(self._tokens):
            raise LogicError
        return node

    def _any(self, depth: int) -> Node:
        return self._joined("or", depth, lambda: self._joined("and", depth, lambda: self._one(depth)))

    def _joined(self, word: str, depth: int, read: Callable[[], Node]) -> Node:
        if depth > DEPTH:
            raise LogicError
        parts = [read()]
        while self._kind() == word:
            self._at += 1
            parts.append(read())
        return parts[0] if len(parts) == 1 else _joined(parts, any_of=word == "or")

    def _one(self, depth: int) -> Node:
        if depth > DEPTH:
            raise LogicError
        kind = self._kind()
        if kind == "not":
            self._at += 1
            return negate(self._one(depth + 1))
        if kind == "(":
            self._at += 1
            node = self._any(depth + 1)
            self._take(")")
            return node
        if kind == "call":
            return self._call()
        return self._comparison()

    def _call(self) -> Node:
        name = self._take("call")
        self._take("(")
        arguments: list[Token] = []
        while self._kind() != ")":
            arguments.append(self._next())
            if self._kind() == ",":
                self._at += 1
        self._take(")")
        kinds = [kind for kind, _value in arguments]
        if name == "selected" and kinds in (["name", "text"], ["name", "number"]):
            return Test(arguments[0][1], "has", arguments[1][1])
        if name in {"string-length", "count-selected", "strlen", "count"} and kinds == ["name"]:
            return self._is_there(arguments[0][1])
        if name == "is_empty" and kinds == ["name"]:
            return Test(arguments[0][1], "unanswered")
        if name in {"true", "false"} and not arguments:
            return ALWAYS if name == "true" else NEVER
        raise LogicError

    def _is_there(self, name: str) -> Node:
        """Read what follows a length: more than nothing, or nothing."""
        operator, value = self._take("op"), float(self._take("number"))
        if (operator, value) in {(">", 0), (">=", 1), ("!=", 0)}:
            return Test(name, "answered")
        if (operator, value) in {("=", 0), ("<", 1)}:
            return Test(name, "unanswered")
        raise LogicError

    def _comparison(self) -> Node:
        left_kind, left = self._operand()
        if self._kind() != "op" and left_kind == "number" and left in {"0", "1"}:
            return ALWAYS if left == "1" else NEVER
        operator = self._take("op")
        right_kind, right = self._operand()
        if left_kind != "name":
            left_kind, left, right_kind, right = right_kind, right, left_kind, left
            operator = _TURNED.get(operator, operator)
        if left_kind != "name" or right_kind == "name":
            raise LogicError
        if right == "" and operator in {"=", "!="}:
            return Test(left, "unanswered" if operator == "=" else "answered")
        return Test(left, operator, right, loose=operator == "!=")

    def _operand(self) -> Token:
        kind, value = self._next()
        if kind == "call" and value in {"date", "number", "string", "int"}:
            self._take("(")
            inner = self._operand()
            self._take(")")
            return inner
        if kind not in {"name", "text", "number"}:
            raise LogicError
        return kind, value

    def _kind(self) -> str:
        return self._tokens[self._at][0] if self._at < len(self._tokens) else ""

    def _next(self) -> Token:
        if self._at >= len(self._tokens):
            raise LogicError
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, kind: str) -> str:
        found, value = self._next()
        if found != kind:
            raise LogicError
        return value


def _joined(parts: list[Node], *, any_of: bool) -> Node:
    """Join; "answered, and not this value" is what ``!=`` means here."""
    first, second = parts[0], parts[-1]
    if len(parts) == 2 and not any_of and isinstance(first, Test) and isinstance(second, Test):
        is_guard = first.operator == "answered" and first.name == second.name
        if is_guard and second.loose:
            return replace(second, loose=False)
    return Both(tuple(parts), any_of)


@dataclass(frozen=True, slots=True)
class Known:
    """An earlier item as a condition needs it."""

    key: str
    kind: str
    codes: Mapping[str, int]  # name of an answer in the file -> our code or score
    sure: bool = False  # it always has an answer: required, and asked of everybody


def boxes_named(node: Node, boxes: Mapping[str, tuple[Known, str]]) -> Node:
    """Where each box of a multiple choice has its own name, say which answer of the question is meant."""
    if isinstance(node, Both):
        return replace(node, parts=tuple(boxes_named(part, boxes) for part in node.parts))
    if node.name not in boxes:
        return node
    item, code = boxes[node.name]
    ticked = (node.operator == "=") == (node.value == "Y") if node.operator in {"=", "!="} else None
    if node.operator in {"answered", "unanswered"}:
        ticked = node.operator == "answered"
    if ticked is None:
        raise LogicError(_("it does not fit how %(name)s is answered", name=node.name))
    return Test(item.key, "has" if ticked else "has_not", code, loose=not ticked)


def resolved(node: Node, known: Mapping[str, Known]) -> tuple[ShowIf | None, list[str]]:
    """Say a condition in our words; the notes tell where it changed a little.

    Raises
    ------
    LogicError
        With the reason, when it cannot be said.
    """
    notes: list[str] = []
    parts, any_of = _flat(node)
    comparisons: list[Comparison] = []
    for test in parts:
        item = known.get(test.name)
        if item is None:
            raise LogicError(_("it looks at %(name)s, which is no earlier question here", name=test.name))
        if test.loose and not item.sure:
            if any_of or len(parts) == 1:
                any_of = True
                comparisons.append(Comparison(item.key, "unanswered"))
            else:
                notes.append(_("While %(name)s has no answer, it is not asked.", name=test.name))
        comparisons.append(_comparison(test, item, notes))
    unique = tuple(dict.fromkeys(comparisons))
    return (ShowIf(unique, any_of=any_of and len(unique) > 1) if unique else None), notes


def _flat(node: Node) -> tuple[list[Test], bool]:
    if isinstance(node, Test):
        return [node], False
    if node == NEVER:
        raise LogicError(_("it never holds"))
    tests: list[Test] = []
    for part in node.parts:
        inner, any_of = _flat(part)
        if len(inner) > 1 and any_of != node.any_of:
            raise LogicError(_("it mixes “and” with “or”"))
        tests += inner
    return tests, node.any_of and len(tests) > 1


def _comparison(test: Test, item: Known, notes: list[str]) -> Comparison:
    operator = test.operator
    if operator in {"answered", "unanswered"}:
        return Comparison(item.key, operator)
    if item.kind == "text":
        raise LogicError(_("it compares what somebody wrote in %(name)s", name=test.name))
    if item.kind in {"number", "date"}:
        if operator in {"has", "has_not"}:
            raise LogicError(_("it does not fit how %(name)s is answered", name=test.name))
        return Comparison(item.key, operator, _number(test, item.kind))
    if operator in _COMPARED:
        return _range(test, item)
    code = item.codes.get(test.value)
    if code is None and _is_number(test.value):
        code = item.codes.get(f"{float(test.value):g}")
    if code is None:
        raise LogicError(
            _("it asks for %(value)s, which is no answer of %(name)s", value=test.value[:40], name=test.name)
        )
    return Comparison(item.key, _membership(test, item, notes), float(code))


def _membership(test: Test, item: Known, notes: list[str]) -> str:
    wanted = test.operator in {"=", "has"}
    if item.kind == "multiple":
        if test.operator in {"=", "!="}:
            notes.append(
                _("The whole answer to %(name)s was meant; here one of its answers decides.", name=test.name)
            )
        return "has" if wanted else "has_not"
    if item.kind == "single":
        return test.operator
    return "=" if wanted else "!="


def _range(test: Test, item: Known) -> Comparison:
    """Compare codes: with the file's own numbers where they were kept, else with the codes they became."""
    names = {name: float(name) for name in item.codes if _is_number(name)}
    if item.kind == "multiple" or len(names) != len(item.codes) or not names:
        raise LogicError(_("it does not fit how %(name)s is answered", name=test.name))
    limit = _number(test, "number")
    if all(number == item.codes[name] for name, number in names.items()):
        return Comparison(item.key, test.operator, limit)
    within = {item.codes[name] for name, number in names.items() if _COMPARED[test.operator](number, limit)}
    every = set(item.codes.values())
    if within and within == {code for code in every if code <= max(within)}:
        return Comparison(item.key, "<=", float(max(within)))
    if within and within == {code for code in every if code >= min(within)}:
        return Comparison(item.key, ">=", float(min(within)))
    raise LogicError(_("it does not fit how %(name)s is answered", name=test.name))


def _number(test: Test, kind: str) -> float:
    try:
        return float(date.fromisoformat(test.value[:10]).toordinal() if kind == "date" else float(test.value))
    except ValueError:
        raise LogicError(
            _("it compares %(name)s with “%(value)s”", name=test.name, value=test.value[:40])
        ) from None


def _is_number(text: str) -> bool:
    return text.isascii() and text.replace(".", "", 1).removeprefix("-").isdigit()
