"""A sheet as it is typed in: the same questions under the same numbers, and the key of every answer.

A question left blank was skipped. What cannot be read, two crosses among it, is kept as `DONT_KNOW`: paper
never offers "don't know", so on paper this kind of missing means nothing else.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from core.i18n import text_in
from surveys.conditions import ShowIf
from surveys.definition import WRITTEN
from surveys.paper import wording
from surveys.paper.printing import printed_items
from surveys.parsing import MISSING_CODES, Given
from surveys.queries import LoadedVersion

_EIGHT_DIGITS = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_CODE_OF = {missing: code for code, missing in MISSING_CODES.items()}


@dataclass(frozen=True, slots=True)
class Row:
    """One question on the screen."""

    number: int
    key: str
    kind: str
    text: str
    only_if: str
    section: str
    matrix: str
    choices: tuple[tuple[int, str], ...]
    other: int | None
    not_applicable: str
    na_key: str
    single_line: bool
    when: str  # the condition, for the script

    @property
    def is_written(self) -> bool:
        return self.kind in WRITTEN


def rows(version: LoadedVersion, language: str) -> list[Row]:
    """Return what the screen shows, in the order of the paper."""
    definition, found = version.definition, list[Row]()
    numbers = printed_items(definition)
    section = matrix = ""
    for item in definition.items:
        if item.key not in numbers:
            continue
        said = definition.sections.get(item.section, {}) if item.section != section else {}
        heading = said.get(language) or next(iter(said.values()), None)
        stem = definition.matrices.get(item.matrix, {}) if item.matrix != matrix else {}
        found.append(
            Row(
                number=numbers[item.key],
                key=item.key,
                kind=item.kind,
                text=item.said(language).text,
                only_if=wording.only_if(item.show_if, definition, numbers) or "",
                section=heading.title if heading else "",
                matrix=text_in(dict(stem), language) if stem else "",
                choices=tuple(wording.choices(item, language)) if item.values() else (),
                other=item.other,
                not_applicable=wording.not_applicable(item, language),
                na_key=wording.na_key(item),
                single_line=item.single_line or item.kind != "text",
                when=_when(item.show_if),
            )
        )
        section, matrix = item.section, item.matrix
    return found


def _when(condition: ShowIf | None) -> str:
    if condition is None:
        return ""
    parts = [[part.item, part.operator, part.value] for part in condition.comparisons]
    return json.dumps({"any": condition.any_of, "of": parts})


def read_form(version: LoadedVersion, form: MultiDict[str, str]) -> MultiDict[str, str]:
    """Return what was typed with its shortcuts written out: eight digits are a day, words are no blank."""
    typed = MultiDict(form)
    for item in version.items:
        text = (form.get(item.item_key) or "").strip()
        if item.kind == "date" and (day := _EIGHT_DIGITS.fullmatch(text)):
            typed[item.item_key] = "-".join(day.groups())
        if text and item.kind in {*WRITTEN, "multiple"}:
            typed.poplist(f"{item.item_key}-missing")  # an answer is no missing one, whatever else is marked
    return typed


def as_form(version: LoadedVersion, answers: Mapping[str, Given]) -> MultiDict[str, str]:
    """Return answers as somebody would have typed them."""
    form = MultiDict[str, str]()
    for item in version.items:
        given = answers.get(item.item_key)
        if given is not None:
            for name, value in _fields(item.item_key, item.kind, given):
                form.add(name, value)
    return form


def _fields(key: str, kind: str, given: Given) -> list[tuple[str, str]]:
    if given.missing is not None:
        code = _CODE_OF.get(given.missing)
        name = f"{key}-missing" if kind in {*WRITTEN, "multiple"} else key
        return [(name, code)] if code else []
    if kind == "text":
        return [(key, given.words)]
    if kind == "date":
        return [(key, given.day.isoformat())]
    if given.number is not None:
        return [(key, str(int(given.number) if given.number.is_integer() else given.number))]
    chosen = [given.value] if given.value is not None else list(given.codes)
    beside = [(f"{key}-other", given.words)] if given.words else []
    return [(key, str(code)) for code in chosen] + beside
