"""What the board posts: decisions about one callback, and giving several to somebody."""

from flask_wtf import FlaskForm
from wtforms import SelectField, SelectMultipleField, StringField
from wtforms.validators import AnyOf, DataRequired, Length

from core.i18n import _l
from followup.callbacks.reassigning import REASON_LIMIT

LAST_ID = 2**31 - 1  # what both databases can hold
WHY = _l("Say why; the audit trail keeps the reason.")


def an_id(text: str) -> int:
    """Read the number of a row; what no row can have is no number of any."""
    if not text.isdecimal() or len(text) > len(str(LAST_ID)) or int(text) > LAST_ID:
        raise ValueError("expected the number of a row")
    return int(text)


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

    ids = SelectMultipleField(_l("Callbacks"), coerce=an_id, validate_choice=False)
    to = SelectField(_l("Give to"), validate_choice=False)
    reason = StringField(_l("Reason"), validators=[DataRequired(WHY), Length(max=REASON_LIMIT)])

    @property
    def person(self) -> int | None:
        """Return to whom; None is everybody."""
        try:
            return an_id(self.to.data or "")
        except ValueError:
            return None
