"""The forms of signing in, one's account and the administration of staff."""

from flask_babel import LazyString
from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, PasswordField, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from core.auth.navigation import ROLE_NAMES
from core.auth.roles import Role
from core.auth.skills import OFFERED
from core.i18n import LANGUAGES, _, _l


def required(message: LazyString) -> InputRequired:
    """Ask for a value with our own sentence."""
    return InputRequired(message)


class LoginForm(FlaskForm):
    """Name and password."""

    name = StringField(_l("Sign-in name"), [required(_l("Enter your sign-in name."))])
    password = PasswordField(_l("Password"), [required(_l("Enter your password."))])


class PasswordForm(FlaskForm):
    """A new password for oneself."""

    old = PasswordField(_l("Present password"), [required(_l("Enter the password you signed in with."))])
    new = PasswordField(_l("New password"), [required(_l("Enter a new password."))])
    again = PasswordField(_l("New password again"), [required(_l("Enter the new password a second time."))])


class AccountForm(FlaskForm):
    """How somebody wants to be called and to work."""

    display_name = StringField(
        _l("Name shown to colleagues"),
        [required(_l("Enter a name.")), Length(max=80, message=_l("Use at most 80 characters."))],
    )
    language = SelectField(_l("Language"), choices=lambda: {"": _("As the browser asks")} | LANGUAGES)
    email = StringField(
        _l("E-mail for notices"), [Optional(), Length(max=254, message=_l("Use at most 254 characters."))]
    )
    shortcuts = BooleanField(_l("Single-key shortcuts at the callback desk"))


class EmailForm(FlaskForm):
    """Where a member of staff gets notices."""

    email = StringField(
        _l("E-mail for notices"), [Optional(), Length(max=254, message=_l("Use at most 254 characters."))]
    )


class Boxes(SelectMultipleField):
    """Several of several, as boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class SkillsForm(FlaskForm):
    """What somebody can do at the phone."""

    languages = Boxes(_l("Languages"), choices=lambda: OFFERED)
    skills = StringField(
        _l("Skills, separated by commas"),
        [Optional(), Length(max=600, message=_l("Use at most 600 characters."))],
    )


class RoleForm(FlaskForm):
    """Another role."""

    role = SelectField(
        _l("Role"),
        default=Role.AGENT.value,
        choices=lambda: {role.value: str(name) for role, name in ROLE_NAMES.items()},
    )


class DepartmentForm(FlaskForm):
    """Where somebody works."""

    department = StringField(
        _l("Department"), [Optional(), Length(max=80, message=_l("Use at most 80 characters."))]
    )


class UserForm(RoleForm, DepartmentForm):
    """A new member of staff."""

    name = StringField(_l("Sign-in name"), [required(_l("Enter a sign-in name."))])
    display_name = StringField(
        _l("Name shown to colleagues"), [Optional(), Length(max=80, message=_l("Use at most 80 characters."))]
    )


class DayField(DateField):
    """A date, with our own sentence for what is none."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(_("Enter a date such as 2026-11-21.")) from None


class DayForm(FlaskForm):
    """A day that is a workday or a day off, whatever the calendar says."""

    day = DayField(_l("Date"), [required(_l("Enter a date such as 2026-11-21."))])
    kind = SelectField(_l("The day is"), choices=lambda: {"work": _("a workday"), "off": _("a day off")})
    note = StringField(_l("Why"), [Optional(), Length(max=80, message=_l("Use at most 80 characters."))])
