"""The editor's forms: what was typed, kept as it was typed, and what is wrong with it.

Fields exist per language (``text.en``) and per line (``o0.en``, ``o1.en`` …), so the forms are read by hand.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from core.i18n import LANGUAGES, _
from core.texts import clean_text
from surveys.definition import Definition, SectionText
from surveys.editor.wording import GREETING_LIMIT, GREETINGS, LIMITS

MOST_LINES = 200
_ROW_STEP = re.compile(r"([or])-(up|down|drop)-(\d{1,3})", re.ASCII)
_PARTS = re.compile(r"\s*[|｜\t]\s*")


class Form(Protocol):
    """What a posted form offers (a Werkzeug MultiDict does)."""

    def get(self, key: str, default: str, /) -> str: ...
    def __contains__(self, key: object, /) -> bool: ...


@dataclass
class Input:
    """What every form here has."""

    languages: tuple[str, ...]
    errors: dict[str, str] = field(default_factory=dict)

    def text(self, form: Form, name: str, limit: int) -> str:
        """Read a text; one that is too long stays as it is and gets an error."""
        said = clean_text(form.get(name, ""))
        if len(said) > limit:
            self.errors[name] = _(
                "At most %(limit)s characters; these are %(length)s.", limit=limit, length=len(said)
            )
        return said

    def texts(self, form: Form, name: str, limit: int) -> dict[str, str]:
        """Read a text in every language."""
        return {code: self.text(form, f"{name}.{code}", limit) for code in self.languages}

    def needs(self, said: Mapping[str, str], name: str) -> None:
        """Ask for a text in at least one language."""
        if not any(said.values()):
            self.errors[f"{name}.{self.languages[0]}"] = _("Write something here.")


@dataclass
class Row:
    """One line of a list: an answer with its code, or a row of a matrix with its key; new without."""

    id: str
    texts: dict[str, str]
    other: bool = False

    @property
    def is_blank(self) -> bool:
        return not any(self.texts.values())


def read_rows(form: Form, prefix: str, given: Input, limit: int) -> list[Row]:
    """Read the lines that say something, and what was pasted as several lines."""
    rows = []
    for n in range(MOST_LINES):
        if f"{prefix}{n}.id" not in form:
            break
        row = Row(
            id=form.get(f"{prefix}{n}.id", "")[:40],
            texts={code: given.text(form, f"{prefix}{n}.{code}", limit) for code in given.languages},
            other=form.get(f"{prefix}{n}.other", "") == "1",
        )
        rows += [] if row.is_blank else [row]
    return [*rows, *pasted(form.get(f"{prefix}-lines", ""), given.languages)][:MOST_LINES]


def pasted(text: str, languages: Sequence[str]) -> list[Row]:
    """Read one entry a line; ``满意 | Satisfied`` gives both languages."""
    rows = []
    for line in clean_text(text).split("\n"):
        parts = [part[: LIMITS["option"]] for part in _PARTS.split(line.strip())]
        said = dict(zip(languages, [*parts, *[""] * len(languages)], strict=False))
        rows += [Row("", said)] if any(said.values()) else []
    return rows


def stepped(rows: list[Row], press: str, prefix: str) -> list[Row]:
    """Move or drop a line, as the button ``o-up-2`` says."""
    found = _ROW_STEP.fullmatch(press)
    if found is None or found[1] != prefix or int(found[3]) >= len(rows):
        return rows
    at, moved = int(found[3]), list(rows)
    row = moved.pop(at)
    if found[2] != "drop":
        moved.insert(max(0, at + (-1 if found[2] == "up" else 1)), row)
    return moved


def is_row_step(press: str) -> bool:
    """Tell whether a button only rearranges lines: nothing is saved by it."""
    return _ROW_STEP.fullmatch(press) is not None or press.endswith("-lines")


def padded(rows: Sequence[Row], languages: Iterable[str]) -> list[Row]:
    """Add blank lines to write on: two, and four where there is nothing yet."""
    blank = dict.fromkeys(languages, "")
    return [*rows, *(Row("", dict(blank)) for _line in range(2 if rows else 4))]


def without_blanks(said: Mapping[str, str]) -> dict[str, str]:
    """Leave out the languages in which nothing is said."""
    return {code: text for code, text in said.items() if text}


@dataclass
class GreetingInput(Input):
    """Title and greetings."""

    said: dict[str, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, definition: Definition) -> "GreetingInput":
        """Fill the form with what the draft says."""
        parts = {name: dict(getattr(definition, name)) for name in ("title", *GREETINGS)}
        return cls(definition.languages, said=parts)

    @classmethod
    def read(cls, form: Form, languages: tuple[str, ...]) -> "GreetingInput":
        """Read what was typed."""
        given = cls(languages)
        given.said["title"] = given.texts(form, "title", LIMITS["title"])
        given.said |= {name: given.texts(form, name, GREETING_LIMIT) for name in GREETINGS}
        given.needs(given.said["title"], "title")
        return given

    def changes(self) -> dict[tuple[str, str], str]:
        """Return the texts by path and language."""
        return {(name, code): text for name, said in self.said.items() for code, text in said.items()}


@dataclass
class SectionInput(Input):
    """A heading with a text below."""

    title: dict[str, str] = field(default_factory=dict)
    text_below: dict[str, str] = field(default_factory=dict)
    at: str = ""

    @classmethod
    def of(cls, said: Mapping[str, SectionText], languages: tuple[str, ...], at: str = "") -> "SectionInput":
        """Fill the form with a section of the draft."""
        return cls(
            languages,
            title={code: text.title for code, text in said.items()},
            text_below={code: text.text for code, text in said.items()},
            at=at,
        )

    @classmethod
    def read(cls, form: Form, languages: tuple[str, ...]) -> "SectionInput":
        """Read what was typed."""
        given = cls(languages, at=form.get("at", "")[:40])
        given.title = given.texts(form, "title", LIMITS["title"])
        given.text_below = given.texts(form, "below", LIMITS["spoken"])
        given.needs(given.title, "title")
        return given

    def said(self) -> dict[str, SectionText]:
        """Return the section in every language that says something."""
        return {
            code: SectionText(self.title.get(code, ""), self.text_below.get(code, ""))
            for code in self.languages
            if self.title.get(code) or self.text_below.get(code)
        }


@dataclass
class NewInput(Input):
    """A new questionnaire: key, title in the languages it will have, and what to start from."""

    key: str = ""
    title: dict[str, str] = field(default_factory=dict)
    start: str = "return_visit"

    @classmethod
    def blank(cls, key: str) -> "NewInput":
        """Begin the form with a key that is free."""
        return cls(tuple(LANGUAGES), key=key)

    @classmethod
    def read(cls, form: Form) -> "NewInput":
        """Read what was typed."""
        given = cls(tuple(LANGUAGES), key=form.get("key", "").strip()[:60], start=form.get("start", "")[:40])
        given.title = given.texts(form, "title", LIMITS["title"])
        given.needs(given.title, "title")
        return given

    def said(self) -> dict[str, str]:
        return without_blanks(self.title)
