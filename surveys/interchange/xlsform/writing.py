"""Writing a definition as a workbook: what other programs know in their columns, the rest in ours."""

import io
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from surveys.definition import Definition, ItemDefinition, Option
from surveys.interchange.languages import written
from surveys.interchange.xlsform import expressions
from surveys.interchange.xlsform.lists import NOT_APPLICABLE

FORMAT = "1"
Row = dict[str, str]
_TYPE = {"number": "decimal", "date": "date", "text": "text"}
_SAY = {"zh_Hans": "请说明", "en": "Please say"}
_CELL = 32_000  # characters that a spreadsheet program keeps


def write(definition: Definition, *, key: str = "questionnaire") -> bytes:
    """Write a workbook; reading it again gives the same definition."""
    import xlsxwriter  # noqa: PLC0415 # only an export needs it

    languages = _languages(definition)
    lists = _Lists()
    rows = list(_survey(definition, lists))
    content = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(content, options) as book:
        head = book.add_format({"bold": True, "bg_color": "#E8EEF4"})
        for name, columns, lines in (
            ("survey", _survey_columns(languages), rows),
            ("choices", ["list_name", "name", *_by(languages, "label"), "other"], lists.rows),
            ("settings", *_settings(definition, key)),
        ):
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            for number, column in enumerate(columns):
                sheet.write_string(0, number, column, head)
                sheet.set_column(number, number, 40 if "label" in column or "hint" in column else 16)
            for at, row in enumerate(lines, start=1):
                for number, column in enumerate(columns):
                    if row.get(column):
                        sheet.write_string(at, number, row[column][:_CELL])
    return content.getvalue()


def _languages(definition: Definition) -> list[str]:
    """Return every language that any text has, the questionnaire's own first."""
    found = dict.fromkeys(definition.languages)
    for item in definition.items:
        found |= dict.fromkeys(item.texts)
        for option in item.options:
            found |= dict.fromkeys(option.texts)
    for texts in (definition.intro, definition.opening, definition.closing, *definition.matrices.values()):
        found |= dict.fromkeys(texts)
    for said in definition.sections.values():
        found |= dict.fromkeys(said)
    return list(found)


def _by(languages: list[str], name: str) -> list[str]:
    return [f"{name}::{written(language)}" for language in languages]


def _survey_columns(languages: list[str]) -> list[str]:
    texts = [column for name in ("label", "hint") for column in _by(languages, name)]
    ours = [column for name in ("spoken", "short") for column in _by(languages, name)]
    known = ["required", "relevant", "constraint", "appearance"]
    return [
        "type",
        "name",
        *texts,
        *known,
        "kind",
        "role",
        "scale",
        *ours,
        "only",
        "soft",
        "not_applicable",
        "single_line",
        "part",
    ]


def _settings(definition: Definition, key: str) -> tuple[list[str], list[Row]]:
    import json  # noqa: PLC0415

    titles = {f"title [{written(language)}]": title for language, title in definition.title.items()}
    row = {
        "form_title": next(iter(definition.title.values()), ""),
        "form_id": key,
        "default_language": written(next(iter(definition.title), "en")),
        **titles,
        "anonymous": "yes" if definition.anonymous else "",
        "changes": json.dumps(dict(definition.changes), ensure_ascii=False) if definition.changes else "",
        "huifang": FORMAT,
    }
    return list(row), [row]


class _Lists:
    """The lists of the sheet choices; the same answers share one."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._named: dict[tuple[Any, ...], str] = {}

    def of(self, item: ItemDefinition, languages: tuple[str, ...]) -> str:
        """Return the name of the list that an item offers."""
        offers_na = item.not_applicable and item.kind != "multiple"
        offer = (item.scale or repr(item.options), offers_na)
        if offer not in self._named:
            name = item.scale.replace(".", "_") if item.scale else item.key
            self._named[offer] = f"{name}_na" if item.scale and offers_na else name
            self.rows += _choices(item, self._named[offer], languages, offers_na=offers_na)
        return self._named[offer]


def _choices(
    item: ItemDefinition, name: str, languages: tuple[str, ...], *, offers_na: bool
) -> Iterator[Row]:
    scale = item.scored()
    if scale:
        for score in scale.scores:
            words = {f"label::{written(language)}": scale.word(score, language) for language in languages}
            yield {"list_name": name, "name": str(score), **words}
    for option in item.options:
        yield {
            "list_name": name,
            "name": str(option.code),
            **_labels(option),
            "other": "yes" if option.other else "",
        }
    if offers_na and scale:
        words = {f"label::{written(language)}": _na(scale.not_applicable, language) for language in languages}
        yield {"list_name": name, "name": NOT_APPLICABLE, **words}


def _na(words: Any, language: str) -> str:
    return str(words.get(language) or words["en"])


def _labels(option: Option) -> Row:
    return {f"label::{written(language)}": text for language, text in option.texts.items()}


def _survey(definition: Definition, lists: _Lists) -> Iterator[Row]:
    by_key = {item.key: item for item in definition.items}
    for part in ("intro", "opening"):
        yield from _whole(part, getattr(definition, part))
    left = set(definition.sections)
    number = 0
    for section, items in groupby(definition.items, key=lambda item: item.section):
        if section:
            number += 1
            left.discard(section)
            yield from _section(definition, section, f"section_{number}")
        yield from _items(definition, list(items), lists, by_key)
        if section:
            yield {"type": "end_group"}
    for section in sorted(left):
        number += 1
        yield from _section(definition, section, f"section_{number}")
        yield {"type": "end_group"}
    yield from _whole("closing", definition.closing)


def _whole(part: str, texts: Any) -> Iterator[Row]:
    if texts:
        yield {"type": "note", "name": f"text_{part}", "part": part, **_named("label", texts)}


def _named(column: str, texts: Any) -> Row:
    return {f"{column}::{written(language)}": text for language, text in texts.items()}


def _section(definition: Definition, key: str, name: str) -> Iterator[Row]:
    said = definition.sections.get(key, {})
    titles = {language: text.title for language, text in said.items()}
    yield {"type": "begin_group", "name": name, "part": f"section {key}", **_named("label", titles)}
    about = {language: text.text for language, text in said.items() if text.text}
    if about:
        yield {"type": "note", "name": f"{name}_about", "part": f"about {key}", **_named("label", about)}


def _items(
    definition: Definition, items: list[ItemDefinition], lists: _Lists, by_key: dict[str, ItemDefinition]
) -> Iterator[Row]:
    for matrix, rows in groupby(items, key=lambda item: item.matrix):
        if matrix:
            stems = _named("label", definition.matrices.get(matrix, {}))
            name = (
                f"matrix_{sorted(definition.matrices).index(matrix) + 1}"
                if matrix in definition.matrices
                else "matrix"
            )
            yield {
                "type": "begin_group",
                "name": name,
                "appearance": "field-list",
                "part": f"matrix {matrix}",
                **stems,
            }
        for item in rows:
            yield from _item(item, definition, lists, by_key)
        if matrix:
            yield {"type": "end_group"}


def _item(
    item: ItemDefinition, definition: Definition, lists: _Lists, by_key: dict[str, ItemDefinition]
) -> Iterator[Row]:
    kind = _TYPE.get(item.kind)
    if kind is None:
        how = "select_multiple" if item.kind == "multiple" else "select_one"
        kind = f"{how} {lists.of(item, definition.languages)}"
    limits = expressions.constraint(item)
    relevant = expressions.condition(item.show_if, by_key) if item.show_if else ""
    row = {
        "type": kind,
        "name": item.key,
        "required": "yes" if item.required else "",
        "relevant": relevant,
        "constraint": "" if item.soft else limits,
        "soft": limits if item.soft else "",
        "appearance": _appearance(item),
        "kind": item.kind,
        "role": item.role if item.role != "none" else "",
        "scale": item.scale,
        "only": item.only,
        "not_applicable": "yes" if item.not_applicable else "",
        "single_line": "yes" if item.single_line else "",
    }
    for language, said in item.texts.items():
        for column, text in (
            ("label", said.text),
            ("hint", said.hint),
            ("spoken", said.spoken),
            ("short", said.short),
        ):
            row[f"{column}::{written(language)}"] = text
    yield row
    if item.other is not None:
        yield _other_words(item)


def _appearance(item: ItemDefinition) -> str:
    if item.kind == "likert":
        return "likert"
    return "multiline" if item.kind == "text" and not item.single_line else ""


def _other_words(item: ItemDefinition) -> Row:
    """Other programs ask for the words beside "other" in a question of their own; here they belong to it."""
    chosen = f"selected(${{{item.key}}}, '{item.other}')"
    texts = {language: _SAY.get(language, _SAY["en"]) for language in item.texts}
    return {
        "type": "text",
        "name": f"{item.key}_other_words",
        "part": f"other {item.key}",
        "relevant": chosen,
        **_named("label", texts),
    }
