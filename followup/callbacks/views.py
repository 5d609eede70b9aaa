"""The callback desk and its queue."""

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFError

from core.auth.roles import LEADS
from core.errors import InputError
from core.i18n import _, language, said_moment
from core.web import database, settings
from followup.callbacks import actions, holding, listing, queries, reasons, taking, words
from followup.callbacks.forms import DeskForm, ReasonForm
from followup.callbacks.holding import LeaseLostError
from followup.callbacks.lifecycle import IN_HAND
from followup.callbacks.outcome_table import outcome_table
from followup.callbacks.outcomes import Code, Outcome, offered
from followup.callbacks.taking import Agent
from followup.callbacks.views_live import not_yours, stale_form, typed
from followup.cases import labels
from surveys import answering
from surveys.forms import problem_texts

bp = Blueprint("callbacks", __name__, url_prefix="/callbacks")
bp.register_error_handler(CSRFError, stale_form)


def agent() -> Agent:
    """Return who makes the call."""
    return Agent(current_user.id, current_user.name)


@bp.get("")
def index() -> ResponseReturnValue:
    """Show where the queue stands, and the press that takes the next one."""
    with database().read() as session:
        figures = listing.figures(session, current_user.id, now=g.now)
    return render_template(
        "followup/callbacks/index.html",
        figures=figures,
        may_call=current_user.role != "admin",
        is_lead=current_user.role in LEADS,
    )


@bp.post("/next")
def pull() -> ResponseReturnValue:
    """Give the agent the next best callback."""
    with database().begin() as session:
        callback = taking.pull_next(session, agent(), now=g.now)
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
        shown = queries.desk(session, callback, now=g.now)
        figures = listing.figures(session, current_user.id, now=g.now)
        return _desk_page(shown, figures, DeskForm(data={"version": callback.version}), shown.draft)


@bp.post("/<int(max=2147483647):callback_id>")
def save(callback_id: int) -> ResponseReturnValue:
    """Record how the call ended, or the filled questionnaire."""
    try:
        return _save(callback_id, DeskForm())
    except LeaseLostError as error:
        with database().read() as session:
            return not_yours(session, callback_id, str(error), given=request.form)


def _save(callback_id: int, form: DeskForm) -> ResponseReturnValue:
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
    return redirect(url_for(".index"), code=303) if form.then.data == "queue" else pull()


@bp.post("/<int(max=2147483647):callback_id>/reveal")
def reveal(callback_id: int) -> ResponseReturnValue:
    """Show the number, and keep what was typed so far."""
    with database().begin() as session:
        holding.reveal(session, callback_id, agent(), now=g.now)
        holding.keep(session, callback_id, agent(), typed(), now=g.now)
    return redirect(url_for(".desk", callback_id=callback_id), code=303)


@bp.post("/<int(max=2147483647):callback_id>/release")
def release(callback_id: int) -> ResponseReturnValue:
    """Give the callback back to the queue, with a reason."""
    form = ReasonForm()
    reason = form.reason.data if form.validate() else ""
    if not reason:
        flash(_("Say why you give the callback back."), "error")
        return redirect(url_for(".desk", callback_id=callback_id), code=303)
    with database().begin() as session:
        holding.release(session, callback_id, agent(), reason=reason, now=g.now)
    flash(_("The callback is back in the queue."), "success")
    return redirect(url_for(".index"), code=303)


class _ItemsError(InputError):
    """Some items need another answer."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(next(iter(problems.values())))
        self.problems = problems


def _store(callback_id: int, form: DeskForm, outcome: Outcome) -> Any:
    """Write the call in one transaction; return when it is tried again, if it is."""
    kept = {"note": form.note.data or "", "version": form.version.data, "typed": typed(), "now": g.now}
    code = outcome.code
    with database().begin() as session:
        if not outcome.answers:
            agreed = form.agreed_at(settings().zone)
            decision = actions.record_outcome(session, callback_id, agent(), code, appointment=agreed, **kept)
            return decision.ready_at
        shown = queries.desk(session, queries.callback_of(session, callback_id), now=g.now)
        answers, problems = answering.parse_form(
            shown.version, request.form, mode="phone", complete=code is Code.COMPLETE
        )
        if problems:
            raise _ItemsError(problem_texts(shown.version, problems, language()))
        why = reasons.told(session, shown.version, answers, request.form, code)
        if why.problem:
            raise _ItemsError({reasons.REASON: why.problem})
        kept |= {"reason": why.reason, "words": why.words, "language": language()}
        actions.complete(session, callback_id, agent(), answers, code=code, **kept)
        return None


def _again(callback_id: int, form: DeskForm, **shown: Any) -> ResponseReturnValue:
    """Show the desk once more with everything that was typed."""
    with database().begin() as session:
        holding.keep(session, callback_id, agent(), typed(), now=g.now)
        found = queries.desk(session, queries.callback_of(session, callback_id), now=g.now)
        figures = listing.figures(session, current_user.id, now=g.now)
    return _desk_page(found, figures, form, request.form, **shown), 422


def _desk_page(shown: queries.Desk, figures: listing.Figures, form: DeskForm, given: Any, **more: Any) -> str:
    zone, lang = settings().zone, language()
    effects = {}
    for code, decision in shown.decisions.items():
        said = said_moment(decision.ready_at, lang, zone, g.now) if decision and decision.ready_at else ""
        effects[code] = words.effect(
            shown.outcomes[code],
            decision,
            said,
            number=shown.callback.attempts + 1,
            at_most=shown.max_attempts,
        )
    opening = shown.version.definition.opening
    return render_template(
        "followup/callbacks/desk.html",
        desk=shown,
        figures=figures,
        form=form,
        typed=given if hasattr(given, "getlist") else _Draft(given),
        give_back=ReasonForm(),
        effects=effects,
        first=offered(shown.outcomes, "first"),
        more_codes=offered(shown.outcomes, "more"),
        outcomes=shown.outcomes,
        words=words,
        labels=labels,
        opening=_filled(opening.get(lang) or next(iter(opening.values()), "")),
        closing=_filled(shown.version.definition.closing.get(lang, "")),
        lease_seconds=_seconds_left(shown),
        errors=more.pop("errors", {}),
        problem=more.pop("problem", ""),
        failed=more.pop("failed", None),
        confirm=more.pop("confirm", None),
    )


class _Draft(dict[str, str]):
    """A kept draft, read like a posted form; the codes of a multiple choice are kept in one text."""

    def getlist(self, key: str) -> list[str]:
        """Return the values of a field."""
        return self.get(key, "").split("\x1f") if self.get(key) else []


def _filled(text: str) -> str:
    organisation = settings().organisation_en if language() == "en" else settings().organisation_zh
    return text.replace("{organisation}", organisation)


def _seconds_left(shown: queries.Desk) -> int:
    until = shown.callback.lease_until
    return int((until - g.now).total_seconds()) if until else 0
