"""The forms behind the register: the tree of categories and the rules that suggest a severity."""

import re

from flask_wtf import FlaskForm
from wtforms import RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from core.i18n import _, _l
from followup.cases.categories import NAME_LIMIT, Node
from followup.cases.forms import INDENT
from followup.cases.labels import KIND, SEVERITY

KEEP, CARRY = "keep", "carry"
NO_NAME = _l("Give the category a name.")


def split(text: str) -> list[str]:
    """Read words that are separated by commas of either width, semicolons, 、 or line ends."""
    return [word for word in (part.strip() for part in re.split(r"[,，、;；\n]", text)) if word]


class NameForm(FlaskForm):
    """What a category is called."""

    name = StringField(
        _l("Name of the category"),
        [InputRequired(NO_NAME), Length(max=NAME_LIMIT, message=_l("Use at most %(max)d characters."))],
    )


class CategoryForm(NameForm):
    """A category and where it stands."""

    under = SelectField(_l("Under"), coerce=lambda value: int(value) if value else None)

    def offer(self, nodes: list[Node]) -> None:
        """Fill the list of places."""
        self.under.choices = [("", _("at the top")), *((str(n.id), INDENT * n.depth + n.name) for n in nodes)]


class RenameForm(NameForm):
    """A new name, and what becomes of the cases that carry the old one."""

    cases = RadioField(
        _l("Cases that carry the old name"),
        choices=lambda: [
            (KEEP, _("keep it; only new cases have the new name")),
            (CARRY, _("are carried over to the new name")),
        ],
        default=KEEP,
    )


class SeverityRuleForm(FlaskForm):
    """When a severity is suggested."""

    kind = SelectField(_l("Kind of case"), choices=lambda: [("", _("any")), *KIND.items()])
    category = SelectField(_l("Category, with all below it"))
    words = TextAreaField(_l("Words in the subject or the description"), [Length(max=600)])
    severity = SelectField(
        _l("Suggested severity"), choices=lambda: list(SEVERITY.items()), default="serious"
    )

    def offer(self, nodes: list[Node], current: str = "") -> None:
        """Fill the list of categories; one that is in the tree no more stays readable."""
        listed = [(node.path, INDENT * node.depth + node.name) for node in nodes]
        known = {path for path, _label in listed}
        kept = [(current, current)] if current and current not in known else []
        self.category.choices = [("", _("any")), *listed, *kept]
