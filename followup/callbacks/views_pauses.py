"""Pauses: beginning one with its reason, and going on."""

from flask import Blueprint, flash, g, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from core.errors import HuifangError
from core.i18n import _
from core.web import database
from followup.callbacks import pausing
from followup.callbacks.forms import ReasonForm

bp = Blueprint("pauses", __name__, url_prefix="/callbacks/pause")


@bp.post("")
def begin() -> ResponseReturnValue:
    """Begin a pause; a callback in hand has to be finished first."""
    try:
        with database().begin() as session:
            form = ReasonForm.offering(session, "pause")
            pausing.begin(session, current_user.id, form.given(), now=g.now)
    except HuifangError as error:
        flash(str(error), "error")
    return redirect(url_for("callbacks.index"), code=303)


@bp.post("/end")
def end() -> ResponseReturnValue:
    """End the pause."""
    with database().begin() as session:
        ended = pausing.end(session, current_user.id, now=g.now)
    if ended is not None:
        flash(_("Your pause is over; the next callback is one press away."), "success")
    return redirect(url_for("callbacks.index"), code=303)
