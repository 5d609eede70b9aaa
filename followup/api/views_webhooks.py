"""Where other systems are told, for administrators: add, try, switch on and off."""

from urllib.parse import urlsplit

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from core import clock
from core.errors import ConflictError, InputError
from core.i18n import _
from core.outbox.senders import SendError
from core.web import database, settings
from followup.api import telling, webhooks
from followup.api.forms import WebhookForm
from followup.api.views_keys import bp


@bp.route("/webhooks/new", methods=["GET", "POST"])
def new_webhook() -> ResponseReturnValue:
    """Add a webhook, and show its secret this once."""
    form = WebhookForm()
    if form.validate_on_submit():
        try:
            url = webhooks.checked_url(settings(), form.url.data or "")
            with database().begin() as session:
                webhook, secret = webhooks.add(
                    session,
                    name=form.name.data or "",
                    url=url,
                    events=form.events.data or [],
                    actor=current_user.name,
                    now=g.now,
                )
        except ConflictError as error:
            form.name.errors = [str(error)]
        except InputError as error:
            form.url.errors = [str(error)]
        else:
            # Not a redirect: the secret would have to be kept somewhere on the way.
            return render_template("followup/api/webhook_secret.html", webhook=webhook, secret=secret)
    return render_template("followup/api/webhook_new.html", form=form), 422 if form.is_submitted() else 200


@bp.get("/webhooks/<int(max=2147483647):webhook_id>")
def webhook(webhook_id: int) -> ResponseReturnValue:
    """Show one webhook; of its address only the host, because paths hold secrets."""
    with database().read() as session:
        found = webhooks.get(session, webhook_id)
        url, _secret = webhooks.opened(session, found)
        waiting = webhooks.counts(session, found)
    return render_template(
        "followup/api/webhook.html", webhook=found, host=urlsplit(url).netloc, counts=waiting
    )


@bp.post("/webhooks/<int(max=2147483647):webhook_id>/try")
def try_webhook(webhook_id: int) -> ResponseReturnValue:
    """Tell the other system about nothing, and show what it answers."""
    now = clock.now()
    with database().read() as session:
        url, secret = webhooks.opened(session, webhooks.get(session, webhook_id))
    try:
        status = telling.post(database(), url, secret, webhooks.document_of("test", now), now)
    except SendError as error:
        flash(_("The other system did not take it: %(words)s", words=str(error)), "error")
    else:
        flash(_("The other system took it and answered %(status)d.", status=status), "success")
    return redirect(url_for(".webhook", webhook_id=webhook_id), code=303)


@bp.post("/webhooks/<int(max=2147483647):webhook_id>/switch")
def switch_webhook(webhook_id: int) -> ResponseReturnValue:
    """Switch a webhook on or off."""
    active = request.form.get("active") == "yes"
    with database().begin() as session:
        webhooks.switch(session, webhook_id, active=active, actor=current_user.name, now=g.now)
    flash(_("The webhook is on.") if active else _("The webhook is off."), "success")
    return redirect(url_for(".webhook", webhook_id=webhook_id), code=303)
