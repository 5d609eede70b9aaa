"""A regular report as a form: its rhythm and readers, and what it asks."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectField, StringField
from wtforms.validators import DataRequired, Length

from analysis import labels
from analysis.cube import ALL_DIMENSIONS
from analysis.reports.actions import Terms
from core.auth.forms import Boxes
from core.auth.models import User
from core.i18n import LANGUAGES, _, _l
from core.texts import clean_text

EVERY = {"month": _l("every month"), "quarter": _l("every quarter"), "half": _l("every half year"),
         "year": _l("every year")}  # fmt: skip
COMPARED_WITH = {"year": _l("the same period last year"), "previous": _l("the previous period")}


class DefinitionForm(FlaskForm):
    """How often a report is made, what it is compared with, in which language and for whom."""

    title = StringField(
        _l("Title"),
        [
            DataRequired(_l("Give the report a title: it stands on its first page and in the message.")),
            Length(max=80, message=_l("Use at most 80 characters.")),
        ],
    )
    every = RadioField(
        _l("How often"),
        default="quarter",
        choices=lambda: [(code, str(word)) for code, word in EVERY.items()],
    )
    compared_with = RadioField(
        _l("Compared with"), default="year",
        choices=lambda: [(code, str(word)) for code, word in COMPARED_WITH.items()],
    )  # fmt: skip
    language = SelectField(_l("Language of the report"), choices=lambda: list(LANGUAGES.items()))
    readers = Boxes(_l("Who is told"), coerce=int)
    item = Boxes(_l("Only these questions"))
    by = SelectField(_l("Broken down by"), default="")
    adjust = Boxes(_l("Held constant"))
    version = HiddenField()

    def offer_readers(self, people: list[User]) -> None:
        """Offer those who may see reports."""
        self.readers.choices = [(user.id, user.display_name or user.name) for user in people]

    def offer(self, known: Mapping[str, Any], kept: Mapping[str, Any]) -> None:
        """Offer the questions, dimensions and values that there are, and what the report has kept."""
        self.item.choices = _with(known["items"], kept.get("item", ()))
        self.by.choices = [("", _("Nothing")), *_with(known["dimensions"], filter(None, [kept.get("by")]))]
        self.adjust.choices = _with(known["dimensions"], kept.get("adjust", ()))
        for name in ALL_DIMENSIONS:
            self[name].choices = _with(known["values"].get(name, ()), kept.get(name, ()))

    def filters(self) -> list[Any]:
        """Return the fields that say whose answers count."""
        return [self[name] for name in ALL_DIMENSIONS if self[name].choices]

    def query(self) -> dict[str, Any]:
        """Return what the report asks, as a definition keeps it."""
        names = ("item", "by", "adjust", *ALL_DIMENSIONS)
        return {name: self[name].data for name in names if self[name].data}

    def terms(self) -> Terms:
        """Return what was filled in."""
        return Terms(
            title=clean_text(self.title.data or ""),
            every=self.every.data,
            compared_with=self.compared_with.data,
            language=self.language.data,
            readers=tuple(self.readers.data or ()),
        )


for _name in ALL_DIMENSIONS:
    setattr(DefinitionForm, _name, Boxes(labels.DIMENSION[_name]))


def _with(known: Sequence[tuple[str, str]], kept: Iterable[str]) -> list[tuple[str, str]]:
    """Return the choices; what was kept and is gone stands at the end, so that it can be taken away."""
    there = {value for value, _said in known}
    gone = [(value, _("%(value)s (gone)", value=value)) for value in kept if value not in there]
    return [*known, *gone]
