"""What the open desk asks and tells between two presses: is it still mine, whose is it now."""

from typing import Any

from flask import Blueprint, Response, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from core.errors import NotFoundError
from core.i18n import _, language
from core.web import database
from followup.callbacks import holding, queries, words
from followup.callbacks.holding import LeaseLostError
from followup.callbacks.taking import Agent

bp = Blueprint("live", __name__, url_prefix="/callbacks")
NOT_KEPT = {"csrf_token", "outcome", "confirmed", "then", "version", "reason"}


@bp.post("/<int(max=2147483647):callback_id>/heartbeat")
def heartbeat(callback_id: int) -> ResponseReturnValue:
    """Extend the lease, keep what was typed, and say until when; or say that the callback is gone."""
    try:
        with database().begin() as session:
            until = holding.keep(
                session, callback_id, Agent(current_user.id, current_user.name), typed(), now=g.now
            )
    except (LeaseLostError, NotFoundError) as error:
        return jsonify(message=str(error)), 409
    return jsonify(seconds=int((until - g.now).total_seconds()))


def typed() -> dict[str, str]:
    """Return what stands in the fields of the desk, to be kept as a draft."""
    return {name: "\x1f".join(request.form.getlist(name)) for name in request.form if name not in NOT_KEPT}


def not_yours(session: Session, callback_id: int, message: str, given: Any = None) -> ResponseReturnValue:
    """Say whose the callback is now, and show what was typed so that nothing is lost."""
    callback = queries.callback_of(session, callback_id)
    said: list[tuple[str, str]] = []
    if given is not None:
        version = queries.desk(session, callback, now=g.now).version
        for item in version.items:
            scale = item.definition.scored()
            values = [_word(scale, value) for value in given.getlist(item.item_key) if value]
            said += [(item.definition.said(language()).name, "、".join(values))] if values else []
        said += [(str(_("Internal note")), given.get("note", ""))] if given.get("note") else []
    page = render_template(
        "followup/callbacks/gone.html",
        message=message,
        holder=queries.holder_of(session, callback),
        since=callback.lease_until,
        said=said,
        state=words.STATE[callback.state],
    )
    return Response(page, status=409)


def _word(scale: Any, value: str) -> str:
    try:
        return str(scale.word(int(value), language())) if scale else value
    except ValueError:
        return value
