"""The seasons of the organisation: administrators change them, auditors and supervisors read them."""

from datetime import date

from flask import Blueprint, abort, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.auth.roles import ADMINS
from core.auth.views_admin import admin_tabs
from core.errors import ConflictError, InputError
from core.i18n import _, language
from core.periods import Period, recent_seasons
from core.seasons import actions
from core.seasons.forms import SeasonForm, filled
from core.seasons.models import Season
from core.seasons.queries import rule
from core.web import database, settings, transaction

bp = Blueprint("seasons", __name__, url_prefix="/admin/seasons")
bp.context_processor(admin_tabs)


@bp.get("")
def index() -> ResponseReturnValue:
    """Show the seasons with the days of this year's."""
    with database().read() as session:
        return _page(session, None if current_user.role not in ADMINS else SeasonForm(formdata=None))


@bp.post("")
def add() -> ResponseReturnValue:
    """Add a season."""
    form = SeasonForm()
    with transaction() as session:
        if form.validate_on_submit():
            try:
                actions.add(session, form.season(), actor=current_user.name, now=g.now)
            except (InputError, ConflictError) as error:
                form.name.errors = [*form.name.errors, str(error)]
            else:
                flash(_("The season was added."), "success")
                return redirect(url_for(".index"), code=303)
        return _page(session, form), 422


@bp.route("/<int:number>", methods=["GET", "POST"])
def edit(number: int) -> ResponseReturnValue:
    """Change a season."""
    with transaction() as session:
        row = session.get(Season, number) or abort(404)
        form = SeasonForm(data=filled(rule(row)))
        if form.validate_on_submit():
            try:
                actions.change(session, row, form.season(), actor=current_user.name, now=g.now)
            except (InputError, ConflictError) as error:
                form.name.errors = [*form.name.errors, str(error)]
            else:
                flash(_("The season was saved."), "success")
                return redirect(url_for(".index"), code=303)
        page = render_template("core/season.html", form=form, row=row, latest=_latest(row))
    return page, 422 if form.is_submitted() else 200


@bp.post("/<int:number>/remove")
def remove(number: int) -> ResponseReturnValue:
    """Remove a season."""
    with database().begin() as session:
        row = session.get(Season, number)
        if row is not None:
            actions.remove(session, row, actor=current_user.name, now=g.now)
            flash(_("The season was removed."), "success")
    return redirect(url_for(".index"), code=303)


def _page(session: Session, form: SeasonForm | None) -> str:
    rows = session.scalars(select(Season).order_by(Season.first_month, Season.first_day, Season.name))
    return render_template(
        "core/seasons.html", form=form, rows=[(row, _latest(row)) for row in rows], language=language
    )


def _latest(row: Season) -> Period:
    """Return the last one of the season that has begun: what people would type today."""
    today: date = g.now.astimezone(settings().zone).date()
    return recent_seasons([rule(row)], today, 1)[0]
