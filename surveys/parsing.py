"""From a posted form to answers: pure, the same for the link, the phone and paper."""

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from core.texts import clean_text
from surveys.definition import OTHER_LIMIT, WRITTEN
from surveys.models import Missing
from surveys.queries import LoadedItem, LoadedVersion

NOT_APPLICABLE = "na"
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?", re.ASCII)
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
    """One answer: a score or option code, several codes, a number, words, or why there is none.

    A date is a number, its ordinal day (`date.toordinal`). What is written beside "other" stands in
    ``words``, next to the code.
    """

    value: int | None = None
    codes: tuple[int, ...] = ()
    number: float | None = None
    words: str = ""
    missing: Missing | None = None

    @property
    def is_answer(self) -> bool:
        return self.missing is None

    @property
    def day(self) -> date:
        """Return the day of an answered date item."""
        return date.fromordinal(int(self.number or 1))


SKIPPED = Given(missing=Missing.SKIPPED)
NOT_ASKED = Given(missing=Missing.NOT_ASKED)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an answer cannot be taken: a code and the limits it broke; ``surveys.forms`` has the sentence."""

    code: str  # required | unknown | number | date | range | unlikely | long
    minimum: float | None = None
    maximum: float | None = None
    length: int = 0


def parse_form(
    version: LoadedVersion, form: Form, *, mode: str, complete: bool = True
) -> tuple[dict[str, Given], dict[str, Problem]]:
    """Return an answer for every item of the version, and the problems by item.

    A blank optional item is skipped. An item whose condition does not hold, or that this mode does not ask,
    was not asked; only words that somebody wrote there all the same are kept. ``complete=False`` (a
    broken-off call) asks for no required item.
    """
    answers: dict[str, Given] = {}
    problems: dict[str, Problem] = {}
    for item in version.items:
        given = _parse_item(item, form, mode)
        if not is_asked(item, answers, mode):
            answers[item.item_key] = (
                given if isinstance(given, Given) and _is_kept(item, given, mode) else NOT_ASKED
            )
        elif isinstance(given, Problem):
            problems[item.item_key] = given
            answers[item.item_key] = SKIPPED
        else:
            if given is SKIPPED and item.required and complete:
                problems[item.item_key] = Problem("required")
            answers[item.item_key] = given
    return answers, problems


def _is_kept(item: LoadedItem, given: Given, mode: str) -> bool:
    """Tell whether an answer stands although nobody asked: words always, and all that an old file says."""
    return given.is_answer and (mode == "import" or (item.kind == "text" and bool(given.words)))


def is_asked(item: LoadedItem, answers: Mapping[str, Given], mode: str) -> bool:
    """Tell whether an item is asked in this mode, and its condition holds."""
    definition = item.definition
    return definition.asked_in(mode) and (definition.show_if is None or definition.show_if.holds(answers))


def _parse_item(item: LoadedItem, form: Form, mode: str) -> Given | Problem:
    missing = _parse_missing(item, form, mode)
    if missing is not None:
        return missing
    if item.kind == "text":
        return _parse_text(item, form)
    if item.kind in {"number", "date"}:
        return _parse_measure(item, form, mode)
    if item.kind == "multiple":
        return _parse_multiple(item, form)
    return _parse_single(item, form)


def _parse_missing(item: LoadedItem, form: Form, mode: str) -> Given | None:
    """Read a declared missing: among the radios of a scored item, in a field of its own elsewhere."""
    chosen = item.kind not in {*WRITTEN, "multiple"}
    code = form.get(item.item_key if chosen else f"{item.item_key}-missing") or ""
    missing = MISSING_CODES.get(code)
    if missing is None or (mode == "web" and not _offered_on_page(item, missing)):
        return None
    return Given(missing=missing)


def _offered_on_page(item: LoadedItem, missing: Missing) -> bool:
    return missing is Missing.NOT_APPLICABLE and item.definition.not_applicable


def _parse_single(item: LoadedItem, form: Form) -> Given | Problem:
    code, words = form.get(item.item_key), _beside_other(item, form)
    other = item.definition.other
    if not code:
        return Given(value=other, words=words) if words else SKIPPED
    value = _code(code)
    if value not in item.definition.values():
        return Problem("unknown")
    return _with_words(Given(value=value), words if value == other else "")


def _parse_multiple(item: LoadedItem, form: Form) -> Given | Problem:
    words, other = _beside_other(item, form), item.definition.other
    codes = {_code(code) for code in form.getlist(item.item_key)}
    if words and other is not None:
        codes.add(other)
    if not codes:
        return SKIPPED
    allowed = item.definition.values()
    if not codes <= set(allowed):
        return Problem("unknown")
    given = Given(codes=tuple(code for code in sorted(allowed) if code in codes))
    return _with_words(given, words if other in codes else "")


def _beside_other(item: LoadedItem, form: Form) -> str:
    """Read what is written beside "other, namely …"; who writes there means it."""
    if item.definition.other is None:
        return ""
    return clean_text(form.get(f"{item.item_key}-other") or "")


def _with_words(given: Given, words: str) -> Given | Problem:
    length = text_length(words)
    if length > OTHER_LIMIT:
        return Problem("long", maximum=OTHER_LIMIT, length=length)
    return replace(given, words=words) if words else given


def _code(text: str) -> int:
    return int(text) if len(text) <= 3 and text.isascii() and text.isdigit() else -1


def _parse_measure(item: LoadedItem, form: Form, mode: str) -> Given | Problem:
    """Read a number or a day; a soft range takes what is outside when it is sent a second time.

    What was written down elsewhere, on paper or in an old file, cannot be asked again: it is taken at once.
    """
    text = unicodedata.normalize("NFKC", form.get(item.item_key) or "").strip()  # full-width digits count
    if not text:
        return SKIPPED
    low, high = item.definition.minimum, item.definition.maximum
    number = _ordinal(text) if item.kind == "date" else _number(text)
    if number is None:
        return Problem(item.kind, low, high)
    if (low is None or number >= low) and (high is None or number <= high):
        return Given(number=number)
    if not item.definition.soft:
        return Problem("range", low, high)
    if mode in {"paper", "import"}:
        return Given(number=number)
    sure = unicodedata.normalize("NFKC", form.get(f"{item.item_key}-sure") or "").strip() == text
    return Given(number=number) if sure else Problem("unlikely", low, high)


def _number(text: str) -> float | None:
    try:
        number = float(text) if len(text) <= 30 and "_" not in text else math.nan
    except ValueError:
        number = math.nan
    return number if math.isfinite(number) else None


def _ordinal(text: str) -> float | None:
    """Read 2026-11-18, 2026/11/18, 2026.11.18 or 2026年11月18日."""
    found = _DAY.fullmatch(text)
    try:
        return float(date(*map(int, found.groups())).toordinal()) if found else None
    except ValueError:  # a 31st of February
        return None


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
