"""The press that undoes an agent's own last outcome."""

from collections.abc import Callable

from flask import Blueprint, flash, g, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from core.errors import ConflictError, NotFoundError
from core.i18n import _
from core.web import again_after_deadlock, database
from followup.callbacks import undoing
from followup.callbacks.taking import Agent, in_hand_of

bp = Blueprint("undo", __name__, url_prefix="/callbacks")


@bp.app_context_processor
def last_outcome() -> dict[str, Callable[[], undoing.Undoable | None]]:
    """Let the pages of the desk offer to undo the agent's own last outcome; who asks looks it up."""
    return {"own_last_outcome": own_last_outcome}


def own_last_outcome() -> undoing.Undoable | None:
    """Return what the signed-in agent can undo now."""
    with database().read() as session:
        return undoing.last_undoable(session, current_user.id, g.now)


@bp.post("/undo/<int(max=2147483647):attempt_id>")
@again_after_deadlock
def undo(attempt_id: int) -> ResponseReturnValue:
    """Undo an outcome and open its call again, or say why it stands."""
    agent = Agent(current_user.id, current_user.name)
    try:
        with database().begin() as session:
            callback_id = undoing.undo(session, attempt_id, agent, now=g.now).id
    except (ConflictError, NotFoundError) as error:
        flash(str(error), "error")
        with database().read() as session:
            mine = in_hand_of(session, agent.id)
        there = url_for("callbacks.desk", callback_id=mine.id) if mine else url_for("callbacks.index")
        return redirect(there, code=303)
    flash(_("Undone: the call is open again with all that you had typed."), "success")
    return redirect(url_for("callbacks.desk", callback_id=callback_id), code=303)
