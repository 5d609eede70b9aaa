"""The forms of the case register. What is wrong comes back with 422 and with everything that was typed."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from secrets import token_hex
from typing import Any
from zoneinfo import ZoneInfo

from flask_wtf import FlaskForm
from wtforms import DateField, HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError
from wtforms.widgets import HiddenInput

from core.auth.models import User
from core.contacts import phones
from core.errors import InputError
from core.i18n import LANGUAGES, _, _l
from core.texts import clean_text
from core.web import settings
from followup.cases.categories import Node
from followup.cases.labels import CHANNEL, CLOSE_REASON, KIND, LINK, SEVERITY
from followup.cases.policy import CHANNELS, REASON_LIMIT, TEXT_LIMIT, TITLE_LIMIT

NO_TITLE = _l("A case needs a subject: a few words that say what it is about.")
NO_RESULT = _l("Write what was done for the customer before the case is closed.")
NO_WORDS = _l("The note is empty; write what you want to keep.")
INDENT = "\N{NO-BREAK SPACE}" * 4  # left out of account when somebody types to find an entry
_OFFICE_CLOSES = time(18, 0)  # a limit that is given as a day ends with the office hours


def _at_most(n: int) -> Length:
    return Length(max=n, message=_l("Use at most %(max)d characters.", max=n))


def _filled(message: Any) -> InputRequired:
    return InputRequired(message)


def _choices(labels: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return list(labels.items())


def _is_phone(_form: Any, field: StringField) -> None:
    """Refuse what is no phone number in any usual spelling."""
    text = clean_text(field.data or "")
    if not text:
        return
    try:
        phones.normalise(text, settings().country)
    except InputError:
        raise ValidationError(
            _("This is not a phone number; write a mobile, or a landline with its area code.")
        ) from None


class FactsForm(FlaskForm):
    """What a case is about; shared by registering and editing."""

    kind = SelectField(_l("Kind of case"), choices=lambda: _choices(KIND))
    title = StringField(_l("Subject"), [_filled(NO_TITLE), _at_most(TITLE_LIMIT)])
    description = TextAreaField(_l("Description"), [_at_most(TEXT_LIMIT)])
    severity = SelectField(_l("Severity"), choices=lambda: _choices(SEVERITY), default="normal")
    category = SelectField(_l("Category"), [_at_most(60)], validate_choice=False)
    service_type = StringField(_l("Service"), [_at_most(60)])
    district = StringField(_l("District"), [_at_most(60)])
    channel = SelectField(_l("How it reached us"), default="phone")
    due_on = DateField(_l("To be closed by"), [Optional()])

    def offer(self, nodes: list[Node], *, category: str = "", channel: str = "") -> None:
        """Fill the lists of categories and channels; what a case has already stays possible."""
        self.known_categories = {node.path for node in nodes if node.active} | {category, ""}
        listed = [(node.path, INDENT * node.depth + node.name) for node in nodes if node.active]
        listed = [("", _("none yet")), *listed]
        for kept in (category, self.category.data or ""):
            if kept and kept not in dict(listed):
                listed.append((kept, kept))
        self.category.choices = listed
        offered = dict.fromkeys((*CHANNELS, channel) if channel in CHANNEL else CHANNELS)
        self.channel.choices = [(code, CHANNEL[code]) for code in offered]

    def validate_category(self, field: SelectField) -> None:
        """Take a category of the tree; while there is no tree, any words."""
        has_tree = len(self.category.choices or ()) > 1 and self.known_categories != {""}
        if has_tree and clean_text(field.data or "", 60) not in self.known_categories:
            raise ValidationError(_("Choose a category from the list."))

    def due_at(self, zone: ZoneInfo, kept: datetime | None = None) -> datetime | None:
        """Return the limit; the day that was shown keeps its hour."""
        return limit(self.due_on.data, zone, kept)


class NewCaseForm(FactsForm):
    """A new case with its customer and who takes it; ``key`` makes two presses of one form one case."""

    severity = SelectField(
        _l("Severity"),
        choices=lambda: [("", _("as suggested")), *_choices(SEVERITY)],
        default="",
    )
    key = HiddenField(default=lambda: token_hex(12), validators=[Length(max=40)])
    department = StringField(_l("Department"), [_at_most(60)])
    handler = SelectField(_l("Handler"))
    handler_name = StringField(_l("Handler without an account"), [_at_most(80)])
    name = StringField(_l("Customer’s name"), [_at_most(200)])
    phone = StringField(_l("Phone"), [_at_most(40), _is_phone])
    phone2 = StringField(_l("Second phone"), [_at_most(40), _is_phone])
    email = StringField(_l("E-mail"), [_at_most(254)])
    address = StringField(_l("Address"), [_at_most(200)])
    household = StringField(_l("Household number"), [_at_most(40)])
    language = SelectField(_l("Customer’s language"), choices=lambda: list(LANGUAGES.items()))

    def has_contact(self) -> bool:
        """Tell whether anything about the customer was entered."""
        fields = (self.name, self.phone, self.phone2, self.email, self.address, self.household)
        return any(clean_text(field.data or "") for field in fields)


class EditForm(FactsForm):
    """The facts of a case, with the version that was shown."""

    version = IntegerField(widget=HiddenInput(), validators=[NumberRange(min=1)])


class AssignForm(FlaskForm):
    """Who takes the case."""

    handler = SelectField(_l("Handler"))
    handler_name = StringField(_l("Handler without an account"), [_at_most(80)])
    department = StringField(_l("Department"), [_at_most(60)])


class CloseForm(FlaskForm):
    """How the case ended."""

    result = TextAreaField(_l("What was done"), [_filled(NO_RESULT), _at_most(TEXT_LIMIT)])
    close_reason = SelectField(_l("How it ended"), choices=lambda: _choices(CLOSE_REASON))


class NoteForm(FlaskForm):
    """A note."""

    words = TextAreaField(_l("Staff note"), [_filled(NO_WORDS), _at_most(TEXT_LIMIT)])


class ReasonForm(FlaskForm):
    """Why a step is taken."""

    reason = StringField(_l("Reason"), [_filled(_l("Say why in a few words.")), _at_most(REASON_LIMIT)])


class MergeForm(FlaskForm):
    """The case that is kept."""

    number = StringField(
        _l("Number of the case that is kept"),
        [_filled(_l("Give the number of the other case.")), _at_most(20)],
    )


class LinkForm(FlaskForm):
    """Another case, and how the two belong together."""

    number = StringField(
        _l("Number of the other case"),
        [_filled(_l("Give the number of the other case.")), _at_most(20)],
    )
    kind = SelectField(_l("How they belong together"), choices=lambda: _choices(LINK), default="related")


class ReopenForm(ReasonForm):
    """Why a closed case is opened again, and until when."""

    due_on = DateField(_l("New limit"), [Optional()])


class DecisionForm(FlaskForm):
    """Agree to reopening or decline it."""

    decision = TextAreaField(_l("Reason"), [_at_most(REASON_LIMIT)])
    due_on = DateField(_l("New limit"), [Optional()])
    answer = HiddenField()


def limit(day: date | None, zone: ZoneInfo, kept: datetime | None = None) -> datetime | None:
    """Return the end of the office hours of a day, or ``kept`` where that is the same day."""
    if day is None:
        return None
    if kept is not None and kept.astimezone(zone).date() == day:
        return kept
    return datetime.combine(day, _OFFICE_CLOSES, zone)


def offer_handlers(form: NewCaseForm | AssignForm, users: Iterable[User]) -> None:
    """Fill the list of handlers."""
    listed = [
        (str(u.id), f"{u.display_name} · {u.department}" if u.department else u.display_name) for u in users
    ]
    form.handler.choices = [("", _("Nobody yet")), *listed]
