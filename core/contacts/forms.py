"""The forms of the contact ledger."""

from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import DataRequired, Length

from core.i18n import _l


class WishForm(FlaskForm):
    """Why a contact is left alone from now on, or no longer."""

    reason = StringField(
        _l("Reason"),
        [
            DataRequired(_l("Say who asked for this, when and how.")),
            Length(max=200, message=_l("Use at most 200 characters.")),
        ],
    )
