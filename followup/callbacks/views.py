"""The callback desk and its queue."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.orm import Session

from core.auth.roles import LEADS
from core.errors import ConflictError, ForbiddenError, InputError
from core.i18n import _, language
from core.web import again_after_deadlock, database, settings
from followup.callbacks import (
    actions,
    choices,
    holding,
    listing,
    numbers,
    pausing,
    queries,
    reasons,
    skipping,
    taking,
    views_page,
)
from followup.callbacks.forms import DeskForm, ReasonForm
from followup.callbacks.holding import LeaseLostError
from followup.callbacks.lifecycle import IN_HAND
from followup.callbacks.outcome_table import outcome_table
from followup.callbacks.outcomes import Code, Outcome
from followup.callbacks.own_fields import prefix_of
from followup.callbacks.views_live import lost, not_yours, stale_form, typed, version_in
from followup.callbacks.views_page import agent
from surveys import answering
from surveys.forms import problem_texts

bp = Blueprint("callbacks", __name__, url_prefix="/callbacks")
bp.register_error_handler(CSRFError, stale_form)
bp.register_error_handler(LeaseLostError, lost)


@bp.get("")
def index() -> ResponseReturnValue:
    """Show where the queue stands, and the press that takes the next one."""
    with database().read() as session:
        figures = listing.figures(session, current_user.id, now=g.now)
        pause = pausing.current(session, current_user.id)
        paused_for = choices.word(session, "pause", pause.reason, language()) if pause else ""
        pauses = ReasonForm.offering(session, "pause")
    return render_template(
        "followup/callbacks/index.html",
        figures=figures,
        pause=pause,
        paused_for=paused_for,
        pauses=pauses,
        stopping="stop" in request.args,
        may_call=current_user.role != "admin",
        is_lead=current_user.role in LEADS,
    )


@bp.post("/next")
def pull() -> ResponseReturnValue:
    """Give the agent the next best callback."""
    try:
        with database().begin() as session:
            callback = taking.pull_next(session, agent(), now=g.now)
    except taking.OnPauseError:  # the page of the queue says so, and offers to go on
        return redirect(url_for(".index"), code=303)
    if callback is None:
        flash(_("There is nothing for you to call just now."), "warning")
        return redirect(url_for(".index"), code=303)
    return redirect(url_for(".desk", callback_id=callback.id), code=303)


@bp.get("/<int(max=2147483647):callback_id>")
def desk(callback_id: int) -> ResponseReturnValue:
    """Show the callback that is in the agent's hands."""
    with database().read() as session:
        callback = queries.callback_of(session, callback_id)
        if callback.agent_id != current_user.id or callback.state not in IN_HAND:
            return not_yours(session, callback_id, holding.whose(session, callback, now=g.now))
        shown = views_page.read(session, callback)
    return views_page.page(shown, DeskForm(data={"version": callback.version}), shown.desk.draft)


@bp.post("/<int(max=2147483647):callback_id>")
def save(callback_id: int) -> ResponseReturnValue:
    """Record how the call ended, or the filled questionnaire."""
    form = DeskForm(prefix=prefix_of(request.form))
    code = Code(form.outcome.data) if form.outcome.data in set(Code) else Code.COMPLETE
    try:
        if not form.validate():
            raise InputError(next(str(e[0]) for e in form.errors.values()))
        with database().read() as session:
            outcome = outcome_table(session)[code]
        actions.check_note(outcome, form.note.data or "")
        if outcome.needs_confirmation and form.confirmed.data != code:
            return _again(callback_id, form, confirm=code)
        _store(callback_id, form, outcome)
    except _ItemsError as error:
        return _again(callback_id, form, errors=error.problems)
    except InputError as error:
        return _again(callback_id, form, problem=str(error), failed=code)
    # what was saved stands beside the press that undoes it: _undo.html
    if form.then.data == "queue":
        return redirect(url_for(".index", stop=1), code=303)
    return pull()


@bp.post("/<int(max=2147483647):callback_id>/reveal")
def reveal(callback_id: int) -> ResponseReturnValue:
    """Show the number, and keep what was typed so far."""
    return _dial(callback_id, lambda session: holding.reveal(session, callback_id, agent(), now=g.now))


@bp.post("/<int(max=2147483647):callback_id>/number")
def number(callback_id: int) -> ResponseReturnValue:
    """Dial another number of the customer, and keep what was typed so far."""
    wanted = request.form.get(f"{prefix_of(request.form)}phone", 0, int)
    return _dial(
        callback_id, lambda session: numbers.choose(session, callback_id, agent(), wanted, now=g.now)
    )


def _dial(callback_id: int, show: Callable[[Session], object]) -> ResponseReturnValue:
    """Keep what was typed, then show a number; the desk says why it is not shown."""
    version = version_in(request.form)
    with database().begin() as session:
        holding.keep(session, callback_id, agent(), typed(), version=version, now=g.now)
    try:
        with database().begin() as session:
            show(session)
    except (InputError, ForbiddenError, ConflictError) as error:
        flash(str(error), "error")
    return redirect(url_for(".desk", callback_id=callback_id), code=303)


@bp.post("/<int(max=2147483647):callback_id>/release")
def release(callback_id: int) -> ResponseReturnValue:
    """Give the callback back to the queue, with a reason."""
    version = version_in(request.form)
    with database().begin() as session:
        holding.keep(session, callback_id, agent(), typed(), version=version, now=g.now)
    try:
        with database().begin() as session:
            skipping.skip(session, callback_id, agent(), request.form.get("back-reason", ""), g.now)
    except InputError as error:
        flash(str(error), "error")
        return redirect(url_for(".desk", callback_id=callback_id), code=303)
    flash(_("The callback is back in the queue."), "success")
    return redirect(url_for(".index"), code=303)


class _ItemsError(InputError):
    """Some items need another answer."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(next(iter(problems.values())))
        self.problems = problems


@again_after_deadlock
def _store(callback_id: int, form: DeskForm, outcome: Outcome) -> None:
    """Write the call in one transaction."""
    kept = {"note": form.note.data or "", "version": form.version.data, "typed": typed(), "now": g.now}
    code = outcome.code
    with database().begin() as session:
        if not outcome.answers:
            agreed = form.agreed_at(settings().zone)
            actions.record_outcome(
                session, callback_id, agent(), code, appointment=agreed, anyone=form.anyone.data, **kept
            )
            return
        version = queries.version_of(session, callback_id)
        answers, problems = answering.parse_form(
            version, request.form, mode="phone", complete=code is Code.COMPLETE
        )
        if problems:
            raise _ItemsError(problem_texts(version, problems, language()))
        why = reasons.told(session, version, answers, request.form, code)
        if why.problem:
            raise _ItemsError({reasons.REASON: why.problem})
        kept |= {"reason": why.reason, "words": why.words, "language": language()}
        actions.complete(session, callback_id, agent(), answers, code=code, **kept)


def _again(callback_id: int, form: DeskForm, **shown: Any) -> ResponseReturnValue:
    """Show the desk once more with everything that was typed."""
    pressed = {"version": form.version.data, "gently": False, "now": g.now}
    with database().begin() as session:
        holding.keep(session, callback_id, agent(), typed(), **pressed)
    with database().read() as session:  # a page takes long to read, and nobody saves meanwhile
        found = views_page.read(session, queries.callback_of(session, callback_id))
    return views_page.page(found, form, request.form, **shown), 422
