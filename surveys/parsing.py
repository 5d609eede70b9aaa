"""From a posted form to answers: pure, the same for the link, the phone and paper."""

import math
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from core.texts import clean_text
from surveys.models import Missing
from surveys.queries import LoadedItem, LoadedVersion

NOT_APPLICABLE = "na"
CODES_PER_CHARACTER = 8  # a family emoji has seven code points; more in all of them is no writing
MISSING_CODES = {
    NOT_APPLICABLE: Missing.NOT_APPLICABLE,
    "refused": Missing.REFUSED,
    "dont_know": Missing.DONT_KNOW,
}


class Form(Protocol):
    """What a posted form offers (a Werkzeug MultiDict does)."""

    def get(self, key: str, /) -> str | None: ...
    def getlist(self, key: str, /) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Given:
    """One answer: a score or option code, several codes, a number, words, or why there is none."""

    value: int | None = None
    codes: tuple[int, ...] = ()
    number: float | None = None
    words: str = ""
    missing: Missing | None = None

    @property
    def is_answer(self) -> bool:
        return self.missing is None


SKIPPED = Given(missing=Missing.SKIPPED)
NOT_ASKED = Given(missing=Missing.NOT_ASKED)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an answer cannot be taken: a code and the limits it broke; ``surveys.forms`` has the sentence."""

    code: str  # required | unknown | number | range | long
    minimum: float | None = None
    maximum: float | None = None
    length: int = 0


def parse_form(
    version: LoadedVersion, form: Form, *, mode: str, complete: bool = True
) -> tuple[dict[str, Given], dict[str, Problem]]:
    """Return an answer for every item of the version, and the problems by item.

    A blank optional item is skipped, an item whose condition does not hold was not asked, unless something
    was written there all the same. ``complete=False`` (a broken-off call) asks for no required item.
    """
    answers: dict[str, Given] = {}
    problems: dict[str, Problem] = {}
    for item in version.items:
        given = _parse_item(item, form, mode)
        if isinstance(given, Given):
            if given is SKIPPED and item.definition.show_if is not None:
                given = SKIPPED if is_asked(item, answers) else NOT_ASKED
            if given is SKIPPED and item.required and complete:
                problems[item.item_key] = Problem("required")
            answers[item.item_key] = given
        else:
            problems[item.item_key] = given
            answers[item.item_key] = SKIPPED
    return answers, problems


def is_asked(item: LoadedItem, answers: Mapping[str, Given]) -> bool:
    """Tell whether an item's condition holds."""
    condition = item.definition.show_if
    if condition is None:
        return True
    on = answers.get(condition.item)
    return on is not None and on.value is not None and on.value <= condition.at_most


def _parse_item(item: LoadedItem, form: Form, mode: str) -> Given | Problem:
    missing = _parse_missing(item, form, mode)
    if missing is not None:
        return missing
    if item.kind == "text":
        return _parse_text(item, form)
    if item.kind == "number":
        return _parse_number(item, form)
    if item.kind == "multiple":
        return _parse_multiple(item, form)
    return _parse_single(item, form)


def _parse_missing(item: LoadedItem, form: Form, mode: str) -> Given | None:
    """Read a declared missing: among the radios of a scored item, in a field of its own elsewhere."""
    chosen = item.kind not in {"text", "number", "multiple"}
    code = form.get(item.item_key if chosen else f"{item.item_key}-missing") or ""
    missing = MISSING_CODES.get(code)
    if missing is None or (mode == "web" and not _offered_on_page(item, missing)):
        return None
    return Given(missing=missing)


def _offered_on_page(item: LoadedItem, missing: Missing) -> bool:
    return missing is Missing.NOT_APPLICABLE and item.definition.not_applicable


def _parse_single(item: LoadedItem, form: Form) -> Given | Problem:
    code = form.get(item.item_key)
    if not code:
        return SKIPPED
    value = _code(code)
    return Given(value=value) if value in item.definition.values() else Problem("unknown")


def _parse_multiple(item: LoadedItem, form: Form) -> Given | Problem:
    codes = {_code(code) for code in form.getlist(item.item_key)}
    if not codes:
        return SKIPPED
    allowed = item.definition.values()
    if not codes <= set(allowed):
        return Problem("unknown")
    return Given(codes=tuple(code for code in sorted(allowed) if code in codes))


def _code(text: str) -> int:
    return int(text) if len(text) <= 3 and text.isascii() and text.isdigit() else -1


def _parse_number(item: LoadedItem, form: Form) -> Given | Problem:
    text = unicodedata.normalize("NFKC", form.get(item.item_key) or "").strip()  # full-width digits count
    if not text:
        return SKIPPED
    definition = item.definition
    try:
        number = float(text) if len(text) <= 30 and "_" not in text else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        return Problem("number", definition.minimum, definition.maximum)
    low = definition.minimum is not None and number < definition.minimum
    high = definition.maximum is not None and number > definition.maximum
    return Problem("range", definition.minimum, definition.maximum) if low or high else Given(number=number)


def _parse_text(item: LoadedItem, form: Form) -> Given | Problem:
    words = form.get(item.item_key)
    words = clean_text(words) if words else ""
    if not words:
        return SKIPPED
    length = text_length(words) if len(words) > item.definition.limit else 0
    if len(words) > item.definition.limit * CODES_PER_CHARACTER:
        length = max(length, len(words))
    if length > item.definition.limit:
        return Problem("long", maximum=item.definition.limit, length=length)
    return Given(words=words)


def text_length(text: str) -> int:
    """Count what a reader sees as characters: marks, joiners and what they join count with their base."""
    length, joined = 0, False
    for character in text:
        attaches = unicodedata.category(character) in {"Mn", "Me", "Mc"} or character in "\u200d\ufe0f"
        attaches = attaches or "\U0001f3fb" <= character <= "\U0001f3ff"  # skin tones
        length += not (attaches or joined)
        joined = character == "\u200d"
    return length
