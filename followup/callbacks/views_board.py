"""The supervisor's board: what is left, late, held and promised, who holds what, and what comes."""

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from core.errors import HuifangError, InputError
from core.i18n import _, language, ngettext, said_moment
from core.texts import clean_text
from core.web import again_after_deadlock, database, settings
from followup.callbacks import (
    choices,
    forecasting,
    holding,
    listing,
    reasons,
    reassigning,
    skipping,
    standing,
    supervising,
    words,
)
from followup.callbacks.forecast import WORKDAYS
from followup.callbacks.forms_board import DecideForm, ReassignForm, an_id
from followup.callbacks.listing import Wanted
from followup.callbacks.standing import Counts
from followup.callbacks.taking import end_of_day
from followup.cases import labels
from followup.cases import queries as cases

bp = Blueprint("board", __name__, url_prefix="/callbacks")
EVERYBODY = "all"
NAMED = 5  # refusals that are told one by one


@bp.get("/board")
def index() -> ResponseReturnValue:
    """Show where the queue stands, who holds what, and a list of callbacks."""
    wanted = _wanted()
    with database().read() as session:
        counts = standing.counts(session, g.now)
        page = listing.page(session, wanted, request.args.get("page", 1, int), now=g.now, known=counts)
        now = _now(session, counts)
        departments = cases.values_of(session, "department")
        staff = listing.staff(session)
    return render_template(
        "followup/callbacks/board.html",
        wanted=wanted,
        args=_address(wanted),
        page=page,
        departments=departments,
        staff=staff,
        labels=labels,
        everybody=EVERYBODY,
        may_read=cases.Viewer(current_user.id, current_user.role).may_read_texts,
        reason_limit=reassigning.REASON_LIMIT,
        **now,
    )


@bp.get("/board/now")
def now() -> ResponseReturnValue:
    """Show the moving part of the board alone; the page's script renews it."""
    with database().read() as session:
        shown = _now(session, standing.counts(session, g.now))
    return render_template("followup/callbacks/_board_now.html", **shown)


@bp.get("/board/forecast")
def forecast() -> ResponseReturnValue:
    """Show how many calls and hours the next ten working days will ask for."""
    with database().read() as session:
        expected, past, unknown = forecasting.of_next_days(session, g.now)
    return render_template(
        "followup/callbacks/forecast.html",
        forecast=expected,
        past=past,
        unknown=unknown,
        workdays=WORKDAYS,
        days_back=forecasting.DAYS_BACK.days,
        enough=forecasting.ENOUGH,
        today=g.now.astimezone(settings().zone).date(),
    )


@bp.post("/board/reassign")
def reassign() -> ResponseReturnValue:
    """Give the marked callbacks to one person, or back to everybody."""
    form = ReassignForm()
    try:
        if not form.validate():
            raise InputError(next(str(e[0]) for e in form.errors.values()))
        if form.person is None and form.to.data != EVERYBODY:
            raise InputError(_("Choose to whom the marked callbacks go."))
        with database().begin() as session:
            done = reassigning.reassign(
                session, form.ids.data or [], form.person, actor=current_user.name,
                reason=form.reason.data or "", now=g.now,
            )  # fmt: skip
    except InputError as error:
        flash(str(error), "error")
    else:
        _say(done)
    return redirect(_back(), code=303)


@bp.post("/<int(max=2147483647):callback_id>/decide")
@again_after_deadlock
def decide(callback_id: int) -> ResponseReturnValue:
    """Let a supervisor release a lease, or decide about a held callback."""
    form = DecideForm()
    try:
        if not form.validate():
            raise InputError(next(str(e[0]) for e in form.errors.values()))
        told: dict[str, Any] = {"actor": current_user.name, "reason": form.reason.data or "", "now": g.now}
        with database().begin() as session:
            if form.action.data == "take_away":
                holding.take_away(session, callback_id, **told)
            else:
                supervising.decide_held(session, callback_id, resume=form.action.data == "resume", **told)
    except HuifangError as error:
        flash(str(error), "error")
    else:
        flash(_("Done; the audit trail has it."), "success")
    return redirect(_back(), code=303)


def _wanted() -> Wanted:
    """Read the filters of the address; what is no filter is refused, not guessed."""
    view, reason = request.args.get("view", "open"), request.args.get("reason", "")
    for value, known in ((view, listing.VIEWS), (reason, {"": "", **words.REASON})):
        if value not in known:
            raise InputError(_("%(value)s is not in the list; choose one of the filters.", value=value[:40]))
    department = clean_text(request.args.get("department", ""), 60)
    return Wanted(view, department, reason, request.args.get("agent", None, an_id))


def _address(wanted: Wanted) -> dict[str, Any]:
    """Return the filters as the address has them, without what says nothing."""
    said = {"view": wanted.view, "department": wanted.department, "reason": wanted.reason}
    return {k: v for k, v in (said | {"agent": wanted.agent_id}).items() if v}


def _back() -> str:
    """Return to the list that the press came from: only its own filters are carried."""
    known = ("view", "department", "reason", "agent", "page")
    said: dict[str, Any] = {name: request.args[name] for name in known if request.args.get(name)}
    return url_for("board.index", **said)


def _now(session: Session, counts: Counts) -> dict[str, Any]:
    """Read the moving part of the board."""
    end = end_of_day(session, g.now)
    poor = reasons.counted(session, since=end - standing.DAYS_OF_REASONS, until=end)
    said = reasons.said(session, list(poor), language())
    pauses = {each.code: each.said(language()) for each in choices.every(session, "pause")}
    passed = skipping.passed_on(session, since=end - timedelta(days=1), until=end)
    whys = {each.code: each.said(language()) for each in choices.every(session, "skip")} if passed else {}
    return {
        "n": counts,
        "in_hand": standing.in_hand(session, g.now),
        "hours": standing.hours(session, g.now),
        "agents": standing.agents(session, g.now),
        "poor": [(said.get(code, ""), number) for code, number in poor.most_common()],
        "pauses": pauses,
        "passed": [(each.agent, whys.get(each.reason, each.reason), each.times) for each in passed],
        "min_calls": standing.MIN_CALLS,
        "words": words,
        "clock": _clock,
        "exactly": _exactly,
    }


def _clock(at: datetime) -> str:
    """Say the time of day: what stands on the board happens today."""
    return f"{at.astimezone(settings().zone):%H:%M}"


def _exactly(at: datetime) -> str:
    """Say a moment in full, as a text for a hint."""
    return said_moment(at, language(), settings().zone, g.now)


def _say(done: reassigning.Reassigned) -> None:
    if done.done:
        n = len(done.done)
        flash(ngettext("%(num)s callback was given on.", "%(num)s callbacks were given on.", n), "success")
    for number, problem in done.refused[:NAMED]:
        flash(_("%(number)s stays as it is: %(problem)s.", number=number, problem=problem), "warning")
    rest = len(done.refused) - NAMED
    if rest > 0:
        flash(ngettext("And %(num)s more.", "And %(num)s more.", rest), "warning")
