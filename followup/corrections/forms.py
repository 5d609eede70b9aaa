"""What somebody decides about a number."""

from flask_wtf import FlaskForm
from wtforms import BooleanField, StringField
from wtforms.validators import AnyOf, Length

from core.i18n import _l


class NumberForm(FlaskForm):
    """One press about one number; the new number belongs to ``replace``."""

    action = StringField(validators=[AnyOf(["replace", "right", "remove"])])
    number = StringField(_l("New number"), validators=[Length(max=40)])
    again = BooleanField(_l("Ask the customer again by phone"), default=True)
