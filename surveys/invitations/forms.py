"""The form that asks why a link is taken back or replaced."""

from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import DataRequired, Length

from core.i18n import _l


class ReasonForm(FlaskForm):
    """Why a personal link ends."""

    reason = StringField(
        _l("Reason"),
        [
            DataRequired(_l("Say why, such as: went to a wrong number.")),
            Length(max=200, message=_l("Use at most 200 characters.")),
        ],
    )
