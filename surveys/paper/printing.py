"""A version as sheets of paper: what is asked there, how it is laid out, and on which page it stands."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import groupby

from core.i18n import _, text_in
from surveys.definition import Definition, ItemDefinition
from surveys.paper import fitting, wording
from surveys.paper.fitting import LINE, Paper, Piece
from surveys.queries import LoadedVersion

SIZES = (16, 20)  # points: large and very large; small type is not offered
FEW_WORDS = 200  # a text of at most so many characters gets fewer lines, and so does a reason
SMALL = 0.875  # hints and conditions, against the body type
BOLD = 1.06  # bold words are wider
LINK_MM = 40.0  # the box around a code of 34 mm, of which 4 modules on each side are white
OFFICE_LINE_MM = 4.6


@dataclass(frozen=True, slots=True)
class Question:
    """One question as it stands on paper."""

    number: int
    key: str
    kind: str
    text: str
    hint: str
    only_if: str
    how: str  # "choose one", "choose all that apply", the limits of a number
    layout: str  # row | flow | columns | stack | lines | number | date
    options: tuple[str, ...]
    other: str  # the option with a line to write on, printed last
    not_applicable: str
    apart: bool  # "does not apply" has a line of its own
    lines: int  # to write on


@dataclass(frozen=True, slots=True)
class Block:
    """A question with what stands above it: a section begins, or a matrix does."""

    question: Question
    section: str = ""
    section_text: str = ""
    matrix: str = ""
    begins: bool = False  # the matrix begins here; else its stem is said again at the top of a page


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a sheet; ``ends`` has what closes the sheet."""

    number: int
    blocks: tuple[Block, ...]
    ends: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that is the same on every copy."""

    title: str
    intro: str
    how_to: str
    anonymous: str
    instructions: str
    office: tuple[tuple[str, str], ...]
    pages: tuple[Page, ...]


def sheet(version: LoadedVersion, language: str, *, points: int, instructions: str, linked: bool) -> Sheet:
    """Lay out a version in the language of the request, which is ``language``."""
    paper, definition = Paper(points), version.definition
    blocks = _blocks(definition, language, paper)
    questions = [block.question for block in blocks]
    empty = Sheet(
        title=text_in(dict(definition.title), language),
        intro=definition.intro.get(language, ""),
        how_to=_how_to(questions),
        anonymous=_anonymous_note() if definition.anonymous else "",
        instructions=instructions,
        office=tuple(_office_keys(definition, questions)),
        pages=(),
    )
    return replace(empty, pages=_pages(empty, blocks, paper, linked=linked))


def printed_items(definition: Definition) -> dict[str, int]:
    """Return the numbers of the items that stand on paper, by item key, in their order."""
    numbers: dict[str, int] = {}
    for item in definition.items:
        if item.asked_in("paper") and wording.only_if(item.show_if, definition, numbers) is not None:
            numbers[item.key] = len(numbers) + 1
    return numbers


def _blocks(definition: Definition, language: str, paper: Paper) -> list[Block]:
    numbers = printed_items(definition)
    blocks: list[Block] = []
    section = matrix = ""
    for item in definition.items:
        if item.key not in numbers:
            continue
        said = definition.sections.get(item.section, {}) if item.section != section else {}
        heading = said.get(language) or next(iter(said.values()), None)
        stem = definition.matrices.get(item.matrix, {})
        blocks.append(
            Block(
                _question(item, definition, numbers, language, paper),
                section=heading.title if heading else "",
                section_text=heading.text if heading else "",
                matrix=text_in(dict(stem), language) if item.matrix else "",
                begins=item.matrix != matrix,
            )
        )
        section, matrix = item.section, item.matrix
    return blocks


def _question(
    item: ItemDefinition, definition: Definition, numbers: Mapping[str, int], language: str, paper: Paper
) -> Question:
    said = item.said(language)
    offered = wording.choices(item, language) if item.values() else []
    options = tuple(words for code, words in offered if code != item.other)
    other = next((words for code, words in offered if code == item.other), "")
    apart_words = wording.not_applicable(item, language)
    layout = _layout(item, options, paper)
    together = layout == "row" and not other
    return Question(
        number=numbers[item.key],
        key=item.key,
        kind=item.kind,
        text=said.text,
        hint=said.hint,
        only_if=wording.only_if(item.show_if, definition, numbers) or "",
        how=wording.how(item),
        layout=layout,
        options=options,
        other=other,
        not_applicable=apart_words,
        apart=not (together and fitting.fits_one_row(options, paper.column, apart=apart_words)),
        lines=_lines(item),
    )


def _layout(item: ItemDefinition, options: tuple[str, ...], paper: Paper) -> str:
    """Words on one line where they fit; the steps of a rating run on; else one below the other."""
    if item.kind in {"text", "number", "date"}:
        return "lines" if item.kind == "text" else item.kind
    if fitting.fits_one_row(options, paper.column):
        return "row"
    if item.kind == "rating":
        return "flow"
    half = (paper.column - 1.0) / 2
    many = len(options) >= 6 and all(fitting.fits_one_row([option], half) for option in options)
    return "columns" if many else "stack"


def _lines(item: ItemDefinition) -> int:
    if item.kind != "text":
        return 0
    return 1 if item.single_line else 3 if item.limit <= FEW_WORDS or item.show_if else 4


def _how_to(questions: list[Question]) -> str:
    several = any(question.kind == "multiple" for question in questions)
    said = [_("Put a cross in the circle of your answer.")]
    if several:
        said.append(_("Where there are squares, you may cross several."))
    said.append(_("If you do not want to answer a question, leave it blank."))
    said.append(_("If you crossed the wrong one, fill it in completely and cross the right one."))
    return ("" if wording.is_chinese() else " ").join(said)


def _anonymous_note() -> str:
    return _(
        "Your answers are anonymous. The number on this sheet only keeps it from being counted twice; "
        "it is not kept with your answers. Please do not write your name."
    )


def _office_keys(definition: Definition, questions: list[Question]) -> list[tuple[str, str]]:
    """Return which keys stand for the answers, once for all questions that share them."""
    found: dict[str, list[int]] = {}
    for question in questions:
        item = definition.item(question.key)
        if item is not None and item.values():
            keys = " ".join(map(str, item.values()))
            keys += f" · {wording.na_key(item)}" if item.not_applicable else ""
            found.setdefault(keys, []).append(question.number)
    return [(_ranges(numbers), keys) for keys, numbers in found.items()]


def _ranges(numbers: list[int]) -> str:
    """Say 1, 2, 3, 7 as ``1–3, 7``."""
    parts = []
    for _shift, run in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        group = [number for _place, number in run]
        parts.append(f"{group[0]}" if len(group) == 1 else f"{group[0]}–{group[-1]}")
    return ", ".join(parts)


def _pages(sheet: Sheet, blocks: list[Block], paper: Paper, *, linked: bool) -> tuple[Page, ...]:
    heights = [_block_height(block, paper) for block in blocks]
    if heights:
        heights[-1] += _end_height(sheet, paper)  # the thanks never stand on a page alone
    pieces = [
        Piece(height, _stem_height(block.matrix, paper))
        for block, height in zip(blocks, heights, strict=True)
    ]
    found = fitting.paginate(pieces, room=paper.height, taken=_head_height(sheet, paper, linked=linked))
    return tuple(
        Page(
            number=number,
            blocks=tuple(_on_page(blocks[place], place == places[0]) for place in places),
            ends=number == len(found),
        )
        for number, places in enumerate(found, start=1)
    )


def _on_page(block: Block, first: bool) -> Block:
    """Say the stem of a matrix where it begins, and again at the top of a page."""
    return block if block.begins or first else replace(block, matrix="")


def _head_height(sheet: Sheet, paper: Paper, *, linked: bool) -> float:
    height = fitting.lines(sheet.title, paper.width, 1.5 * BOLD) * 1.5 * 1.3 + 0.5
    for text in (sheet.intro, sheet.how_to, sheet.anonymous):
        height += fitting.paragraph(text, paper.width - 0.2)
    return height + (paper.mm(LINK_MM) + 0.8 if linked else LINE + 0.5)  # the hotline stands there either way


def _end_height(sheet: Sheet, paper: Paper) -> float:
    height = 1.2 + LINE
    if sheet.instructions:
        height += 2.2 + LINE + fitting.paragraph(sheet.instructions, paper.width - 1.6)
    keys = sum(fitting.text_width(numbers + keys) + 3 for numbers, keys in sheet.office)
    rows = 1 + int((keys + 16) * 9 / paper.points // (paper.width * fitting.SAFETY))
    return height + paper.mm(OFFICE_LINE_MM * rows + 5)


def _stem_height(stem: str, paper: Paper) -> float:
    return fitting.paragraph(stem, paper.width, BOLD, below=0.0) + 0.9 if stem else 0.0


def _block_height(block: Block, paper: Paper) -> float:
    height = 0.0
    if block.section:
        height += 1.3 + fitting.lines(block.section, paper.width, 1.2 * BOLD) * 1.2 * LINE + 0.3
        height += fitting.paragraph(block.section_text, paper.width, below=0.2)
    if block.begins:
        height += _stem_height(block.matrix, paper)
    return height + _question_height(block.question, paper)


def _question_height(question: Question, paper: Paper) -> float:
    width = paper.column
    said = f"{question.text} {question.how}"
    height = 1.0 + fitting.paragraph(said, width, BOLD, below=0.2)
    height += fitting.paragraph(question.only_if, width, SMALL * BOLD, below=0.1)
    height += fitting.paragraph(question.hint, width, SMALL, below=0.1)
    return height + _answers_height(question, width)


def _answers_height(question: Question, width: float) -> float:
    if question.layout == "lines":
        height = fitting.RULE * question.lines
    elif question.layout in {"number", "date"}:
        height = 2.2
    else:
        height = fitting.ROW * _rows(question, width) + (fitting.RULE if question.other else 0.0)
    own_line = question.not_applicable and question.apart
    return height + (fitting.ROW * _stacked(question.not_applicable, width) if own_line else 0.0)


def _rows(question: Question, width: float) -> float:
    if question.layout == "flow":
        return fitting.rows_of_flow(question.options, width)
    if question.layout == "columns":
        return -(-len(question.options) // 2)
    if question.layout == "row":
        return 1
    return sum(_stacked(option, width) for option in question.options)


def _stacked(option: str, width: float) -> float:
    """Return the height of an option on a line of its own, in rows."""
    return (fitting.lines(option, width - fitting.MARK) - 1) * LINE / fitting.ROW + 1
