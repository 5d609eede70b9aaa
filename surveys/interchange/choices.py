"""The answers that a foreign question offers: one of our scales, or options with codes of their own."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from core.i18n import _
from surveys.interchange.notes import OPTIONS, listed
from surveys.interchange.wording import Recognised, Texts, recognised

_LAST_NUMBER = re.compile(r"(\d{1,3})$")
_KIND = {"rating10": "rating", "yesno": "yesno"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer offered, with the name that the file gives it."""

    name: str
    texts: Texts
    other: bool = False


@dataclass(slots=True)
class Offered:
    """What the answers became: parts of an item, our code for each name in the file, and notes."""

    item: dict[str, Any]
    codes: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def offered(
    choices: Sequence[Choice], *, multiple: bool = False, counted: bool = False, scales: bool = True
) -> Offered:
    """Turn the answers of a question into a scale where the words are exactly one of ours, else into options.

    ``counted`` says that the names only number the answers and mean nothing.
    """
    if not choices:
        return Offered({"kind": "text"}, notes=[_("It offers no answers, so it is asked as free text.")])
    if len(choices) > OPTIONS:
        said = _(
            "It offers %(n)d answers, more than %(most)d, so it is asked as free text.",
            n=len(choices),
            most=OPTIONS,
        )
        return Offered({"kind": "text"}, notes=[said])
    found = None
    if scales and not multiple and not any(choice.other for choice in choices):
        found = recognised([choice.texts for choice in choices])
    if found:
        return _scaled(choices, found, counted=counted)
    return _optioned(choices, "multiple" if multiple else "single", counted=counted)


def _scaled(choices: Sequence[Choice], found: Recognised, *, counted: bool) -> Offered:
    kind = _KIND.get(found.scale.family, "likert")
    made = Offered({"kind": kind, "scale": found.scale.name})
    for choice, score in zip(choices, found.scores, strict=True):
        if score is None:
            made.item["not_applicable"] = True
            made.notes.append(
                _("The answer “%(text)s” became “not applicable”, which is no score.",
                  text=next(iter(choice.texts.values())))
            )  # fmt: skip
        else:
            made.codes[choice.name] = score
    turned = [f"{name} → {code}" for name, code in made.codes.items() if name != str(code)]
    if turned and not counted:
        made.notes.append(
            _("Its codes became the scores of the scale %(scale)s: %(pairs)s.",
              scale=found.scale.name, pairs=listed(turned, 7))
        )  # fmt: skip
    return made


def _optioned(choices: Sequence[Choice], kind: str, *, counted: bool) -> Offered:
    codes = _codes([choice.name for choice in choices])
    made = Offered({"kind": kind, "options": []})
    others = [choice for choice in choices if choice.other]
    for choice, code in zip(choices, codes, strict=True):
        option: dict[str, Any] = {"code": code, "texts": dict(choice.texts)}
        if choice.other and choice is others[0]:
            option["other"] = True
        made.item["options"].append(option)
        made.codes.setdefault(choice.name, code)
    if len(others) > 1:
        made.notes.append(_("Only its first answer with a line to write on keeps that line."))
    changed = [
        f"{choice.name} → {code}"
        for choice, code in zip(choices, codes, strict=True)
        if choice.name != str(code)
    ]
    if changed and not counted:
        made.notes.append(_("Its answers got numbers as codes: %(pairs)s.", pairs=listed(changed)))
    return made


def _codes(names: list[str]) -> list[int]:
    """Keep numbers; take the number at the end of names such as A1, A2; else count."""
    for numbers in (
        [int(name) if name.isascii() and name.isdigit() else 0 for name in names],
        [
            int(found[1]) if (found := _LAST_NUMBER.search(name)) and found[1].isascii() else 0
            for name in names
        ],
    ):
        if all(1 <= number <= 999 for number in numbers) and len(set(numbers)) == len(numbers):
            return numbers
    return list(range(1, len(names) + 1))


def plain_words(choices: Sequence[Choice], made: Offered) -> bool:
    """Tell whether what looks like an ordered scale has words that are none of ours."""
    return made.item["kind"] == "single" and 3 <= len(choices) <= 11


def foreign_scale() -> str:
    """Say that a scale became a choice."""
    return _("Its words are none of the scales known here, so it became a choice of one.")
