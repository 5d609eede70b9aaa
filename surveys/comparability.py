"""What a change from one version to the next means for each item: same, reworded, or a break."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from surveys.definition import Definition, DefinitionError, ItemDefinition, Option

DECISIONS = ("same", "reworded", "break")
T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one item, and what that means.

    ``what`` names the changed parts: new, kind, scale, options, option_texts, order, texts, required, asked
    (condition or place), range, stem (of its matrix), gone. ``free`` says whether a person may decide.
    """

    item_key: str
    what: tuple[str, ...]
    decision: str
    free: bool


def changes(previous: Definition, definition: Definition) -> list[Change]:
    """Return what happened to each item, in the order of the new version, then the items that are gone.

    Another kind or scale breaks the series whatever the author says; another set of options does unless the
    author says otherwise; other words are ``reworded`` unless the author says otherwise; a new item has
    nothing before it. Raises ``DefinitionError`` for a decision that is none.
    """
    found = [_change(previous, definition, item) for item in definition.items]
    gone = [item.key for item in previous.items if definition.item(item.key) is None]
    return found + [Change(key, ("gone",), "break", free=False) for key in gone]


def decisions(previous: Definition, definition: Definition) -> dict[str, str]:
    """Return for each item of the new version whether it may be compared with the version before."""
    return {
        change.item_key: change.decision
        for change in changes(previous, definition)
        if "gone" not in change.what
    }


def _change(previous: Definition, definition: Definition, item: ItemDefinition) -> Change:
    old, asked = previous.item(item.key), definition.changes.get(item.key)
    if asked is not None and asked not in DECISIONS:
        raise DefinitionError(f"A change should be one of {', '.join(DECISIONS)}, but is {asked!r}.")
    if old is None:
        return Change(item.key, ("new",), "break", free=False)
    what = tuple(_differing(old, item))
    if previous.matrices.get(old.matrix) != definition.matrices.get(item.matrix):
        what = (*what, "stem")
    if {"kind", "scale"} & set(what):
        return Change(item.key, what, "break", free=False)
    default = "same"
    if "options" in what:
        default = "break"
    elif {"texts", "option_texts", "stem"} & set(what):
        default = "reworded"
    return Change(item.key, what, asked or default, free=bool(what))


def _differing(old: ItemDefinition, item: ItemDefinition) -> list[str]:
    codes, before = [o.code for o in item.options], [o.code for o in old.options]
    said, said_before = ({o.code: dict(o.texts) for o in each.options} for each in (item, old))
    shared = set(said) & set(said_before)
    parts = {
        "kind": old.kind != item.kind,
        "scale": old.scale != item.scale,
        "options": set(codes) != set(before),
        "option_texts": any(said[code] != said_before[code] for code in shared),
        "order": [c for c in codes if c in shared] != [c for c in before if c in shared],
        "texts": dict(old.texts) != dict(item.texts),
        "required": (old.required, old.not_applicable) != (item.required, item.not_applicable),
        "asked": (old.show_if, old.only) != (item.show_if, item.only),
        "range": (old.minimum, old.maximum, old.soft) != (item.minimum, item.maximum, item.soft),
    }
    return [name for name, differs in parts.items() if differs]


def options_over(items: Sequence[ItemDefinition]) -> dict[int, Option]:
    """Return every option that one item offered in any of its versions, the oldest given first.

    They stand in the latest order and words; what is no longer offered stands after its old neighbour.
    """
    said = {option.code: option for item in items for option in item.options}
    orders = [[option.code for option in item.options] for item in reversed(items)]
    return {code: said[code] for code in merged(orders)}


def merged(orders: Sequence[Sequence[T]]) -> list[T]:
    """Merge orders, the most important first: what only a later one has stands after its neighbour there."""
    out = list(orders[0]) if orders else []
    for order in orders[1:]:
        for place, each in enumerate(order):
            if each not in out:
                out.insert(out.index(order[place - 1]) + 1 if place else 0, each)
    return out
