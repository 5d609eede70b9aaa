"""Conditions in words: when a question is asked, for readers whose page cannot hide it, and for staff."""

from collections.abc import Mapping
from datetime import date
from functools import reduce

from core.i18n import _
from surveys.conditions import WITHOUT_VALUE, Comparison, ShowIf
from surveys.definition import ItemDefinition
from surveys.layout import choices, is_steps
from surveys.parsing import Given

FEW = 3  # answers that are named one by one


def condition_text(condition: ShowIf, items: Mapping[str, ItemDefinition], language: str) -> str:
    """Say when an item is asked: Only if you chose “Dissatisfied” for “Overall satisfaction”.

    A draft may name items that are not there any more; of those nothing is said.
    """
    known = [each for each in condition.comparisons if each.item in items]
    if not known:
        return ""
    said = [_comparison(each, items[each.item], language) for each in known]
    return _("Only if %(condition)s", condition=reduce(_either if condition.any_of else _both, said))


def _either(first: str, second: str) -> str:
    return _("%(first)s or %(second)s", first=first, second=second)


def _both(first: str, second: str) -> str:
    return _("%(first)s and %(second)s", first=first, second=second)


def _comparison(comparison: Comparison, item: ItemDefinition, language: str) -> str:
    name = item.said(language).name
    if comparison.operator in WITHOUT_VALUE:
        if comparison.operator == "answered":
            return _("you answered “%(item)s”", item=name)
        return _("you did not answer “%(item)s”", item=name)
    offered = choices(item, language)
    if item.kind == "multiple":
        words = dict(offered).get(int(comparison.value or 0), "")
        if comparison.operator == "has":
            return _("you chose %(words)s for “%(item)s”", words=_quoted(words), item=name)
        return _("you did not choose %(words)s for “%(item)s”", words=_quoted(words), item=name)
    fitting = [(code, words) for code, words in offered if comparison.holds({item.key: Given(value=code)})]
    if fitting:
        return _chosen(item, name, offered, fitting)
    return _measured(comparison, item, name)


def _chosen(
    item: ItemDefinition, name: str, offered: list[tuple[int, str]], fitting: list[tuple[int, str]]
) -> str:
    codes = sorted(code for code, _words in fitting)
    if len(fitting) == len(offered):
        return _("you answered “%(item)s”", item=name)
    if is_steps(item) and len(codes) > 1 and codes[-1] - codes[0] == len(codes) - 1:
        return _("you chose %(low)s to %(high)s for “%(item)s”", low=codes[0], high=codes[-1], item=name)
    if is_steps(item) and len(codes) == 1:
        return _("you chose %(words)s for “%(item)s”", words=codes[0], item=name)
    if len(fitting) <= FEW:
        said = reduce(_either, [_quoted(words) for _code, words in fitting])
        return _("you chose %(words)s for “%(item)s”", words=said, item=name)
    others = [_quoted(words) for code, words in offered if code not in codes]
    return _("you chose anything but %(words)s for “%(item)s”", words=reduce(_either, others), item=name)


def _quoted(words: str) -> str:
    return _("“%(words)s”", words=words)


def _measured(comparison: Comparison, item: ItemDefinition, name: str) -> str:
    value = comparison.value or 0
    said = date.fromordinal(int(value)).isoformat() if item.kind == "date" else f"{value:g}"
    return {
        "<=": lambda: _("“%(item)s” is at most %(value)s", item=name, value=said),
        "<": lambda: _("“%(item)s” is less than %(value)s", item=name, value=said),
        ">=": lambda: _("“%(item)s” is at least %(value)s", item=name, value=said),
        ">": lambda: _("“%(item)s” is more than %(value)s", item=name, value=said),
        "!=": lambda: _("“%(item)s” is not %(value)s", item=name, value=said),
    }.get(comparison.operator, lambda: _("“%(item)s” is %(value)s", item=name, value=said))()
