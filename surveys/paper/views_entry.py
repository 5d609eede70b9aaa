"""Typing in what came back on paper."""

from datetime import date, datetime, time
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from core.auth.roles import LEADS
from core.errors import NotFoundError
from core.i18n import _, language, said_day, said_moment, text_in
from core.web import database, settings
from surveys import answering
from surveys.forms import problem_texts
from surveys.paper import actions, entering, keying, queries, serials
from surveys.paper.entering import KEPT, Typist, UsedError
from surveys.paper.forms import Batch, StartForm, read_batch, why_no_number
from surveys.paper.queries import FoundSheet
from surveys.parsing import Given, parse_form
from surveys.queries import LoadedVersion, current_version, questionnaire_keys

bp = Blueprint("paper_entry", __name__, url_prefix="/paper")


def typist() -> Typist:
    """Return who types."""
    return Typist(current_user.id, current_user.name)


def today() -> date:
    """Return the local day."""
    day: date = g.now.astimezone(settings().zone).date()
    return day


@bp.route("", methods=["GET", "POST"])
def index() -> ResponseReturnValue:
    """Choose a stack of sheets and type the number of the next one."""
    batch = read_batch(request.args, today())
    form = StartForm(data={"questionnaire": batch.questionnaire, "day": batch.day, **batch.dimensions})
    with database().begin() if request.method == "POST" else database().read() as session:
        versions = [current_version(session, key) for key in questionnaire_keys(session)]
        form.questionnaire.choices = [
            (version.questionnaire_key, text_in(version.title, language())) for version in versions
        ]
        if form.validate_on_submit():
            place = _begin(session, form)
            if place:
                return redirect(place, code=303)
        return _start_page(session, form), 422 if form.is_submitted() else 200


def _start_page(session: Session, form: StartForm) -> str:
    midnight = datetime.combine(today(), time(), settings().zone)
    return render_template(
        "surveys/paper/start.html",
        form=form,
        kept=KEPT,
        known=queries.known_values(session, KEPT),
        mine=queries.entered_since(session, current_user.id, midnight),
        corrigible=queries.corrigible(session, current_user.id, midnight),
        batch=read_batch(request.args, today()),
        to_check=queries.to_check(session, current_user.id),
        is_lead=current_user.role in LEADS,
    )


def _begin(session: Session, form: StartForm) -> str | None:
    """Return the address of the sheet to type, or say in the form what is wrong."""
    batch, typed = form.batch(), (form.serial.data or "").strip()
    if not typed:
        return _begin_unnumbered(session, form, batch)
    wrong = why_no_number(typed)
    sheet = None if wrong else queries.find_sheet(session, serials.number_in(serials.plain(typed)) or 0)
    if sheet is None:
        missing = _("No sheet with this number was printed here. Leave the field empty for a new one.")
        form.serial.errors = [wrong or missing]
        return None
    if sheet.version.questionnaire_key != batch.questionnaire:
        title = text_in(sheet.version.title, language())
        belongs = _("This sheet belongs to “%(title)s”; choose that above.", title=title)
        form.serial.errors = [belongs]
        return None
    used = queries.use_of(session, sheet)
    if used is not None:
        form.serial.errors = [_used(sheet, used)]
        return None
    form.day.errors = _wrong_day(sheet, batch.day)
    return None if form.day.errors else url_for(".sheet", serial=sheet.serial, **batch.args())


def _begin_unnumbered(session: Session, form: StartForm, batch: Batch) -> str | None:
    """Give a number to a sheet that has none, to be written onto it."""
    form.day.errors = [_("This day lies ahead.")] if batch.day > today() else []
    if form.day.errors:
        return None
    version = current_version(session, batch.questionnaire)
    spoken = version.definition.languages
    serial = actions.number_elsewhere(
        session,
        version,
        language=language() if language() in spoken else spoken[0],
        actor=current_user.name,
        now=g.now,
    )
    return url_for(".sheet", serial=serial, new=1, **batch.args())


def _wrong_day(sheet: FoundSheet, day: date) -> list[str]:
    printed = sheet.printed_at.astimezone(settings().zone).date()
    if day > today():
        return [_("This day lies ahead.")]
    if day < printed and not sheet.elsewhere:
        said = said_day(printed, language(), today())
        return [_("The sheet was printed on %(day)s; it cannot have come back before.", day=said)]
    return []


def _used(sheet: FoundSheet, used: queries.Use) -> str:
    """Say who used a number; of an anonymous sheet the day only."""
    zone, lang = settings().zone, language()
    day = said_day(used.at.astimezone(zone).date(), lang, today())
    at = day if sheet.version.definition.anonymous else said_moment(used.at, lang, zone, g.now)
    return _(
        "Sheet %(serial)s was typed in by %(name)s on %(at)s. If this is a copy, leave the field empty, "
        "and it gets a number of its own.",
        serial=sheet.serial,
        name=used.by,
        at=at,
    )


@bp.route("/sheets/<serial>", methods=["GET", "POST"])
def sheet(serial: str) -> ResponseReturnValue:
    """Show the questions of one sheet, or store what was typed."""
    batch = read_batch(request.args, today())
    with database().read() as session:
        found = _found(session, serial)
        used = queries.use_of(session, found)
    if request.method == "POST":
        return _save(found, batch)
    if used is not None:
        flash(_used(found, used), "error")
        return redirect(url_for(".index", **batch.args()), code=303)
    return _sheet_page(found, batch, MultiDict())


def _save(found: FoundSheet, batch: Batch) -> ResponseReturnValue:
    typed = keying.read_form(found.version, request.form)
    answers, problems = parsed(found.version, typed)
    wrong_day = _wrong_day(found, batch.day)
    if problems or wrong_day:
        said = problem_texts(found.version, problems, language())
        return _sheet_page(found, batch, typed, errors=said, problem="".join(wrong_day)), 422
    try:
        with database().begin() as session:
            new = entering.enter(
                session,
                found,
                answers,
                day=batch.day,
                dimensions=batch.dimensions,
                typist=typist(),
                now=g.now,
            )
    except UsedError:
        with database().read() as session:
            used = queries.use_of(session, found)
        said_by = _used(found, used) if used else ""
        return _sheet_page(found, batch, typed, problem=said_by), 409
    stored = _("Sheet %(serial)s is stored.", serial=found.serial)
    same = _("Sheet %(serial)s was stored before; nothing was changed.", serial=found.serial)
    flash(stored if new else same, "success")
    return redirect(url_for(".index", **batch.args(), _anchor="serial"), code=303)


@bp.route("/sheets/<serial>/correct", methods=["GET", "POST"])
def correct(serial: str) -> ResponseReturnValue:
    """Show what was typed of one's own sheet, or store it as put right."""
    batch = read_batch(request.args, today())
    with database().read() as session:
        found = _found(session, serial)
        response_id = entering.own_entry(session, found, typist(), now=g.now)
        stored = answering.stored_answers(session, found.version, response_id)
    if request.method == "GET":
        return _sheet_page(found, batch, keying.as_form(found.version, stored), correcting=True)
    typed = keying.read_form(found.version, request.form)
    answers, problems = parsed(found.version, typed)
    if problems:
        said = problem_texts(found.version, problems, language())
        return _sheet_page(found, batch, typed, errors=said, correcting=True), 422
    with database().begin() as session:
        entering.correct(session, found, answers, typist=typist(), now=g.now)
    flash(_("Sheet %(serial)s is corrected.", serial=found.serial), "success")
    return redirect(url_for(".index", **batch.args(), _anchor="serial"), code=303)


def _found(session: Session, serial: str) -> FoundSheet:
    found = queries.find_sheet(session, serials.number_in(serials.plain(serial)) or 0)
    if found is None:
        raise NotFoundError(_("There is no sheet with this number."))
    return found


def parsed(version: LoadedVersion, typed: MultiDict[str, str]) -> tuple[dict[str, Given], Any]:
    """Read what was typed. Paper cannot be asked to fill in what it left blank."""
    return parse_form(version, typed, mode="paper", complete=False)


def _sheet_page(found: FoundSheet, batch: Batch, typed: MultiDict[str, str], **more: Any) -> str:
    return render_template(
        "surveys/paper/sheet.html",
        sheet=found,
        version=found.version,
        rows=keying.rows(found.version, language()),
        batch=batch,
        typed=typed,
        is_new=request.args.get("new") == "1",
        errors=more.get("errors", {}),
        problem=more.get("problem", ""),
        correcting=more.get("correcting", False),
    )
