"""What must hold before a questionnaire may be published: it can be asked, stored and read."""

import re
from collections.abc import Iterator
from itertools import groupby, pairwise

from core.i18n import LANGUAGES
from surveys.conditions import OPERATORS, WITHOUT_VALUE, Comparison
from surveys.definition import (
    CHOSEN,
    KINDS,
    ONLY,
    ROLES,
    STORED_LIMIT,
    WRITTEN,
    Definition,
    DefinitionError,
    ItemDefinition,
)

RESERVED = {"csrf_token", "language", "seconds", "switch_language", "once", "save", "page"}  # of the page
LONGEST = 200  # items; the table of answers and a sheet of paper both end somewhere
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")


def check(definition: Definition) -> None:
    """Refuse a definition that could not be asked, stored or read in each of its languages.

    Raises
    ------
    DefinitionError
        With one sentence that names the item and says what was expected.
    """
    for where, expected in problems(definition):
        raise DefinitionError(f"{where[0].upper()}{where[1:]} should have {expected}.")


def problems(definition: Definition) -> Iterator[tuple[str, str]]:
    """Yield (where, what was expected) for everything that stands in the way of publishing."""
    whole = "the questionnaire"
    if not definition.title or not all(title.strip() for title in definition.title.values()):
        yield whole, "a title in at least one language"
    elif not set(definition.languages) & set(LANGUAGES):
        yield whole, f"a title in at least one of the languages {', '.join(LANGUAGES)}"  # pages speak these
    if not definition.items:
        yield whole, "at least one item"
    if len(definition.items) > LONGEST:
        yield whole, f"at most {LONGEST} items"
    keys = [item.key for item in definition.items]
    if len(set(keys)) != len(keys):
        yield whole, "item keys that differ from each other"
    for role in ("overall", "resolved"):
        if sum(item.role == role for item in definition.items) > 1:
            yield whole, f"at most one item with the role {role}"
    for position, item in enumerate(definition.items):
        where = f"item {item.key}"
        yield from ((where, expected) for expected in _of_item(item, definition.languages))
        yield from ((where, expected) for expected in _of_condition(item, definition.items[:position]))
    yield from _of_groups(definition)


def _of_item(item: ItemDefinition, languages: tuple[str, ...]) -> Iterator[str]:
    if _KEY.fullmatch(item.key) is None or item.key in RESERVED:
        yield (
            "a key of small letters, digits and _ (at most 40), starting with a letter, and none of "
            + ", ".join(sorted(RESERVED))
        )
    if item.kind not in KINDS:
        yield f"a kind out of {', '.join(KINDS)}"
    if item.role not in ROLES:
        yield f"a role out of {', '.join(ROLES)}"
    if item.only not in ONLY:
        yield "“phone” or “web” as the only place where it is asked, or neither"
    if not set(languages) <= set(item.texts):
        yield f"a text in {', '.join(languages)}"
    if not all(said.text.strip() for said in item.texts.values()):
        yield "a text that is not empty"
    hinted = {language for language, said in item.texts.items() if said.hint.strip()}
    if hinted and not set(languages) <= hinted:
        yield f"a hint in {', '.join(languages)}, or in none"
    if not 1 <= item.limit <= STORED_LIMIT:
        yield f"a limit from 1 to {STORED_LIMIT} characters"
    if None not in {item.minimum, item.maximum} and (item.minimum or 0) > (item.maximum or 0):
        yield "a smallest value that is not above the largest"
    if item.kind in {"likert", "rating", "yesno"} and not item.scale:
        yield "a named scale such as sat5"
    if item.kind in CHOSEN:
        yield from _of_options(item, languages)


def _of_options(item: ItemDefinition, languages: tuple[str, ...]) -> Iterator[str]:
    codes = [option.code for option in item.options]
    if len(codes) < 2 or len(set(codes)) != len(codes):
        yield "two or more options, each coded"
    if not all(1 <= code <= 999 for code in codes):
        yield "option codes from 1 to 999"
    if not all(set(languages) <= set(option.texts) for option in item.options):
        yield f"each option in {', '.join(languages)}"
    elif not all(text.strip() for option in item.options for text in option.texts.values()):
        yield "options that are not empty"
    if sum(option.other for option in item.options) > 1:
        yield "at most one option “other” with a line to write on"


def _of_condition(item: ItemDefinition, earlier: tuple[ItemDefinition, ...]) -> Iterator[str]:
    """Check a condition against the items before; an item that is asked elsewhere only has no answer here."""
    if item.show_if is None:
        return
    known = {each.key: each for each in earlier}
    for comparison in item.show_if.comparisons:
        on = known.get(comparison.item)
        if on is None:
            yield "a condition on an earlier item"
        elif on.only and on.only != item.only:
            yield f"a condition on an item that is asked wherever this one is asked, not on {on.key}"
        elif not _fits(comparison, on):
            yield f"a condition that fits how {on.key} is answered"


def _fits(comparison: Comparison, on: ItemDefinition) -> bool:
    if comparison.operator not in OPERATORS:
        return False
    if comparison.operator in WITHOUT_VALUE:
        return True
    if comparison.value is None or on.kind == "text":
        return False
    looks_into_codes = comparison.operator in {"has", "has_not"}
    if on.kind == "multiple" or looks_into_codes:
        return looks_into_codes and on.kind in CHOSEN and comparison.value in on.values()
    return on.kind in WRITTEN or comparison.operator not in {"=", "!="} or comparison.value in on.values()


def _of_groups(definition: Definition) -> Iterator[tuple[str, str]]:
    """Sections and matrices are known, said in each language, and their items stand together."""
    for name, of, known in (
        ("section", [item.section for item in definition.items], set(definition.sections)),
        ("matrix", [item.matrix for item in definition.items], set(definition.matrices)),
    ):
        runs = [key for key, _ in groupby(of) if key]
        if len(set(runs)) != len(runs):
            yield "the questionnaire", f"the items of each {name} next to each other"
        if not set(runs) <= known:
            yield "the questionnaire", f"each {name} that its items name"
    languages = set(definition.languages)
    for key, said in definition.sections.items():
        if not languages <= {lang for lang, text in said.items() if text.title.strip()}:
            yield f"section {key}", f"a title in {', '.join(definition.languages)}"
        worded = {lang for lang, text in said.items() if text.text.strip()}
        if worded and not languages <= worded:
            yield f"section {key}", f"its text in {', '.join(definition.languages)}, or in none"
    for key, stems in definition.matrices.items():
        if not languages <= {lang for lang, stem in stems.items() if stem.strip()}:
            yield f"matrix {key}", f"a text in {', '.join(definition.languages)}"
    for first, second in pairwise(definition.items):
        if first.matrix and first.matrix == second.matrix and _offered(first) != _offered(second):
            yield f"matrix {first.matrix}", "the same answers offered in each of its rows"


def _offered(item: ItemDefinition) -> tuple[object, ...]:
    return item.kind, item.scale, item.section, item.not_applicable, item.options
