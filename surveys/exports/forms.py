"""What to export, as a form."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, RadioField, SelectField, StringField
from wtforms.validators import Length, Optional, ValidationError

from core.i18n import LANGUAGES, _, _l
from core.texts import clean_text
from surveys.exports.actions import REASON_LIMIT, Wanted
from surveys.exports.reading import Span

FORMATS = {
    "csv": _l("CSV: one row a response, for any program"),
    "xlsx": _l("Excel (.xlsx), with codebook"),
    "sav": _l("SPSS (.sav), with value labels and declared missing values"),
    "long-csv": _l("CSV, long: one row an answer"),
    "json": _l("JSON, one document with codebook"),
    "jsonl": _l("JSON, one line a response"),
}
CELLS = {"codes": _l("Scores and codes, to calculate with"), "labels": _l("Words, to read")}
SHORTEST_REASON = 4  # characters: two of Chinese writing are no reason yet


def _choices(words: dict[str, Any]) -> dict[str, str]:
    return {code: str(said) for code, said in words.items()}


class ExportForm(FlaskForm):
    """Which answers, in which shape."""

    first = DateField(_l("First day"), [Optional()])
    last = DateField(_l("Last day"), [Optional()])
    format = RadioField(_l("File"), choices=lambda: _choices(FORMATS), default="csv")
    cells = RadioField(_l("Answers as"), choices=lambda: _choices(CELLS), default="codes")
    language = SelectField(_l("Language of labels and codebook"), choices=dict(LANGUAGES))
    words = BooleanField(_l("With what people wrote"))
    reason = StringField(_l("What the written answers are needed for"), [Length(max=REASON_LIMIT)])

    def validate_last(self, field: Any) -> None:
        """Refuse days the wrong way round."""
        if self.first.data and field.data and field.data < self.first.data:
            raise ValidationError(_("The last day should not be before the first day."))

    def validate_reason(self, field: Any) -> None:
        """Ask for a reason before words leave the house."""
        if self.words.data and len(clean_text(field.data or "")) < SHORTEST_REASON:
            raise ValidationError(_("Write in a few words what the written answers are needed for."))

    @property
    def span(self) -> Span:
        return Span(self.first.data, self.last.data)

    def wanted(self, key: str) -> Wanted:
        """Return what was chosen."""
        return Wanted(
            key,
            self.format.data,
            self.span,
            labels=self.cells.data == "labels",
            words=bool(self.words.data),
            language=self.language.data,
            reason=clean_text(self.reason.data or "") if self.words.data else "",
        )
