"""Importing cases on a page: upload, look at what would happen, confirm."""

from flask import Blueprint, Response, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm

from core.i18n import _, language
from core.tabular import ImportReport, TableError, write_errors
from core.texts import clean_text
from core.uploads import keep
from core.web import database
from followup.cases import uploads
from followup.cases.forms import ImportForm
from followup.cases.imports.checking import SOURCE
from followup.cases.imports.columns import COLUMNS, REQUIRED
from followup.cases.views import viewer

bp = Blueprint("case_import", __name__, url_prefix="/cases/import")
SHOWN = 200  # errors on the page; the file has all of them


@bp.route("", methods=["GET", "POST"])
def upload() -> ResponseReturnValue:
    """Take a file; nothing is imported yet."""
    form = ImportForm()
    if form.validate_on_submit():
        with database().begin() as session:
            row = keep(
                session,
                form.file.data.read(),
                name=form.file.data.filename or "",
                source=clean_text(form.source.data or "", 40) or SOURCE,
                user_id=current_user.id,
                now=g.now,
            )
            uid = row.uid
        try:
            _run(uid, dry_run=True)
        except TableError as error:
            form.file.errors = [str(error)]
        else:
            return redirect(url_for("case_import.check", uid=uid), code=303)
    page = render_template(
        "followup/cases/import.html", form=form, columns=COLUMNS, required=REQUIRED, language=language
    )
    return page, 422 if form.is_submitted() else 200


@bp.route("/<uid>", methods=["GET", "POST"])
def check(uid: str) -> ResponseReturnValue:
    """Show what the file would change; import it when that is confirmed."""
    form = FlaskForm()
    if not form.validate_on_submit():
        return _report_page(uid, form, _run(uid, dry_run=True), 200)
    report = _run(uid, dry_run=False)
    if report.errors:
        return _report_page(uid, form, report, 422)
    flash(
        _("The file was imported: %(new)s new, %(updated)s changed, %(unchanged)s as before.",
          new=report.new, updated=report.updated, unchanged=report.unchanged),
        "success",
    )  # fmt: skip
    return redirect(url_for("cases.index"), code=303)


@bp.get("/<uid>/errors.csv")
def errors(uid: str) -> ResponseReturnValue:
    """Hand out the failed rows with the reasons; mended, the file can be imported again."""
    content = write_errors(_run(uid, dry_run=True))
    answer = Response(content, mimetype="text/csv")
    answer.headers["Content-Disposition"] = 'attachment; filename="import-errors.csv"'
    return answer


def _run(uid: str, *, dry_run: bool) -> ImportReport:
    return uploads.run(database(), uid, viewer=viewer(), actor=current_user.name, dry_run=dry_run, now=g.now)


def _report_page(uid: str, form: FlaskForm, report: ImportReport, status: int) -> ResponseReturnValue:
    page = render_template(
        "followup/cases/import_check.html", uid=uid, form=form, report=report, errors=report.errors[:SHOWN]
    )
    return page, status
