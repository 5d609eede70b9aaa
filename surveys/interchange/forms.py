"""The two forms of an import: what to read, and what to make of it."""

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from core.i18n import LANGUAGES, _l

FORMATS = {
    "": _l("Tell by the file"),
    "xlsform": _l("XLSForm workbook (.xlsx)"),
    "text": _l("Text with [单选题] marks"),
    "limesurvey": _l("LimeSurvey (.lss)"),
    "json": _l("JSON of this program"),
}


class UploadForm(FlaskForm):
    """A file, or pasted text."""

    file = FileField(_l("File"))
    text = TextAreaField(_l("Or paste the text of a questionnaire"))
    format = SelectField(
        _l("Format"), default="", choices=lambda: {code: str(said) for code, said in FORMATS.items()}
    )
    language = SelectField(
        _l("Language, where the file does not say one of ours"),
        default="",
        choices=lambda: {"": str(_l("Tell by the words")), **LANGUAGES},
    )


class DraftForm(FlaskForm):
    """Which questionnaire it becomes the draft of."""

    key = StringField(_l("Key"), [InputRequired(), Length(max=40)])
    replace = BooleanField(_l("Make it the draft of this questionnaire"))
