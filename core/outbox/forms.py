"""The form in which an administrator changes the words of a message."""

from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import Optional, Regexp

from core.i18n import _l


class WordsForm(FlaskForm):
    """Subject and text with variables, and what a provider calls its own copy of them."""

    subject = StringField(_l("Subject"))
    body = TextAreaField(_l("Text"))
    provider_code = StringField(
        _l("Template code at the provider"),
        [Optional(), Regexp(r"[A-Za-z0-9_-]{1,40}\Z", message=_l("Letters, digits, - and _, at most 40."))],
    )
    revision = HiddenField()
