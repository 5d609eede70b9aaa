"""The long format: one row for each answer, and of a multiple choice one for each option that was offered."""

from collections.abc import Iterator

from surveys.exports.cells import guarded, raw
from surveys.exports.columns import CHOSEN, META, OTHER, VALUE, WORDS, WRITTEN, Column, Question
from surveys.exports.reading import Row
from surveys.exports.words import missing_labels, option_text, value_labels
from surveys.exports.writing import Content, Written
from surveys.models import Missing
from surveys.queries import LoadedItem

_OF_ITEM = ("item", "column", "kind", "scale", "option", "value", "label", "missing", "words")
COLUMNS = (*META, *_OF_ITEM)
Pick = tuple[Row, int, int | None, dict[int, str]]  # the fixed cells, where the value and the words stand


def lines(content: Content, done: Written) -> Iterator[Row]:
    """Yield the rows of all responses; an item that a version does not have makes no row there."""
    places = content.layout.places()
    missing = {kind: guarded(said) for kind, said in missing_labels(content.language).items()}
    picks = {
        version.number: [
            pick
            for question, item in content.layout.asked(version.number)
            for pick in _picks(question, item, places, content.language)
        ]
        for version in content.layout.versions
    }
    for row in done.counted(content.rows(raw())):
        meta = [guarded(cell) if isinstance(cell, str) else cell for cell in row[: len(META)]]
        meta[5], meta[6] = str(meta[5]), _moment(meta[6])
        for fixed, at, words_at, labels in picks[row[2]]:  # type: ignore[index] # the number of the version
            value, words = row[at], row[words_at] if words_at is not None else None
            said = guarded(words) if isinstance(words, str) else ""
            if isinstance(value, Missing):
                yield [*meta, *fixed, "", missing[value], value.key, said]
            else:
                label = labels.get(value, "") if isinstance(value, int) else ""
                yield [*meta, *fixed, value, label, "", said]


def _moment(at: object) -> str:
    return str(at).replace(" ", "T")


def _picks(question: Question, item: LoadedItem, places: dict[Column, int], language: str) -> Iterator[Pick]:
    """Yield what makes the rows of one item in one version."""
    other = question.columns.get((OTHER, 0)) or question.columns.get((WORDS, 0))
    for part, code in question.parts():
        column = question.columns[part, code]
        if part not in {VALUE, CHOSEN, WRITTEN} or (part == CHOSEN and code not in item.definition.values()):
            continue
        fixed: Row = [question.key, column.name, question.kind, question.scale, code or ""]
        beside = other if part != CHOSEN or code == item.definition.other else None
        words_at = places.get(beside) if beside else None
        yield fixed, places[column], words_at, _labels(column, code, language)


def _labels(column: Column, code: int, language: str) -> dict[int, str]:
    """Return what the values mean; of an option both rows name it."""
    if column.question.kind in {"number", "date"}:
        return {}
    if column.part == CHOSEN:
        said = guarded(option_text(column, code, language))
        return {0: said, 1: said}
    return {value: guarded(said) for value, said in value_labels(column, language).items()}
