"""What the board posts: decisions about one callback, and giving several to somebody."""

from flask_wtf import FlaskForm
from wtforms import SelectField, SelectMultipleField, StringField
from wtforms.validators import AnyOf, DataRequired, Length

from core.i18n import _l
from followup.callbacks.reassigning import REASON_LIMIT

WHY = _l("Say why; the audit trail keeps the reason.")


class DecideForm(FlaskForm):
    """What a supervisor decides about a held callback, or why a lease is released."""

    action = StringField(
        validators=[
            AnyOf(["resume", "finish", "take_away"], _l("Choose what should happen to the callback."))
        ]
    )
    reason = StringField(_l("Reason"), validators=[DataRequired(WHY), Length(max=REASON_LIMIT)])


class ReassignForm(FlaskForm):
    """To whom the marked callbacks go, and why."""

    ids = SelectMultipleField(_l("Callbacks"), coerce=int, validate_choice=False)
    to = SelectField(_l("Give to"), validate_choice=False)
    reason = StringField(_l("Reason"), validators=[DataRequired(WHY), Length(max=REASON_LIMIT)])

    @property
    def person(self) -> int | None:
        """Return to whom; None is everybody."""
        return int(self.to.data) if (self.to.data or "").isdecimal() else None
