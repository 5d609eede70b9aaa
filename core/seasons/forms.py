"""The form of a season."""

import re

from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import Length, Optional, ValidationError

from core.auth.forms import required
from core.i18n import _, _l
from core.seasons.actions import NAME_LENGTH, TITLE_LENGTH
from core.seasons.policy import MonthDay, NamedSeason

_DAY = re.compile(r"(?:(?P<month>\d\d?)\s*[-/.月]\s*(?P<day>\d\d?)\s*[日号]?)", re.ASCII)


def read_day(text: str) -> MonthDay | None:
    """Read a day of the year: ``11-15``, ``11/15``, ``11月15日``."""
    match = _DAY.fullmatch(text.strip())
    return (int(match["month"]), int(match["day"])) if match else None


def _check_day(_form: FlaskForm, field: StringField) -> None:
    if read_day(field.data or "") is None:
        raise ValidationError(_("Write month and day, such as 11-15."))


_NO_DAY = required(_l("Write month and day, such as 11-15."))


class SeasonForm(FlaskForm):
    """A season: how it is called, and its first and last day."""

    name = StringField(
        _l("Name after the year"),
        [required(_l("Enter the name of the season, such as 供暖季.")),
         Length(max=NAME_LENGTH, message=_l("Use at most 20 characters."))],
    )  # fmt: skip
    title_zh = StringField(
        _l("Title in Chinese"),
        [Optional(), Length(max=TITLE_LENGTH, message=_l("Use at most 40 characters."))],
    )
    title_en = StringField(
        _l("Title in English"),
        [Optional(), Length(max=TITLE_LENGTH, message=_l("Use at most 40 characters."))],
    )
    first = StringField(_l("First day"), [_NO_DAY, _check_day])
    last = StringField(_l("Last day"), [_NO_DAY, _check_day])

    def season(self) -> NamedSeason:
        """Return what was typed; the form has been validated."""
        first, last = read_day(self.first.data or ""), read_day(self.last.data or "")
        titles = {"zh_Hans": self.title_zh.data or "", "en": self.title_en.data or ""}
        return NamedSeason(self.name.data or "", first or (0, 0), last or (0, 0), titles)


def filled(season: NamedSeason) -> dict[str, str]:
    """Return the fields of a season that is changed."""
    (month, day), (last_month, last_day) = season.first, season.last
    return {
        "name": season.name,
        "title_zh": season.titles.get("zh_Hans", ""),
        "title_en": season.titles.get("en", ""),
        "first": f"{month:02}-{day:02}",
        "last": f"{last_month:02}-{last_day:02}",
    }
