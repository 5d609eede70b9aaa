"""The visible outbox: what was written to whom, what became of it, and what a person has to decide."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from core import clock
from core.auth.roles import Role
from core.i18n import _, _l
from core.outbox import actions, queries
from core.outbox.lifecycle import FAILED, MESSAGES, STATES, UNCERTAIN
from core.web import database

bp = Blueprint("outbox", __name__)

STATE_NAMES = {
    "queued": (_l("Waiting"), "neutral"),
    "sending": (_l("Being sent"), "info"),
    "uncertain": (_l("Perhaps sent"), "warn"),
    "failed": (_l("Not sent"), "bad"),
    "sent": (_l("Sent"), "good"),
    "cancelled": (_l("Taken back"), "neutral"),
}
CHANNEL_NAMES = {"sms": _l("SMS"), "email": _l("E-mail"), "notice": _l("Notice")}
PURPOSE_NAMES = {
    "invitation": _l("Invitation"),
    "reminder": _l("Reminder"),
    "campaign": _l("Invitation to a campaign"),
    "campaign_reminder": _l("Reminder of a campaign"),
    "notice": _l("Notice"),
    "callback": _l("Callback"),
    "result": _l("Result notice"),
}


@bp.context_processor
def _names() -> dict[str, object]:
    return {
        "message_states": STATE_NAMES,
        "message_channels": CHANNEL_NAMES,
        "message_purposes": PURPOSE_NAMES,
    }


@bp.get("/outbox")
def index() -> ResponseReturnValue:
    """List the messages, filtered by the address of the page."""
    state = request.args.get("state", "")
    channel = request.args.get("channel", "")
    state, channel = state if state in STATES else "", channel if channel in queries.CHANNELS else ""
    with database().read() as session:
        total = queries.count(session, state, channel)
        pages = max(1, -(-total // queries.PAGE))
        number = min(max(1, request.args.get("page", 1, type=int)), pages)
        return render_template(
            "core/outbox.html",
            rows=queries.page(session, state=state, channel=channel, number=number),
            counts=queries.counts(session),
            total=total,
            page=number,
            pages=pages,
            state=state,
            channel=channel,
            may_open=current_user.role == Role.ADMIN,
        )


@bp.route("/outbox/<int(max=2147483647):message_id>", methods=["GET", "POST"])
def message(message_id: int) -> ResponseReturnValue:
    """Show one message; its text, which holds a personal link, only on a press that is recorded."""
    with database().begin() as session:
        row = queries.get(session, message_id)
        text = None
        if request.method == "POST":
            actions.read_body(session, row, actor=current_user.name, now=clock.now())
            text = queries.opened(session, row)
        return render_template("core/message.html", message=row, text=text)


@bp.post("/outbox/<int(max=2147483647):message_id>/sent")
def confirm_sent(message_id: int) -> ResponseReturnValue:
    """Settle an uncertain message that is known to have arrived."""
    with database().begin() as session:
        row = queries.get(session, message_id)
        actions.confirm_sent(session, row, actor=current_user.name, now=clock.now())
    flash(_("The message counts as sent."), "success")
    return redirect(url_for(".index", state=UNCERTAIN), code=303)


@bp.route("/outbox/<int(max=2147483647):message_id>/again", methods=["GET", "POST"])
def send_again(message_id: int) -> ResponseReturnValue:
    """Ask whether a stuck message shall really go out once more, and let it."""
    if request.method == "GET":
        with database().read() as session:
            row = queries.get(session, message_id)
            possible = "send_again" in MESSAGES.events(row.state)
            return render_template("core/message_again.html", message=row, possible=possible, now=g.now)
    with database().begin() as session:
        row = queries.get(session, message_id)
        stuck_as = UNCERTAIN if row.state == UNCERTAIN else FAILED
        actions.send_again(session, row, actor=current_user.name, now=clock.now())
    flash(_("The message waits to be sent again."), "success")
    return redirect(url_for(".index", state=stuck_as), code=303)
