"""What a questionnaire says: pure values, read from and written as plain dictionaries, with one hash.

A published version keeps this definition for ever; its hash proves that it was never touched. What the
values mean for publishing stands in ``checking.py``, what a change means in ``comparability.py``.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import InputError
from surveys.conditions import ShowIf, read_condition, write_condition
from surveys.scales import Scale, scale_named

KINDS = ("likert", "rating", "single", "multiple", "yesno", "number", "date", "text")
WRITTEN = ("number", "date", "text")  # what is written, not chosen
CHOSEN = ("single", "multiple")  # what is chosen among options of its own
ROLES = ("overall", "driver", "resolved", "open", "none")
ONLY = ("", "phone", "web")  # where an item is asked: everywhere, by phone only, never by phone
TEXT_LIMIT = 500  # characters of an open answer unless the item says otherwise
OTHER_LIMIT = 200  # characters of what is written beside "other"
STORED_LIMIT = 2000
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
    other: bool = False  # "other, namely …": a line to write on stands beside it


@dataclass(frozen=True, slots=True)
class SectionText:
    """What stands above the items of a section."""

    title: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class ItemDefinition:
    """One question."""

    key: str
    kind: str
    texts: Mapping[str, ItemText]
    role: str = "none"
    scale: str = ""
    section: str = ""  # key of a section
    matrix: str = ""  # key of a matrix: its items share a stem, the kind and the answers offered
    only: str = ""  # phone | web (and paper) | "" for everywhere
    required: bool = False
    not_applicable: bool = False
    options: tuple[Option, ...] = ()
    show_if: ShowIf | None = None
    minimum: float | None = None  # of a number; of a date as its ordinal day
    maximum: float | None = None
    soft: bool = False  # outside minimum and maximum it warns once and lets through
    limit: int = TEXT_LIMIT
    single_line: bool = False  # a short text

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

    @property
    def other(self) -> int | None:
        """Return the code of "other, namely …", where there is one."""
        return next((option.code for option in self.options if option.other), None)

    def asked_in(self, mode: str) -> bool:
        """Tell whether the item is asked in this mode at all."""
        return not self.only or (self.only == "phone") == (mode == "phone")


@dataclass(frozen=True, slots=True)
class Definition:
    """A whole questionnaire."""

    title: Mapping[str, str]
    items: tuple[ItemDefinition, ...]
    intro: Mapping[str, str] = field(default_factory=dict)
    opening: Mapping[str, str] = field(default_factory=dict)  # what the callback agent says first
    closing: Mapping[str, str] = field(default_factory=dict)
    sections: Mapping[str, Mapping[str, SectionText]] = field(default_factory=dict)  # key -> language -> text
    matrices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # key -> language -> stem
    anonymous: bool = False  # answers are kept without any way back to who gave them
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
    """Read a definition.

    Raises
    ------
    DefinitionError
        With one sentence that names the part that cannot be read. Whether the whole can be published is
        the business of ``checking.check``.
    """
    try:
        return Definition(
            title=dict(data["title"]),
            items=tuple(_item(item) for item in data["items"]),
            intro=dict(data.get("intro", {})),
            opening=dict(data.get("opening", {})),
            closing=dict(data.get("closing", {})),
            sections={key: _section(said) for key, said in data.get("sections", {}).items()},
            matrices={key: dict(stems) for key, stems in data.get("matrices", {}).items()},
            anonymous=bool(data.get("anonymous", False)),
            changes=dict(data.get("changes", {})),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise DefinitionError(f"The questionnaire has a part that cannot be read: {error!r}.") from None


def _section(said: Mapping[str, Any]) -> dict[str, SectionText]:
    return {
        language: SectionText(title=text) if isinstance(text, str) else SectionText(**text)
        for language, text in said.items()
    }


def _item(data: Mapping[str, Any]) -> ItemDefinition:
    kind = str(data.get("kind") or ("likert" if data.get("scale") else "text"))
    named = str(data.get("scale") or _OF_KIND.get(kind, ""))
    return ItemDefinition(
        key=str(data["key"]),
        kind=kind,
        texts={language: _text(said) for language, said in (data.get("texts") or data["text"]).items()},
        role=str(data.get("role", "none")),
        scale=scale_named(named).name if named else "",
        section=str(data.get("section", "")),
        matrix=str(data.get("matrix", "")),
        only=str(data.get("only", "")),
        required=bool(data.get("required", False)),
        not_applicable=bool(data.get("not_applicable", False)),
        options=tuple(_option(option) for option in data.get("options", ())),
        show_if=read_condition(data.get("show_if")),
        minimum=data.get("minimum"),
        maximum=data.get("maximum"),
        soft=bool(data.get("soft", False)),
        limit=int(data.get("limit", TEXT_LIMIT)),
        single_line=bool(data.get("single_line", False)),
    )


def _option(data: Mapping[str, Any]) -> Option:
    return Option(int(data["code"]), dict(data["texts"]), bool(data.get("other", False)))


def _text(said: Mapping[str, str] | str) -> ItemText:
    return ItemText(text=said) if isinstance(said, str) else ItemText(**said)


def to_dict(definition: Definition) -> dict[str, Any]:
    """Write a definition as plain values; what is empty is left out."""
    whole = {
        "title": dict(definition.title),
        "intro": dict(definition.intro),
        "opening": dict(definition.opening),
        "closing": dict(definition.closing),
        "sections": {key: _section_dict(said) for key, said in definition.sections.items()},
        "matrices": {key: dict(stems) for key, stems in definition.matrices.items()},
        "anonymous": definition.anonymous,
        "changes": dict(definition.changes),
        "items": [_item_dict(item) for item in definition.items],
    }
    return {key: value for key, value in whole.items() if value}


def _section_dict(said: Mapping[str, SectionText]) -> dict[str, Any]:
    return {
        language: {"title": text.title, "text": text.text} if text.text else {"title": text.title}
        for language, text in said.items()
    }


def _item_dict(item: ItemDefinition) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "key": item.key,
        "kind": item.kind,
        "role": item.role,
        "scale": item.scale,
        "section": item.section,
        "matrix": item.matrix,
        "only": item.only,
        "required": item.required,
        "not_applicable": item.not_applicable,
        "options": [_option_dict(option) for option in item.options],
        "minimum": item.minimum,
        "maximum": item.maximum,
        "soft": item.soft,
        "limit": item.limit if item.kind == "text" else None,
        "single_line": item.single_line,
        "texts": {language: _text_dict(said) for language, said in item.texts.items()},
    }
    if item.show_if:
        plain["show_if"] = write_condition(item.show_if)
    return {key: value for key, value in plain.items() if not _is_empty(value)}


def _option_dict(option: Option) -> dict[str, Any]:
    plain: dict[str, Any] = {"code": option.code, "texts": dict(option.texts)}
    return plain | {"other": True} if option.other else plain


def _is_empty(value: object) -> bool:
    return value is None or value is False or value in ("", [])  # a minimum of 0 is not empty


def _text_dict(said: ItemText) -> dict[str, str]:
    whole = {"text": said.text, "hint": said.hint, "spoken": said.spoken, "short": said.short}
    return {key: value for key, value in whole.items() if value}


def content_hash(definition: Definition) -> str:
    """Return the SHA-256 of the definition in its canonical form."""
    canonical = json.dumps(to_dict(definition), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
