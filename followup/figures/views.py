"""The figures of the desk: by period, department, agent or month, as a page and as a file."""

from datetime import date

from flask import Blueprint, Response, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from core.auth.roles import Role
from core.errors import InputError
from core.i18n import _, language
from core.periods import Period, PeriodError, parse_period
from core.seasons.policy import NamedSeason
from core.seasons.queries import seasons
from core.texts import attachment
from core.web import database, settings
from followup.figures import definitions, presenting
from followup.figures.exports import to_csv
from followup.figures.groups import By
from followup.figures.reporting import Report, report

bp = Blueprint("figures", __name__, url_prefix="/callbacks/figures")


@bp.get("")
def index() -> ResponseReturnValue:
    """Show the figures; the address holds every choice. An agent sees the own line."""
    today, named = _today(), _seasons()
    try:
        period, by = _asked(today, named)
        found: Report | None = _report(period, by)
        bad = ""
    except InputError as error:
        found, by, bad = None, By.NOTHING, str(error)
    page = render_template(
        "followup/figures/index.html",
        report=found,
        by=by,
        is_own=_is_agent(),
        bad=bad,
        typed=request.args.get("period", "")[:60],
        recent=presenting.recent(today, named),
        today=today,
        p=presenting,
        d=definitions,
        reasons=definitions.REASON,
    )
    return page, 422 if bad else 200


@bp.get("/figures.csv")
def as_csv() -> ResponseReturnValue:
    """Give the same figures as a table with their definitions."""
    period, by = _asked(_today(), _seasons())
    response = Response("\ufeff" + to_csv(_report(period, by), language()), mimetype="text/csv")
    name = "_".join(part for part in ("figures", period.name, by.value) if part)
    response.headers["Content-Disposition"] = attachment(f"{name}.csv")
    return response


def _seasons() -> list[NamedSeason]:
    with database().read() as session:
        return seasons(session)


def _asked(today: date, named: list[NamedSeason]) -> tuple[Period, By]:
    """Return what the address asks for; without a period the present month."""
    try:
        period = parse_period(request.args.get("period", "").strip() or f"{today:%Y-%m}", named)
        return period, By(request.args.get("by", ""))
    except PeriodError as error:
        raise InputError(error.sentence(_)) from None
    except ValueError:
        raise InputError(_("Figures are broken down by department, agent or month, or not at all.")) from None


def _report(period: Period, by: By) -> Report:
    with database().read() as session:
        return report(session, period, by, agent_id=current_user.id if _is_agent() else None)


def _is_agent() -> bool:
    return bool(current_user.role == Role.AGENT)


def _today() -> date:
    today: date = g.now.astimezone(settings().zone).date()
    return today
