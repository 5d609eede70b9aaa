"""Links between cases, set and taken away on the page of a case."""

from flask import Blueprint, g
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session

from core.errors import InputError, NotFoundError
from core.i18n import _
from core.texts import clean_text
from followup.cases import linking, queries
from followup.cases.forms import LinkForm
from followup.cases.views import viewer
from followup.cases.views_steps import take
from followup.models import Case

bp = Blueprint("case_links", __name__, url_prefix="/cases")


@bp.post("/<number>/links")
def link(number: str) -> ResponseReturnValue:
    """Link the case to another one."""
    form = LinkForm(prefix="link")

    def act(session: Session, case: Case) -> str:
        other = _other(session, form.number.data or "")
        linking.link(session, case, other, kind=form.kind.data, actor=current_user.name, now=g.now)
        return _("The case is linked to %(number)s.", number=other.number)

    return take(number, "link", form, act)


@bp.post("/<number>/links/<other>/remove")
def unlink(number: str, other: str) -> ResponseReturnValue:
    """Take a link away."""

    def act(session: Session, case: Case) -> str:
        linked = _other(session, other)
        linking.unlink(session, case, linked, actor=current_user.name, now=g.now)
        return _("The link to %(number)s was taken away.", number=linked.number)

    return take(number, "unlink", FlaskForm(), act)


def _other(session: Session, number: str) -> Case:
    try:
        return queries.case_for(session, clean_text(number, 20), viewer())
    except NotFoundError as error:
        raise InputError(str(error)) from None
