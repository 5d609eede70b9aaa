"""Personal invitations for staff: how each link stands, and ending one that went wrong."""

from collections.abc import Callable

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from core.auth.routes import ROUTES
from core.errors import ConflictError, InputError
from core.i18n import _, _l
from core.texts import clean_text
from core.web import database
from surveys.invitations import actions, queries
from surveys.invitations.forms import ReasonForm
from surveys.invitations.queries import STANDINGS, Wanted

bp = Blueprint("invitations", __name__, url_prefix="/invitations")

STANDING = {
    "open": (_l("open"), "info"),
    "partial": (_l("saved in part"), "info"),
    "answered": (_l("answered"), "good"),
    "locked": (_l("answered, final"), "good"),
    "expired": (_l("expired"), "neutral"),
    "revoked": (_l("revoked"), "bad"),
    "replaced": (_l("replaced"), "neutral"),
    "withdrawn": (_l("withdrawn"), "neutral"),
    "opted_out": (_l("opted out"), "warn"),
}
CHANNEL = {"sms": _l("SMS"), "email": _l("E-mail"), "paper": _l("Paper")}
EVENT = {
    "answer": _l("Answered"),
    "lock": _l("The answer is final"),
    "withdraw": _l("Withdrawn"),
    "revoke": _l("Revoked"),
    "replace": _l("Replaced by a newer link"),
    "opt_out": _l("Wants no more invitations"),
}
ACTORS = {"system": _l("the system"), "customer": _l("Customer")}


@bp.get("")
def index() -> ResponseReturnValue:
    """List the personal links, filtered by the address of the page."""
    standing = request.args.get("state", "")
    wanted = Wanted(
        questionnaire=clean_text(request.args.get("questionnaire", ""), 40),
        standing=standing if standing in STANDINGS else "",
        reference=clean_text(request.args.get("reference", ""), 30),
    )
    with database().read() as session:
        page = queries.invitations(session, wanted, request.args.get("page", 1, type=int), now=g.now)
        titles = queries.titles(session)
    return render_template(
        "surveys/invitations/index.html",
        page=page,
        wanted=wanted,
        titles=titles,
        standings=STANDING,
        channels=CHANNEL,
        may_open=current_user.role in ROUTES["invitations.invitation"],
    )


@bp.get("/<int(max=2147483647):invitation_id>")
def invitation(invitation_id: int) -> ResponseReturnValue:
    """Show one link, what happened to it, and what can be done."""
    with database().read() as session:
        return _page(session, invitation_id, ReasonForm())


@bp.post("/<int(max=2147483647):invitation_id>/revoke")
def revoke(invitation_id: int) -> ResponseReturnValue:
    """Take a link back."""
    return _end(
        invitation_id,
        lambda session, reason: actions.revoke(
            session, invitation_id, actor=current_user.name, reason=reason, now=g.now
        ),
        _("The link is revoked. Whoever opens it learns nothing from it any more."),
    )


@bp.post("/<int(max=2147483647):invitation_id>/replace")
def replace(invitation_id: int) -> ResponseReturnValue:
    """Send a new link in the place of an old one."""
    return _end(
        invitation_id,
        lambda session, reason: actions.replace(
            session, invitation_id, actor=current_user.name, reason=reason, now=g.now
        ),
        _("A new link is on its way; the old one says so."),
    )


def _end(invitation_id: int, act: Callable[[Session, str], object], said: str) -> ResponseReturnValue:
    """Do what was asked for; what cannot be done says why, and leaves everything as it was."""
    form = ReasonForm()
    with database().begin() as session:
        if not form.validate_on_submit():
            return _page(session, invitation_id, form), 422
        try:
            with session.begin_nested():
                act(session, clean_text(form.reason.data or "", 200))
        except (InputError, ConflictError) as error:
            form.form_errors.append(str(error))
            return _page(session, invitation_id, form), error.status
    flash(said, "success")
    return redirect(url_for(".invitation", invitation_id=invitation_id), code=303)


def _page(session: Session, invitation_id: int, form: ReasonForm) -> str:
    return render_template(
        "surveys/invitations/invitation.html",
        row=queries.invitation(session, invitation_id, now=g.now),
        history=queries.history(session, invitation_id),
        form=form,
        standings=STANDING,
        channels=CHANNEL,
        events=EVENT,
        actors=ACTORS,
    )
