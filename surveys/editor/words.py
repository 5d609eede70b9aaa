"""What the editor says: kinds, remarks, conditions and changes in the words of the reader."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from core.i18n import LANGUAGES, _, _l, language
from surveys.conditions import Comparison, ShowIf
from surveys.definition import Definition, ItemDefinition
from surveys.editor.comparing import Line
from surveys.editor.kinds import kind_of
from surveys.scales import scale_named

KIND_NAMES = {
    "scale": _l("Rating scale"),
    "nps": _l("Recommend us, 0–10"),
    "ces": _l("How easy, 1–7"),
    "single": _l("One of several"),
    "multiple": _l("Several of several"),
    "yesno": _l("Yes or no"),
    "number": _l("Number"),
    "date": _l("Date"),
    "short": _l("Short text"),
    "long": _l("Long text"),
    "matrix": _l("Several aspects, one scale"),
}
KIND_HINTS = {
    "scale": _l("Very satisfied … very dissatisfied: the usual question"),
    "nps": _l("NPS: would they recommend us to family and friends?"),
    "ces": _l("CES: how much effort did it take them?"),
    "single": _l("One answer out of a list of your own"),
    "multiple": _l("As many answers out of a list as fit"),
    "yesno": _l("For example: has it been solved?"),
    "number": _l("For example: days waited"),
    "date": _l("For example: day of the visit"),
    "short": _l("One line, for a word or two"),
    "long": _l("Whatever they would like to tell us"),
    "matrix": _l("Attitude, speed, quality …: entered once, shown one below the other"),
}
SCALE_NAMES = {
    "sat5": _l("Satisfaction, 5 steps"),
    "hcp5": _l("Government rating 好差评, 5 steps"),
    "sat7": _l("Satisfaction, 7 steps"),
    "agree5": _l("Agreement, 5 steps"),
    "agree7": _l("Agreement, 7 steps"),
    "quality5": _l("Good or poor, 5 steps"),
    "ease7": _l("How easy, 7 steps"),
    "rating10": _l("0 to 10"),
    "yesno": _l("Yes or no"),
}
ROLE_NAMES = {
    "none": _l("no special part"),
    "overall": _l("Overall rating"),
    "driver": _l("Aspect"),
    "resolved": _l("Solved or not"),
    "open": _l("Open question"),
}
ONLY_NAMES = {"": _l("Everywhere"), "phone": _l("By phone only"), "web": _l("Not by phone")}
PART_NAMES = {
    "title": _l("Title"),
    "intro": _l("Introduction"),
    "opening": _l("What the caller says first"),
    "closing": _l("What the caller says last"),
    "section": _l("Heading"),
    "section_text": _l("Text below the heading"),
    "stem": _l("Question above all rows"),
    "text": _l("Question"),
    "hint": _l("Hint"),
    "spoken": _l("Read aloud"),
    "short": _l("Short name"),
    "option": _l("Answer"),
    "order": _l("Order of the answers"),
    "kind": _l("Kind"),
    "scale": _l("Scale"),
    "role": _l("Part"),
    "required": _l("Required"),
    "not_applicable": _l("“Did not use” offered"),
    "only": _l("Where asked"),
    "show_if": _l("Asked when"),
    "range": _l("Range"),
    "limit": _l("Longest answer"),
    "languages": _l("Languages"),
    "places": _l("Order of the questions"),
    "section_of": _l("Under the heading"),
}
STATE_NAMES = {
    "same": _l("same question"),
    "reworded": _l("reworded"),
    "break": _l("new start"),
    "new": _l("new"),
    "gone": _l("gone"),
}
STATE_TONES = {"same": "good", "reworded": "info", "break": "warn", "new": "neutral", "gone": "neutral"}
OPERATOR_NAMES = {
    "=": _l("is"),
    "!=": _l("is not"),
    "<=": _l("is at most"),
    ">=": _l("is at least"),
    "<": _l("is less than"),
    ">": _l("is more than"),
    "has": _l("includes"),
    "has_not": _l("does not include"),
    "answered": _l("was answered"),
    "unanswered": _l("was not answered"),
}
DATE_OPERATORS = {"<=": _l("is on or before"), ">=": _l("is on or after")}


def listed(names: Iterable[str]) -> str:
    """Say several names one after the other."""
    return _(", ").join(names)


def why_suggested(what: Sequence[str]) -> str:
    """Say why one meaning of a change is chosen beforehand."""
    if "options" in what:
        return _("suggested: other answers are offered")
    if {"texts", "option_texts", "stem"} & set(what):
        return _("suggested: the words changed")
    return _("suggested: the words and answers stayed")


def language_name(code: str) -> str:
    """Return the own name of a language."""
    return LANGUAGES.get(code, code)


def scale_name(name: str) -> str:
    """Return what people call a scale."""
    return str(SCALE_NAMES.get(name.partition(".")[0], name))


def scale_words(name: str, reader: str) -> str:
    """Return the words of a scale in the order shown."""
    scale = scale_named(name)
    words = scale.words.get(reader) or scale.words["en"]
    return " · ".join(words)


def short_name(item: ItemDefinition) -> str:
    """Return what an item is called in lists."""
    said = item.said(language())
    return said.name or item.key


def kind_words(item: ItemDefinition) -> str:
    """Say how an item is answered."""
    kind = kind_of(item)
    return scale_name(item.scale) if kind == "scale" else str(KIND_NAMES[kind])


def value_words(item: ItemDefinition, value: float, reader: str) -> str:
    """Say one value of an item as it is shown to the customer."""
    scale = item.scored()
    if scale is not None:
        return scale.word(int(value), reader) if value in scale.scores else f"{value:g}"
    if item.kind == "date":
        return (
            date.fromordinal(int(value)).isoformat() if 1 <= value <= date.max.toordinal() else f"{value:g}"
        )
    option = next((each for each in item.options if each.code == value), None)
    if option is None:
        return f"{value:g}"
    return option.texts.get(reader) or next(iter(option.texts.values()), f"{value:g}")


def condition(show_if: ShowIf | None, definition: Definition) -> str:
    """Say when an item is asked."""
    if show_if is None:
        return _("always")
    parts = [comparison(each, definition) for each in show_if.comparisons]
    return (_(" or ") if show_if.any_of else _(" and ")).join(parts)


def comparison(each: Comparison, definition: Definition) -> str:
    """Say one comparison."""
    on = definition.item(each.item)
    if on is None:
        return _("“%(item)s” (no longer there)", item=each.item)
    operator = operator_name(each.operator, on.kind)
    if each.value is None:
        return _("“%(item)s” %(operator)s", item=short_name(on), operator=operator)
    value = value_words(on, each.value, language())
    return _("“%(item)s” %(operator)s “%(value)s”", item=short_name(on), operator=operator, value=value)


def operator_name(operator: str, kind: str) -> str:
    """Return the words of an operator."""
    special = DATE_OPERATORS if kind == "date" else {}
    return str(special.get(operator) or OPERATOR_NAMES.get(operator, operator))


def name_of(key: str, definition: Definition) -> str:
    """Return what the item with this key is called."""
    item = definition.item(key)
    return short_name(item) if item else key


def value_of(line: Line, side: object, definition: Definition) -> str:
    """Say one side of a difference."""
    if isinstance(side, str):
        return side
    if line.part == "languages" and isinstance(side, tuple):
        return listed(language_name(code) for code in side)
    if line.part == "places" and isinstance(side, Iterable):
        return " → ".join(name_of(str(key), definition) for key in side)
    return _item_value(line.part, side, definition) if isinstance(side, ItemDefinition) else str(side)


def _item_value(part: str, item: ItemDefinition, definition: Definition) -> str:
    reader = language()
    said: Mapping[str, object] = {
        "kind": lambda: str(KIND_NAMES[kind_of(item)]),
        "scale": lambda: f"{scale_name(item.scale)}: {scale_words(item.scale, reader)}" if item.scale else "",
        "role": lambda: str(ROLE_NAMES[item.role]),
        "required": lambda: _("yes") if item.required else _("no"),
        "not_applicable": lambda: _("yes") if item.not_applicable else _("no"),
        "only": lambda: str(ONLY_NAMES[item.only]),
        "show_if": lambda: condition(item.show_if, definition),
        "range": lambda: range_words(item),
        "limit": lambda: str(item.limit),
        "order": lambda: " · ".join(value_words(item, code, reader) for code in item.values()),
        "section_of": lambda: f"{short_name(item)}: {_section(item, definition, reader) or '—'}",
    }
    speak = said[part]
    return str(speak()) if callable(speak) else ""


def _section(item: ItemDefinition, definition: Definition, reader: str) -> str:
    said = definition.sections.get(item.section, {})
    text = said.get(reader) or next(iter(said.values()), None)
    return text.title if text else ""


def range_words(item: ItemDefinition) -> str:
    """Say between what an answer lies."""
    low, high = (
        None if v is None else value_words(item, v, language()) for v in (item.minimum, item.maximum)
    )
    if low is None and high is None:
        return _("any")
    said = f"{low if low is not None else '…'} – {high if high is not None else '…'}"
    return _("%(range)s, asks once when outside", range=said) if item.soft else said
