"""The list on the left of the editor: headings, matrices and questions, as they stand on the page."""

from collections.abc import Sequence
from dataclasses import dataclass

from surveys.definition import Definition, ItemDefinition
from surveys.editor.drafting import units


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list. ``kind`` is section, matrix, row or item."""

    kind: str
    key: str
    item: ItemDefinition | None = None
    number: int = 0
    first: bool = False  # cannot move up
    last: bool = False


def outline(definition: Definition) -> list[Entry]:
    """Return the lines in their order; headings without a question stand at the end."""
    entries: list[Entry] = []
    section, number = "", 0
    whole = units(definition.items)
    headed = list(dict.fromkeys(item.section for item in definition.items))
    for place, unit in enumerate(whole):
        first, last = place == 0 and not unit[0].section, place == len(whole) - 1
        if unit[0].section != section:
            section = unit[0].section
            at = headed.index(section)
            entries.append(Entry("section", section, first=at == 0, last=at == len(headed) - 1))
        if not unit[0].matrix:
            number += 1
            entries.append(Entry("item", unit[0].key, unit[0], number, first, last))
            continue
        entries.append(Entry("matrix", unit[0].matrix, first=first, last=last))
        entries += _rows(unit, number)
        number += len(unit)
    empty = [key for key in definition.sections if key not in headed]
    return [*entries, *(Entry("section", key, first=True, last=True) for key in empty)]


def _rows(unit: Sequence[ItemDefinition], number: int) -> list[Entry]:
    return [
        Entry("row", item.key, item, number + n, first=n == 1, last=n == len(unit))
        for n, item in enumerate(unit, start=1)
    ]
