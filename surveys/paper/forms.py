"""What is asked before sheets are printed."""

from flask_wtf import FlaskForm
from wtforms import IntegerField, RadioField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange

from core.i18n import _, _l
from surveys.paper.actions import INSTRUCTIONS_LIMIT, MOST_SHEETS


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
