"""A rule as a form: one sentence with selects."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from core.i18n import _l
from followup.cases.labels import CLOSE_REASON, KIND, SEVERITY
from followup.rules.policy import Terms
from followup.rules.words import CHANNEL

HOURS = {"working": _l("working hours"), "elapsed": _l("hours of the clock")}
LISTS = ("categories", "departments", "service_types", "districts")


class Checkboxes(SelectMultipleField):
    """Several of several, as boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def said(words: Mapping[str, Any]) -> dict[str, str]:
    """Return codes and words as a select takes them, in the language of the request."""
    return {code: str(word) for code, word in words.items()}


def _number(label: Any, low: int, high: int) -> IntegerField:
    return IntegerField(label, validators=[InputRequired(), NumberRange(low, high)])


class RuleForm(FlaskForm):
    """Every term of a rule."""

    name = StringField(_l("Name of the rule"), validators=[InputRequired(), Length(max=80)])
    kinds = Checkboxes(_l("Kind of case"), choices=lambda: said(KIND))
    severities = Checkboxes(_l("Severity"), choices=lambda: said(SEVERITY))
    close_reasons = Checkboxes(_l("Closed because"), choices=lambda: said(CLOSE_REASON))
    categories = StringField(_l("Categories"), validators=[Length(max=600)])
    departments = StringField(_l("Departments"), validators=[Length(max=600)])
    service_types = StringField(_l("Services"), validators=[Length(max=600)])
    districts = StringField(_l("Districts"), validators=[Length(max=600)])
    starts_on = DateField(_l("Only cases closed from"), validators=[Optional()])
    questionnaire = SelectField(_l("Questionnaire"), coerce=int)
    channel = SelectField(_l("Ask by"), choices=lambda: said(CHANNEL))
    delay_hours = DecimalField(
        _l("Ask after so many hours"), places=None, validators=[InputRequired(), NumberRange(0, 720)]
    )
    delay_in = SelectField(
        _l("Hours are"),
        choices=lambda: said(HOURS),
    )
    reminds = BooleanField(_l("Remind once where the link is not answered"))
    reminder_after_workdays = _number(_l("Reminder after so many working days"), 1, 30)
    phone_after_workdays = _number(_l("Call after so many working days without an answer"), 1, 30)
    call_within_workdays = _number(_l("Call within so many working days"), 1, 30)
    max_attempts = _number(_l("At most so many calls"), 1, 10)
    answer_days = _number(_l("The link works for so many days"), 1, 90)
    sampling_rate = DecimalField(
        _l("Ask so many of a hundred cases"), places=None, validators=[InputRequired(), NumberRange(0, 100)]
    )
    cap_days = _number(_l("Ask a customer at most once in so many days"), 0, 365)
    max_age_days = _number(_l("Never ask about cases closed more days ago than"), 1, 365)

    def terms(self) -> Terms:
        """Return what was filled in."""
        values: dict[str, Any] = {name: getattr(self, name).data for name in Terms.__dataclass_fields__}
        for name in ("kinds", "severities", "close_reasons"):
            values[name] = tuple(values[name] or ())
        for name in LISTS:
            values[name] = split(values[name] or "")
        for name in ("delay_hours", "sampling_rate"):
            values[name] = float(values[name])
        if not self.reminds.data:
            values["reminder_after_workdays"] = None
        return Terms(**values)


def split(text: str) -> tuple[str, ...]:
    """Read names that are separated by commas of either width, semicolons, 、 or line ends."""
    return tuple(dict.fromkeys(part for part in (p.strip() for p in re.split(r"[,，、;；\n]", text)) if part))


def filled(terms: Terms) -> dict[str, Any]:
    """Return the values of the form for these terms."""
    values: dict[str, Any] = {name: getattr(terms, name) for name in Terms.__dataclass_fields__}
    values |= {name: Decimal(f"{getattr(terms, name):g}") for name in ("delay_hours", "sampling_rate")}
    values |= {name: "、".join(getattr(terms, name)) for name in LISTS}
    reminder = terms.reminder_after_workdays
    return values | {"reminds": reminder is not None, "reminder_after_workdays": reminder or 1}
