"""A rule as a form: one sentence with selects. What exists is offered, and other names may be typed."""

import re
from collections.abc import Iterable, Mapping
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
from core.texts import clean_text
from followup.cases.labels import CHANNEL as CHANNEL_OF_CASE
from followup.cases.labels import CLOSE_REASON, KIND, SEVERITY
from followup.rules.policy import KINDS, Terms
from followup.rules.words import CHANNEL, RESOLUTION, WRITTEN

HOURS = {"working": _l("working hours"), "elapsed": _l("hours of the clock")}
FIXED = ("kinds", "severities", "close_reasons", "came_by", "uncapped")
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


def _known(label: Any) -> Checkboxes:
    """Names that exist; one that is not among them came from another page or an earlier version."""
    return Checkboxes(label, choices=[], validate_choice=False)


def _others() -> StringField:
    return StringField(_l("Others, separated by commas"), validators=[Length(max=600)])


def _rate(kind: str) -> DecimalField:
    return DecimalField(KIND[kind], places=None, validators=[Optional(), NumberRange(0, 100)])


class RuleForm(FlaskForm):
    """Every term of a rule."""

    name = StringField(
        _l("Name of the rule"), validators=[InputRequired(_l("Give the rule a name.")), Length(max=80)]
    )
    kinds = Checkboxes(_l("Kind of case"), choices=lambda: said(KIND))
    severities = Checkboxes(_l("Severity"), choices=lambda: said(SEVERITY))
    close_reasons = Checkboxes(_l("Closed because"), choices=lambda: said(CLOSE_REASON))
    came_by = Checkboxes(_l("Came by"), choices=lambda: said(CHANNEL_OF_CASE))
    categories, categories_more = _known(_l("Category")), _others()
    departments, departments_more = _known(_l("Department")), _others()
    service_types, service_types_more = _known(_l("Service")), _others()
    districts, districts_more = _known(_l("District")), _others()
    resolution = SelectField(_l("Which closing"), choices=lambda: said(RESOLUTION))
    starts_on = DateField(_l("Only cases closed from"), validators=[Optional()])
    questionnaire = SelectField(_l("Questionnaire"), coerce=int)
    channel = SelectField(_l("Ask by"), choices=lambda: said(CHANNEL))
    written = SelectField(_l("The link goes by"), choices=lambda: said(WRITTEN))
    agents = StringField(_l("Who calls"), validators=[Length(max=80)])
    skill = StringField(_l("What who calls has to be able to do"), validators=[Length(max=40)])
    delay_hours = DecimalField(
        _l("Ask after so many hours"), places=None, validators=[InputRequired(), NumberRange(0, 720)]
    )
    delay_in = SelectField(_l("Hours are"), choices=lambda: said(HOURS))
    reminds = BooleanField(_l("Remind once where the link is not answered"))
    reminder_after_workdays = _number(_l("Reminder after so many working days"), 1, 30)
    phone_after_workdays = _number(_l("Call after so many working days without an answer"), 1, 30)
    call_within_workdays = _number(_l("Call within so many working days"), 1, 30)
    max_attempts = _number(_l("At most so many calls"), 1, 10)
    answer_days = _number(_l("The link works for so many days"), 1, 90)
    sampling_rate = DecimalField(
        _l("Ask so many of a hundred cases"), places=None, validators=[InputRequired(), NumberRange(0, 100)]
    )
    rate_complaint, rate_repair, rate_suggestion = _rate("complaint"), _rate("repair"), _rate("suggestion")
    rate_inquiry, rate_praise = _rate("inquiry"), _rate("praise")
    cap_days = _number(_l("Ask a customer at most once in so many days"), 0, 365)
    uncapped = Checkboxes(_l("Exempt from this limit"), choices=lambda: said({**KIND, **SEVERITY}))
    max_age_days = _number(_l("Never ask about cases closed more days ago than"), 1, 365)
    basis = StringField(_l("Why this rule: a standard, a contract, a decision"), validators=[Length(max=300)])

    def offer(self, known: Mapping[str, Iterable[str]]) -> None:
        """Offer the names that exist; what is chosen already stays among them."""
        for name in LISTS:
            chosen = self[name].data or ()
            self[name].choices = list(dict.fromkeys((*known.get(name, ()), *chosen)))

    def terms(self) -> Terms:
        """Return what was filled in."""
        values: dict[str, Any] = {
            name: getattr(self, name).data for name in Terms.__dataclass_fields__ if name in self
        }
        values |= {name: tuple(values[name] or ()) for name in FIXED}
        values |= {name: _chosen(values[name], self[f"{name}_more"].data) for name in LISTS}
        values |= {name: float(values[name]) for name in ("delay_hours", "sampling_rate")}
        values |= {name: clean_text(values[name] or "", 300) for name in ("agents", "skill", "basis")}
        values["written"] = tuple(values["written"].split(","))
        rates = {kind: self[f"rate_{kind}"].data for kind in KINDS}
        values["kind_rates"] = tuple(sorted((k, float(r)) for k, r in rates.items() if r is not None))
        if not self.reminds.data:
            values["reminder_after_workdays"] = None
        return Terms(**values)


def _chosen(boxes: Iterable[str] | None, typed: str | None) -> tuple[str, ...]:
    found = (clean_text(name, 60) for name in (*(boxes or ()), *split(typed or "")))
    return tuple(dict.fromkeys(name for name in found if name))


def split(text: str) -> tuple[str, ...]:
    """Read names that are separated by commas of either width, semicolons, 、 or line ends."""
    return tuple(dict.fromkeys(part for part in (p.strip() for p in re.split(r"[,，、;；\n]", text)) if part))


def filled(terms: Terms) -> dict[str, Any]:
    """Return the values of the form for these terms."""
    values: dict[str, Any] = {name: getattr(terms, name) for name in Terms.__dataclass_fields__}
    values |= {name: Decimal(f"{getattr(terms, name):g}") for name in ("delay_hours", "sampling_rate")}
    values |= {name: list(values[name]) for name in (*FIXED, *LISTS)}
    values |= {f"rate_{kind}": Decimal(f"{rate:g}") for kind, rate in terms.kind_rates}
    reminder = terms.reminder_after_workdays
    return values | {
        "written": ",".join(terms.written),
        "reminds": reminder is not None,
        "reminder_after_workdays": reminder or 1,
    }
