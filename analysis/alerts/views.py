"""The list of early warnings, one of them, and what people do about it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from analysis.alerts import actions, presenting, queries, words
from analysis.alerts.lifecycle import ALERTS, CAUSES, LONGEST
from analysis.alerts.models import Alert
from analysis.alerts.policy import KINDS, SATISFACTION
from analysis.alerts.queries import Filters
from core.auth.models import User
from core.auth.navigation import may_open
from core.errors import ConflictError, InputError
from core.i18n import _, language
from core.texts import clean_text
from core.web import database, settings
from followup.measures import queries as measures

if TYPE_CHECKING:
    from analysis.pictures import Picture

bp = Blueprint("quality_alerts", __name__)


@bp.get("/alerts")
def index() -> ResponseReturnValue:
    """Show the early warnings, those that wait first."""
    return _list()


@bp.get("/alerts/quality/<int(max=2147483647):alert_id>")
def alert(alert_id: int) -> ResponseReturnValue:
    """Show what was found, with its numbers, and what was done about it."""
    return _page(alert_id)


@bp.get("/alerts/quality/<int(max=2147483647):alert_id>/chart.png")
def chart(alert_id: int) -> ResponseReturnValue:
    """Draw the run chart of an alert on satisfaction."""
    from analysis.views_asked import picture_response  # noqa: PLC0415 # as below

    with database().read() as session:
        picture = _chart(session, queries.alert(session, alert_id))
    if picture is None:
        abort(404)
    return picture_response(picture)


@bp.post("/alerts/quality/<int(max=2147483647):alert_id>/acknowledge")
def acknowledge(alert_id: int) -> ResponseReturnValue:
    """Take an alert up."""
    return _do(alert_id, actions.acknowledge, _("You have taken this alert up."))


@bp.post("/alerts/quality/<int(max=2147483647):alert_id>/assign")
def assign(alert_id: int) -> ResponseReturnValue:
    """Give an alert to somebody."""
    person, before = request.form.get("person", 0, int), request.form.get("instead_of", 0, int)
    done = _("The alert was given to somebody, who is told.")
    return _do(alert_id, actions.assign, done, user_id=person, instead_of=before or None)


@bp.post("/alerts/quality/<int(max=2147483647):alert_id>/explain")
def explain(alert_id: int) -> ResponseReturnValue:
    """Close an alert with what it turned out to be."""
    cause, said = request.form.get("cause", ""), request.form.get("words", "")
    return _do(alert_id, actions.explain, _("The alert is explained."), cause=cause, words=said)


@bp.post("/alerts/quality/<int(max=2147483647):alert_id>/dismiss")
def dismiss(alert_id: int) -> ResponseReturnValue:
    """Close an alert with a reason."""
    return _do(alert_id, actions.dismiss, _("The alert is dismissed."), words=request.form.get("words", ""))


@bp.post("/alerts/quality/<int(max=2147483647):alert_id>/reopen")
def reopen(alert_id: int) -> ResponseReturnValue:
    """Open a closed alert again."""
    return _do(alert_id, actions.reopen, _("The alert is open again."), words=request.form.get("words", ""))


@bp.post("/alerts/quality/<int(max=2147483647):alert_id>/unwatch")
def unwatch(alert_id: int) -> ResponseReturnValue:
    """Watch the group of an alert no more."""
    done = _("This is not watched any more; the list of alerts shows it.")
    return _do(alert_id, actions.unwatch, done, reason=request.form.get("words", ""))


@bp.post("/alerts/unwatched")
def switch_off() -> ResponseReturnValue:
    """Watch a whole kind no more."""
    kind, reason = request.form.get("kind", ""), request.form.get("reason", "")
    try:
        with database().begin() as session:
            actions.switch_off(session, kind=kind, reason=reason, by=_me(session), now=g.now)
    except (InputError, ConflictError) as error:
        return _list(error), error.status
    flash(_("This is not watched any more; the list of alerts shows it."), "success")
    return redirect(url_for(".index"), code=303)


@bp.post("/alerts/unwatched/<int(max=2147483647):unwatched_id>/watch")
def switch_on(unwatched_id: int) -> ResponseReturnValue:
    """Watch a kind or a group again."""
    with database().begin() as session:
        actions.switch_on(session, unwatched_id, by=_me(session), now=g.now)
    flash(_("This is watched again, from the next closed week on."), "success")
    return redirect(url_for(".index"), code=303)


def _list(error: InputError | ConflictError | None = None) -> str:
    given = request.args
    filters = Filters.read(
        given.get("state", ""), given.get("kind", ""), clean_text(given.get("department", ""), 60),
        mine=given.get("mine") == "yes",
    )  # fmt: skip
    with database().read() as session:
        page = queries.page(session, filters, current_user.id, given.get("page", 1, int))
        under = queries.under(session, [one.id for one, _name in page.rows])
        shown = [_shown(one, name) | {"under": len(under.get(one.id, ()))} for one, name in page.rows]
        return render_template(
            "analysis/alerts/index.html", page=page, args=filters.args, said=presenting.said_by(_),
            departments=queries.departments(session), unwatched=queries.unwatched(session),
            last=queries.last_round(session), kinds=KINDS, error=error, tone=words.TONE,
            chosen=request.form if error else {}, shown=shown,
        )  # fmt: skip


def _shown(one: Alert, name: str) -> dict[str, object]:
    title, who = presenting.heading(one, _)
    return {
        "alert": one, "title": title, "who": who, "has": name,
        "period": presenting.period_of(one).label(language()),
    }  # fmt: skip


def _page(alert_id: int, error: InputError | ConflictError | None = None) -> str:
    with database().read() as session:
        one = queries.alert(session, alert_id)
        period = presenting.period_of(one)
        title, who = presenting.heading(one, _)
        sentences = words.sentences(one, period, _, language(), few=settings().min_cell)
        people = queries.people(session)
        return render_template(
            "analysis/alerts/alert.html", alert=one, title=title, who=who, sentences=sentences,
            period=period.label(language()), rows=presenting.rows(one, language()),
            links=[link for link in presenting.links(one) if may_open(link[1])],
            events=ALERTS.events(one.state), happened=queries.happened(session, alert_id), people=people,
            has=next((person.display_name for person in people if person.id == one.assigned_to), ""),
            said=presenting.said_by(_), tone=words.TONE, causes=CAUSES, longest=LONGEST,
            may_be=_(words.MAY_BE), measure=presenting.measure(one), error=error, few=settings().min_cell,
            planned=measures.of_alert(session, alert_id), may_plan=may_open("measures.new"),
            chart=_chart(session, one), lead=_lead(session, one),
            under=[_shown(other, "") for other in queries.under(session, [alert_id]).get(alert_id, ())],
            given=request.form if error else {}, step=request.endpoint if error else "",
        )  # fmt: skip


def _lead(session: Session, one: Alert) -> dict[str, object] | None:
    """Return the alert that this one was told as part of."""
    return _shown(queries.alert(session, one.under), "") if one.under else None


def _chart(session: Session, one: Alert) -> "Picture | None":
    """Return the run chart of an alert on satisfaction; the others show their table."""
    if one.kind != SATISFACTION:
        return None
    from analysis.alerts.views_chart import chart  # noqa: PLC0415 # NumPy and matplotlib

    return chart(session, one, presenting.periods(one), g.now.astimezone(settings().zone).date())


def _do(alert_id: int, action: Callable[..., object], done: str, **given: object) -> ResponseReturnValue:
    """Take one step; what was typed is kept where something is missing or somebody was faster."""
    try:
        with database().begin() as session:
            action(session, alert_id, **given, by=_me(session), now=g.now)
    except (InputError, ConflictError) as error:
        return _page(alert_id, error), error.status
    flash(done, "success")
    return redirect(url_for(".alert", alert_id=alert_id), code=303)


def _me(session: Session) -> User:
    return session.get_one(User, current_user.id)
