"""What can be done to a draft: pure, from definition to definition.

Items of a matrix and of a section always stand next to each other, and a question whose condition looks at
another one always stands behind it; a step that would break this is refused and says which two.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from core.errors import InputError
from surveys.conditions import ShowIf
from surveys.definition import Definition, ItemDefinition, SectionText, to_dict

Unit = tuple[ItemDefinition, ...]  # what moves as one: an item, or all rows of a matrix


class OrderError(InputError):
    """A question must stand behind the one that its condition looks at."""

    def __init__(self, item_key: str, on: str) -> None:
        super().__init__(f"{item_key} must stand behind {on}, because its condition looks at it.")
        self.item_key, self.on = item_key, on


class KeyUsedError(InputError):
    """This key belongs to another question, or did in an earlier version; choose another one."""


def to_plain(definition: Definition) -> dict[str, Any]:
    """Write a draft as plain values that can be read again, although texts may be missing."""
    plain = to_dict(definition)
    plain.setdefault("items", [])
    plain["title"] = dict(definition.title)
    for item in plain["items"]:
        said = item.get("texts") or {next(iter(definition.title), "zh_Hans"): {}}
        item["texts"] = {language: {"text": "", **texts} for language, texts in said.items()}
    return plain


def next_key(definition: Definition, history: Iterable[Definition], *, letter: str = "q") -> str:
    """Return a key that nothing ever had here: q1, q2 … for items, s1 … for sections, m1 … for matrices."""
    used = set()
    for each in (definition, *history):
        used |= {item.key for item in each.items} | set(each.sections) | set(each.matrices)
    number = 1
    while f"{letter}{number}" in used:
        number += 1
    return f"{letter}{number}"


def published_keys(history: Iterable[Definition]) -> set[str]:
    """Return the item keys that stand in any published version: they can no longer be changed."""
    return {item.key for definition in history for item in definition.items}


def units(items: Sequence[ItemDefinition]) -> list[Unit]:
    """Return what moves as one, in order."""
    found: list[Unit] = []
    for matrix, run in groupby(items, key=lambda item: item.matrix):
        rows = tuple(run)
        found += [rows] if matrix else [(item,) for item in rows]
    return found


def arranged(items: Iterable[ItemDefinition]) -> tuple[ItemDefinition, ...]:
    """Return the items with those of one section, and of one matrix in it, next to each other."""
    sections = _together(items, lambda item: item.section)
    return tuple(_together(sections, lambda item: item.matrix))


def _together(items: Iterable[ItemDefinition], of: Any) -> list[ItemDefinition]:
    places: dict[str, list[ItemDefinition]] = {}
    ordered: list[list[ItemDefinition]] = []
    for item in items:
        name = of(item)
        if name and name in places:
            places[name].append(item)
            continue
        run = [item]
        ordered.append(run)
        if name:
            places[name] = run
    return [item for run in ordered for item in run]


def broken(definition: Definition) -> set[tuple[str, str]]:
    """Return (item, on) for each condition that does not look back."""
    found, before = set(), set()
    for item in definition.items:
        looked_at = item.show_if.items if item.show_if else ()
        found |= {(item.key, on) for on in looked_at if on not in before}
        before.add(item.key)
    return found


def with_items(definition: Definition, items: Iterable[ItemDefinition]) -> Definition:
    """Return the draft with these items, arranged; refuse what turns a condition round."""
    changed = replace(definition, items=arranged(items))
    for item_key, on in sorted(broken(changed) - broken(definition)):
        raise OrderError(item_key, on)
    known = {item.matrix for item in changed.items}
    return replace(changed, matrices={key: said for key, said in changed.matrices.items() if key in known})


def insert(definition: Definition, item: ItemDefinition, *, after: str = "") -> Definition:
    """Add an item behind another one and into its section; without one, at the end."""
    items = list(definition.items)
    place = _place_behind(items, after)
    if definition.item(item.key) is not None:
        raise KeyUsedError
    return with_items(definition, [*items[:place], item, *items[place:]])


def _place_behind(items: Sequence[ItemDefinition], after: str) -> int:
    """Return the place behind an item; behind the whole matrix where it is a row."""
    place = next((n for n, item in enumerate(items) if item.key == after), len(items) - 1)
    matrix = items[place].matrix if items else ""
    while matrix and place + 1 < len(items) and items[place + 1].matrix == matrix:
        place += 1
    return place + 1


def put(definition: Definition, item: ItemDefinition, *, old_key: str) -> Definition:
    """Replace an item; what looked at its old key looks at the new one."""
    if item.key != old_key and definition.item(item.key) is not None:
        raise KeyUsedError
    items = [item if each.key == old_key else each for each in definition.items]
    if item.key != old_key:
        items = [replace(each, show_if=_renamed(each.show_if, old_key, item.key)) for each in items]
    return with_items(definition, items)


def _renamed(condition: ShowIf | None, old: str, new: str) -> ShowIf | None:
    if condition is None or old not in condition.items:
        return condition
    return replace(
        condition,
        comparisons=tuple(
            replace(each, item=new) if each.item == old else each for each in condition.comparisons
        ),
    )


def duplicate(definition: Definition, key: str, history: Iterable[Definition]) -> Definition:
    """Add a copy behind an item: with a key of its own, and no part that only one may play."""
    item = definition.item(key)
    if item is None:
        return definition
    copy = replace(
        item,
        key=next_key(definition, history),
        role=item.role if item.role not in {"overall", "resolved"} else "none",
    )
    items = list(definition.items)
    place = items.index(item) + 1
    return with_items(definition, [*items[:place], copy, *items[place:]])


def remove(definition: Definition, keys: Iterable[str]) -> tuple[Definition, list[str]]:
    """Return the draft without these items, and the items whose condition lost a part by it."""
    gone = set(keys)
    stay, freed = [], []
    for item in definition.items:
        if item.key in gone:
            continue
        condition = _without(item.show_if, gone)
        if condition != item.show_if:
            freed.append(item.key)
        stay.append(replace(item, show_if=condition))
    return with_items(definition, stay), freed


def _without(condition: ShowIf | None, gone: set[str]) -> ShowIf | None:
    if condition is None:
        return None
    left = tuple(each for each in condition.comparisons if each.item not in gone)
    return ShowIf(left, condition.any_of and len(left) > 1) if left else None


def move(definition: Definition, key: str, *, up: bool) -> Definition:
    """Move an item one step, a row of a matrix inside it, any other past a whole matrix or section border."""
    item = definition.item(key)
    if item is None:
        return definition
    if item.matrix:
        rows = [each for each in definition.items if each.matrix == item.matrix]
        order = _stepped([(row,) for row in rows], rows.index(item), up=up)
        moved = iter(row for unit in order for row in unit)
        items = [next(moved) if each.matrix == item.matrix else each for each in definition.items]
        return with_items(definition, items)
    return _move_unit(definition, (item,), up=up)


def move_matrix(definition: Definition, matrix: str, *, up: bool) -> Definition:
    """Move all rows of a matrix one step."""
    rows = tuple(item for item in definition.items if item.matrix == matrix)
    return _move_unit(definition, rows, up=up) if rows else definition


def _move_unit(definition: Definition, unit: Unit, *, up: bool) -> Definition:
    whole = units(definition.items)
    place = whole.index(unit)
    other = place + (-1 if up else 1)
    section = unit[0].section
    if 0 <= other < len(whole) and whole[other][0].section == section:
        whole = _stepped(whole, place, up=up)
    elif 0 <= other < len(whole):  # over a border: into the neighbouring section, in the same place
        whole[place] = _into(unit, whole[other][0].section)
    elif up:
        whole[place] = _into(unit, "")  # above the first heading
    return with_items(definition, [item for each in whole for item in each])


def _stepped(whole: Sequence[Unit], place: int, *, up: bool) -> list[Unit]:
    ordered = list(whole)
    other = place + (-1 if up else 1)
    if 0 <= other < len(ordered):
        ordered[place], ordered[other] = ordered[other], ordered[place]
    return ordered


def _into(unit: Unit, section: str) -> Unit:
    return tuple(replace(item, section=section) for item in unit)


def place(definition: Definition, key: str, *, before: str = "") -> Definition:
    """Put an item, or the matrix it belongs to, in front of another one and into its section."""
    whole = units(definition.items)
    unit = next((each for each in whole if any(item.key == key for item in each)), None)
    target = next((each for each in whole if any(item.key == before for item in each)), None)
    if unit is None or unit == target or (before and target is None):
        return definition
    rest = [each for each in whole if each != unit]
    section = target[0].section if target else whole[-1][0].section
    at = rest.index(target) if target else len(rest)
    ordered = [*rest[:at], _into(unit, section), *rest[at:]]
    return with_items(definition, [item for each in ordered for item in each])


def add_section(
    definition: Definition, key: str, said: Mapping[str, SectionText], *, at: str = ""
) -> Definition:
    """Set a heading in front of an item: what follows, up to the next heading, belongs to it."""
    sections = {**definition.sections, key: said}
    item = definition.item(at)
    if item is None:
        return replace(definition, sections=sections)
    first = next(n for n, each in enumerate(definition.items) if each.key == at)
    items, inside = list(definition.items), True
    for n in range(first, len(items)):
        inside = inside and items[n].section == item.section
        if inside:
            items[n] = replace(items[n], section=key)
    return with_items(replace(definition, sections=sections), items)


def remove_section(definition: Definition, key: str) -> Definition:
    """Take a heading away: its items belong to the section above."""
    first = next((n for n, item in enumerate(definition.items) if item.section == key), 0)
    above = definition.items[first - 1].section if first else ""
    items = [replace(item, section=above) if item.section == key else item for item in definition.items]
    sections = {name: said for name, said in definition.sections.items() if name != key}
    return with_items(replace(definition, sections=sections), items)


def move_section(definition: Definition, key: str, *, up: bool) -> Definition:
    """Let a whole section change places with the one above or below."""
    runs = [tuple(run) for _section, run in groupby(definition.items, key=lambda item: item.section)]
    at = next((n for n, run in enumerate(runs) if run[0].section == key), None)
    if at is None:
        return definition
    return with_items(definition, [item for run in _stepped(runs, at, up=up) for item in run])


def put_matrix(
    definition: Definition, matrix: str, stems: Mapping[str, str], rows: Sequence[ItemDefinition], after: str
) -> Definition:
    """Write a matrix: its stem and its rows, in place of those it had, else behind an item."""
    known = {row.key for row in rows}
    if any(item.key in known and item.matrix != matrix for item in definition.items):
        raise KeyUsedError
    old = [item for item in definition.items if item.matrix == matrix]
    at = definition.items.index(old[0]) if old else _place_behind(definition.items, after)
    rest = [item for item in definition.items if item.matrix != matrix]
    at -= sum(item.matrix == matrix for item in definition.items[:at])
    changed = replace(definition, matrices={**definition.matrices, matrix: stems})
    gone = {item.key for item in old} - known
    items = [*rest[:at], *rows, *rest[at:]]
    return with_items(
        changed,
        [replace(item, show_if=_without(item.show_if, gone)) if gone else item for item in items],
    )


def reduced(definition: Definition, languages: Sequence[str]) -> Definition:
    """Return the draft in these of its languages only."""

    def only(said: Mapping[str, Any]) -> dict[str, Any]:
        return {language: said[language] for language in languages if language in said}

    return replace(
        definition,
        title=only(definition.title),
        intro=only(definition.intro),
        opening=only(definition.opening),
        closing=only(definition.closing),
        sections={key: only(said) for key, said in definition.sections.items()},
        matrices={key: only(said) for key, said in definition.matrices.items()},
        items=tuple(
            replace(
                item,
                texts=only(item.texts),
                options=tuple(replace(option, texts=only(option.texts)) for option in item.options),
            )
            for item in definition.items
        ),
    )
