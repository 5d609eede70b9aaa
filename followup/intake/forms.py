"""Reading the public forms; what is wrong is a sentence for each field."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.contacts.actions import checked_email
from core.contacts.phones import normalise
from core.errors import InputError
from core.i18n import _
from core.texts import clean_text
from followup.cases.policy import KINDS
from followup.intake.policy import LIMITS, MOST_LINKS, links_in

FIELDS = ("kind", *LIMITS)
TRAP = "website"  # a field that people do not see


@dataclass(frozen=True, slots=True)
class Matter:
    """What somebody hands in."""

    kind: str
    words: str
    district: str
    address: str
    household: str
    name: str
    phone: str
    email: str


def typed(form: Mapping[str, str]) -> dict[str, str]:
    """Return what was typed, to be shown again as it is; absurd lengths are cut, and one line stays one."""
    given = {name: clean_text(form.get(name) or "", 4 * LIMITS.get(name, 20)) for name in FIELDS}
    return {name: text if name == "words" else " ".join(text.split()) for name, text in given.items()}


def read_matter(form: Mapping[str, str], country: str) -> tuple[Matter, dict[str, str]]:
    """Return what was handed in and what is wrong with it."""
    given = typed(form)
    missing = {
        "kind": _("Choose what it is: a complaint, a repair or something else."),
        "words": _("Write what it is about."),
        "name": _("Write your name, so that we know whom to ask for."),
        "phone": _("Write a telephone number at which we can reach you."),
    }
    errors = {name: sentence for name, sentence in missing.items() if not _says_something(given[name])}
    if given["kind"] not in KINDS:
        errors["kind"] = missing["kind"]
    for name, most in LIMITS.items():
        if len(given[name]) > most:
            errors[name] = _("Use at most %(max)d characters.", max=most)
    if "words" not in errors and links_in(given["words"]) > MOST_LINKS:
        errors["words"] = _("Leave out web addresses: at most %(most)s are taken.", most=MOST_LINKS)
    if "phone" not in errors and not _is_phone(given["phone"], country):
        errors["phone"] = _("This is not a phone number; write a mobile, or a landline with its area code.")
    if "email" not in errors and not _is_email(given["email"]):
        errors["email"] = _("This is not an e-mail address; write one such as name@example.org.")
    return Matter(**given), {name: errors[name] for name in FIELDS if name in errors}


def _says_something(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _is_phone(text: str, country: str) -> bool:
    try:
        normalise(text, country)
    except InputError:
        return False
    return True


def _is_email(text: str) -> bool:
    try:
        checked_email(text)
    except InputError:
        return False
    return True
