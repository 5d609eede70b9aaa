"""The remarks before publishing, in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.i18n import _l
from surveys.definition import Definition
from surveys.editor.linting import Finding, findings
from surveys.editor.words import language_name, listed, name_of

SENTENCES = {
    "no_items": _l("There is no question yet."),
    "too_many": _l("There are more than %(count)s questions."),
    "no_title": _l("The title is missing."),
    "no_text": _l("The question has no text."),
    "no_option_text": _l("An answer has no text."),
    "no_section": _l("A heading has no text."),
    "no_stem": _l("The question above the rows has no text."),
    "few_options": _l("There are fewer than two answers to choose from."),
    "looks_ahead": _l("The rule looks at “%(said)s”, which does not come earlier."),
    "other": "%(said)s",  # what the check at publishing says
    "no_overall": _l(
        "No question has the part “Overall rating”. Without one, periods cannot be compared by one figure."
    ),
    "many_items": _l("There are %(count)s questions. More people finish a page with eight or fewer."),
    "long_survey": _l("It takes about %(count)s seconds. Two minutes is the most that people give."),
    "no_spoken": _l("No text to read aloud; the caller reads the question as it is written."),
    "unknown_placeholder": _l(
        "“%(said)s” is nothing that the desk fills in; the caller will see it as it stands."
    ),
    "half_translated": _l("A text is there in one language and not in the other."),
    "double": _l("Looks like two questions in one. Ask each by itself, or nobody knows which one was meant."),
    "long_text": _l("A long question (%(count)s). Shorter ones are read."),
    "leading": _l("“%(said)s” pushes towards an answer. Say it neutrally."),
    "personal": _l(
        "“%(said)s” asks for personal data. Ask only if you must; the link knows whose case it is."
    ),
    "required_words": _l("Nobody should be forced to write. Make it optional."),
    "unbalanced": _l(
        "Good and bad answers are not equally many, so the result looks better or worse than it is, "
        "and cannot be put together with a balanced scale."
    ),
    "no_way_out": _l("Some people will find no answer that fits. Add “other” or “none of these”."),
}


@dataclass(frozen=True, slots=True)
class Remark:
    """One sentence, and where it applies: (item key, what it is called)."""

    code: str
    sentence: str
    places: tuple[tuple[str, str], ...]
    blocking: bool


def remarks(definition: Definition) -> list[Remark]:
    """Return the remarks, those with the same sentence together."""
    groups: dict[tuple[str, str, bool], dict[str, list[str]]] = {}
    for found in findings(definition):
        places = groups.setdefault((found.code, sentence(found, definition), found.blocking), {})
        if found.item_key or found.language:
            places.setdefault(found.item_key, []).append(found.language)
    return [
        Remark(
            code,
            said,
            tuple((key, _place(key, said_in, definition)) for key, said_in in places.items()),
            blocks,
        )
        for (code, said, blocks), places in groups.items()
    ]


def sentence(found: Finding, definition: Definition) -> str:
    """Say one remark, without the item it is about."""
    said = name_of(found.said, definition) if found.code == "looks_ahead" else found.said
    return str(SENTENCES[found.code]) % {"count": found.count, "said": said}


def _place(item_key: str, said_in: Sequence[str], definition: Definition) -> str:
    """Name the item, and the languages unless it is all of them."""
    name = name_of(item_key, definition) if item_key else ""
    languages = [language_name(code) for code in dict.fromkeys(said_in) if code]
    if name and len(languages) in {0, len(definition.languages)}:
        return name
    return " · ".join(part for part in (name, listed(languages)) if part)
