"""Suppressing a follow-up, from the page of its case."""

from flask import Blueprint, flash, g, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select

from core.errors import InputError
from core.i18n import _
from core.web import database
from followup.cases import queries as cases
from followup.cases.views import case_page, viewer
from followup.models import FollowUp
from followup.suppression import actions
from followup.suppression.forms import SuppressForm

bp = Blueprint("suppression", __name__)


@bp.post("/cases/<number>/follow-ups/<int(max=2147483647):follow_up_id>/suppress")
def suppress(number: str, follow_up_id: int) -> ResponseReturnValue:
    """Do not ask about this closing; the page keeps what was typed where something is missing."""
    form = SuppressForm(prefix=f"suppress-{follow_up_id}")
    try:
        with database().begin() as session:
            case = cases.case_for(session, number, viewer())
            form.validate()
            ours = select(FollowUp.id).where(FollowUp.id == follow_up_id, FollowUp.case_id == case.id)
            actions.suppress(
                session, session.scalar(ours) or 0, reason=form.reason.data or "",
                words=form.words.data or "",
                actor=current_user.name, actor_id=current_user.id,
                is_supervisor=current_user.role == "supervisor", now=g.now,
            )  # fmt: skip
    except InputError as error:
        with database().read() as session:
            case = cases.case_for(session, number, viewer())
            return case_page(session, case, forms={form._prefix.rstrip("-"): form}, error=error)
    flash(_("The follow-up was suppressed; it is counted."), "success")
    return redirect(url_for("cases.detail", number=number), code=303)
