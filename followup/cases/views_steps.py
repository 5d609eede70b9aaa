"""The steps of a case: each a form of its own, so that nothing else is saved with it."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, flash, g, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import ConflictError, InputError, NotFoundError
from core.i18n import _
from core.transitions import NoStepError
from core.web import database, settings
from followup.cases import actions, labels, queries
from followup.cases.forms import (
    AssignForm,
    CloseForm,
    DecisionForm,
    MergeForm,
    NoteForm,
    ReasonForm,
    ReopenForm,
    limit,
    offer_handlers,
)
from followup.cases.views import case_page, viewer
from followup.clocks import actions as clocks
from followup.clocks import keeping
from followup.clocks.forms import FirstAnswerForm
from followup.models import Case, ReopenRequest

bp = Blueprint("case_steps", __name__, url_prefix="/cases")
Act = Callable[[Session, Case], str]  # does the step, returns what to say


@bp.post("/<number>/assign")
def assign(number: str) -> ResponseReturnValue:
    """Give the case to somebody."""
    form = AssignForm(prefix="assign")

    def act(session: Session, case: Case) -> str:
        chosen = int(form.handler.data) if form.handler.data else None
        actions.assign(
            session, case, handler_id=chosen, handler_name="" if chosen else form.handler_name.data or "",
            department=form.department.data or "", actor=current_user.name, now=g.now,
        )  # fmt: skip
        return _("The case was assigned.")

    return take(number, "assign", form, act)


@bp.post("/<number>/accept")
def accept(number: str) -> ResponseReturnValue:
    """Start work on the case."""

    def act(session: Session, case: Case) -> str:
        actions.accept(session, case, actor=current_user.name, actor_id=current_user.id, now=g.now)
        return _("The case is in progress.")

    return take(number, "accept", FlaskForm(), act)


@bp.post("/<number>/resume")
def resume(number: str) -> ResponseReturnValue:
    """Go on with the case."""

    def act(session: Session, case: Case) -> str:
        actions.resume(session, case, actor=current_user.name, now=g.now)
        return _("The case is in progress.")

    return take(number, "resume", FlaskForm(), act)


@bp.post("/<number>/wait")
def wait(number: str) -> ResponseReturnValue:
    """Wait for the customer."""
    form = ReasonForm(prefix="wait")

    def act(session: Session, case: Case) -> str:
        actions.wait(session, case, actor=current_user.name, reason=form.reason.data or "", now=g.now)
        return _("The case waits for the customer.")

    return take(number, "wait", form, act)


@bp.post("/<number>/return")
def give_back(number: str) -> ResponseReturnValue:
    """Send the case back to the register."""
    form = ReasonForm(prefix="return")

    def act(session: Session, case: Case) -> str:
        actions.return_to_register(
            session, case, actor=current_user.name, reason=form.reason.data or "", now=g.now
        )
        return _("The case went back to the register.")

    return take(number, "return", form, act)


@bp.post("/<number>/close")
def close(number: str) -> ResponseReturnValue:
    """Close the case; the handler's own closing waits for a reviewer."""
    form = CloseForm(prefix="close")

    def act(session: Session, case: Case) -> str:
        actions.close(
            session, case, result=form.result.data or "", close_reason=form.close_reason.data,
            actor=current_user.name, actor_id=current_user.id, now=g.now,
        )  # fmt: skip
        if case.state == "closed":
            return _("The case was closed. The rules decide whether the customer is asked.")
        return _("The closing was handed in.")

    return take(number, "close", form, act)


@bp.post("/<number>/approve")
def approve(number: str) -> ResponseReturnValue:
    """Agree to a closing that another person asked for."""

    def act(session: Session, case: Case) -> str:
        actions.approve_closing(session, case, actor=current_user.name, actor_id=current_user.id, now=g.now)
        return _("The case was closed. The rules decide whether the customer is asked.")

    return take(number, "approve", FlaskForm(), act)


@bp.post("/<number>/reject")
def reject(number: str) -> ResponseReturnValue:
    """Send a closing back to the handler."""
    form = ReasonForm(prefix="reject")

    def act(session: Session, case: Case) -> str:
        actions.reject_closing(
            session, case, actor=current_user.name, reason=form.reason.data or "", now=g.now
        )
        return _("The case went back to its handler.")

    return take(number, "reject", form, act)


@bp.post("/<number>/cancel")
def cancel(number: str) -> ResponseReturnValue:
    """Cancel a case that should not be here."""
    form = ReasonForm(prefix="cancel")

    def act(session: Session, case: Case) -> str:
        actions.cancel(session, case, actor=current_user.name, reason=form.reason.data or "", now=g.now)
        return _("The case was cancelled.")

    return take(number, "cancel", form, act)


@bp.post("/<number>/merge")
def merge(number: str) -> ResponseReturnValue:
    """Merge the case into another one."""
    form = MergeForm(prefix="merge")

    def act(session: Session, case: Case) -> str:
        other = (form.number.data or "").strip()
        try:
            into = queries.case_for(session, other, viewer())
        except NotFoundError as error:
            raise InputError(str(error)) from None
        actions.merge(session, case, into, actor=current_user.name, now=g.now)
        return _("The case was merged into %(number)s.", number=into.number)

    return take(number, "merge", form, act)


@bp.post("/<number>/first-answer")
def first_answer(number: str) -> ResponseReturnValue:
    """Note that the customer was given a first answer."""
    form = FirstAnswerForm(prefix="first_answer")

    def act(session: Session, case: Case) -> str:
        clocks.answer(
            session, case, channel=form.channel.data, words=form.words.data or "", actor=current_user.name,
            now=g.now,
        )  # fmt: skip
        return _("The first answer was noted.")

    return take(number, "first_answer", form, act)


@bp.post("/<number>/notes")
def note(number: str) -> ResponseReturnValue:
    """Keep a note with the case."""
    form = NoteForm(prefix="note")

    def act(session: Session, case: Case) -> str:
        actions.add_note(session, case, words=form.words.data or "", actor=current_user.name, now=g.now)
        return _("The note was saved.")

    return take(number, "note", form, act)


@bp.post("/<number>/reopen")
def reopen(number: str) -> ResponseReturnValue:
    """Open a closed case again."""
    form = ReopenForm(prefix="reopen")

    def act(session: Session, case: Case) -> str:
        actions.reopen(
            session, case, actor=current_user.name, reason=form.reason.data or "",
            due_at=_new_limit(session, case, form), now=g.now,
        )  # fmt: skip
        return _("The case is open again.")

    return take(number, "reopen", form, act)


@bp.post("/<number>/requests/<int(max=2147483647):request_id>")
def decide(number: str, request_id: int) -> ResponseReturnValue:
    """Accept or decline a reopen request."""
    form = DecisionForm(prefix="decide")

    def act(session: Session, case: Case) -> str:
        wanted = select(ReopenRequest).where(ReopenRequest.id == request_id, ReopenRequest.case_id == case.id)
        request = session.scalar(wanted)
        if request is None:
            raise NotFoundError(_("There is no such reopen request."))
        who = {"actor": current_user.name, "actor_id": current_user.id, "decision": form.decision.data or ""}
        if form.answer.data == "accept":
            actions.accept_reopen(session, request, **who, due_at=_new_limit(session, case, form), now=g.now)
            return _("The case is open again; when it is put right, the customer is asked once more.")
        actions.decline_reopen(session, request, **who, now=g.now)
        return _("The request was declined; the case stays closed.")

    return take(number, "decide", form, act)


def _new_limit(session: Session, case: Case, form: ReopenForm | DecisionForm) -> datetime | None:
    """Return the limit that was chosen; the day that was proposed keeps its hour."""
    _response, proposed = keeping.limits(session, case.kind, case.severity, g.now)
    return limit(form.due_on.data, settings().zone, proposed)


def take(number: str, name: str, form: FlaskForm, act: Act) -> ResponseReturnValue:
    """Take a step, or show the case again with what was typed and what to mend."""
    with database().begin() as session:
        case = queries.case_for(session, number, viewer())
        if isinstance(form, AssignForm):
            offer_handlers(form, queries.handlers(session))
        if not form.validate_on_submit():
            return case_page(session, case, forms={name: form}, status=422)
        try:
            with session.begin_nested():
                said = act(session, case)
        except NoStepError:
            session.refresh(case)
            now_is = labels.STATE[case.state]
            said = _("This step is not possible any more: the case is now “%(state)s”.", state=now_is)
            return case_page(session, case, forms={name: form}, error=ConflictError(said))
        except (InputError, ConflictError) as error:
            session.refresh(case)
            return case_page(session, case, forms={name: form}, error=error)
        still_mine = queries.is_visible(session, case.id, viewer())  # it may be another department's now
    flash(said, "success")
    place = url_for("cases.detail", number=number) if still_mine else url_for("cases.index")
    return redirect(place, code=303)
