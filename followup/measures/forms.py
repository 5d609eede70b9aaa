"""The forms of measures. What is wrong comes back with 422 and with everything that was typed."""

from collections.abc import Iterable
from secrets import token_hex
from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional, ValidationError
from wtforms.widgets import HiddenInput

from core.i18n import _, _l
from core.texts import clean_text
from followup.measures import personal
from followup.measures.actions import LIMITS, NOTE_LIMIT, REASON_LIMIT, Plan, Where
from followup.measures.models import Measure
from followup.measures.offers import Offers
from followup.measures.words import DIMENSION, TERM

PERSONAL = _l(
    "This looks like a telephone, identity or account number, an address or a name. Nobody’s details belong "
    "here: take them out, or tick the box below if it is none."
)
_TEXTS = ("title", "heard", "action")


def _at_most(n: int) -> Length:
    return Length(max=n, message=_l("Use at most %(max)d characters.", max=n))


def _clean(text: str | None) -> str:
    return clean_text(text or "")


def _is_near(_form: Any, field: DateField) -> None:
    """Refuse a year that nobody means; the months around it could not be counted."""
    if field.data is not None and not 2000 <= field.data.year <= 2199:
        raise ValidationError(_("Write a day between the years 2000 and 2199."))


def _confirm() -> BooleanField:
    return BooleanField(_l("There are no personal details in these texts"))


class WatchedForm(FlaskForm):
    """A form whose texts are looked through for personal details before they are saved."""

    watched: tuple[str, ...] = ()
    confirm = _confirm()

    def validate(self, extra_validators: Any = None) -> bool:
        """Refuse what looks like somebody's details until it is said to be none."""
        fine = bool(super().validate(extra_validators))
        for name in self.watched if not self.confirm.data else ():
            if personal.holds_personal_data(self[name].data or ""):
                self[name].errors = [*self[name].errors, str(PERSONAL)]
                fine = False
        return fine

    @property
    def asks_to_confirm(self) -> bool:
        """Tell whether the box has to be shown."""
        return bool(self.confirm.data) or any(str(PERSONAL) in self[name].errors for name in self.watched)


class MeasureForm(WatchedForm):
    """What is planned, by whom, until when, and what it is to change; of two presses one plans (``key``)."""

    watched = _TEXTS
    title = StringField(
        _l("Measure"),
        [DataRequired(_l("Give the measure a name.")), _at_most(LIMITS["title"])],
        filters=[_clean],
    )
    heard = TextAreaField(
        _l("What we heard"),
        [DataRequired(_l("Write what people said.")), _at_most(LIMITS["heard"])],
        filters=[_clean],
    )
    action = TextAreaField(
        _l("What we do about it"),
        [DataRequired(_l("Write what is to be done.")), _at_most(LIMITS["action"])],
        filters=[_clean],
    )
    term = SelectField(_l("Short or long term"), choices=lambda: list(TERM.items()))
    due_on = DateField(
        _l("To be done by"), [InputRequired(_l("Choose the day by which it is to be done.")), _is_near]
    )
    starts_on = DateField(_l("In force from"), [Optional(), _is_near])
    department = StringField(
        _l("Department"),
        [DataRequired(_l("Name the department that does it.")), _at_most(LIMITS["department"])],
        filters=[_clean],
    )
    owner = SelectField(_l("Responsible"))
    item = SelectField(_l("Question that it is to move"))
    also = SelectMultipleField(_l("Other questions that it may move"), choices=[], validate_choice=False)
    expected_points = DecimalField(
        _l("Expected rise of the satisfied share, in points"),
        [Optional(), NumberRange(0.1, 100, _l("Enter a number of points from 0.1 to 100."))],
        places=None,
    )
    scope = SelectMultipleField(_l("Whose answers it reaches"), choices=[], validate_choice=False)
    control = SelectMultipleField(_l("Whose answers it does not reach"), choices=[], validate_choice=False)
    version = IntegerField(widget=HiddenInput(), default=0, validators=[Optional()])
    alert = IntegerField(widget=HiddenInput(), validators=[Optional(), NumberRange(1, 2147483647)])
    case = StringField(widget=HiddenInput(), validators=[_at_most(20)])
    key = HiddenField(default=lambda: token_hex(12), validators=[Length(max=40)])

    def offer(self, known: Offers) -> None:
        """Fill the lists; what a measure has already stays possible."""
        self.owner.choices = [("", _("Nobody yet")), *known.owners]
        none = {"": [("", _("None: the effect is not measured"))]}
        self.item.choices = none | _with_earlier(known, [self.item.data or ""])
        self.also.choices = _with_earlier(known, self.also.data or [])

    def validate(self, extra_validators: Any = None) -> bool:
        """Check also what belongs together."""
        fine = super().validate(extra_validators)
        if self.expected_points.data is not None and not self.item.data:
            self.item.errors = [*self.item.errors, _("Choose the question whose share is to rise.")]
            fine = False
        if len({each.partition(":")[0] for each in [self.item.data or "", *self.beside()]}) > 1:
            self.also.errors = [_("Choose them from the same questionnaire as the question above.")]
            fine = False
        if self.control.data and not _apart(where_of(self.scope.data), where_of(self.control.data)):
            sentence = _(
                "Some answers would be on both sides. Choose for both sides different values of the same "
                "dimension, such as one district here and another there."
            )
            self.control.errors = [*self.control.errors, sentence]
            fine = False
        return fine

    def beside(self) -> list[str]:
        """Return the other questions, each once, without the one that is expected to move."""
        chosen = (clean_text(each, 81) for each in self.also.data or ())
        return sorted({each for each in chosen if ":" in each and each != self.item.data})

    def plan(self) -> Plan:
        """Return what was filled in."""
        questionnaire, _colon, item = (self.item.data or "").partition(":")
        points = self.expected_points.data
        assert self.due_on.data is not None  # it is required
        return Plan(
            title=self.title.data or "",
            heard=self.heard.data or "",
            action=self.action.data or "",
            term=self.term.data,
            department=self.department.data or "",
            owner_id=int(self.owner.data) if self.owner.data else None,
            due_on=self.due_on.data,
            starts_on=self.starts_on.data,
            questionnaire=questionnaire,
            item_key=item,
            also=[each.partition(":")[2][:40] for each in self.beside()],
            expected_points=float(points) if points is not None else None,
            scope=where_of(self.scope.data),
            control=where_of(self.control.data),
        )


class StepForm(WatchedForm):
    """A step of a measure: the day it counts from, or why."""

    watched = ("reason",)
    day = DateField(_l("Day"), [Optional(), _is_near])
    reason = TextAreaField(_l("Why"), [_at_most(REASON_LIMIT)])


class ProgressForm(WatchedForm):
    """How far it is."""

    watched = ("text",)
    text = TextAreaField(
        _l("Progress"),
        [DataRequired(_l("The note is empty; write what you want to keep.")), _at_most(NOTE_LIMIT)],
        filters=[_clean],
    )


class CaseForm(FlaskForm):
    """A case that the measure answers."""

    number = StringField(
        _l("Case number"),
        [DataRequired(_l("Write the number of the case.")), _at_most(20)],
        filters=[_clean],
    )


class PublishForm(FlaskForm):
    """What the public page says, in each language."""

    said_zh_Hans = TextAreaField(_l("You said (Chinese)"), [_at_most(600)])  # noqa: N815 # named by language
    did_zh_Hans = TextAreaField(_l("We did (Chinese)"), [_at_most(600)])  # noqa: N815
    said_en = TextAreaField(_l("You said (English)"), [_at_most(600)])
    did_en = TextAreaField(_l("We did (English)"), [_at_most(600)])
    with_effect = BooleanField(_l("Tell the measured effect as well"))
    confirm = BooleanField(_l("The small numbers in these texts count no people"))


def _with_earlier(known: Offers, chosen: Iterable[str]) -> dict[str, list[tuple[str, str]]]:
    """Return the questions, with those of an earlier version that were chosen already."""
    listed = {value for one in known.items.values() for value, _label in one}
    gone = [(value, value.partition(":")[2]) for value in chosen if value and value not in listed]
    return {**known.items, **({_("Of an earlier version"): gone} if gone else {})}


def where_of(chosen: Iterable[str] | None) -> Where:
    """Read ``district=城东区`` boxes; dimensions that do not exist are left out."""
    found: Where = {}
    for text in chosen or ():
        name, _equals, value = clean_text(text).partition("=")
        if name in DIMENSION and value and len(value) <= 60:
            found.setdefault(name, []).append(value)
    return {name: sorted(set(values)) for name, values in sorted(found.items())}


def boxes_of(where: Where) -> list[str]:
    """Return the boxes that say this."""
    return [f"{name}={value}" for name, values in where.items() for value in values]


def filled(measure: Measure) -> dict[str, Any]:
    """Return a measure as the form shows it."""
    names = (
        "title",
        "heard",
        "action",
        "term",
        "department",
        "due_on",
        "starts_on",
        "expected_points",
        "version",
    )
    return {name: getattr(measure, name) for name in names} | {
        "owner": str(measure.owner_id or ""),
        "item": f"{measure.questionnaire}:{measure.item_key}" if measure.item_key else "",
        "also": [f"{measure.questionnaire}:{key}" for key in measure.also],
        "scope": boxes_of(measure.scope),
        "control": boxes_of(measure.control),
    }


def _apart(scope: Where, control: Where) -> bool:
    return any(name in control and not set(values) & set(control[name]) for name, values in scope.items())
