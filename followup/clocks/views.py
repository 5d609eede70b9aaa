"""The time limits of the organisation, for administrators."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.auth.views_admin import admin_tabs
from core.errors import InputError
from core.i18n import _
from core.web import database, settings, transaction
from followup.cases import labels
from followup.cases.policy import KINDS, SEVERITIES
from followup.clocks import actions, words
from followup.clocks.forms import LimitsForm, filled
from followup.clocks.models import TimeLimit
from followup.clocks.policy import EVERY_KIND, Limits, limits_of
from followup.clocks.queries import limit_table

bp = Blueprint("limits", __name__, url_prefix="/admin/limits")
bp.context_processor(admin_tabs)
ALL = "every"  # stands for every kind in an address
HARDEST_FIRST = tuple(reversed(SEVERITIES))


@dataclass(frozen=True, slots=True)
class LimitLine:
    """The limits of one kind and severity, as the page shows them."""

    kind: str
    severity: str
    limits: Limits
    changed_by: str = ""
    changed_at: datetime | None = None


@bp.get("")
def index() -> ResponseReturnValue:
    """Show the limits in force, and who changed them last."""
    with database().read() as session:
        lines = _lines(session)
    return render_template(
        "followup/clocks/limits.html", lines=lines, words=words, labels=labels, all_kinds=ALL, kinds=KINDS,
        severities=HARDEST_FIRST, hours=settings().working_hours, form=FlaskForm(),
        warn_percent=settings().warn_percent,
    )  # fmt: skip


@bp.route("/<kind>/<severity>", methods=["GET", "POST"])
def edit(kind: str, severity: str) -> ResponseReturnValue:
    """Change the limits of a kind and severity."""
    key = _kind(kind, severity)
    with transaction() as session:
        before = limits_of(key, severity, limit_table(session))
        form = LimitsForm(data=filled(before))
        if form.validate_on_submit():
            try:
                actions.set_limits(session, key, severity, form.limits(), actor=current_user.name, now=g.now)
            except InputError as error:
                form.form_errors.append(str(error))
            else:
                flash(_("The limits were saved. They count for cases from now on."), "success")
                return redirect(url_for(".index"), code=303)
        own = session.get(TimeLimit, (key, severity)) is not None
    page = render_template(
        "followup/clocks/limit.html", form=form, kind=key, severity=severity, labels=labels, words=words,
        before=before, own=own, address=kind,
    )  # fmt: skip
    return page, 422 if form.is_submitted() else 200


@bp.post("/<kind>/<severity>/restore")
def restore(kind: str, severity: str) -> ResponseReturnValue:
    """Take a kind's own limits away again."""
    with database().begin() as session:
        done = actions.restore_limits(
            session, _kind(kind, severity), severity, actor=current_user.name, now=g.now
        )
    if done:
        flash(_("The limits were taken back."), "success")
    return redirect(url_for(".index"), code=303)


def _kind(kind: str, severity: str) -> str:
    if kind not in (ALL, *KINDS) or severity not in SEVERITIES:
        abort(404)
    return EVERY_KIND if kind == ALL else kind


def _lines(session: Session) -> list[LimitLine]:
    """Return the limits of every severity, and below each those of the kinds that have their own."""
    table = limit_table(session)
    rows = {(row.kind, row.severity): row for row in session.scalars(select(TimeLimit))}
    lines = []
    for severity in HARDEST_FIRST:
        for kind in (EVERY_KIND, *KINDS):
            row = rows.get((kind, severity))
            if kind == EVERY_KIND or row is not None:
                limits = limits_of(kind, severity, table)
                who = (row.changed_by, row.changed_at) if row else ("", None)
                lines.append(LimitLine(kind, severity, limits, *who))
    return lines
