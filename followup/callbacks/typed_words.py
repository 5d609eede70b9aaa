"""What stands in the fields of the desk, told in words: for a page that could not save it, and for a note."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from core.i18n import _
from followup.callbacks import reasons
from followup.callbacks.own_fields import own
from surveys import layout
from surveys.definition import ItemDefinition
from surveys.parsing import Form
from surveys.queries import LoadedVersion


def in_words(session: Session, version: LoadedVersion, given: Form, language: str) -> list[tuple[str, str]]:
    """Return name and answer of everything that was typed, in the order of the desk."""
    comma = ", " if language == "en" else "、"
    found = [
        (item.definition.said(language).name, comma.join(_answers(item.definition, given, language)))
        for item in version.items
    ]
    why = given.get(reasons.REASON) or ""
    found += [
        (_("Why the customer is not content"), reasons.said(session, [why], language).get(why, "")),
        (_("In the customer’s words"), given.get(reasons.WORDS) or ""),
        (_("Agreed time"), own(given, "appointment").replace("T", " ")),
        (_("Internal note"), own(given, "note")),
    ]
    return [(name, said.strip()) for name, said in found if said.strip()]


def as_note(session: Session, version: LoadedVersion, given: Form, language: str) -> str:
    """Return all of it as one note: the agent's own words first, then the answers."""
    *answers, last = in_words(session, version, given, language) or [("", "")]
    if last[0] != _("Internal note"):
        answers, last = [*answers, last] if last[1] else [], ("", "")
    lines = [last[1], *(_("%(name)s: %(words)s", name=name, words=said) for name, said in answers)]
    return "\n".join(line for line in lines if line)


def _answers(item: ItemDefinition, given: Form, language: str) -> Iterator[str]:
    chosen = {str(value): words for value, words in layout.choices(item, language)}
    missing = {"na": _("N/A"), "dont_know": _("Don’t know"), "refused": _("Refused")}
    codes = given.getlist(item.key)
    if layout.missing_field(item) != item.key:
        codes = [*codes, *given.getlist(layout.missing_field(item))]
    written = not layout.is_chosen(item)
    for code in filter(None, codes):
        yield code if written and code not in missing else chosen.get(code) or missing.get(code, code)
    other = given.get(f"{item.key}-other") or ""
    if other.strip():
        yield other
