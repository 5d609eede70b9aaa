"""Questionnaires in and out on pages: upload, look at what was understood, make a draft; download."""

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from core import uploads
from core.errors import HuifangError, InputError
from core.i18n import LANGUAGES, _, language
from core.uploads import PendingImport
from core.web import database
from surveys.definition import Definition, from_dict
from surveys.editor import words
from surveys.editor.queries import draft
from surveys.editor.remarks import remarks
from surveys.interchange import actions, formats
from surveys.interchange.forms import FORMATS, DraftForm, UploadForm
from surveys.interchange.notes import Imported

SOURCE = "questionnaire"
PASTED = "survey.txt"  # the name that pasted text gets
NOTES = 300  # on the page
ANSWERS = 12  # of one question on the page

bp = Blueprint("interchange", __name__, url_prefix="/questionnaires")


@bp.route("/import", methods=["GET", "POST"])
def upload() -> ResponseReturnValue:
    """Take a file or pasted text; nothing is written yet."""
    form = UploadForm()
    if form.validate_on_submit():
        content, name = _sent(form)
        try:
            formats.read(content, name=name, format=form.format.data or "", language=form.language.data or "")
        except HuifangError as error:
            field = form.file if form.file.data else form.text
            field.errors = [*field.errors, str(error)]
        else:
            with database().begin() as session:
                row = uploads.keep(
                    session, content, name=name, source=SOURCE, user_id=current_user.id, now=g.now
                )
                uid = row.uid
            wanted = {"format": form.format.data or None, "language": form.language.data or None}
            return redirect(url_for(".check", uid=uid, **wanted), code=303)
    page = render_template("surveys/interchange/upload.html", form=form)
    return page, 422 if form.is_submitted() else 200


def _sent(form: UploadForm) -> tuple[bytes, str]:
    if form.file.data:
        return form.file.data.read(), form.file.data.filename or ""
    return (form.text.data or "").encode("utf-8", "replace"), PASTED


@bp.route("/import/<uid>", methods=["GET", "POST"])
def check(uid: str) -> ResponseReturnValue:
    """Show what was understood; make a draft of it when that is confirmed."""
    form = DraftForm()
    with database().begin() as session:
        row = uploads.kept(session, uid, user_id=current_user.id, now=g.now, source=SOURCE)
        imported = _read(session, row)
        if form.validate_on_submit():
            try:
                with session.begin_nested():
                    key = _make(session, imported, form)
                    uploads.throw_away(session, uid)
                return redirect(url_for("editor.edit", key=key), code=303)
            except InputError as error:
                form.key.errors = [*form.key.errors, str(error)]
        elif not form.is_submitted():
            form.key.data = actions.free_key(session, imported.key)
        taken = actions.exists(session, form.key.data or "")
        name = row.name
    page = _understood(imported, form, name=name, taken=taken)
    return page, 422 if form.is_submitted() else 200


def _read(session: Session, row: PendingImport) -> Imported:
    wanted = {name: request.args.get(name, "") for name in ("format", "language")}
    wanted = {name: code if code in {*FORMATS, *LANGUAGES} else "" for name, code in wanted.items()}
    with uploads.on_disk(session, row) as path:
        return formats.read(
            path.read_bytes(), name=row.name, format=wanted["format"], language=wanted["language"]
        )


def _make(session: Session, imported: Imported, form: DraftForm) -> str:
    key = form.key.data or ""
    if actions.exists(session, key) and not form.replace.data:
        raise InputError(_("There is a questionnaire with this key already. Choose another key, or confirm."))
    is_new = actions.make_draft(session, imported, key=key, actor=current_user.name, now=g.now)
    said = _("The draft of a new questionnaire was made; nothing is published.")
    flash(
        said if is_new else _("The draft was replaced; “Bring it back” returns to the one before."), "success"
    )
    return key


def _understood(imported: Imported, form: DraftForm, *, name: str, taken: bool) -> str:
    definition = from_dict(imported.definition)
    reader = language()
    found = remarks(definition)
    return render_template(
        "surveys/interchange/check.html",
        form=form,
        name=_("pasted text") if name == PASTED else name,
        taken=taken,
        definition=definition,
        title=definition.title.get(reader) or next(iter(definition.title.values()), ""),
        notes=imported.notes[:NOTES],
        more=max(0, len(imported.notes) - NOTES),
        blocking=[remark for remark in found if remark.blocking],
        rows=[(item, _answers(definition, item.key, reader)) for item in definition.items],
        words=words,
        part_of=lambda item: _part(definition, item.section, item.matrix, reader),
    )


def _answers(definition: Definition, key: str, reader: str) -> list[str]:
    """Return the answers offered, the first few of many."""
    item = definition.item(key)
    if item is None:
        return []
    said = [words.value_words(item, value, reader) for value in item.values()]
    return said if len(said) <= ANSWERS else [*said[:ANSWERS], "…"]


def _part(definition: Definition, section: str, matrix: str, reader: str) -> str:
    """Return what stands above an item: the title of its section, the stem of its matrix."""
    heading = definition.sections.get(section, {})
    title = heading.get(reader) or next(iter(heading.values()), None)
    stems = definition.matrices.get(matrix, {})
    stem = stems.get(reader) or next(iter(stems.values()), "")
    return " · ".join(filter(None, (title.title if title else "", stem)))


@bp.get("/<key>/<int(max=2147483647):number>/definition.<any(xlsx, json):ending>")
def version_file(key: str, number: int, ending: str) -> ResponseReturnValue:
    """Hand out a published version as XLSForm or JSON."""
    with database().read() as session:
        definition = actions.definition_of(session, key, number)
    return _file(definition, key, f"{key}-v{number}", ending)


@bp.get("/<key>/draft/definition.<any(xlsx, json):ending>")
def draft_file(key: str, ending: str) -> ResponseReturnValue:
    """Hand out the draft as XLSForm or JSON."""
    with database().read() as session:
        definition = draft(session, key).definition
    return _file(definition, key, f"{key}-draft", ending)


def _file(definition: Definition, key: str, name: str, ending: str) -> Response:
    answer = Response(formats.write(definition, ending, key=key), mimetype=formats.MIMETYPES[ending])
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{ending}"'
    return answer
