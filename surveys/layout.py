"""How a questionnaire stands on a page: sections, matrices, questions, and the boxes that ask why. Pure."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby

from surveys.conditions import ShowIf
from surveys.definition import WRITTEN, Definition, ItemDefinition

SCORED_SECONDS, TEXT_SECONDS = 6, 15  # what one question takes, for "about 1 minute"
LONG = 8  # with more questions than this a person may save and finish later
_REASON_OF = {"likert", "rating", "yesno", "single"}  # what a "why?" box may stand under
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Question:
    """One item, with the boxes that open under it for a low score."""

    item: ItemDefinition
    stem: str = ""  # what all rows of its matrix begin with
    reasons: tuple[ItemDefinition, ...] = ()

    @property
    def low(self) -> int | None:
        """Return the score up to which the boxes open."""
        condition = self.reasons[0].show_if if self.reasons else None
        return condition.low[1] if condition and condition.low else None


@dataclass(frozen=True, slots=True)
class Block:
    """Questions that stand together: the rows of a matrix under their stem, or some without one."""

    stem: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A section with its heading, or what stands outside of any."""

    title: str
    text: str
    blocks: tuple[Block, ...]


def parts(definition: Definition, language: str, mode: str = "web") -> list[Part]:
    """Return what this mode asks, in order."""
    asked = _questions(definition, language, mode)
    return [
        _part(definition, language, key, list(questions))
        for key, questions in groupby(asked, lambda question: question.item.section)
    ]


def _part(definition: Definition, language: str, key: str, questions: list[Question]) -> Part:
    said = definition.sections.get(key, {})
    text = said.get(language) or next(iter(said.values()), None)
    blocks = tuple(
        Block(stem, tuple(rows)) for stem, rows in groupby(questions, lambda question: question.stem)
    )
    return Part(text.title if text else "", text.text if text else "", blocks)


def _questions(definition: Definition, language: str, mode: str) -> Iterator[Question]:
    last: Question | None = None
    for item in asked_items(definition.items, mode):
        if last is not None and _is_reason(item, last):
            last = replace(last, reasons=(*last.reasons, item))
            continue
        if last is not None:
            yield last
        stems = definition.matrices.get(item.matrix, {})
        last = Question(item, stems.get(language) or next(iter(stems.values()), ""))
    if last is not None:
        yield last


def _is_reason(item: ItemDefinition, under: Question) -> bool:
    """Tell whether an item is a box that opens right under a low score."""
    low = item.show_if.low if item.show_if else None
    fits = item.kind == "text" and not item.matrix and item.section == under.item.section
    if not fits or low is None or low[0] != under.item.key or under.item.kind not in _REASON_OF:
        return False
    return under.low in {None, low[1]}


def asked_items(items: Iterable[ItemDefinition], mode: str = "web") -> list[ItemDefinition]:
    """Return the items that this mode may ask."""
    return [item for item in items if item.asked_in(mode)]


def asked_at_start(items: Iterable[ItemDefinition], mode: str = "web") -> list[ItemDefinition]:
    """Return what is asked before anything is answered: what "N questions" counts."""
    return [item for item in asked_items(items, mode) if item.show_if is None or item.show_if.holds({})]


def minutes(asked: Iterable[ItemDefinition]) -> int:
    """Return about how long the questions take."""
    seconds = sum(TEXT_SECONDS if item.kind == "text" else SCORED_SECONDS for item in asked)
    return max(1, round(seconds / 60))


def may_be_saved(definition: Definition) -> bool:
    """Tell whether a person may save and finish later: a long one, and not an anonymous one."""
    return not definition.anonymous and len(asked_at_start(definition.items)) > LONG


def choices(item: ItemDefinition, language: str) -> list[tuple[int, str]]:
    """Return what can be chosen, in the order shown: the best answer first."""
    scale = item.scored()
    if scale is not None:
        return [(score, scale.word(score, language)) for score in scale.scores]
    return [
        (option.code, option.texts.get(language) or next(iter(option.texts.values()), ""))
        for option in item.options
    ]


def is_steps(item: ItemDefinition) -> bool:
    """Tell whether the answers are numbers in a row, from 0 to 10."""
    scale = item.scored()
    return scale is not None and scale.family == "rating10"


def is_chosen(item: ItemDefinition) -> bool:
    """Tell whether the answer is chosen among some."""
    return item.kind not in WRITTEN


def missing_field(item: ItemDefinition) -> str:
    """Return the name of the field that says "does not apply"."""
    return f"{item.key}-missing" if item.kind == "multiple" or not is_chosen(item) else item.key


def first_field(item: ItemDefinition) -> str:
    """Return the id of an item's first field, where an error leads to."""
    values = item.values()
    if not is_chosen(item) or not values:
        return item.key
    return f"{item.key}-{values[-1] if is_steps(item) else values[0]}"


def condition_data(condition: ShowIf) -> str:
    """Write a condition for the page's script."""
    said = [[each.item, each.operator, each.value] for each in condition.comparisons]
    return json.dumps({"any": condition.any_of, "of": said}, ensure_ascii=False, separators=(",", ":"))


def date_field(written: str) -> tuple[str, str]:
    """Return type and value of a date field: what a calendar would not show stays as it was written."""
    return ("date" if not written or _is_day(written) else "text"), written


def _is_day(written: str) -> bool:
    try:
        return _ISO.fullmatch(written) is not None and date.fromisoformat(written) is not None
    except ValueError:  # a 31st of February
        return False
