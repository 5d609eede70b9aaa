"""What the words of a report mean, how its figures are made, and what it was made from."""

from collections.abc import Iterator, Mapping
from importlib.metadata import version as version_of

from analysis import labels
from analysis.asking import Asked
from analysis.compare import Comparison
from analysis.periods import Period
from analysis.reports import fingerprint
from analysis.reports.blocks import Block, Cell, Column, Heading, Points, Table
from analysis.reports.edition import Edition
from analysis.texts import N_

_METHOD = (
    N_(
        "Satisfied means the top answers of the scale. Missing answers (not asked, skipped, did not use, "
        "refused) are in no denominator."
    ),
    N_(
        "A change is called higher or lower only when its plausible range (an interval that holds 95 times "
        "in 100) leaves out 0 and the test of all answers (Brunner-Munzel, corrected by Holm for the number "
        "of questions) is below 0.05."
    ),
    N_(
        "Fewer than %(hidden)s answers are hidden, fewer than %(few)s get no verdict. What could be worked "
        "out by subtracting is hidden too."
    ),
    N_(
        "The response rate divides answers by link and by phone by the links sent in the period. It says "
        "nothing about who did not answer."
    ),
)
_IMPORTANT = N_("A change of less than %(points)s points counts as slight.")
_TOP = N_("Counted as satisfied: %(words)s (%(items)s).")
_MANY = N_("%(count)s questions")
_NAMED = 4  # questions that a definition names; of more it says how many


def method(compared: Comparison, edition: Edition) -> Iterator[Block]:
    """Give the definitions and the method note."""
    limits = edition.thresholds
    yield Heading(edition.say(N_("Definitions and method")))
    yield Points(
        (
            *_satisfied(compared, edition),
            *(edition.say(text, hidden=limits.min_cell, few=limits.few_answers) for text in _METHOD),
            edition.say(_IMPORTANT, points=f"{limits.important_points:g}"),
        )
    )


def _satisfied(compared: Comparison, edition: Edition) -> Iterator[str]:
    """Say which answers count as satisfied, for the questions that are answered in the same words."""
    found: dict[tuple[str, ...], list[str]] = {}
    for one in compared.items:
        if one.item.kind.ordered and one.item.category_labels:
            found.setdefault(one.item.category_labels[one.item.first_top :], []).append(one.item.label)
    for words, items in found.items():
        named = edition.listed(items) if len(items) <= _NAMED else edition.say(_MANY, count=len(items))
        yield edition.say(_TOP, words=edition.listed(list(words)), items=named)


def about(asked: Asked, title: str, parts: Mapping[str, str], edition: Edition) -> Iterator[Block]:
    """Give what the report was asked for, when it was made, and the fingerprint of its data."""
    yield Heading(edition.say(N_("About this report")))
    held = edition.listed([edition.word(labels.DIMENSION[name]) for name in asked.adjust])
    formulas = edition.say(N_("formulas"))
    rows = [
        (N_("Questionnaire"), f"{title} ({asked.questionnaire})"),
        (N_("Periods"), f"{_days(asked.before, edition)}; {_days(asked.after, edition)}"),
        (N_("Questions"), edition.listed(list(asked.items)) or edition.say(N_("all"))),
        (N_("Whose answers"), edition.population(asked.where) or edition.say(N_("everybody"))),
        (N_("Broken down by"), edition.word(labels.DIMENSION[asked.by]) if asked.by else "–"),
        (N_("Held constant"), held or "–"),
        (N_("Asked again at"), edition.address(asked.args())),
        (N_("Made"), edition.made),
        (N_("Program"), f"Huifang {version_of('huifang')}, {formulas} {fingerprint.FIGURES}"),
        (N_("Fingerprint of the data"), fingerprint.whole(parts)),
    ]  # fmt: skip
    yield Table(
        edition.say(N_("About this report")),
        (Column(edition.say(N_("What")), 4), Column(edition.say(N_("Value")), 13)),
        tuple((Cell(edition.say(name)), Cell(value)) for name, value in rows),
    )


def _days(period: Period, edition: Edition) -> str:
    name, span = period.label(edition.language), f"{period.start} – {period.last_day}"
    return name if str(period.start) in name else f"{name} ({span})"
