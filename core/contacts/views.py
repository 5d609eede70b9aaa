"""The ledger of a contact: what was asked of whom, what was not and why, and the wish to be left alone."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from core.auth.routes import ROUTES
from core.contacts import actions, words
from core.contacts.forms import WishForm
from core.contacts.ledger import ledger
from core.i18n import _, ngettext
from core.web import database

bp = Blueprint("contact_ledger", __name__, url_prefix="/contacts")


@bp.get("/<int(max=2147483647):contact_id>")
def contact(contact_id: int) -> ResponseReturnValue:
    """Show every contact made with a person, or refused."""
    with database().read() as session:
        return _page(session, contact_id, WishForm())


@bp.post("/<int(max=2147483647):contact_id>/stop")
def stop(contact_id: int) -> ResponseReturnValue:
    """Note that a person wants no contact."""
    form = WishForm()
    with database().begin() as session:
        if not form.validate_on_submit():
            return _page(session, contact_id, form), 422
        actions.set_do_not_contact(
            session,
            contact_id,
            actor=current_user.name,
            channel="staff",
            reason=form.reason.data or "",
            now=g.now,
        )
    flash(_("Nobody writes to or calls this person any more."), "success")
    return redirect(url_for(".contact", contact_id=contact_id), code=303)


@bp.post("/<int(max=2147483647):contact_id>/allow")
def allow(contact_id: int) -> ResponseReturnValue:
    """Note that a person may be contacted again."""
    form = WishForm()
    with database().begin() as session:
        if not form.validate_on_submit():
            return _page(session, contact_id, form), 422
        freed = actions.lift_do_not_contact(
            session, contact_id, actor=current_user.name, reason=form.reason.data or "", now=g.now
        )
    said = ngettext("%(num)s person may be asked again.", "%(num)s people may be asked again.", freed)
    flash(said, "success")
    return redirect(url_for(".contact", contact_id=contact_id), code=303)


def _page(session: Session, contact_id: int, form: WishForm) -> str:
    return render_template(
        "core/contact.html",
        book=ledger(session, contact_id, request.args.get("page", 1, type=int)),
        form=form,
        words=words,
        may_stop=current_user.role in ROUTES["contact_ledger.stop"],
        may_allow=current_user.role in ROUTES["contact_ledger.allow"],
    )
