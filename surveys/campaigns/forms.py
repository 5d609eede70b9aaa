"""A campaign as a form, in four groups: what, whom, when, how."""

import re
from collections.abc import Mapping
from typing import Any

from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import (
    BooleanField,
    DateField,
    Field,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from core.i18n import _l
from surveys.campaigns import words
from surveys.campaigns.audiences import Option, providers
from surveys.campaigns.policy import LARGEST_SAMPLE, Terms

PLAIN = (
    "audience", "source", "language", "household", "reach", "sample", "sample_size", "group_by",
    "allocation", "schedule", "starts_on", "hour", "answer_days", "reminders", "reminder_days", "pace",
    "cap_days", "exempt",
)  # fmt: skip


class Checkboxes(SelectMultipleField):
    """Several of several, as boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def _said(table: Mapping[str, Any]) -> Any:
    return lambda: {code: str(word) for code, word in table.items()}


def _number(label: Any, low: int, high: int) -> IntegerField:
    return IntegerField(label, validators=[InputRequired(), NumberRange(low, high)])


class CampaignForm(FlaskForm):
    """Every term of a campaign; what registered audiences want to know is added by ``campaign_form``."""

    title = StringField(_l("Title of the campaign"), validators=[InputRequired(), Length(max=120)])
    questionnaire = SelectField(_l("Questionnaire"), coerce=int)
    audience = RadioField(_l("Whom to ask"), choices=words.audiences)
    source = SelectField(_l("Where the contact comes from"))
    language = SelectField(_l("Language"), choices=_said(words.LANGUAGE))
    household = SelectField(_l("Household number"), choices=_said(words.HOUSEHOLD))
    reach = SelectField(_l("Can be reached by"), choices=_said(words.REACH))
    sample = RadioField(_l("How many of them"), choices=_said(words.SAMPLE))
    sample_size = _number(_l("People to ask"), 1, LARGEST_SAMPLE)
    group_by = SelectField(_l("Groups by"), choices=_said(words.GROUP))
    allocation = SelectField(_l("Shares of the groups"), choices=_said(words.ALLOCATION))
    schedule = SelectField(_l("How often"), choices=_said(words.SCHEDULE))
    starts_on = DateField(_l("First day"), validators=[Optional()])
    hour = _number(_l("Hour"), 0, 23)
    answer_days = _number(_l("Days to answer"), 1, 60)
    reminders = _number(_l("Reminders"), 0, 2)
    reminder_days = _number(_l("Days before a reminder"), 1, 30)
    channels = SelectField(_l("Send by"), choices=_said(words.CHANNELS))
    pace = _number(_l("Messages in an hour"), 1, 20_000)
    cap_days = _number(_l("Days between two questions"), 0, 365)
    exempt = BooleanField(_l("Ask also who was asked a short time ago"))

    def terms(self) -> Terms:
        """Return what was filled in."""
        values: dict[str, Any] = {name: getattr(self, name).data for name in PLAIN}
        values["channels"] = tuple(self.channels.data.split(","))
        provider = next((each for each in providers() if each.key == values["audience"]), None)
        options = provider.options if provider else ()
        values["options"] = {
            option.name: _value(option, getattr(self, field_name(values["audience"], option)).data)
            for option in options
        }
        return Terms(**values)

    def options_of(self, key: str) -> list[Field]:
        """Return the fields of a registered audience."""
        provider = next(each for each in providers() if each.key == key)
        return [getattr(self, field_name(key, option)) for option in provider.options]


class ListForm(FlaskForm):
    """A file of people."""

    file = FileField(_l("File"), validators=[FileRequired()])


def campaign_form(data: Mapping[str, Any]) -> CampaignForm:
    """Return the form with a field for each option of each registered audience."""
    extra = {
        field_name(provider.key, option): _option_field(option)
        for provider in providers()
        for option in provider.options
    }
    form = type("CampaignForm", (CampaignForm,), extra)(data=data)
    assert isinstance(form, CampaignForm)
    return form


def filled(terms: Terms) -> dict[str, Any]:
    """Return the values of the form for these terms."""
    values: dict[str, Any] = {name: getattr(terms, name) for name in PLAIN}
    values["channels"] = ",".join(terms.channels)
    for provider in providers():
        for option in provider.options:
            given = terms.options.get(option.name) if terms.audience == provider.key else None
            values[field_name(provider.key, option)] = _shown(option, given)
    return values


def field_name(key: str, option: Option) -> str:
    """Return the name of the field for an option of an audience."""
    return f"{key}_{option.name}"


def _option_field(option: Option) -> Any:
    if option.kind == "days":
        return _number(option.label, 1, 730)
    if option.choices:
        return Checkboxes(option.label, choices=option.choices)
    return StringField(option.label, validators=[Length(max=600)])


def _value(option: Option, data: Any) -> Any:
    if option.kind == "days":
        return data
    if option.choices:
        return list(data or ())
    parts = (part.strip() for part in re.split(r"[,，、;；\n]", data or ""))
    return list(dict.fromkeys(part for part in parts if part))


def _shown(option: Option, given: Any) -> Any:
    if option.kind == "days":
        return given or 90
    return list(given or ()) if option.choices else "、".join(given or ())
