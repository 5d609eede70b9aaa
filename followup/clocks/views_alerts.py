"""Saying that an alert was seen."""

from flask import Blueprint, flash, g, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from core.i18n import _
from core.web import database
from followup.cases.views import viewer
from followup.clocks import alerts

bp = Blueprint("alerts", __name__, url_prefix="/alerts")


@bp.post("/<int(max=2147483647):alert_id>/seen")
def seen(alert_id: int) -> ResponseReturnValue:
    """Take an alert from the page of everybody, and keep who has seen it."""
    with database().begin() as session:
        case = alerts.see(session, alert_id, viewer(), user_id=current_user.id, now=g.now)
        number = case.number
    flash(_("Noted: you have seen the alert about %(number)s.", number=number), "success")
    return redirect(url_for("today.index"), code=303)
