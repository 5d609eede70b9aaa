"""JSON: our own definition as it stands, checked for its shape and named part by part where it is wrong."""

import json
import math
from collections.abc import Callable
from typing import Any, NoReturn

from core.i18n import _
from core.texts import clean_text
from surveys.conditions import OPERATORS
from surveys.definition import Definition, from_dict, to_dict
from surveys.interchange.languages import settle
from surveys.interchange.notes import ITEMS, MIB, Imported, Note, UnreadableError, too_many_items
from surveys.interchange.texts import decoded

FORMAT = "huifang.questionnaire.1"
LARGEST = 8 * MIB
_TEXT = 20_000  # characters of one text
Reader = Callable[["_Shape", Any, str], Any]


def read(content: bytes, *, language: str | None = None) -> Imported:
    """Read a definition in JSON; what it says and this program does not know is named in a note."""
    if len(content) > LARGEST:
        raise UnreadableError(_("The file has more than %(mib)d MiB; split it.", mib=LARGEST // MIB))
    data = _parsed(decoded(content))
    if not isinstance(data, dict):
        raise UnreadableError(_("The JSON file should hold an object with “title” and “items”."))
    if "items" not in data:
        if {"pages", "elements"} & data.keys():
            raise UnreadableError(_("This is a SurveyJS file, which is not read here; expected “items”."))
        raise UnreadableError(_("The JSON file should hold “items”, the list of questions."))
    shape = _Shape()
    key = data.pop("key", "")
    found = shape.table(data, "", _WHOLE)
    found.pop("format", None)
    found.setdefault("title", {})
    for item in found["items"]:
        item["texts"] = item.pop("text", None) or item["texts"]
    found, notes = settle(found, wanted=language)
    from_dict(found)  # a named scale that does not exist is said here
    return Imported(found, shape.notes + notes, key=key if isinstance(key, str) else "")


def write(definition: Definition, *, key: str = "") -> bytes:
    """Write a definition as JSON; reading it again gives the same."""
    named = {"key": key} if key else {}
    document = {"format": FORMAT, **named, **to_dict(definition)}
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise UnreadableError(
            _("Line %(line)d of the JSON file cannot be read (%(why)s).", line=error.lineno, why=error.msg)
        ) from None
    except (RecursionError, ValueError):
        raise UnreadableError(_("The JSON file is nested too deeply or holds a number too large.")) from None


def _no_constant(name: str) -> NoReturn:
    raise UnreadableError(_("The JSON file holds %(name)s, which is no number.", name=name))


class _Shape:
    """Checks each part against what it should be, and drops what is not known with a note."""

    def __init__(self) -> None:
        self.notes: list[Note] = []

    def table(self, value: Any, where: str, parts: dict[str, Reader]) -> dict[str, Any]:
        """Read an object with known parts."""
        self.require(isinstance(value, dict), where, _("an object"))
        for name in sorted(value.keys() - parts.keys())[:20]:
            self.notes.append(
                Note(_place(where, ""), _("“%(name)s” is not known and was left out.", name=name[:60]))
            )
        return {
            name: read(self, value[name], _place(where, name))
            for name, read in parts.items()
            if name in value
        }

    def require(self, holds: bool, where: str, expected: str) -> None:
        """Refuse a part that is not what it should be."""
        if not holds:
            raise UnreadableError(
                _("%(where)s should be %(expected)s.", where=where or "JSON", expected=expected)
            )


def _place(where: str, name: str) -> str:
    return f"{where}.{name}" if where and name else where or name


def _text(shape: _Shape, value: Any, where: str) -> str:
    shape.require(isinstance(value, str), where, _("a text"))
    return clean_text(value, _TEXT)


def _flag(shape: _Shape, value: Any, where: str) -> bool:
    shape.require(isinstance(value, bool), where, _("true or false"))
    return bool(value)


def _whole(shape: _Shape, value: Any, where: str) -> int:
    fine = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**9
    shape.require(fine, where, _("a whole number"))
    return int(value)


def _number(shape: _Shape, value: Any, where: str) -> float:
    fine = isinstance(value, int | float) and not isinstance(value, bool)
    shape.require(fine and abs(value) < 1e15 and math.isfinite(value), where, _("a number"))
    return value  # type: ignore[no-any-return] # an int stays one


def _texts(shape: _Shape, value: Any, where: str) -> dict[str, str]:
    shape.require(isinstance(value, dict), where, _('an object such as {"en": "…"}'))
    return {
        _tag(shape, tag, where): _text(shape, said, _place(where, tag[:20])) for tag, said in value.items()
    }


def _tag(shape: _Shape, tag: str, where: str) -> str:
    shape.require(
        0 < len(tag) <= 20 and tag.isascii() and tag.isprintable(), where, _("named by languages such as en")
    )
    return tag


def _rich(parts: dict[str, Reader]) -> Reader:
    """Read texts by language that are one text or an object of several."""

    def read(shape: _Shape, value: Any, where: str) -> dict[str, Any]:
        shape.require(isinstance(value, dict), where, _('an object such as {"en": "…"}'))
        return {
            _tag(shape, tag, where): _text(shape, said, where)
            if isinstance(said, str)
            else _with_text(shape, shape.table(said, _place(where, tag), parts), where, next(iter(parts)))
            for tag, said in value.items()
        }

    return read


def _with_text(shape: _Shape, found: dict[str, Any], where: str, needed: str) -> dict[str, Any]:
    shape.require(needed in found, where, _("an object with “%(name)s”", name=needed))
    return found


def _by_key(read_one: Reader) -> Reader:
    def read(shape: _Shape, value: Any, where: str) -> dict[str, Any]:
        shape.require(isinstance(value, dict) and len(value) <= ITEMS, where, _("an object"))
        return {
            clean_text(key, 60): read_one(shape, part, _place(where, key[:40])) for key, part in value.items()
        }

    return read


def _list_of(read_one: Reader, most: int) -> Reader:
    def read(shape: _Shape, value: Any, where: str) -> list[Any]:
        shape.require(isinstance(value, list), where, _("a list"))
        shape.require(len(value) <= most, where, _("a list of at most %(n)d", n=most))
        return [read_one(shape, part, f"{where}[{index}]") for index, part in enumerate(value, start=1)]

    return read


def _option(shape: _Shape, value: Any, where: str) -> dict[str, Any]:
    found = shape.table(value, where, {"code": _whole, "texts": _texts, "other": _flag})
    shape.require(found.keys() >= {"code", "texts"}, where, _("an object with “code” and “texts”"))
    return found


def _condition(shape: _Shape, value: Any, where: str) -> dict[str, Any] | None:
    if value is None:
        return None
    found = shape.table(
        value, where, {"item": _text, "at_most": _number, "all": _comparisons, "any": _comparisons}
    )
    short = found.keys() == {"item", "at_most"}
    shape.require(
        short or found.keys() in ({"all"}, {"any"}), where, _("“item” and “at_most”, or “all”, or “any”")
    )
    shape.require(short or bool(next(iter(found.values()))), where, _("at least one comparison"))
    return found


def _comparison(shape: _Shape, value: Any, where: str) -> dict[str, Any]:
    found = shape.table(value, where, {"item": _text, "is": _text, "value": _number})
    fine = "item" in found and found.get("is") in OPERATORS
    shape.require(fine, where, _("“item” and “is”, one of %(all)s", all=" ".join(OPERATORS)))
    return found


_comparisons = _list_of(_comparison, 40)
_ITEM_TEXTS = _rich({"text": _text, "hint": _text, "spoken": _text, "short": _text})
_ITEM: dict[str, Reader] = {
    "key": _text,
    "kind": _text,
    "role": _text,
    "scale": _text,
    "section": _text,
    "matrix": _text,
    "only": _text,
    "required": _flag,
    "not_applicable": _flag,
    "options": _list_of(_option, 999),
    "show_if": _condition,
    "minimum": _number,
    "maximum": _number,
    "soft": _flag,
    "limit": _whole,
    "single_line": _flag,
    "texts": _ITEM_TEXTS,
    "text": _ITEM_TEXTS,
}


def _item(shape: _Shape, value: Any, where: str) -> dict[str, Any]:
    found = shape.table(value, where, _ITEM)
    has_texts = bool(found.get("texts") or found.get("text"))
    shape.require("key" in found and has_texts, where, _("an object with “key” and “texts”"))
    return found


def _items(shape: _Shape, value: Any, where: str) -> list[Any]:
    if isinstance(value, list) and len(value) > ITEMS:
        raise too_many_items()
    return list(_list_of(_item, ITEMS)(shape, value, where))


_WHOLE: dict[str, Reader] = {
    "format": _text,
    "title": _texts,
    "intro": _texts,
    "opening": _texts,
    "closing": _texts,
    "sections": _by_key(_rich({"title": _text, "text": _text})),
    "matrices": _by_key(_texts),
    "anonymous": _flag,
    "changes": _by_key(_text),
    "items": _items,
}
