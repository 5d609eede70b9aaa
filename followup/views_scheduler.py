"""Who ticks, what is due, and what failed lately; for administrators, supervisors and auditors."""

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from core import audit, health, heartbeats
from core.auth.views_admin import admin_tabs
from core.i18n import _, _l
from core.outbox import queries as outbox
from core.texts import clean_text
from core.web import database, settings

bp = Blueprint("scheduler", __name__, url_prefix="/admin/scheduler")
bp.context_processor(admin_tabs)

JOB_NAMES = {
    "leases": _l("Give back callbacks nobody holds on to"),
    "wake": _l("Put callbacks into the queue"),
    "settle_calls": _l("Finish calls that can be undone no more"),
    "stop": _l("Stop what customers declined"),
    "send": _l("Ask customers"),
    "chase": _l("Remind or hand over to the phone"),
    "campaigns": _l("Ask for campaigns"),
    "clocks": _l("Watch time limits"),
    "limits": _l("Compute limits that are missing"),
    "deliver": _l("Send messages"),
    "events": _l("Tell other systems"),
    "settle": _l("Take over what was sent"),
    "answers": _l("Close campaign answers"),
    "lock": _l("Make answers final"),
    "calls": _l("Forget old calls of the API"),
    "reviews": _l("Draw calls for a second look"),
    "tries": _l("Forget old failed tries"),
    "ballots": _l("Count anonymous ballots"),
    "partials": _l("Keep unfinished answers"),
    "learn": _l("Learn from labelled comments"),
    "suggest": _l("Suggest topics for new comments"),
    "alerts": _l("Look for early warnings in closed weeks"),
    "reports": _l("Make the reports that are due"),
    "moments": _l("Add up scores for drivers and scales"),
    "recount": _l("Count a month of answers anew at night"),
}
STEP_JOBS = {"send": "send", "chase": "chase", "lock": "lock", "settle": "settle", "wake": "wake",
             "release_expired": "leases", "_stop": "stop", "settle_call": "settle_calls",
             "keep_month": "moments", "recount_month": "recount", "keep_report": "reports",
             "keep_lesson": "learn"}  # fmt: skip


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show the processes that tick and the work that waits."""
    now, in_force = g.now, settings()
    with database().read() as session:
        rows, waiting = heartbeats.processes(session), health.lags(session, now)
        last = max(
            (row.beat_at for row in rows if row.beat_at <= now + heartbeats.CLOCKS_DIFFER), default=None
        )
        page = {
            "processes": rows,
            "last": last,
            "silent": health.is_silent(last, now, in_force.tick_seconds),
            "silent_names": {
                row.name for row in rows if health.is_silent(row.beat_at, now, in_force.tick_seconds)
            },
            "apart": heartbeats.clocks_apart(session, now),
            "lags": waiting,
            "late": {lag.job for lag in waiting if health.is_late(lag, now, in_force.lag_minutes)},
            "failures": heartbeats.recent_failures(session),
            "resting": [each for each in outbox.troubled_channels(session, now) if each.phase != "closed"],
        }
    return render_template("followup/scheduler.html", names=JOB_NAMES, steps=STEP_JOBS, **page)


@bp.post("/forget")
def forget() -> ResponseReturnValue:
    """Strike a process off the list."""
    name = clean_text(request.form.get("name", ""), 60)
    with database().begin() as session:
        if not heartbeats.forget(session, name):
            abort(404)
        audit.record(
            session, actor=current_user.name, action="scheduler.forget", subject=f"process:{name}", now=g.now
        )
    flash(_("The process was struck off the list; it comes back if it still ticks."), "success")
    return redirect(url_for("scheduler.index"), code=303)
