"""Having limits computed anew from a month on, and taking that back: steps on the page of the trend."""

from collections.abc import Callable

from flask import Response, flash, g, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from analysis.queries import versions_of
from analysis.texts import AskedError
from analysis.trend import actions, queries, views
from analysis.views_asked import today
from core.auth.models import User
from core.errors import ConflictError, InputError
from core.i18n import _
from core.web import database


def mark() -> ResponseReturnValue:
    """Compute the limits anew from a month on, with a note."""
    form = request.form
    key = form.get("questionnaire", "")

    def step(session: Session, by: User) -> object:
        known = [item.item_key for item in queries.scaled_items(versions_of(session, key))]
        return actions.mark(
            session, questionnaire=key, item_key=form.get("of", ""), known=known, month=form.get("month", ""),
            note=form.get("note", ""), today=today(), by=by, now=g.now,
        )  # fmt: skip

    return _do(step, _("The limits are computed anew from this month on."))


def take_back(mark_id: int) -> ResponseReturnValue:
    """Take a mark back, with the reason; it stays to be read."""

    def step(session: Session, by: User) -> object:
        return actions.take_back(session, mark_id, reason=request.form.get("reason", ""), by=by, now=g.now)

    return _do(step, _("The mark is taken back."))


def _do(step: Callable[[Session, User], object], done: str) -> ResponseReturnValue:
    """Take a step and come back to the same choices; what was typed is kept where something is missing."""
    try:
        with database().begin() as session:
            step(session, session.get_one(User, current_user.id))
    except AskedError as error:
        return _again(InputError(error.sentence(_)), 400)
    except (InputError, ConflictError) as error:
        return _again(error, error.status)
    flash(done, "success")
    # As it was sent: its parameters are no arguments, some of which have a meaning for url_for.
    return redirect(f"{url_for('analysis.trend')}?{request.query_string.decode()}", code=303)


def _again(error: InputError | ConflictError, status: int) -> Response:
    """Show the page with what is to be mended; where the address cannot be read, the page says that."""
    shown = make_response(views.trend(error))
    if shown.status_code == 200:
        shown.status_code = status
    return shown
