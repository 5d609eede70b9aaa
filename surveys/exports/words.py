"""What an export says in words, in the language of the file, which need not be that of the page."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from babel.support import Translations

from surveys.exports.columns import CHOSEN, META, OTHER, WORDS, WRITTEN, Column
from surveys.exports.harmless import tidy
from surveys.models import Missing

Translate = Callable[[str], str]
_CATALOGUES = Path(__file__).resolve().parents[2] / "translations"


def N_(text: str) -> str:  # noqa: N802 # the name by which the texts for the catalogue are collected
    """Mark a text for the catalogue and return it as it is."""
    return text


MISSING = {
    Missing.NOT_ASKED: N_("Not asked"),
    Missing.SKIPPED: N_("Skipped"),
    Missing.NOT_APPLICABLE: N_("Did not use / does not know"),
    Missing.REFUSED: N_("Refused"),
    Missing.DONT_KNOW: N_("Does not know"),
}
META_LABELS = {
    "response_id": N_("Number of the response"),
    "questionnaire": N_("Questionnaire"),
    "version": N_("Version"),
    "mode": N_("Way of answering"),
    "language": N_("Language"),
    "day": N_("Day"),
    "submitted_at": N_("Sent at (local time)"),
    "seconds": N_("Seconds on the page"),
    "revision": N_("Revision"),
    "service_type": N_("Service"),
    "district": N_("District"),
    "department": N_("Department"),
    "category": N_("Category"),
    "severity": N_("Severity"),
    "channel": N_("How the case reached us"),
    "handler": N_("Handled by"),
}
assert tuple(META_LABELS) == META
YES, NO = N_("Yes"), N_("No")
DECISIONS = {
    "same": N_("same as before"),
    "reworded": N_("reworded, still comparable"),
    "break": N_("not comparable with before"),
}
WRITTEN_LABEL, OTHER_LABEL = N_("something was written"), N_("what stands beside “other”")


@cache
def translator(language: str) -> Translate:
    """Return the function that says a text of the source in a language; there is no request to ask here."""
    if language == "en":
        return N_
    catalogue = Translations.load(str(_CATALOGUES), [language])

    def translate(text: str) -> str:
        return str(catalogue.gettext(text))

    return translate


def column_label(column: Column, language: str) -> str:
    """Say what stands in a column: the question, and the option or part of it."""
    said, translate = column.question.latest.said(language).text, translator(language)
    if column.part == CHOSEN:
        return tidy(f"{said} [{option_text(column, column.code, language)}]")
    if column.part == WRITTEN:
        return tidy(f"{said} [{translate(WRITTEN_LABEL)}]")
    if column.part == OTHER:
        return tidy(f"{said} [{translate(OTHER_LABEL)}]")
    first = min(column.question.members)
    told_apart = column.name != column.question.key and column.part != WORDS
    return tidy(f"{said} [{column.question.scale or column.question.kind}, {first}+]" if told_apart else said)


def option_text(column: Column, code: int, language: str) -> str:
    """Return the latest words of an option."""
    texts = column.question.options[code].texts
    return tidy(texts.get(language) or next(iter(texts.values())))


def value_labels(column: Column, language: str) -> dict[int, str]:
    """Return what each score or code of a column means, missing answers not included."""
    translate, question = translator(language), column.question
    if column.holds_words or question.kind in {"number", "date"}:
        return {}
    if column.part == WRITTEN:
        return {1: translate(YES)}
    if column.part == CHOSEN:
        return {1: translate(YES), 0: translate(NO)}
    scale = question.latest.scored()
    if scale:
        return {score: scale.word(score, language) for score in scale.scores}
    return {code: option_text(column, code, language) for code in question.options}


def missing_labels(language: str) -> dict[Missing, str]:
    """Return the words for each reason why there is no answer."""
    translate = translator(language)
    return {kind: translate(text) for kind, text in MISSING.items()}
