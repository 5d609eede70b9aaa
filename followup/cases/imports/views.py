"""Importing cases on pages: a file, its columns, its words, what would happen, and only then the import.

What was chosen is kept with the upload for a day, so that the way can be left and taken up again.
"""

from functools import partial
from typing import Any

from flask import Blueprint, Response, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from core import clock
from core.i18n import language, speaking
from core.tabular import TableError
from core.tabular.streaming import Sheet
from core.texts import clean_text
from core.uploads import PendingImport, keep, kept, on_disk
from core.web import database, settings
from followup.cases.imports import choices as chosen
from followup.cases.imports import words
from followup.cases.imports.batches import open_batch
from followup.cases.imports.checking import SOURCE
from followup.cases.imports.choices import Choices, choices_of
from followup.cases.imports.columns import COLUMNS, REQUIRED
from followup.cases.imports.failed_rows import XLSX
from followup.cases.imports.forms import ImportForm, column_problems, read_columns, read_words
from followup.cases.imports.guessing import gone, guess
from followup.cases.imports.jobs import KEPT, check_upload, found_of, in_background, progress_of, run_batch
from followup.cases.imports.preview import preview
from followup.cases.views import viewer

bp = Blueprint("case_import", __name__, url_prefix="/cases/import")
PATIENCE = 3.0  # seconds that a page waits before it shows how far the work is


@bp.route("", methods=["GET", "POST"])
def upload() -> ResponseReturnValue:
    """Take a file; nothing is imported yet."""
    form = ImportForm()
    if form.validate_on_submit():
        source = clean_text(form.source.data or "", 40) or SOURCE
        with database().begin() as session:
            row = keep(
                session,
                form.file.data.read(),
                name=form.file.data.filename or "",
                source=source,
                user_id=current_user.id,
                now=g.now,
                kept_for=KEPT,
            )
        try:
            return _begin(row, source)
        except TableError as error:
            form.file.errors = [str(error)]
    page = render_template(
        "followup/cases/import.html", form=form, columns=COLUMNS, required=REQUIRED, words=words
    )
    return page, 422 if form.is_submitted() else 200


@bp.route("/<uid>/sheet", methods=["GET", "POST"])
def sheet(uid: str) -> ResponseReturnValue:
    """Choose the sheet of a workbook that holds the cases."""
    row, found = _opened(uid)
    if FlaskForm().validate_on_submit():
        name = request.form.get("sheet", "")
        if name in {each.name for each in found}:
            return _take_sheet(row, next(each for each in found if each.name == name))
    return render_template(
        "followup/cases/import_sheet.html", uid=uid, row=row, sheets=found, present=choices_of(row).sheet
    )


@bp.route("/<uid>/columns", methods=["GET", "POST"])
def columns(uid: str) -> ResponseReturnValue:
    """Say which column of the file is which of ours."""
    row, found = _opened(uid)
    choices = choices_of(row)
    present = next((each for each in found if each.name == choices.sheet), found[0])
    with database().read() as session:
        saved, _values = chosen.saved_for(session, choices.source)
    problems: list[str] = []
    if FlaskForm().validate_on_submit():
        choices.columns = read_columns(request.form, present.columns)
        if request.form.get("ask_again"):
            choices.values = {}
        problems = column_problems(choices.columns)
        if not problems:
            return _check_now(row, choices)
    page = render_template(
        "followup/cases/import_columns.html", uid=uid, row=row, sheets=found, choices=choices,
        guesses=guess(present, saved, settings().country), gone=gone(present, saved), words=words,
        problems=problems, required=REQUIRED,
    )  # fmt: skip
    return page, 422 if problems else 200


@bp.route("/<uid>/words", methods=["GET", "POST"])
def values(uid: str) -> ResponseReturnValue:
    """Say what the words of the file mean that nobody knows yet."""
    with database().read() as session:
        row = _mine(session, uid)
        departments = sorted(chosen.known_departments(session))
    choices, found = choices_of(row), found_of(database(), row)
    unknown = found.get("unknown", {}) if found.get("for") == choices.digest() else {}
    if not unknown:
        return redirect(url_for(".check", uid=uid), code=303)
    complete = True
    if FlaskForm().validate_on_submit():
        said, complete = read_words(request.form, unknown, departments)
        if complete:
            for column, named in said.items():
                choices.values[column] = choices.values.get(column, {}) | named
            return _check_now(row, choices)
    page = render_template(
        "followup/cases/import_words.html", uid=uid, row=row, unknown=unknown, words=words,
        departments=departments, complete=complete,
    )  # fmt: skip
    return page, 200 if complete else 422


@bp.route("/<uid>", methods=["GET", "POST"])
def check(uid: str) -> ResponseReturnValue:
    """Show what the file would change; import it when that is confirmed."""
    with database().read() as session:
        row = _mine(session, uid)
    choices = choices_of(row)
    if not choices.columns:
        return redirect(url_for(".columns", uid=uid), code=303)
    found = found_of(database(), row)
    if found.get("for") != choices.digest() or not found.get("done"):
        return _progress_page(uid, row)
    if found["unknown"]:
        return redirect(url_for(".values", uid=uid), code=303)
    sends = FlaskForm().validate_on_submit()
    leaves = bool(request.form.get("leave") and found["failed"] and found["rows"])
    if sends and not found["table_error"] and (leaves or not found["error_count"]):
        return _import_now(row, choices, found, leaves=leaves)
    page = render_template(
        "followup/cases/import_check.html", uid=uid, row=row, found=found, words=words,
        preview=None if found["table_error"] else _preview(row, choices),
    )  # fmt: skip
    return page, 422 if sends else 200


@bp.post("/<uid>/check")
def check_again(uid: str) -> ResponseReturnValue:
    """Check the file anew, after a check that was cut off or when the register has changed."""
    with database().read() as session:
        row = _mine(session, uid)
    return _check_now(row, choices_of(row))


@bp.get("/<uid>/failed")
def errors(uid: str) -> ResponseReturnValue:
    """Hand out the failed rows with the reasons; mended, the file can be imported again."""
    with database().read() as session:
        row = _mine(session, uid)
        failed = _mine(session, str((row.found or {}).get("errors", "")))
        with on_disk(session, failed) as path:
            return handed_out(failed.name, path.read_bytes())


def handed_out(name: str, content: bytes) -> Response:
    """Hand out the file of the failed rows."""
    is_book = name.endswith(".xlsx")
    answer = Response(content, mimetype=XLSX if is_book else "text/csv")
    answer.headers["Content-Disposition"] = (
        f'attachment; filename="import-errors.{"xlsx" if is_book else "csv"}"'
    )
    return answer


def _mine(session: Session, uid: str) -> PendingImport:
    return kept(session, uid, user_id=current_user.id, now=g.now)


def _opened(uid: str) -> tuple[PendingImport, list[Sheet]]:
    with database().read() as session:
        row = _mine(session, uid)
        return row, _sheets(session, row)


def _sheets(session: Session, row: PendingImport) -> list[Sheet]:
    with on_disk(session, row) as path:
        return chosen.file_of(row, path, frozenset()).sheets()


def _begin(row: PendingImport, source: str) -> Redirect:
    """Look at the file for the first time: one of several sheets has to be chosen."""
    with database().begin() as session:
        found = _sheets(session, row)
        _saved, said = chosen.saved_for(session, source)
        chosen.keep_choices(session, row, Choices(source, found[0].name, {}, dict(said)))
    step = ".sheet" if len(found) > 1 else ".columns"
    return redirect(url_for(step, uid=row.uid), code=303)


def _take_sheet(row: PendingImport, taken: Sheet) -> Redirect:
    choices = choices_of(row)
    choices.sheet, choices.columns = taken.name, {}
    with database().begin() as session:
        chosen.keep_choices(session, row, choices)
    return redirect(url_for(".columns", uid=row.uid), code=303)


def _check_now(row: PendingImport, choices: Choices) -> Redirect:
    with database().begin() as session:
        chosen.keep_choices(session, row, choices)
    app, code = current_app._get_current_object(), language()  # type: ignore[attr-defined]
    who = viewer()

    def work() -> None:
        with speaking(app, code):
            check_upload(app.extensions["huifang_database"], row.uid, who, clock=clock.now)

    in_background(work, wait=PATIENCE)
    return redirect(url_for(".check", uid=row.uid), code=303)


def _import_now(row: PendingImport, choices: Choices, found: dict[str, Any], *, leaves: bool) -> Redirect:
    """Open the batch and let a thread fill it; a short file is in before the next page shows."""
    failed = {"left_out": found["failed"], "failed_uid": found["errors"]} if leaves else {}
    with database().begin() as session:
        chosen.save_for_next_time(session, choices, actor=current_user.name, now=g.now)
        batch_id = open_batch(
            session, source=choices.source, name=row.name, file_hash=found["hash"], rows=found["rows"],
            actor=current_user.name, upload_uid=row.uid, now=g.now, **failed,
        ).id  # fmt: skip
    in_background(partial(run_batch, database(), batch_id, viewer(), clock=clock.now), wait=PATIENCE)
    return redirect(url_for("case_batches.batch", batch_id=batch_id), code=303)


def _progress_page(uid: str, row: PendingImport) -> ResponseReturnValue:
    progress = progress_of(row, g.now)
    return render_template("followup/cases/import_progress.html", uid=uid, row=row, progress=progress)


def _preview(row: PendingImport, choices: Choices) -> object:
    with database().read() as session:
        found = _sheets(session, row)
    present = next((each for each in found if each.name == choices.sheet), found[0])
    return preview(present.sample, choices.columns, choices.values)
