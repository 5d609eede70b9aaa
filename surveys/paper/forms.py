"""What is asked before sheets are printed, and before they are typed in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_wtf import FlaskForm
from wtforms import DateField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange

from core.i18n import _, _l
from core.texts import clean_text
from surveys.paper import serials
from surveys.paper.actions import INSTRUCTIONS_LIMIT, MOST_SHEETS
from surveys.paper.entering import KEPT

DIMENSION_LIMIT = 60
EXAMPLE = serials.serial_of(serials.FIRST)


class SetupForm(FlaskForm):
    """How the sheets shall look."""

    language = SelectField(_l("Language of the sheet"))
    sheets = IntegerField(
        _l("How many sheets"), default=20, validators=[InputRequired(), NumberRange(1, MOST_SHEETS)]
    )
    size = RadioField(
        _l("Size of the type"),
        default="16",
        choices=lambda: [("16", _("Large (16 pt)")), ("20", _("Very large (20 pt)"))],
    )
    link = SelectField(_l("QR code of an open link"), default="")
    instructions = TextAreaField(
        _l("Where and how to return the sheet"), validators=[Length(max=INSTRUCTIONS_LIMIT)]
    )


class StartForm(FlaskForm):
    """Which stack of sheets lies on the desk, and the number of the next one."""

    questionnaire = SelectField(_l("Questionnaire"))
    day = DateField(_l("Day it was filled in or came back"), validators=[InputRequired()])
    service_type = StringField(_l("Service"), validators=[Length(max=DIMENSION_LIMIT)])
    district = StringField(_l("District"), validators=[Length(max=DIMENSION_LIMIT)])
    department = StringField(_l("Department"), validators=[Length(max=DIMENSION_LIMIT)])
    category = StringField(_l("Category"), validators=[Length(max=DIMENSION_LIMIT)])
    serial = StringField(_l("Number of the sheet"), validators=[Length(max=40)])

    def batch(self) -> "Batch":
        """Return what is kept for the next sheet."""
        said = {name: clean_text(getattr(self, name).data or "") for name in KEPT}
        assert self.day.data is not None
        return Batch(self.questionnaire.data, self.day.data, said)


@dataclass(frozen=True, slots=True)
class Batch:
    """What a stack of sheets shares; it travels in the address, so that nothing has to be remembered."""

    questionnaire: str
    day: date
    dimensions: Mapping[str, str]

    def args(self) -> dict[str, Any]:
        """Return it as parts of an address."""
        said = {name: value for name, value in self.dimensions.items() if value}
        return {"questionnaire": self.questionnaire, "day": self.day.isoformat(), **said}


def read_batch(args: Mapping[str, str], today: date) -> Batch:
    """Read the parts of an address; a day that is none is today."""
    try:
        day = date.fromisoformat(args.get("day", ""))
    except ValueError:
        day = today
    said = {name: clean_text(args.get(name, ""), DIMENSION_LIMIT) for name in KEPT}
    return Batch(clean_text(args.get("questionnaire", ""), 40), day, said)


def why_no_number(typed: str) -> str:
    """Return what is wrong with a typed number, or nothing."""
    digits = serials.plain(typed)
    if not digits:
        return _("A number has digits only, such as %(example)s.", example=EXAMPLE)
    if not serials.is_complete(digits):
        return _("This number is not complete; it looks like %(example)s.", example=EXAMPLE)
    if serials.number_in(digits) is None:
        return _(
            "The last digit does not fit: a digit is wrong, or two changed places. Look at the sheet again."
        )
    return ""
