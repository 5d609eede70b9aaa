"""Quality of calls: what is looked at again, by whom, and how well two people agree."""

from typing import Any

from flask import Blueprint, Response, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from core.auth.roles import DESK, Role
from core.errors import InputError
from core.i18n import _, language
from core.periods import Period, PeriodError, parse_period
from core.web import database, settings
from followup.quality import calling, exports, figures, queries, reviewing, words
from followup.quality.forms import ReviewForm
from followup.quality.periods import offered, this_quarter
from followup.quality.reviewing import Reviewer
from surveys import answering
from surveys.forms import problem_texts

bp = Blueprint("quality", __name__, url_prefix="/callbacks/quality")


@bp.get("")
def index() -> ResponseReturnValue:
    """Show what waits for me, and what was looked at lately."""
    may_review = current_user.role in DESK
    with database().read() as session:
        waiting = queries.waiting(session, reviewer(session)) if may_review else None
        lately = queries.lately(session, reviewer_id=only_mine())
    return render_template(
        "followup/quality/index.html",
        waiting=waiting,
        lately=lately,
        is_mine=only_mine() is not None,
        percent=settings().review_percent,
        words=words,
    )


@bp.post("/next")
def take() -> ResponseReturnValue:
    """Take the call that has waited longest."""
    with database().begin() as session:
        review = reviewing.take_next(session, reviewer(session), now=g.now)
    if review is None:
        flash(_("No call waits for you just now."), "warning")
        return redirect(url_for(".index"), code=303)
    return redirect(url_for(".review", review_id=review.id), code=303)


@bp.route("/reviews/<int(max=2147483647):review_id>", methods=["GET", "POST"])
def review(review_id: int) -> ResponseReturnValue:
    """Show the questions without the answers of the call, or compare what the second person heard."""
    form = ReviewForm()
    if request.method == "GET":
        return _page(review_id, form, MultiDict())
    with database().read() as session:
        version = reviewing.version_of(session, reviewing.held(session, review_id, reviewer(session)))
    answers, problems = answering.parse_form(version, request.form, mode="phone", complete=False)
    if problems:
        errors = problem_texts(version, problems, language())
        return _page(review_id, form, request.form, errors=errors), 422
    try:
        with database().begin() as session:
            done = reviewing.settle(
                session, review_id, reviewer(session), answers, way=form.way.data or "",
                note=form.note.data or "", now=g.now,
            )  # fmt: skip
    except InputError as error:
        return _page(review_id, form, request.form, problem=str(error)), 422
    flash(_("Saved. Now you see what the call had stored."), "success")
    return redirect(url_for(".result", review_id=done.id), code=303)


@bp.post("/reviews/<int(max=2147483647):review_id>/reveal")
def reveal(review_id: int) -> ResponseReturnValue:
    """Show the number for a second call."""
    with database().begin() as session:
        calling.reveal(session, review_id, reviewer(session), now=g.now)
    return redirect(url_for(".review", review_id=review_id), code=303)


@bp.post("/reviews/<int(max=2147483647):review_id>/impossible")
def impossible(review_id: int) -> ResponseReturnValue:
    """Say why a call cannot be compared."""
    form = ReviewForm()
    try:
        with database().begin() as session:
            reviewing.give_up(
                session, review_id, reviewer(session), reason=form.reason.data or "",
                note=form.note.data or "", now=g.now,
            )  # fmt: skip
    except InputError as error:
        return _page(review_id, form, request.form, problem=str(error)), 422
    flash(_("Saved. This call does not count for the agreement."), "success")
    return redirect(url_for(".index"), code=303)


@bp.post("/reviews/<int(max=2147483647):review_id>/give-back")
def give_back(review_id: int) -> ResponseReturnValue:
    """Put a call back on the list for somebody else."""
    with database().begin() as session:
        reviewing.give_back(session, review_id, reviewer(session), now=g.now)
    flash(_("The call is back on the list."), "success")
    return redirect(url_for(".index"), code=303)


@bp.get("/reviews/<int(max=2147483647):review_id>/result")
def result(review_id: int) -> ResponseReturnValue:
    """Show both answers side by side; an agent sees those of the own second looks only."""
    with database().read() as session:
        found = queries.result(session, review_id, reviewer_id=only_mine())
    return render_template(
        "followup/quality/result.html",
        found=found,
        words=words,
        may_review=current_user.role in DESK,
        sees_note=current_user.role != Role.ANALYST,
    )


@bp.get("/agreement")
def agreement() -> ResponseReturnValue:
    """Show how well two people agree, by question and by agent; to an agent the own line only."""
    period = asked_period(this_quarter(g.now, settings().zone))
    with database().read() as session:
        own = found = None
        if current_user.role == Role.AGENT:
            own = figures.own_line(session, period, current_user.id)
        else:
            found = figures.figures(session, period, language())
    return render_template(
        "followup/quality/agreement.html",
        found=found,
        own=own,
        period=period,
        periods=offered(g.now, settings().zone, period),
        least=settings().min_cell,
        words=words,
    )


@bp.get("/agreement.csv")
def agreement_csv() -> ResponseReturnValue:
    """Give the figures of agreement as a table; nothing of a customer is in it."""
    period = asked_period(this_quarter(g.now, settings().zone))
    with database().read() as session:
        found = figures.figures(session, period, language())
    answer = Response("\ufeff" + exports.to_csv(found), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="agreement_{period.name}.csv"'
    return answer


def reviewer(session: Session) -> Reviewer:
    """Return who looks."""
    return reviewing.reviewer_of(session, current_user.id)


def only_mine() -> int | None:
    """Return the id of an agent, who sees the own second looks only; nothing for the others."""
    return current_user.id if current_user.role == Role.AGENT else None


def asked_period(default: Period) -> Period:
    """Return the period of the address; one that cannot be read is answered with its sentence."""
    try:
        return parse_period(request.args["period"]) if request.args.get("period") else default
    except PeriodError as error:
        abort(400, error.sentence(_))


def _page(review_id: int, form: ReviewForm, typed: Any, **shown: Any) -> str:
    with database().read() as session:
        held = reviewing.held(session, review_id, reviewer(session))
        sheet = queries.sheet(session, held, now=g.now)
    if not form.way.data and sheet.is_revealed:
        form.way.data = "call"
    return render_template(
        "followup/quality/review.html",
        sheet=sheet,
        form=form,
        typed=typed,
        words=words,
        errors=shown.get("errors", {}),
        problem=shown.get("problem", ""),
    )
