"""One question as a form."""

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from core.i18n import _
from surveys.checking import RESERVED
from surveys.definition import (
    CHOSEN,
    ONLY,
    STORED_LIMIT,
    TEXT_LIMIT,
    Definition,
    ItemDefinition,
    ItemText,
    Option,
)
from surveys.editor import drafting
from surveys.editor.forms import Form, Input, Row, read_rows, stepped, without_blanks
from surveys.editor.kinds import KINDS, MEASURED, as_kind, kind_of, offered_scales, roles_for
from surveys.editor.options import Line, coded
from surveys.editor.wording import ITEM_PARTS, LIMITS
from surveys.editor.words import name_of

_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
OTHER_WORDS = {"zh_Hans": "其他，请写明", "en": "Other, please say"}


@dataclass
class ItemInput(Input):
    """Everything that can be said about one question; ``base`` is what it was before."""

    base: ItemDefinition = field(default_factory=lambda: ItemDefinition("", "text", {}))
    kind: str = "scale"
    scale: str = ""
    key: str = ""
    role: str = "none"
    only: str = ""
    section: str = ""
    required: bool = False
    not_applicable: bool = False
    soft: bool = False
    minimum: str = ""
    maximum: str = ""
    limit: str = ""
    said: dict[str, dict[str, str]] = field(default_factory=dict)  # part -> language -> text
    rows: list[Row] = field(default_factory=list)
    other: bool = False

    @property
    def in_matrix(self) -> bool:
        return bool(self.base.matrix)

    @classmethod
    def of(cls, item: ItemDefinition, languages: tuple[str, ...]) -> "ItemInput":
        """Fill the form with an item of the draft."""
        said = {
            part: {code: getattr(item.texts.get(code), part, "") for code in languages} for part in ITEM_PARTS
        }
        return cls(
            languages,
            base=item,
            kind=kind_of(item),
            scale=item.scale,
            key=item.key,
            role=item.role,
            only=item.only,
            section=item.section,
            required=item.required,
            not_applicable=item.not_applicable,
            soft=item.soft,
            minimum=shown(item.kind, item.minimum),
            maximum=shown(item.kind, item.maximum),
            limit=str(item.limit),
            said=said,
            rows=rows_of(item, languages),
            other=item.other is not None,
        )

    @classmethod
    def read(cls, form: Form, base: ItemDefinition, languages: tuple[str, ...], press: str) -> "ItemInput":
        """Read what was typed; ``press`` is the button, which may move a line."""
        given = cls(languages, base=base)
        given.kind = kind_of(base) if base.matrix else form.get("kind", "")
        for name in ("scale", "key", "role", "only", "section", "minimum", "maximum", "limit"):
            setattr(given, name, form.get(name, "").strip()[:60])
        for name in ("required", "not_applicable", "soft", "other"):
            setattr(given, name, form.get(name, "") == "1")
        given.scale = base.scale if base.matrix else given.scale
        given.said = {part: given.texts(form, part, LIMITS[part]) for part in ITEM_PARTS}
        given.rows = stepped(read_rows(form, "o", given, LIMITS["option"]), press, "o")
        given.needs(given.said["text"], "text")
        return given

    def item(self, definition: Definition, history: Sequence[Definition]) -> ItemDefinition:
        """Return the question as entered; what is wrong stands in ``errors`` and keeps its old value."""
        self._check(definition, history)
        kind = self.kind if self.kind in KINDS else kind_of(self.base)
        changed = as_kind(self.base, kind, self.scale if self.scale in self.scales else self.base.scale)
        measured = kind in MEASURED
        is_row = self.in_matrix
        return replace(
            changed,
            key=self.key if "key" not in self.errors else self.base.key,
            texts=self._texts(),
            role=self.role if self.role in roles_for(kind) else changed.role,
            only=self.only if self.only in ONLY else "",
            section=self.base.section if is_row or "section" in self.errors else self.section,
            required=self.required,
            not_applicable=self.base.not_applicable if is_row else self.not_applicable,
            soft=self.soft and measured,
            minimum=self._measure("minimum", changed.kind) if measured else None,
            maximum=self._measure("maximum", changed.kind) if measured else None,
            limit=self._limit() if kind in {"short", "long"} else TEXT_LIMIT,
            options=changed.options if is_row or changed.kind not in CHOSEN else self._options(history),
        )

    @property
    def scales(self) -> list[str]:
        """Return the scales to choose from."""
        return offered_scales(self.base.scale)

    def _texts(self) -> dict[str, ItemText]:
        found = {}
        for code in self.languages:
            parts = {part: self.said[part].get(code, "") for part in ITEM_PARTS}
            if any(parts.values()):
                found[code] = ItemText(**parts)
        return found or {self.languages[0]: ItemText("")}

    def _check(self, definition: Definition, history: Sequence[Definition]) -> None:
        if self.kind not in KINDS:
            self.errors["kind"] = _("Choose how the question is answered.")
        if self.kind == "scale" and self.scale not in self.scales:
            self.errors["scale"] = _("Choose a scale.")
        if self.section and self.section not in definition.sections:
            self.errors["section"] = _("Choose one of the headings.")
        for role in {"overall", "resolved"} & {self.role}:
            other = next((i for i in definition.items if i.role == role and i.key != self.base.key), None)
            if other is not None:
                self.errors["role"] = _(
                    "“%(item)s” has this part already, and only one can.", item=name_of(other.key, definition)
                )
        self._check_key(definition, history)

    def _check_key(self, definition: Definition, history: Sequence[Definition]) -> None:
        fixed = drafting.published_keys(history)
        if self.base.key in fixed and definition.item(self.base.key) is not None:
            self.key = self.base.key
        elif _KEY.fullmatch(self.key) is None or self.key in RESERVED:
            self.errors["key"] = _("Small letters, digits and _ only, a letter first, 40 at most.")
        elif self.key != self.base.key and definition.item(self.key) is not None:
            self.errors["key"] = _("Another question has this key.")
        elif self.key in fixed:
            self.errors["key"] = _("A question of an earlier version had this key; choose another one.")

    def _options(self, history: Sequence[Definition]) -> tuple[Option, ...]:
        lines = [
            Line(without_blanks(row.texts), code_of(row.id), row.other)
            for row in self.rows
            if not row.is_blank
        ]
        if self.other and not any(line.other for line in lines):
            words = {code: OTHER_WORDS.get(code, OTHER_WORDS["en"]) for code in self.languages}
            lines.append(Line(words, None, other=True))
        elif not self.other:
            lines = [line for line in lines if not line.other]
        if len(lines) < 2:
            self.errors["o0." + self.languages[0]] = _("Give at least two answers to choose from.")
        return coded(lines, self.base.key, present=self.base.options, history=history)

    def _measure(self, name: str, kind: str) -> float | None:
        text = unicodedata.normalize("NFKC", getattr(self, name)).strip()
        if not text:
            return None
        number = measured(kind, text)
        if number is None:
            self.errors[name] = (
                _("Write the day like 2026-11-21.")
                if kind == "date"
                else _("Write a number, such as 10 or 2.5.")
            )
        elif name == "maximum" and (low := measured(kind, self.minimum)) is not None and number < low:
            self.errors[name] = _("The largest value must not be below the smallest.")
        return number

    def _limit(self) -> int:
        text = unicodedata.normalize("NFKC", self.limit)
        number = int(text) if re.fullmatch(r"[0-9]{1,5}", text) else 0
        if not 1 <= number <= STORED_LIMIT:
            self.errors["limit"] = _("Write a number from 1 to %(most)s.", most=STORED_LIMIT)
            return self.base.limit
        return number


def rows_of(item: ItemDefinition, languages: Sequence[str]) -> list[Row]:
    """Return the answers of a choice as lines."""
    return [
        Row(str(option.code), {code: option.texts.get(code, "") for code in languages}, option.other)
        for option in item.options
    ]


def code_of(text: str) -> int | None:
    """Read the code that a line carries."""
    return int(text) if re.fullmatch(r"[0-9]{1,3}", text) else None


def measured(kind: str, text: str) -> float | None:
    """Read a number, or a day as its ordinal."""
    try:
        number = float(date.fromisoformat(text).toordinal()) if kind == "date" else float(text[:30])
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in text else None


def shown(kind: str, value: float | None) -> str:
    """Write a number, or the day of an ordinal, as it is typed."""
    if value is None:
        return ""
    if kind == "date" and 1 <= value <= date.max.toordinal():
        return date.fromordinal(int(value)).isoformat()
    return f"{value:.15g}"


def new_item(kind: str, key: str, languages: Sequence[str], definition: Definition) -> ItemDefinition:
    """Return a question of a kind with what is usual for it."""
    usual: Mapping[str, dict[str, str]] = USUAL_WORDS.get(kind, {})
    texts = {code: ItemText(**usual[code]) for code in languages if code in usual}
    item = as_kind(ItemDefinition(key, "", texts or {languages[0]: ItemText("")}), kind, "sat5.1")
    rated = kind in {"scale", "ces"}
    first = rated and definition.with_role("overall") is None
    solved = kind == "yesno" and definition.with_role("resolved") is None
    role = "overall" if first else "driver" if rated else "resolved" if solved else "none"
    return replace(
        item,
        role="open" if kind == "long" else role,
        required=first,
        not_applicable=kind == "scale" and not first,
        section=definition.items[-1].section if definition.items else "",
    )


USUAL_WORDS = {
    "nps": {
        "zh_Hans": {
            "text": "您有多大可能向亲友推荐我们？",
            "spoken": "0 到 10 分，10 分是非常愿意，您有多大可能向亲友推荐我们？",
            "short": "推荐意愿",
        },
        "en": {
            "text": "How likely are you to recommend us to family and friends?",
            "spoken": "From 0 to 10, where 10 is extremely likely: how likely are you to recommend us?",
            "short": "Recommendation",
        },
    },
    "ces": {
        "zh_Hans": {
            "text": "这次办事对您来说容易吗？",
            "spoken": "这次办事对您来说容易吗？非常容易、容易、比较容易、"
            "一般、比较费事、费事，还是非常费事？",
            "short": "办事难易",
        },
        "en": {
            "text": "How easy was it to get this done?",
            "spoken": "How easy was it: very easy, easy, somewhat easy, neither easy nor difficult, "
            "somewhat difficult, difficult or very difficult?",
            "short": "Ease",
        },
    },
}
