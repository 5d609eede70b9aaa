"""Numbers to check: wrong and dead ones, until somebody has put them right."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from core.errors import ConflictError, InputError
from core.i18n import _
from core.web import database
from followup.cases.queries import names_of
from followup.cases.views import viewer
from followup.corrections import actions, queries, words
from followup.corrections.forms import NumberForm
from followup.corrections.models import Correction

bp = Blueprint("corrections", __name__, url_prefix="/callbacks/corrections")


@bp.get("")
def index() -> ResponseReturnValue:
    """Show the numbers that wait, or those that were decided about."""
    view = request.args.get("view", "open")
    if view not in queries.VIEWS:
        raise InputError(_("%(value)s is not in the list; choose one of the filters.", value=view[:40]))
    page = max(request.args.get("page", 1, int), 1)
    with database().read() as session:
        lines, total = queries.listed(session, view, page=page, now=g.now, viewer=viewer())
        names = _names(session, *(line.correction for line in lines))
    pages = max(1, -(-total // queries.PAGE))
    return render_template(
        "followup/corrections/index.html",
        lines=lines,
        names=names,
        total=total,
        view=view,
        page=min(page, pages),
        pages=pages,
        words=words,
    )


@bp.get("/<int(max=2147483647):correction_id>")
def number(correction_id: int) -> ResponseReturnValue:
    """Show one number, masked, with what can be decided about it."""
    with database().read() as session:
        correction = queries.correction_of(session, correction_id, viewer())
        return _page(session, correction, NumberForm(formdata=None))


@bp.post("/<int(max=2147483647):correction_id>/reveal")
def reveal(correction_id: int) -> ResponseReturnValue:
    """Show the number once, and remember who looked."""
    with database().begin() as session:
        correction = queries.correction_of(session, correction_id, viewer())
        actions.note_reveal(session, correction, actor=current_user.name, now=g.now)
        return _page(session, correction, NumberForm(formdata=None), revealed=True)


@bp.post("/<int(max=2147483647):correction_id>")
def decide(correction_id: int) -> ResponseReturnValue:
    """Replace the number, remove it, or note that it is right; and ask again where that makes sense."""
    form = NumberForm()
    try:
        if not form.validate():
            raise InputError(_("Choose what should happen to the number."))
        with database().begin() as session:
            is_queued = _decide(session, queries.correction_of(session, correction_id, viewer()), form)
    except InputError as error:
        form.number.errors = [str(error)]
        with database().read() as session:
            return _page(session, queries.correction_of(session, correction_id, viewer()), form), 422
    except ConflictError as error:
        flash(str(error), "error")
    else:
        flash(_("Done; the call is in the queue again.") if is_queued else _("Done."), "success")
    return redirect(url_for(".index"), code=303)


def _decide(session: Session, correction: Correction, form: NumberForm) -> bool:
    who = {"actor": current_user.name, "now": g.now}
    if form.action.data == "remove":
        actions.remove(session, correction, **who)
        return False
    if form.action.data == "replace":
        actions.replace(session, correction, form.number.data or "", **who)
    else:
        actions.confirm(session, correction, **who)
    return bool(form.again.data) and actions.ask_again(session, correction, **who)


def _page(session: Session, correction: Correction, form: NumberForm, *, revealed: bool = False) -> str:
    return render_template(
        "followup/corrections/number.html",
        sheet=queries.sheet(session, correction, revealed=revealed, now=g.now),
        names=_names(session, correction),
        revealed=revealed,
        form=form,
        words=words,
    )


def _names(session: Session, *entries: Correction) -> dict[str, str]:
    """Return what the people are called who reported and decided."""
    return names_of(session, {name for entry in entries for name in (entry.reported_by, entry.decided_by)})
