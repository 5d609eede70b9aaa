"""Regular reports: the list of them and of what they made, saving one, changing it, pausing it."""

from collections.abc import Mapping
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from analysis import views_asked
from analysis.asking import Asked
from analysis.cube import ALL_DIMENSIONS
from analysis.periods import PeriodError, parse_period
from analysis.queries import comparison, titles, versions_of
from analysis.reports import actions, policy, queries
from analysis.reports.forms import COMPARED_WITH, EVERY, DefinitionForm
from analysis.reports.models import ReportDefinition
from analysis.texts import AskedError
from analysis.views_asked import Titles
from core.errors import InputError
from core.i18n import LANGUAGES, _, _l, language, text_in
from core.web import database, settings

TAKEN = _l("Another report has this title; choose one of its own, so that readers can tell them apart.")
CHANGED = _l("Somebody else changed this report in the meantime; look at it again before you change it.")
CHOICES = ("item", "by", "adjust", *ALL_DIMENSIONS)  # what a definition keeps of a question


def index() -> ResponseReturnValue:
    """List the regular reports, and the reports that were made."""
    page = max(1, request.args.get("page", 1, type=int))
    with database().read() as session:
        found = queries.definitions(session)
        rows = [_row(session, one) for one in found]
        runs, total = queries.runs(session, page)
        return render_template(
            "analysis/reports/index.html", rows=rows, runs=runs, page=page, total=total,
            pages=-(-total // queries.PAGE), every=EVERY, compared_with=COMPARED_WITH, languages=LANGUAGES,
            days=settings().report_days, label=_label,
        )  # fmt: skip


def new() -> ResponseReturnValue:
    """Save a regular report; the form begins with the choices of the address."""
    with database().begin() if request.method == "POST" else database().read() as session:
        known = titles(session)
        if not known:
            return render_template("analysis/nothing.html")
        asked = _asked(session, known)
        form = _form(session, asked.questionnaire, known, {"language": language()} | _query(asked))
        if _is_good(session, form, asked.questionnaire):
            try:
                saved = actions.create(
                    session, asked.questionnaire, form.query(), form.terms(), actor=current_user.name,
                    now=g.now,
                )  # fmt: skip
            except actions.TitleTakenError:
                form.title.errors = [str(TAKEN)]
            else:
                said = policy_day(saved)
                flash(_("The report is saved. The next one is made on %(day)s.", day=said), "success")
                return redirect(url_for(".index"), code=303)
        return _page(form, None, asked, known)


def edit(number: int) -> ResponseReturnValue:
    """Change a regular report: what it asks, how often, in which language and for whom."""
    with database().begin() if request.method == "POST" else database().read() as session:
        found, known = queries.definition(session, number, lock=request.method == "POST"), titles(session)
        form = _form(session, found.questionnaire, known, _filled(found))
        if _is_good(session, form, found.questionnaire):
            try:
                actions.change(
                    session, found, form.query(), form.terms(), version=_number(form.version.data),
                    actor=current_user.name, now=g.now,
                )  # fmt: skip
            except actions.TitleTakenError:
                form.title.errors = [str(TAKEN)]
            except actions.ChangedError:
                form.title.errors = [str(CHANGED)]
                form.version.data = str(found.version)  # the next save is knowing; nothing typed is lost
            else:
                flash(_("The report was changed."), "success")
                return redirect(url_for(".index"), code=303)
        return _page(form, found, _latest(session, found), known)


def switch(number: int) -> ResponseReturnValue:
    """Pause a regular report, or let it go on."""
    on = request.form.get("on") == "1"
    with database().begin() as session:
        found = queries.definition(session, number, lock=True)
        actions.switch(session, found, on=on, actor=current_user.name, now=g.now)
        said = policy_day(found)
    if on:
        flash(_("The report goes on. The next one is made on %(day)s.", day=said), "success")
    else:
        flash(_("The report is paused. What was made stays."), "success")
    return redirect(url_for(".index"), code=303)


def policy_day(found: ReportDefinition) -> str:
    """Return the local day on which the next report is made."""
    return found.next_due.astimezone(settings().zone).date().isoformat() if found.next_due else "–"


def _asked(session: Session, known: Titles) -> Asked:
    """Read the choices of the address and try them, so that no form begins with what cannot be made."""
    opened = views_asked.open_asked(session, known)
    _try(session, opened.asked)
    return opened.asked


def _try(session: Session, asked: Asked) -> None:
    comparison(
        session, questionnaire=asked.questionnaire, before=asked.before, after=asked.after,
        today=views_asked.today(), items=asked.items, where=asked.where, by=asked.by, adjust=asked.adjust,
    )  # fmt: skip


def _is_good(session: Session, form: DefinitionForm, questionnaire: str) -> bool:
    """Tell whether what was sent can be saved: no report is saved that cannot be made."""
    if not form.validate_on_submit():
        return False
    wanted = ReportDefinition(
        questionnaire=questionnaire, query=form.query(), every=form.every.data,
        compared_with=form.compared_with.data,
    )  # fmt: skip
    try:
        _try(session, _latest(session, wanted))
    except (AskedError, PeriodError) as error:
        form.item.errors = [error.sentence(_)]
        return False
    return True


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else 0


def _query(asked: Asked) -> dict[str, Any]:
    return {name: value for name, value in asked.args().items() if name in CHOICES}


def _form(session: Session, questionnaire: str, known: Titles, start: Mapping[str, Any]) -> DefinitionForm:
    form = DefinitionForm(data=dict(start))
    form.offer_readers(queries.possible_readers(session))
    newest = versions_of(session, questionnaire)[-1]
    form.offer(views_asked.form_of(session, known, newest), start)
    return form


def _filled(found: ReportDefinition) -> dict[str, Any]:
    names = ("title", "every", "compared_with", "language", "readers", "version")
    return {name: getattr(found, name) for name in names} | found.query


def _page(
    form: DefinitionForm, found: ReportDefinition | None, asked: Asked, known: Titles
) -> ResponseReturnValue:
    page = render_template(
        "analysis/reports/edit.html", form=form, found=found, asked=asked, days=settings().report_days,
        title=text_in(known.get(asked.questionnaire, {}), language()),
    )  # fmt: skip
    return page, 422 if form.is_submitted() else 200


def _latest(session: Session, found: ReportDefinition) -> Asked:
    """Return what the report asks about the last period that is due."""
    period = policy.last_due(found.every, g.now, settings().report_days, settings().zone)
    return queries.asked_about(session, found, period)


def _row(session: Session, found: ReportDefinition) -> dict[str, Any]:
    """Return one line of the list; ``shown`` leads to the report about the last period."""
    people = [user.display_name or user.name for user in queries.readers(session, found)]
    row: dict[str, Any] = {"found": found, "day": policy_day(found), "readers": people, "broken": ""}
    if found.try_at:
        row["owed"] = [period.label(language()) for period in queries.owed(session, found, g.now)]
    try:
        versions = versions_of(session, found.questionnaire)
        row["title"] = text_in(versions[-1].title, language())
        asked = _latest(session, found)
        row["period"], row["shown"] = asked.after.label(language()), url_for(".view", **asked.args())
        if row.get("owed"):
            _try(session, asked)
    except (AskedError, PeriodError) as error:
        row["broken"] = error.sentence(_)
    except InputError as error:
        row["broken"] = str(error)
    return row


def _label(name: str) -> str:
    try:
        return parse_period(name).label(language())
    except PeriodError:
        return name
