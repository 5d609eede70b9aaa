"""What a sheet says about a question: when it is asked, and how to answer it."""

from collections.abc import Mapping
from datetime import date
from functools import reduce

from core.i18n import _, language, text_in
from surveys.conditions import WITHOUT_VALUE, Comparison, ShowIf
from surveys.definition import Definition, ItemDefinition
from surveys.models import Missing
from surveys.parsing import Given
from surveys.scales import NOT_APPLICABLE

MANY = 3  # more answers in a row than this are said as "from … to …"


def choices(item: ItemDefinition, language: str) -> list[tuple[int, str]]:
    """Return what can be chosen, in the order shown: the best answer first."""
    scale = item.scored()
    if scale is not None:
        return [(score, scale.word(score, language)) for score in scale.scores]
    return [(option.code, text_in(dict(option.texts), language)) for option in item.options]


def not_applicable(item: ItemDefinition, language: str) -> str:
    """Return the words for "does not apply" where they are offered."""
    if not item.not_applicable:
        return ""
    scale = item.scored()
    words = scale.not_applicable if scale else NOT_APPLICABLE
    return words.get(language) or words["en"]


def na_key(item: ItemDefinition) -> str:
    """Return the key of "does not apply": 0, but for a rating that has a 0 of its own."""
    return "n" if 0 in item.values() else "0"


def only_if(condition: ShowIf | None, definition: Definition, numbers: Mapping[str, int]) -> str | None:
    """Return the sentence above a conditional question, "" for one that everybody answers.

    ``numbers`` has the questions on the sheet. A comparison with a question that is not on it can never
    hold, but for "unanswered", which always does. None means that nobody could be asked.
    """
    if condition is None:
        return ""
    known = [c for c in condition.comparisons if c.item in numbers]
    always = [c for c in condition.comparisons if c.item not in numbers and c.operator == "unanswered"]
    lost = len(condition.comparisons) - len(known) - len(always)
    if condition.any_of:
        if always:
            return ""
        if not known:
            return None
    elif lost:
        return None
    elif not known:
        return ""
    parts = [_part(c, definition, numbers[c.item]) for c in known]
    glue = _(", or ") if condition.any_of else _(", and ")
    return _("Only if %(condition)s:", condition=glue.join(parts))


def _part(comparison: Comparison, definition: Definition, number: int) -> str:
    item = definition.item(comparison.item)
    if item is None or comparison.operator in WITHOUT_VALUE:
        answered = comparison.operator == "answered"
        return (
            _("you answered question %(number)s", number=number)
            if answered
            else _("you left question %(number)s blank", number=number)
        )
    if comparison.operator == "has_not":
        return _(
            "you did not choose %(answer)s in question %(number)s",
            answer=_quoted(_word(item, comparison.value)),
            number=number,
        )
    if item.values():
        return _(
            "you chose %(answer)s in question %(number)s", answer=_which(item, comparison), number=number
        )
    return _(
        "the answer to question %(number)s is %(value)s", number=number, value=_measure(item, comparison)
    )


def _which(item: ItemDefinition, comparison: Comparison) -> str:
    """Say which answers fulfil a comparison, in the order printed."""
    fits = [value for value in item.values() if comparison.holds({item.key: _given(item, value)})]
    if not fits:
        return "—"
    if len(fits) > MANY and item.scored() is not None:
        first, last = (_quoted(_word(item, value)) for value in (fits[0], fits[-1]))
        return _("an answer from %(first)s to %(last)s", first=first, last=last)
    words = [_quoted(_word(item, value)) for value in fits]
    return reduce(lambda one, more: _("%(one)s or %(more)s", one=one, more=more), words)


def _given(item: ItemDefinition, value: int) -> Given:
    return Given(codes=(value,)) if item.kind == "multiple" else Given(value=value)


def _word(item: ItemDefinition, value: float | None) -> str:
    return dict(choices(item, language())).get(int(value or 0), "")


def _quoted(word: str) -> str:
    return f"“{word}”"


def _measure(item: ItemDefinition, comparison: Comparison) -> str:
    """Say a comparison with a number or a day."""
    value = comparison.value or 0.0
    if item.kind == "date":
        return _of_day(comparison.operator, date.fromordinal(int(value)).isoformat())
    return _of_number(comparison.operator, f"{value:g}")


def _of_number(operator: str, value: str) -> str:
    return {
        "<=": _("%(value)s or less", value=value),
        "<": _("less than %(value)s", value=value),
        ">=": _("%(value)s or more", value=value),
        ">": _("more than %(value)s", value=value),
        "!=": _("not %(value)s", value=value),
    }.get(operator, value)


def _of_day(operator: str, value: str) -> str:
    return {
        "<=": _("%(value)s or earlier", value=value),
        "<": _("before %(value)s", value=value),
        ">=": _("%(value)s or later", value=value),
        ">": _("after %(value)s", value=value),
        "!=": _("not %(value)s", value=value),
    }.get(operator, value)


def how(item: ItemDefinition) -> str:
    """Say how many answers are wanted, or between which values."""
    if item.kind == "single":
        return _("(choose one)")
    if item.kind == "multiple":
        return _("(choose all that apply)")
    if item.kind != "number" or item.soft or (item.minimum is None and item.maximum is None):
        return ""
    low, high = (None if n is None else f"{n:g}" for n in (item.minimum, item.maximum))
    if low is not None and high is not None:
        return _("(from %(low)s to %(high)s)", low=low, high=high)
    return _("(from %(low)s)", low=low) if low is not None else _("(up to %(high)s)", high=high)


def is_chinese() -> bool:
    """Tell whether sentences of this language follow each other without a space."""
    return language().startswith("zh")


def said(item: ItemDefinition, given: Given, reader: str) -> str:
    """Say an answer, or why there is none."""
    if given.missing is not None:
        return {
            Missing.NOT_ASKED: _("not asked"),
            Missing.SKIPPED: _("left blank"),
            Missing.DONT_KNOW: _("unreadable"),
            Missing.NOT_APPLICABLE: not_applicable(item, reader) or _("does not apply"),
            Missing.REFUSED: _("refused"),
        }[given.missing]
    if item.kind == "date":
        return given.day.isoformat()
    if given.number is not None:
        return f"{given.number:g}"
    words = dict(choices(item, reader))
    codes = given.codes or ((given.value,) if given.value is not None else ())
    parts = [words.get(code, str(code)) for code in codes]
    return " · ".join([*parts, *([_quoted(given.words)] if given.words else [])])
