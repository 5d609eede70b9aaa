"""What the desk posts: how the call ended, and why a callback is given back."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import (
    BooleanField,
    DateTimeLocalField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import AnyOf, Length, Optional

from core.i18n import _l, language, text_in
from followup.callbacks import choices
from followup.callbacks.attempts import NOTE_LIMIT
from followup.callbacks.outcomes import Code


def _line_ends(text: str | None) -> str | None:
    """Count a new line as one character, as the page does; browsers send two."""
    return text.replace("\r\n", "\n") if text else text


class DeskForm(FlaskForm):
    """One call. The items of the questionnaire are read by ``surveys.answering.parse_form``."""

    outcome = StringField(validators=[Optional(), AnyOf([code.value for code in Code])])
    note = TextAreaField(_l("Internal note"), filters=[_line_ends], validators=[Length(max=NOTE_LIMIT)])
    appointment = DateTimeLocalField(
        _l("Agreed time"), format=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"], validators=[Optional()]
    )
    version = IntegerField(validators=[Optional()])
    confirmed = HiddenField()
    anyone = BooleanField(_l("Anyone may call"))
    then = StringField(validators=[Optional(), AnyOf(["queue"])])

    def agreed_at(self, zone: ZoneInfo) -> datetime | None:
        """Return the agreed time, which the agent types as the customer's clock shows it."""
        return self.appointment.data.replace(tzinfo=zone) if self.appointment.data else None


class ReasonForm(FlaskForm):
    """Why a callback is given back, or why an agent pauses."""

    reason = SelectField(_l("Reason"))

    @classmethod
    def offering(cls, session: Session, kind: str) -> "ReasonForm":
        """Return the form with a list of the desk."""
        form = cls()
        form.reason.choices = [(each.code, each.said(language())) for each in choices.active(session, kind)]
        return form

    def given(self) -> str:
        """Return the reason that was chosen, or nothing."""
        return str(self.reason.data) if self.validate() else ""


class TakeOverForm(FlaskForm):
    """Why a supervisor steps into a call."""

    reason = StringField(_l("Reason"), validators=[Length(max=200)])


class ChoiceForm(FlaskForm):
    """The words of one line of the desk's lists; ``choices`` says what is wrong with them."""

    chinese = StringField(_l("In Chinese"))
    english = StringField(_l("In English"))

    def words(self) -> dict[str, str]:
        """Return what was written, by language."""
        return {"zh_Hans": self.chinese.data or "", "en": self.english.data or ""}

    def first(self) -> str:
        """Return the words in the reader's language, or those there are."""
        return text_in(self.words(), language()).strip()
