"""The supervisor's board: what is left, late, held and promised, and who holds what."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from core.errors import HuifangError, InputError
from core.i18n import _
from core.web import database
from followup.callbacks import holding, listing, supervising, words
from followup.callbacks.forms import DecideForm
from followup.cases import labels

bp = Blueprint("board", __name__, url_prefix="/callbacks")


@bp.get("/board")
def index() -> ResponseReturnValue:
    """Show where the queue stands and who holds what."""
    view = request.args.get("view", "open")
    if view not in listing.VIEWS:
        raise InputError(_("%(value)s is not in the list; choose one of the filters.", value=view[:40]))
    page = request.args.get("page", 1, int)
    with database().read() as session:
        figures = listing.figures(session, current_user.id, now=g.now)
        rows, total = listing.rows(session, view, page=page, now=g.now)
    pages = max(1, -(-total // listing.PAGE))
    return render_template(
        "followup/callbacks/board.html",
        figures=figures,
        rows=rows,
        total=total,
        view=view,
        page=min(max(page, 1), pages),
        pages=pages,
        form=DecideForm(),
        words=words,
        labels=labels,
    )


@bp.post("/<int(max=2147483647):callback_id>/decide")
def decide(callback_id: int) -> ResponseReturnValue:
    """Let a supervisor release a lease, or decide about a held callback."""
    form = DecideForm()
    if not form.validate():
        raise InputError(_("Choose what should happen to the callback."))
    try:
        with database().begin() as session:
            if form.action.data == "take_away":
                holding.take_away(
                    session, callback_id, actor=current_user.name, reason=form.reason.data or "", now=g.now
                )
            else:
                supervising.decide_held(
                    session, callback_id, resume=form.action.data == "resume", actor=current_user.name,
                    reason=form.reason.data or "", now=g.now,
                )  # fmt: skip
    except HuifangError as error:
        flash(str(error), "error")
    else:
        flash(_("Done; the audit trail has it."), "success")
    return redirect(url_for(".index", view=request.args.get("view", "open")), code=303)
