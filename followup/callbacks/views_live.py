"""What the open desk asks and tells between two presses: is it still mine, whose is it now."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, flash, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFError, generate_csrf
from sqlalchemy.orm import Session

from core.errors import ForbiddenError, HuifangError, NotFoundError
from core.i18n import _, language
from core.web import database, error_page
from followup.callbacks import holding, noting, queries, takeover, typed_words, watching
from followup.callbacks.forms import TakeOverForm
from followup.callbacks.holding import LeaseLostError
from followup.callbacks.own_fields import SAID, prefix_of
from followup.callbacks.taking import Agent
from followup.callbacks.watching import Standing
from followup.models import Callback, FollowUp
from surveys.queries import load_version

bp = Blueprint("live", __name__, url_prefix="/callbacks")
NOT_KEPT = {"outcome", "confirmed", "then", "version", "phone"}


def agent() -> Agent:
    """Return who sits at the desk."""
    return Agent(current_user.id, current_user.name)


@bp.post("/<int(max=2147483647):callback_id>/heartbeat")
def heartbeat(callback_id: int) -> ResponseReturnValue:
    """Extend the lease, keep what was typed, and say until when; or say that the callback is gone."""
    version = version_in(request.form)
    try:
        with database().begin() as session:
            until = holding.keep(session, callback_id, agent(), typed(), version=version, now=g.now)
    except (LeaseLostError, NotFoundError) as error:
        return jsonify(message=str(error)), 409
    return jsonify(seconds=int((until - g.now).total_seconds()))


@bp.get("/<int(max=2147483647):callback_id>/state")
def state(callback_id: int) -> ResponseReturnValue:
    """Say how the callback stands, without extending the lease, and renew the token of the open page."""
    version = request.args.get("version", None, int)
    try:
        with database().read() as session:
            found = watching.standing(session, callback_id, agent(), version=version, now=g.now)
    except (ForbiddenError, NotFoundError) as error:
        return jsonify(asdict(Standing("over", str(error)))), error.status
    return jsonify(asdict(found) | {"token": generate_csrf()})


@bp.post("/<int(max=2147483647):callback_id>/note")
def keep_note(callback_id: int) -> ResponseReturnValue:
    """Keep what was typed with the call that ended by itself, and go on."""
    with database().begin() as session:
        version = _version_of(session, callback_id)
        words = typed_words.as_note(session, version, request.form, language())
        noting.keep_note(session, callback_id, agent(), words, now=g.now)
    flash(_("What you had typed is kept as a note of the call."), "success")
    return redirect(url_for("callbacks.index"), code=303)


@bp.post("/<int(max=2147483647):callback_id>/take-over")
def take_over(callback_id: int) -> ResponseReturnValue:
    """Let a supervisor go on with a call that somebody else holds."""
    form = TakeOverForm()
    reason = form.reason.data if form.validate() else ""
    try:
        with database().begin() as session:
            takeover.take_over(session, callback_id, agent(), reason=reason or "", now=g.now)
    except HuifangError as error:
        flash(str(error), "error")
        return redirect(url_for("board.index", view="in_hand"), code=303)
    return redirect(url_for("callbacks.desk", callback_id=callback_id), code=303)


def typed() -> dict[str, str]:
    """Return what stands in the fields of the desk, to be kept as a draft."""
    prefix = prefix_of(request.form)
    left_out = {prefix + name for name in NOT_KEPT} | {"csrf_token", "back-reason", SAID}
    return {name: "\x1f".join(request.form.getlist(name)) for name in request.form if name not in left_out}


def version_in(given: Any) -> int | None:
    """Return the version of the callback with which a desk was shown."""
    version: int | None = given.get(f"{prefix_of(given)}version", None, int)
    return version


def not_yours(session: Session, callback_id: int, message: str, given: Any = None) -> ResponseReturnValue:
    """Say whose the callback is now; what was typed stays on the page and can be sent again."""
    shown: dict[str, Any] = {"said": [], "given": [], "may_try": False, "may_note": False}
    if given is not None:
        version = _version_of(session, callback_id)
        shown["said"] = typed_words.in_words(session, version, given, language())
        shown["given"] = list(_fields(given))
        shown |= _ways_on(session, callback_id, given)
    return _gone(message, callback_id, **shown)


def lost(error: LeaseLostError) -> ResponseReturnValue:
    """Answer a press on a callback that is in other hands; what was typed stays."""
    with database().read() as session:
        return not_yours(session, (request.view_args or {})["callback_id"], str(error), given=request.form)


def stale_form(_error: CSRFError) -> ResponseReturnValue:
    """Answer a desk that is older than the last sign-in: everything typed can be sent again."""
    callback_id = (request.view_args or {}).get("callback_id")
    with database().read() as session:
        if callback_id is None or session.get(Callback, callback_id) is None:
            return error_page(
                400, _("This page is older than your last sign-in; open it anew and press again.")
            )
        said = typed_words.in_words(session, _version_of(session, callback_id), request.form, language())
    message = _("You have signed in anew since this page was opened, so it was not sent.")
    headline = _("Please send it once more")
    given = list(_fields(request.form))
    return _gone(message, callback_id, said=said, given=given, may_try=True, headline=headline)


def _gone(message: str, callback_id: int, **shown: Any) -> Response:
    page = render_template(
        "followup/callbacks/gone.html",
        message=message, callback_id=callback_id, again=request.path, **shown,
    )  # fmt: skip
    return Response(page, status=409)


def _ways_on(session: Session, callback_id: int, given: Any) -> dict[str, bool]:
    """Tell whether sending it again may help later, and whether it can be kept as a note."""
    version = version_in(given)
    try:
        found = watching.standing(session, callback_id, agent(), version=version, now=g.now)
    except ForbiddenError:  # somebody else has signed in since
        return {}
    return {"may_try": found.may_try, "may_note": found.may_note}


def _fields(given: Any) -> Iterator[tuple[str, str]]:
    for name in given:
        if name != "csrf_token":
            yield from ((name, value) for value in given.getlist(name))


def _version_of(session: Session, callback_id: int) -> Any:
    follow_up = session.get_one(FollowUp, queries.callback_of(session, callback_id).follow_up_id)
    return load_version(session, follow_up.version_id)
