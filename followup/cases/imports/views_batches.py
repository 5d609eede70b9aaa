"""What was imported: every batch with how far it is, going on after a cut, and taking it back."""

from functools import partial

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm

from core import clock
from core.errors import ConflictError, NotFoundError
from core.i18n import _
from core.uploads import on_disk
from core.web import database
from followup.cases.imports import queries, words
from followup.cases.imports.batches import beat, is_cut_off
from followup.cases.imports.jobs import in_background, run_batch, undo_batch
from followup.cases.imports.undoing import begin
from followup.cases.imports.views import PATIENCE, handed_out
from followup.cases.views import viewer

bp = Blueprint("case_batches", __name__, url_prefix="/cases/imports")


@bp.get("")
def index() -> ResponseReturnValue:
    """List the imports, the newest first."""
    with database().read() as session:
        page = queries.page_of(
            session, viewer(), current_user.name, page=request.args.get("page", 1, int), now=g.now
        )
    return render_template("followup/cases/batches.html", page=page, words=words)


@bp.get("/<int(max=2147483647):batch_id>")
def batch(batch_id: int) -> ResponseReturnValue:
    """Show how far an import is, or what it did."""
    with database().read() as session:
        row = queries.batch_for(session, batch_id, viewer(), current_user.name)
        card = queries.card(session, row, g.now)
        failed = queries.failed_file(session, row, current_user.id, g.now)
    return render_template(
        "followup/cases/batch.html", card=card, batch=card.batch, form=FlaskForm(), words=words,
        has_failed_file=failed is not None,
    )  # fmt: skip


@bp.get("/<int(max=2147483647):batch_id>/failed")
def failed_rows(batch_id: int) -> ResponseReturnValue:
    """Hand out the rows that were left out, with the reasons; mended, they can be imported by themselves."""
    with database().read() as session:
        row = queries.batch_for(session, batch_id, viewer(), current_user.name)
        kept = queries.failed_file(session, row, current_user.id, g.now)
        if kept is None:
            raise NotFoundError(_("The file of failed rows is kept for a day, for who imported the file."))
        with on_disk(session, kept) as path:
            return handed_out(kept.name, path.read_bytes())


@bp.post("/<int(max=2147483647):batch_id>/go-on")
def go_on(batch_id: int) -> ResponseReturnValue:
    """Go on with an import that was cut off."""
    with database().begin() as session:
        row = queries.batch_for(session, batch_id, viewer(), current_user.name)
        if not is_cut_off(row, g.now) or not row.upload_uid:
            raise ConflictError(_("This import runs or has ended; there is nothing to go on with."))
        beat(session, batch_id, g.now)
    in_background(partial(run_batch, database(), batch_id, viewer(), clock=clock.now), wait=PATIENCE)
    return redirect(url_for(".batch", batch_id=batch_id), code=303)


@bp.post("/<int(max=2147483647):batch_id>/undo")
def undo(batch_id: int) -> ResponseReturnValue:
    """Take an import back, except for what somebody acted on."""
    with database().begin() as session:
        queries.batch_for(session, batch_id, viewer(), current_user.name)
        begin(session, batch_id, actor=current_user.name, now=g.now)
    work = partial(undo_batch, database(), batch_id, actor=current_user.name, clock=clock.now)
    in_background(work, wait=PATIENCE)
    return redirect(url_for(".batch", batch_id=batch_id), code=303)
