"""A regular report as a form. What it asks is chosen on the page of the comparison."""

from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectField, StringField
from wtforms.validators import DataRequired, Length

from analysis.reports.actions import Terms
from core.auth.forms import Boxes
from core.auth.models import User
from core.i18n import LANGUAGES, _l
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
    version = HiddenField()

    def offer_readers(self, people: list[User]) -> None:
        """Offer those who may see reports."""
        self.readers.choices = [(user.id, user.display_name or user.name) for user in people]

    def terms(self) -> Terms:
        """Return what was filled in."""
        return Terms(
            title=clean_text(self.title.data or ""),
            every=self.every.data,
            compared_with=self.compared_with.data,
            language=self.language.data,
            readers=tuple(self.readers.data or ()),
        )
