"""An open link as a form."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectField, StringField
from wtforms.validators import DataRequired, Length, NumberRange, Optional

from core.auth.forms import DayField
from core.i18n import LANGUAGES, _, _l
from core.texts import clean_text
from surveys.models import OpenLink
from surveys.openlinks.actions import Terms
from surveys.queries import LoadedVersion

PLACES = ("service_type", "district", "department", "category")  # what a place can stand for
_ONE_DAY = timedelta(days=1)


class WholeNumber(IntegerField):
    """A whole number, with our own sentence for what is none."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(_("Enter a whole number from 1 to 100000.")) from None


def _dimension(label: Any) -> StringField:
    return StringField(label, [Optional(), Length(max=60, message=_l("Use at most 60 characters."))])


class OpenLinkForm(FlaskForm):
    """Where a link hangs, what its answers count for, and how many it takes."""

    label = StringField(
        _l("Where it hangs"),
        [
            DataRequired(_l("Say where it hangs, so that two links can be told apart.")),
            Length(max=80, message=_l("Use at most 80 characters.")),
        ],
    )
    service_type = _dimension(_l("Service"))
    district = _dimension(_l("District"))
    department = _dimension(_l("Department"))
    category = _dimension(_l("Category"))
    language = SelectField(_l("Language of the page"))
    daily_quota = WholeNumber(
        _l("Answers a day, at most"),
        [Optional(), NumberRange(1, 100_000, _l("Enter a whole number from 1 to 100000."))],
    )
    last_day = DayField(_l("Last day"), [Optional()])

    def offer_languages(self, version: LoadedVersion) -> None:
        """Offer the languages that the questionnaire speaks."""
        spoken = {code: name for code, name in LANGUAGES.items() if code in version.definition.languages}
        self.language.choices = {"": _("As the browser asks")} | spoken

    def is_past(self, today: date, before: date | None = None) -> bool:
        """Tell whether the last day was chosen in the past, and say so."""
        day = self.last_day.data
        if day is None or day >= today or day == before:
            return False
        self.last_day.errors = [_("Choose today or a later day.")]
        return True

    def terms(self, zone: ZoneInfo) -> Terms:
        """Return what was filled in; the last day is taken whole."""
        day = self.last_day.data
        until = None if day is None else datetime.combine(day + _ONE_DAY, time(), zone)
        return Terms(
            label=clean_text(self.label.data or ""),
            language=self.language.data or "",
            daily_quota=self.daily_quota.data,
            answer_by=until,
            dimensions={name: clean_text(getattr(self, name).data or "") for name in PLACES},
        )


def last_day(link: OpenLink, zone: ZoneInfo) -> date | None:
    """Return the last day on which a link takes answers."""
    if link.answer_by is None:
        return None
    return (link.answer_by - timedelta(seconds=1)).astimezone(zone).date()


def filled(link: OpenLink, said: dict[str, str], zone: ZoneInfo) -> dict[str, object]:
    """Return the values of the form for a link."""
    values = {"label": link.label, "language": link.language, "daily_quota": link.daily_quota}
    return values | said | {"last_day": last_day(link, zone)}
