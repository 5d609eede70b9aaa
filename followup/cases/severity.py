"""What severity the rules suggest for a case, and why. It is a suggestion: what a person chose stands."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.i18n import _
from followup.cases import labels
from followup.cases.categories import is_below
from followup.cases.models import SeverityRule


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A severity, and what in the case it comes from."""

    severity: str
    kind: str = ""
    category: str = ""
    word: str = ""

    def to_text(self) -> str:
        """Return what ``from_text`` reads back, in no language."""
        return "\t".join((self.severity, self.kind, self.category, self.word))

    @classmethod
    def from_text(cls, text: str) -> "Suggestion":
        """Read a suggestion back from the reason of a registration."""
        severity, kind, category, word = text.split("\t", 3)
        return cls(severity, kind, category, word)

    @property
    def reason(self) -> str:
        """Say in the language of the request what the rule found, such as ``报修 · 供暖 · “停暖”``."""
        parts = [str(labels.KIND[self.kind])] if self.kind else []
        parts += [self.category] if self.category else []
        parts += [_("“%(word)s”", word=self.word)] if self.word else []
        return " · ".join(parts) or _("every case")


def suggested(session: Session, *, kind: str = "", category: str = "", words: str = "") -> Suggestion | None:
    """Return what the first rule that fits suggests, or None; ``words`` are subject and description."""
    return first_fit(active_rules(session), kind=kind, category=category, words=words)


def active_rules(session: Session) -> list[SeverityRule]:
    """Return the rules that are on, in their order."""
    wanted = select(SeverityRule).where(SeverityRule.active)
    return list(session.scalars(wanted.order_by(SeverityRule.position, SeverityRule.id)))


def first_fit(rules: Iterable[SeverityRule], *, kind: str, category: str, words: str) -> Suggestion | None:
    """Return what the first of some rules suggests whose conditions all hold; an empty condition holds."""
    for rule in rules:
        word = found_word(rule.words, words)
        kind_fits = not rule.kind or rule.kind == kind
        if kind_fits and is_below(category, rule.category) and word is not None:
            return Suggestion(rule.severity, rule.kind, rule.category, word)
    return None


def found_word(wanted: Iterable[str], words: str) -> str | None:
    """Return the first of some words that a text has; "" where none is wanted, None where none is found.

    Latin letters are found at the beginning of a word only: ``gas`` is in ``gases``, not in ``Vegas``.
    """
    words = words.casefold()
    listed = list(wanted)
    for word in listed:
        plain = word.casefold()
        bound = r"(?<![a-z])" if plain[:1].isascii() else ""
        if re.search(bound + re.escape(plain), words):
            return word
    return None if listed else ""
