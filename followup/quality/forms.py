"""What the pages of quality post. The questions themselves are read by ``surveys.parsing.parse_form``."""

from flask_wtf import FlaskForm
from wtforms import RadioField, SelectField, TextAreaField
from wtforms.validators import Length, Optional

from core.i18n import _, _l
from followup.quality.reviewing import NOTE_LIMIT
from followup.quality.words import FINDING, REASON, WAY


class ReviewForm(FlaskForm):
    """A call that is scored a second time, or why that is not possible."""

    way = RadioField(
        _l("How did you look at the call?"),
        choices=lambda: {code: str(word) for code, word in WAY.items()},
        validators=[Optional()],
    )
    reason = SelectField(
        _l("Why it cannot be compared"),
        choices=lambda: {"": _("Choose a reason"), **{code: str(word) for code, word in REASON.items()}},
        validators=[Optional()],
    )
    note = TextAreaField(_l("Internal note"), validators=[Length(max=NOTE_LIMIT)])


class CheckForm(FlaskForm):
    """What somebody found who looked at a call that stood out."""

    finding = SelectField(
        _l("Finding"),
        choices=lambda: {"": _("Choose a finding"), **{code: str(word) for code, word in FINDING.items()}},
        validators=[Optional()],
    )
    note = TextAreaField(_l("Internal note"), validators=[Length(max=NOTE_LIMIT)])
