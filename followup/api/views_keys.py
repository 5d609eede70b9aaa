"""Other systems, for administrators: their keys, what they did, and how to end it."""

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from core.auth.views_admin import admin_tabs
from core.errors import ConflictError, InputError
from core.i18n import _, _l
from core.web import database, settings
from followup.api import keys, webhooks
from followup.api.forms import EVENT_NAMES, SCOPE_NAMES, KeyForm
from followup.api.models import ApiKey

bp = Blueprint("api_admin", __name__, url_prefix="/admin/api")
bp.context_processor(admin_tabs)

SHOWN_DAYS = 14
KEY_STATES = {
    "active": (_l("Works"), "good"),
    "expired": (_l("Expired"), "neutral"),
    "revoked": (_l("Revoked"), "bad"),
}


@bp.context_processor
def _names() -> dict[str, object]:
    return {
        "scope_names": SCOPE_NAMES,
        "event_names": EVENT_NAMES,
        "key_states": KEY_STATES,
        "key_state": _state,
    }


def _state(key: ApiKey) -> str:
    return keys.state_of(key, g.now)


@bp.get("")
def index() -> ResponseReturnValue:
    """List the keys of other systems, and where they are told."""
    with database().read() as session:
        held, told = keys.listed(session), webhooks.listed(session)
    return render_template("followup/api/index.html", keys=held, webhooks=told)


@bp.route("/keys/new", methods=["GET", "POST"])
def new_key() -> ResponseReturnValue:
    """Make a key, and show it this once."""
    form = KeyForm()
    if form.validate_on_submit():
        try:
            with database().begin() as session:
                key, text = keys.make(
                    session,
                    name=form.name.data or "",
                    source=form.source.data or "",
                    scopes=form.scopes.data or [],
                    expires_at=form.ends_at(settings().zone),
                    actor=current_user.name,
                    now=g.now,
                )
        except (InputError, ConflictError) as error:
            form.name.errors = [str(error)]
        else:
            # Not a redirect: the text would have to be kept somewhere on the way.
            return render_template("followup/api/secret.html", key=key, text=text)
    return render_template("followup/api/key_new.html", form=form), 422 if form.is_submitted() else 200


@bp.get("/keys/<int(max=2147483647):key_id>")
def key(key_id: int) -> ResponseReturnValue:
    """Show one key, and how often it was used."""
    with database().read() as session:
        found = keys.get(session, key_id)
        calls = keys.calls(session, key_id)
    days = [(f"{day[:4]}-{day[4:6]}-{day[6:]}", counts) for day, counts in calls.items()]
    return render_template("followup/api/key.html", key=found, days=days[:SHOWN_DAYS])


@bp.post("/keys/<int(max=2147483647):key_id>/revoke")
def revoke(key_id: int) -> ResponseReturnValue:
    """End a key at once."""
    with database().begin() as session:
        ended = keys.revoke(session, key_id, actor=current_user.name, now=g.now)
    flash(_("The key “%(name)s” no longer works.", name=ended.name), "success")
    return redirect(url_for(".index"), code=303)
