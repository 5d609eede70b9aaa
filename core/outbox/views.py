"""The visible outbox: what was written to whom, what became of it, and what a person has to decide."""

from collections.abc import Collection, Mapping

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from core import clock
from core.auth.roles import Role
from core.i18n import _, _l, ngettext
from core.outbox import actions, queries
from core.outbox.lifecycle import FAILED, MESSAGES, STATES, UNCERTAIN
from core.settings import Settings
from core.web import database, settings

bp = Blueprint("outbox", __name__)

SHOWN_FAILURES = 12

STATE_NAMES = {
    "queued": (_l("Waiting"), "neutral"),
    "sending": (_l("Being sent"), "info"),
    "uncertain": (_l("Perhaps sent"), "warn"),
    "failed": (_l("Not sent"), "bad"),
    "sent": (_l("Sent"), "good"),
    "cancelled": (_l("Taken back"), "neutral"),
}
CHANNEL_NAMES = {
    "sms": _l("SMS"),
    "email": _l("E-mail"),
    "webhook": _l("Webhook"),
    "notice": _l("Notice"),
    "event": _l("To another system"),
    "chat": _l("Chat tool"),
}
RECEIPT_NAMES = {"delivered": (_l("Arrived"), "good"), "undelivered": (_l("Did not arrive"), "bad")}
PURPOSE_NAMES = {
    "invitation": _l("Invitation"),
    "reminder": _l("Reminder"),
    "campaign": _l("Invitation to a campaign"),
    "campaign_reminder": _l("Reminder of a campaign"),
    "notice": _l("Notice"),
    "callback": _l("Callback"),
    "result": _l("Result notice"),
    "webhook": _l("Event"),
    "alert": _l("Early warning"),
}


@bp.context_processor
def _names() -> dict[str, object]:
    return {
        "message_states": STATE_NAMES,
        "message_channels": CHANNEL_NAMES,
        "message_purposes": PURPOSE_NAMES,
        "message_receipts": RECEIPT_NAMES,
    }


@bp.get("/outbox")
def index() -> ResponseReturnValue:
    """List the messages, filtered by the address of the page."""
    with database().read() as session:
        chosen = _filter(session)
        total = queries.count(session, **chosen)
        pages = max(1, -(-total // queries.PAGE))
        number = min(max(1, request.args.get("page", 1, type=int)), pages)
        return render_template(
            "core/outbox.html",
            rows=queries.page(session, **chosen, number=number),
            counts=queries.counts(session),
            purposes=queries.purposes(session),
            troubled=queries.troubled_channels(session, g.now),
            shown_only=_shown_only(settings()),
            total=total,
            page=number,
            pages=pages,
            chosen=chosen,
            may_open=current_user.role == Role.ADMIN,
        )


@bp.route("/outbox/again", methods=["GET", "POST"])
def send_failed_again() -> ResponseReturnValue:
    """Ask which of the messages that failed shall go out once more, and queue them."""
    if request.method == "POST":
        return _again()
    with database().read() as session:
        chosen = _filter(session) | {"state": FAILED}
        failures = queries.failures(session, chosen["channel"], chosen["purpose"])
        number = sum(n for _error, n in failures)
        return render_template(
            "core/outbox_again.html",
            chosen=chosen,
            failures=failures[:SHOWN_FAILURES],
            number=number,
            at_once=actions.AT_ONCE,
        )


def _again() -> ResponseReturnValue:
    with database().begin() as session:
        chosen = _filter(session, request.form)
        again = actions.send_failed_again(
            session,
            channel=chosen["channel"],
            purpose=chosen["purpose"],
            error=request.form.get("error"),
            actor=current_user.name,
            now=clock.now(),
        )
    flash(
        ngettext("%(num)s message waits to be sent again.", "%(num)s messages wait to be sent again.", again),
        "success",
    )
    return redirect(url_for(".index", state=FAILED), code=303)


@bp.post("/outbox/channels/<channel>/try")
def try_channel(channel: str) -> ResponseReturnValue:
    """Let one message of a channel that rests through at once."""
    with database().begin() as session:
        tried = actions.try_channel(session, channel, actor=current_user.name, now=clock.now())
    if tried:
        flash(_("The next message is tried at once."), "success")
    return redirect(url_for(".index"), code=303)


def _filter(session: Session, given: Mapping[str, str] | None = None) -> dict[str, str]:
    """Read state, channel and purpose; what is none of them counts as not given."""
    given = request.args if given is None else given
    possible: dict[str, Collection[str]] = {
        "state": STATES,
        "channel": queries.CHANNELS,
        "purpose": queries.purposes(session),
    }
    return {
        name: given.get(name, "") if given.get(name) in values else "" for name, values in possible.items()
    }


def _shown_only(using: Settings) -> list[str]:
    """Return the names of the channels that have no server yet."""
    missing = (("sms", using.sms_url), ("email", using.smtp_url))
    return [str(CHANNEL_NAMES[channel]) for channel, url in missing if not url]


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
