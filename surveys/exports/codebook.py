"""The codebook: what each column means, in each version, and what stands for an answer that is missing."""

from collections.abc import Iterator
from typing import Any

from surveys.exports.columns import CHOSEN, META, VALUE, Column, Layout
from surveys.exports.harmless import tidy
from surveys.exports.words import (
    DECISIONS,
    META_LABELS,
    N_,
    column_label,
    missing_labels,
    option_text,
    translator,
    value_labels,
)

COLUMNS = (
    N_("Column"), N_("Question key"), N_("Version"), N_("Question"), N_("Kind"), N_("Scale"), N_("Option"),
    N_("Compared with the version before"),
)  # fmt: skip
VALUES = (N_("Column"), N_("Value"), N_("Meaning"), N_("Offered in versions"))
EVERY_ITEM = "*"  # in the list of values: holds for every column of an item


def columns(layout: Layout, language: str) -> Iterator[tuple[str, ...]]:
    """Yield a line for each column, and for each version in which it was asked."""
    translate = translator(language)
    for name in META:
        yield name, "", "", translate(META_LABELS[name]), "", "", "", ""
    for column in layout.columns:
        for number in versions_of(column):
            item = column.question.members[number].definition
            option = option_text(column, column.code, language) if column.part == CHOSEN else ""
            decision = column.question.decisions.get(number, "")
            yield (
                column.name, column.question.key, str(number), tidy(item.said(language).text), item.kind,
                item.scale, option, translate(DECISIONS[decision]) if decision else "",
            )  # fmt: skip


def versions_of(column: Column) -> list[int]:
    """Return the versions whose answers may stand in a column."""
    members = sorted(column.question.members.items())
    if column.part == CHOSEN:
        return [n for n, item in members if column.code in item.definition.values()]
    if column.part == "other":
        return [n for n, item in members if item.definition.other is not None]
    return [number for number, _item in members]


def values(layout: Layout, language: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield what each value of each column means, then the words for missing answers."""
    for column in layout.columns:
        for value, label in value_labels(column, language).items():
            yield column.name, str(value), label, ", ".join(map(str, _offering(column, value)))
    for kind, label in missing_labels(language).items():
        yield EVERY_ITEM, kind.key, label, ""


def _offering(column: Column, value: int) -> list[int]:
    if column.part != VALUE:
        return versions_of(column)
    members = sorted(column.question.members.items())
    return [number for number, item in members if value in item.definition.values()]


def document(layout: Layout, language: str) -> list[dict[str, Any]]:
    """Return the columns of the items as plain values, for JSON."""
    return [
        {
            "name": column.name,
            "item": column.question.key,
            "part": column.part,
            "kind": column.question.kind,
            "scale": column.question.scale,
            "option": column.code or None,
            "label": column_label(column, language),
            "values": {str(value): label for value, label in value_labels(column, language).items()},
            "versions": versions_of(column),
            "decisions": {str(n): said for n, said in sorted(column.question.decisions.items())},
        }
        for column in layout.columns
    ]
