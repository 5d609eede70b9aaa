"""The forms of the page about other systems."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length, Optional

from core.auth.forms import DayField
from core.i18n import _l
from followup.rules.forms import Checkboxes

SCOPE_NAMES = {
    "cases:write": _l("Enter cases"),
    "cases:read": _l("Read its own cases"),
    "events:write": _l("Tell what happened to its cases"),
}
EVENT_NAMES = {
    "case.closed": _l("a case was closed"),
    "case.answered": _l("a customer answered"),
    "case.reopen_requested": _l("an answer asks for the case to be opened again"),
}


class KeyForm(FlaskForm):
    """A new key."""

    name = StringField(
        _l("Name of the key"),
        [
            InputRequired(_l("Enter a name for the key.")),
            Length(max=60, message=_l("Use at most 60 characters.")),
        ],
    )
    source = StringField(
        _l("Whose cases"),
        [
            InputRequired(_l("Enter the short name of the other system.")),
            Length(max=40, message=_l("Use at most 40 characters.")),
        ],
    )
    scopes = Checkboxes(
        _l("The key allows"),
        validators=[InputRequired(_l("Choose at least one thing that the key allows."))],
        choices=lambda: [(scope, str(name)) for scope, name in SCOPE_NAMES.items()],
    )
    last_day = DayField(_l("Last day (optional)"), [Optional()])

    def ends_at(self, zone: ZoneInfo) -> datetime | None:
        """Return the midnight after the last day, or None for a key that does not end by itself."""
        if self.last_day.data is None:
            return None
        return datetime.combine(self.last_day.data + timedelta(days=1), time(), zone)


class WebhookForm(FlaskForm):
    """A new webhook."""

    name = StringField(
        _l("Name of the webhook"),
        [
            InputRequired(_l("Enter a name for the webhook.")),
            Length(max=60, message=_l("Use at most 60 characters.")),
        ],
    )
    url = StringField(
        _l("Address"),
        [InputRequired(_l("Enter an address.")), Length(max=500, message=_l("Use at most 500 characters."))],
    )
    events = Checkboxes(
        _l("It is told when"),
        validators=[InputRequired(_l("Choose at least one thing that it is told."))],
        choices=lambda: [(event, str(name)) for event, name in EVENT_NAMES.items()],
    )
