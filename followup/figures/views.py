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
from followup.figures import definitions, presenting, reopenings
from followup.figures.comparing import other
from followup.figures.exports import to_csv
from followup.figures.groups import By
from followup.figures.reporting import Report, report

bp = Blueprint("figures", __name__, url_prefix="/callbacks/figures")


@bp.get("")
def index() -> ResponseReturnValue:
    """Show the figures; the address holds every choice. An agent sees the own line."""
    today, named = _today(), _seasons()
    try:
        period, by, than = _asked(today, named)
        found: Report | None = _report(period, by)
        earlier = _report(than, by) if than else None
        bad = ""
    except InputError as error:
        found, earlier, by, bad = None, None, By.NOTHING, str(error)
    page = render_template(
        "followup/figures/index.html",
        report=found,
        earlier=earlier,
        than=_than(),
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
    period, by, than = _asked(_today(), _seasons())
    text = to_csv(_report(period, by), language(), _report(than, by) if than else None)
    return _file(text, "figures", period.name, by.value, f"than_{than.name}" if than else "")


@bp.get("/reopenings.csv")
def reopenings_csv() -> ResponseReturnValue:
    """Give the requests of a period to open a case again, with what was decided."""
    period = _asked(_today(), _seasons())[0]
    with database().read() as session:
        return _file(reopenings.to_csv(session, period, language()), "reopenings", period.name)


def _file(text: str, *name: str) -> Response:
    response = Response("\ufeff" + text, mimetype="text/csv")
    response.headers["Content-Disposition"] = attachment("_".join(filter(None, name)) + ".csv")
    return response


def _seasons() -> list[NamedSeason]:
    with database().read() as session:
        return seasons(session)


def _than() -> str:
    """Return what the address compares with, as it stands there."""
    return request.args.get("than", "").strip()[:60]


def _asked(today: date, named: list[NamedSeason]) -> tuple[Period, By, Period | None]:
    """Return what the address asks for; without a period the present month."""
    try:
        period = parse_period(request.args.get("period", "").strip() or f"{today:%Y-%m}", named)
        by = By(request.args.get("by", ""))
        return period, by, other(_than(), period, by, named)
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
