"""Two versions side by side: what changed in each item, in which words, and what that means for a series."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from surveys import comparability
from surveys.definition import Definition, ItemDefinition, to_dict
from surveys.editor.wording import ITEM_PARTS, wordings

_WORST = {"same": 0, "reworded": 1, "break": 2}


@dataclass(frozen=True, slots=True)
class Line:
    """One difference. ``part`` says of what; texts have a language, the rest whole items."""

    part: str
    old: object
    new: object
    language: str = ""
    code: int = 0  # of an option


@dataclass(frozen=True, slots=True)
class ItemChange:
    """One item in both versions."""

    item_key: str
    old: ItemDefinition | None
    new: ItemDefinition | None
    what: tuple[str, ...]
    decision: str
    free: bool
    lines: tuple[Line, ...]

    @property
    def state(self) -> str:
        """Return same | reworded | break | new | gone."""
        if self.old is None:
            return "new"
        return "gone" if self.new is None else self.decision


def item_changes(
    previous: Definition, definition: Definition, decided: dict[str, str] | None = None
) -> list[ItemChange]:
    """Return every item of both, the new order first; ``decided`` overrules what is said there."""
    found = []
    for change in comparability.changes(previous, definition):
        old, new = previous.item(change.item_key), definition.item(change.item_key)
        decision = (decided or {}).get(change.item_key, change.decision)
        lines = tuple(_lines(previous, definition, old, new)) if old and new else ()
        found.append(ItemChange(change.item_key, old, new, change.what, decision, change.free, lines))
    return found


def is_unchanged(previous: Definition, definition: Definition) -> bool:
    """Tell whether publishing would make the same version again."""
    return to_dict(replace(previous, changes={})) == to_dict(replace(definition, changes={}))


def decided_between(versions: Sequence[Definition]) -> dict[str, str]:
    """Return what became of each item of the last version since the first: the worst step counts."""
    decided = {item.key: "same" for item in versions[0].items}
    for previous, definition in pairwise(versions):
        made = comparability.decisions(previous, definition)
        decided = {
            key: max(decided.get(key, "break"), step, key=lambda each: _WORST[each])
            for key, step in made.items()
        }
    return decided


def whole_changes(previous: Definition, definition: Definition) -> Iterator[Line]:
    """Yield what changed outside the items: title, greetings, sections, stems, languages, order."""
    if previous.languages != definition.languages:
        yield Line("languages", previous.languages, definition.languages)
    old = {each.path: each for each in wordings(previous) if not each.item_key}
    new = {each.path: each for each in wordings(definition) if not each.item_key}
    for path in dict.fromkeys([*new, *old]):
        before, after = old.get(path), new.get(path)
        part = (after or before or next(iter(old.values()))).part
        for language in dict.fromkeys([*definition.languages, *previous.languages]):
            first = before.said.get(language, "") if before else ""
            second = after.said.get(language, "") if after else ""
            if first != second:
                yield Line(part, first, second, language)
    shared = {item.key for item in previous.items} & {item.key for item in definition.items}
    order = [item.key for item in definition.items if item.key in shared]
    if order != [item.key for item in previous.items if item.key in shared]:
        yield Line("places", [k.key for k in previous.items if k.key in shared], order)
    for key in sorted(shared):
        first_item, second_item = previous.item(key), definition.item(key)
        if first_item and second_item and first_item.section != second_item.section:
            yield Line("section_of", first_item, second_item)


def _lines(
    previous: Definition, definition: Definition, old: ItemDefinition, new: ItemDefinition
) -> Iterator[Line]:
    for language in dict.fromkeys([*new.texts, *old.texts]):
        for part in ITEM_PARTS:
            before, after = (
                getattr(old.texts.get(language), part, ""),
                getattr(new.texts.get(language), part, ""),
            )
            if before != after:
                yield Line(part, before, after, language)
    before_stem, after_stem = previous.matrices.get(old.matrix, {}), definition.matrices.get(new.matrix, {})
    for language in dict.fromkeys([*after_stem, *before_stem]):
        if before_stem.get(language, "") != after_stem.get(language, ""):
            yield Line("stem", before_stem.get(language, ""), after_stem.get(language, ""), language)
    yield from _option_lines(old, new)
    for part in ("kind", "scale", "role", "required", "not_applicable", "only", "show_if"):
        if getattr(old, part) != getattr(new, part):
            yield Line(part, old, new)
    if (old.minimum, old.maximum, old.soft) != (new.minimum, new.maximum, new.soft):
        yield Line("range", old, new)
    if (old.limit, old.single_line) != (new.limit, new.single_line) and new.kind == old.kind == "text":
        yield Line("limit", old, new)


def _option_lines(old: ItemDefinition, new: ItemDefinition) -> Iterator[Line]:
    before, after = ({o.code: o.texts for o in each.options} for each in (old, new))
    for code in dict.fromkeys([*after, *before]):
        first, second = before.get(code, {}), after.get(code, {})
        for language in dict.fromkeys([*second, *first]):
            if first.get(language, "") != second.get(language, ""):
                yield Line("option", first.get(language, ""), second.get(language, ""), language, code)
    shared = [option.code for option in new.options if option.code in before]
    if shared != [option.code for option in old.options if option.code in after]:
        yield Line("order", old, new)
