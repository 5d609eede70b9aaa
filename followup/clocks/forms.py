"""The forms of clocks and limits."""

from flask_wtf import FlaskForm
from wtforms import FloatField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length

from core.i18n import _l
from followup.cases.labels import CHANNEL
from followup.cases.policy import TEXT_LIMIT
from followup.clocks.policy import ANSWERED_BY, Limits, Span
from followup.clocks.words import UNIT

NO_AMOUNT = _l("Enter a number, such as 3 or 1.5.")


class FirstAnswerForm(FlaskForm):
    """How the customer was given a first answer."""

    channel = SelectField(
        _l("How"), choices=lambda: [(code, CHANNEL[code]) for code in ANSWERED_BY], default="phone"
    )
    words = TextAreaField(
        _l("What was said"), [Length(max=TEXT_LIMIT, message=_l("Use at most %(max)d characters."))]
    )


class AmountField(FloatField):
    """A number, with our own sentence for what is none."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            self.data = None
            raise ValueError(str(NO_AMOUNT)) from None

    def _value(self) -> str:
        """Return the number as people write it: 4, not 4.0."""
        if self.raw_data:
            return str(self.raw_data[0])
        return f"{self.data:g}" if self.data is not None else ""


class LimitsForm(FlaskForm):
    """How long a case may take."""

    response_amount = AmountField(_l("First answer within"), [InputRequired(NO_AMOUNT)])
    response_unit = SelectField(_l("Unit"), choices=lambda: list(UNIT.items()))
    resolution_amount = AmountField(_l("Closed within"), [InputRequired(NO_AMOUNT)])
    resolution_unit = SelectField(_l("Unit"), choices=lambda: list(UNIT.items()))

    def limits(self) -> Limits:
        """Return what was entered."""
        return Limits(
            Span(self.response_amount.data or 0.0, self.response_unit.data),
            Span(self.resolution_amount.data or 0.0, self.resolution_unit.data),
        )


def filled(limits: Limits) -> dict[str, object]:
    """Return the values of the form for these limits."""
    return {
        "response_amount": limits.response.amount,
        "response_unit": limits.response.unit,
        "resolution_amount": limits.resolution.amount,
        "resolution_unit": limits.resolution.unit,
    }
