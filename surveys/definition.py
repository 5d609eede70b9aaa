"""What a questionnaire says: pure values, read from and written as plain dictionaries, with one hash.

A published version keeps this definition for ever; its hash proves that it was never touched.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import InputError
from surveys.scales import Scale, scale_named

KINDS = ("likert", "rating", "single", "multiple", "yesno", "number", "text")
ROLES = ("overall", "driver", "resolved", "open", "none")
DECISIONS = ("same", "reworded", "break")
RESERVED = {"csrf_token", "language", "seconds", "switch_language"}  # fields of the page itself
TEXT_LIMIT = 500  # characters of an open answer unless the item says otherwise
STORED_LIMIT = 2000
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_OF_KIND = {"rating": "rating10", "yesno": "yesno"}


class DefinitionError(InputError):
    """This questionnaire cannot be published as it is."""


@dataclass(frozen=True, slots=True)
class ItemText:
    """What one item says in one language: on the page, under it, and read aloud."""

    text: str
    hint: str = ""
    spoken: str = ""
    short: str = ""  # for tables and charts

    @property
    def name(self) -> str:
        return self.short or self.text


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a choice. The code is what is stored and never changes its meaning."""

    code: int
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Condition:
    """The item is asked only when another item's score is at most this."""

    item: str
    at_most: int


@dataclass(frozen=True, slots=True)
class ItemDefinition:
    """One question."""

    key: str
    kind: str
    texts: Mapping[str, ItemText]
    role: str = "none"
    scale: str = ""
    required: bool = False
    not_applicable: bool = False
    options: tuple[Option, ...] = ()
    show_if: Condition | None = None
    minimum: float | None = None
    maximum: float | None = None
    limit: int = TEXT_LIMIT

    def said(self, language: str) -> ItemText:
        """Return the texts in the wanted language, else in any it has."""
        return self.texts.get(language) or next(iter(self.texts.values()))

    def scored(self) -> Scale | None:
        """Return the scale of an item that is answered with a score."""
        return scale_named(self.scale) if self.scale else None

    def values(self) -> tuple[int, ...]:
        """Return the scores or option codes that an answer may have, in the order shown."""
        scale = self.scored()
        return scale.scores if scale else tuple(option.code for option in self.options)


@dataclass(frozen=True, slots=True)
class Definition:
    """A whole questionnaire."""

    title: Mapping[str, str]
    items: tuple[ItemDefinition, ...]
    intro: Mapping[str, str] = field(default_factory=dict)
    opening: Mapping[str, str] = field(default_factory=dict)  # what the callback agent says first
    closing: Mapping[str, str] = field(default_factory=dict)
    changes: Mapping[str, str] = field(
        default_factory=dict
    )  # item_key -> decision against the version before

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(self.title)

    def item(self, key: str) -> ItemDefinition | None:
        return next((item for item in self.items if item.key == key), None)

    def with_role(self, role: str) -> ItemDefinition | None:
        """Return the first item that plays this role."""
        return next((item for item in self.items if item.role == role), None)


def from_dict(data: Mapping[str, Any]) -> Definition:
    """Read a definition and check it.

    Raises
    ------
    DefinitionError
        With one sentence that names the item and says what was expected.
    """
    try:
        definition = Definition(
            title=dict(data["title"]),
            items=tuple(_item(item) for item in data["items"]),
            intro=dict(data.get("intro", {})),
            opening=dict(data.get("opening", {})),
            closing=dict(data.get("closing", {})),
            changes=dict(data.get("changes", {})),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise DefinitionError(f"The questionnaire has a part that cannot be read: {error!r}.") from None
    check(definition)
    return definition


def _item(data: Mapping[str, Any]) -> ItemDefinition:
    kind = str(data.get("kind") or ("likert" if data.get("scale") else "text"))
    condition = data.get("show_if")
    named = str(data.get("scale") or _OF_KIND.get(kind, ""))
    return ItemDefinition(
        key=str(data["key"]),
        kind=kind,
        texts={language: _text(said) for language, said in (data.get("texts") or data["text"]).items()},
        role=str(data.get("role", "none")),
        scale=scale_named(named).name if named else "",
        required=bool(data.get("required", False)),
        not_applicable=bool(data.get("not_applicable", False)),
        options=tuple(Option(int(o["code"]), dict(o["texts"])) for o in data.get("options", ())),
        show_if=Condition(str(condition["item"]), int(condition["at_most"])) if condition else None,
        minimum=data.get("minimum"),
        maximum=data.get("maximum"),
        limit=int(data.get("limit", TEXT_LIMIT)),
    )


def _text(said: Mapping[str, str] | str) -> ItemText:
    return ItemText(text=said) if isinstance(said, str) else ItemText(**said)


def to_dict(definition: Definition) -> dict[str, Any]:
    """Write a definition as plain values; what is empty is left out."""
    whole = {
        "title": dict(definition.title),
        "intro": dict(definition.intro),
        "opening": dict(definition.opening),
        "closing": dict(definition.closing),
        "changes": dict(definition.changes),
        "items": [_item_dict(item) for item in definition.items],
    }
    return {key: value for key, value in whole.items() if value}


def _item_dict(item: ItemDefinition) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "key": item.key,
        "kind": item.kind,
        "role": item.role,
        "scale": item.scale,
        "required": item.required,
        "not_applicable": item.not_applicable,
        "options": [{"code": o.code, "texts": dict(o.texts)} for o in item.options],
        "minimum": item.minimum,
        "maximum": item.maximum,
        "limit": item.limit if item.kind == "text" else None,
        "texts": {language: _text_dict(said) for language, said in item.texts.items()},
    }
    if item.show_if:
        plain["show_if"] = {"item": item.show_if.item, "at_most": item.show_if.at_most}
    return {key: value for key, value in plain.items() if not _is_empty(value)}


def _is_empty(value: object) -> bool:
    return value is None or value is False or value in ("", [])  # a minimum of 0 is not empty


def _text_dict(said: ItemText) -> dict[str, str]:
    whole = {"text": said.text, "hint": said.hint, "spoken": said.spoken, "short": said.short}
    return {key: value for key, value in whole.items() if value}


def content_hash(definition: Definition) -> str:
    """Return the SHA-256 of the definition in its canonical form."""
    canonical = json.dumps(to_dict(definition), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def check(definition: Definition) -> None:
    """Refuse a definition that could not be asked, stored or read in each of its languages."""
    _require(bool(definition.title), "the questionnaire", "a title in at least one language")
    _require(bool(definition.items), "the questionnaire", "at least one item")
    keys = [item.key for item in definition.items]
    _require(len(set(keys)) == len(keys), "the questionnaire", "item keys that differ from each other")
    for position, item in enumerate(definition.items):
        _check_item(item, definition.languages)
        if item.show_if:
            earlier = keys[:position]
            _require(item.show_if.item in earlier, f"item {item.key}", "a condition on an earlier item")
    for role in ("overall", "resolved"):
        _require(
            sum(item.role == role for item in definition.items) <= 1,
            "the questionnaire",
            f"at most one item with the role {role}",
        )


def _check_item(item: ItemDefinition, languages: tuple[str, ...]) -> None:
    where = f"item {item.key}"
    _require(
        _KEY.fullmatch(item.key) is not None and item.key not in RESERVED,
        where,
        "a key of small letters, digits and _ (at most 40), starting with a letter, and none of "
        + ", ".join(sorted(RESERVED)),
    )
    _require(item.kind in KINDS, where, f"a kind out of {', '.join(KINDS)}")
    _require(item.role in ROLES, where, f"a role out of {', '.join(ROLES)}")
    _require(set(languages) <= set(item.texts), where, f"a text in {', '.join(languages)}")
    _require(all(said.text.strip() for said in item.texts.values()), where, "a text that is not empty")
    _require(1 <= item.limit <= STORED_LIMIT, where, f"a limit from 1 to {STORED_LIMIT} characters")
    if item.kind in {"likert", "rating", "yesno"}:
        _require(bool(item.scale), where, "a named scale such as sat5")
    if item.kind in {"single", "multiple"}:
        codes = [option.code for option in item.options]
        _require(len(codes) >= 2 and len(set(codes)) == len(codes), where, "two or more options, each coded")
        _require(all(1 <= code <= 999 for code in codes), where, "option codes from 1 to 999")
        complete = all(set(languages) <= set(option.texts) for option in item.options)
        _require(complete, where, f"each option in {', '.join(languages)}")


def _require(holds: bool, where: str, expected: str) -> None:
    if not holds:
        raise DefinitionError(f"{where[0].upper()}{where[1:]} should have {expected}.")


def decisions(previous: Definition, definition: Definition) -> dict[str, str]:
    """Decide for each item whether it may be compared with the version before.

    Another kind, scale or set of options breaks the series, whatever the author says; other words need the
    author's decision (``reworded`` unless ``changes`` says otherwise); a new item has nothing before it.
    """
    found: dict[str, str] = {}
    for item in definition.items:
        old = previous.item(item.key)
        if old is None or (old.kind, old.scale, _codes(old)) != (item.kind, item.scale, _codes(item)):
            found[item.key] = "break"
        elif dict(old.texts) != dict(item.texts):
            found[item.key] = definition.changes.get(item.key, "reworded")
        else:
            found[item.key] = definition.changes.get(item.key, "same")
    wrong = [decision for decision in found.values() if decision not in DECISIONS]
    if wrong:
        raise DefinitionError(f"A change should be one of {', '.join(DECISIONS)}, but is {wrong[0]!r}.")
    return found


def _codes(item: ItemDefinition) -> tuple[int, ...]:
    return tuple(option.code for option in item.options)
