"""When a question is asked, as a sentence with selects."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.i18n import _
from surveys.conditions import WITHOUT_VALUE, Comparison, ShowIf
from surveys.definition import Definition, ItemDefinition
from surveys.editor.forms import Form, Input
from surveys.editor.forms_items import measured, shown
from surveys.editor.kinds import MEASURED
from surveys.editor.words import operator_name, value_words

MOST = 12  # comparisons of one rule


@dataclass
class Part:
    """One comparison as it stands in the form."""

    item: str = ""
    operator: str = ""
    value: str = ""


@dataclass
class RuleInput(Input):
    """All or any of some comparisons."""

    any_of: bool = False
    parts: list[Part] = field(default_factory=list)

    @classmethod
    def of(cls, item: ItemDefinition, definition: Definition) -> "RuleInput":
        """Fill the form with the condition of an item."""
        given = cls(definition.languages)
        if item.show_if:
            given.any_of = item.show_if.any_of
            given.parts = [_part(each, definition) for each in item.show_if.comparisons]
        return given

    @classmethod
    def read(cls, form: Form, languages: tuple[str, ...], press: str) -> "RuleInput":
        """Read what was chosen; ``press`` may drop a line."""
        given = cls(languages, any_of=form.get("join", "") == "any")
        for n in range(MOST):
            part = Part(*(form.get(f"c{n}.{name}", "").strip()[:60] for name in ("item", "is", "value")))
            if part.item and press != f"drop-{n}":
                given.parts.append(part)
        return given

    def condition(self, earlier: Sequence[ItemDefinition]) -> ShowIf | None:
        """Return the condition; what does not fit stands in ``errors``."""
        known = {item.key: item for item in earlier}
        found = [self._comparison(n, part, known.get(part.item)) for n, part in enumerate(self.parts)]
        comparisons = tuple(dict.fromkeys(each for each in found if each))
        return ShowIf(comparisons, self.any_of and len(comparisons) > 1) if comparisons else None

    def _comparison(self, n: int, part: Part, on: ItemDefinition | None) -> Comparison | None:
        if on is None:
            self.errors[f"c{n}.item"] = _("Choose an earlier question.")
        elif part.operator not in operators(on):
            self.errors[f"c{n}.is"] = _("Choose how to compare.")
        elif part.operator in WITHOUT_VALUE:
            return Comparison(on.key, part.operator)
        else:
            return self._with_value(n, part, on)
        return None

    def _with_value(self, n: int, part: Part, on: ItemDefinition) -> Comparison | None:
        if on.kind in MEASURED:
            number = measured(on.kind, part.value)
        else:
            number = next((float(value) for value in on.values() if str(value) == part.value), None)
        if number is None:
            self.errors[f"c{n}.value"] = {
                "number": _("Write a number, such as 10 or 2.5."),
                "date": _("Write the day like 2026-11-21."),
            }.get(on.kind, _("Choose an answer."))
            return None
        return Comparison(on.key, part.operator, number)


def _part(each: Comparison, definition: Definition) -> Part:
    on = definition.item(each.item)
    if each.value is None:
        return Part(each.item, each.operator)
    kind = on.kind if on else ""
    return Part(each.item, each.operator, shown(kind, each.value))


def operators(on: ItemDefinition) -> tuple[str, ...]:
    """Return the comparisons that fit how a question is answered, the usual one first."""
    fitting = {
        "likert": ("<=", ">=", "=", "!="),
        "rating": ("<=", ">=", "=", "!="),
        "number": ("<=", ">=", "=", "<", ">", "!="),
        "date": ("<=", ">=", "=", "<", ">", "!="),
        "multiple": ("has", "has_not"),
        "text": (),
    }.get(on.kind, ("=", "!="))
    return (*fitting, *WITHOUT_VALUE)


def choices(on: ItemDefinition, reader: str) -> list[tuple[str, str]]:
    """Return the answers of a question as a select takes them; none where it is written."""
    return [(str(value), value_words(on, value, reader)) for value in on.values()]


def earlier_items(definition: Definition, item: ItemDefinition) -> list[ItemDefinition]:
    """Return what a rule may look at: what comes before, wherever this one is asked."""
    place = definition.items.index(item)
    return [each for each in definition.items[:place] if not each.only or each.only == item.only]


def facts(items: Sequence[ItemDefinition], reader: str) -> dict[str, object]:
    """Return what the page's script needs to offer only what fits."""
    return {
        item.key: {
            "kind": item.kind,
            "operators": [[op, operator_name(op, item.kind), op in WITHOUT_VALUE] for op in operators(item)],
            "values": choices(item, reader),
        }
        for item in items
    }
