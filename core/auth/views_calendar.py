"""The working days: what differs from the published calendar, and the list of a whole year."""

from babel import Locale
from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit as trail
from core import calendar_days
from core.auth.forms import DayForm
from core.auth.views_admin import bp
from core.calendar import is_published, load_calendar
from core.errors import InputError
from core.i18n import _, language
from core.installation import CalendarDay
from core.texts import clean_text
from core.web import database
from core.web import settings as current_settings


@bp.route("/calendar", methods=["GET", "POST"])
def calendar() -> ResponseReturnValue:
    """Show and set days that differ from the published calendar."""
    form = DayForm()
    if form.validate_on_submit() and form.day.data:
        works = form.kind.data == "work"
        with database().begin() as session:
            session.merge(
                CalendarDay(day=form.day.data, is_workday=works, note=clean_text(form.note.data or "", 80))
            )
            subject = f"day:{form.day.data.isoformat()}"
            trail.record(
                session,
                actor=current_user.name,
                action="calendar.set",
                subject=subject,
                now=g.now,
                works=works,
            )
        flash(_("The day was saved."), "success")
        return redirect(url_for("admin.calendar"), code=303)
    return _page(form), 422 if form.is_submitted() else 200


@bp.post("/calendar/year")
def take_over_year() -> ResponseReturnValue:
    """Take over the days off and make-up workdays of a year from a file."""
    file = request.files.get("file")
    try:
        year, days = calendar_days.read_days(file.read() if file else b"")
    except InputError as error:
        return _page(DayForm(formdata=None), str(error)), error.status
    with database().begin() as session:
        calendar_days.take_over(session, year, days, actor=current_user.name, now=g.now)
    flash(_("%(count)s days of %(year)s were taken over.", count=len(days), year=year), "success")
    return redirect(url_for("admin.calendar"), code=303)


def _page(form: DayForm, error: str = "") -> str:
    with database().read() as session:
        days = session.scalars(select(CalendarDay).order_by(CalendarDay.day.desc())).all()
        years = _years(session)
    return render_template(
        "core/calendar.html", form=form, days=days, country=_country(), years=years, error=error
    )


def _years(session: Session) -> list[tuple[int, bool]]:
    """Return this year and the next, and whether their days off are known."""
    calendar = load_calendar(session)
    year = g.now.astimezone(calendar.zone).year
    return [(y, is_published(calendar.country, y) or y in calendar.declared) for y in (year, year + 1)]


def _country() -> str:
    """The country whose holidays count, in the language of the reader."""
    code = current_settings().country
    return str(Locale.parse(language()).territories.get(code, code))


@bp.post("/calendar/<string:day>/remove")
def remove_day(day: str) -> ResponseReturnValue:
    """Let the published calendar speak for a day again."""
    with database().begin() as session:
        found = next((d for d in session.scalars(select(CalendarDay)) if d.day.isoformat() == day), None)
        if found is None:
            abort(404)
        session.delete(found)
        trail.record(
            session, actor=current_user.name, action="calendar.remove", subject=f"day:{day}", now=g.now
        )
    flash(_("The day was removed."), "success")
    return redirect(url_for("admin.calendar"), code=303)
