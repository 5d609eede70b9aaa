"""What the desk posts: how the call ended, and why a callback is given back."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask_wtf import FlaskForm
from wtforms import DateTimeLocalField, HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import AnyOf, Length, Optional

from core.i18n import _l
from followup.callbacks.attempts import NOTE_LIMIT
from followup.callbacks.outcomes import Code
from followup.callbacks.words import GIVE_BACK


class DeskForm(FlaskForm):
    """One call. The items of the questionnaire are read by ``surveys.answering.parse_form``."""

    outcome = StringField(validators=[Optional(), AnyOf([code.value for code in Code])])
    note = TextAreaField(_l("Internal note"), validators=[Length(max=NOTE_LIMIT)])
    appointment = DateTimeLocalField(
        _l("Agreed time"), format=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"], validators=[Optional()]
    )
    version = IntegerField(validators=[Optional()])
    confirmed = HiddenField()
    then = StringField(validators=[Optional(), AnyOf(["queue"])])

    def agreed_at(self, zone: ZoneInfo) -> datetime | None:
        """Return the agreed time, which the agent types as the customer's clock shows it."""
        return self.appointment.data.replace(tzinfo=zone) if self.appointment.data else None


class ReasonForm(FlaskForm):
    """Why a callback is given back."""

    reason = SelectField(_l("Reason"), choices=lambda: {code: str(word) for code, word in GIVE_BACK.items()})


class TakeOverForm(FlaskForm):
    """Why a supervisor steps into a call."""

    reason = StringField(_l("Reason"), validators=[Length(max=200)])
