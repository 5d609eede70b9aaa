"""Why nobody asks."""

from flask_wtf import FlaskForm
from wtforms import SelectField, TextAreaField
from wtforms.validators import Length

from core.i18n import _l
from followup.suppression.policy import WORDS_LIMIT
from followup.suppression.words import REASON


class SuppressForm(FlaskForm):
    """A reason from the list, and words."""

    reason = SelectField(
        _l("Why nobody should ask"),
        choices=lambda: {"": "", **{code: str(word) for code, word in REASON.items()}},
    )
    words = TextAreaField(_l("In a few words"), validators=[Length(max=WORDS_LIMIT)])
