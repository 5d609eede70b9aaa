"""Files of a case on its page: add, take, remove."""

import io

from flask import Blueprint, flash, g, redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from core.errors import InputError
from core.i18n import _
from core.texts import clean_text
from core.web import database
from followup.cases import attachments, queries
from followup.cases.views import case_page, viewer

bp = Blueprint("attachments", __name__, url_prefix="/cases/<number>/files")


@bp.post("")
def add(number: str) -> ResponseReturnValue:
    """Keep the files that were chosen."""
    sent = _sent()
    with database().begin() as session:
        case = queries.case_for(session, number, viewer())
        try:
            if not sent:
                raise InputError(_("Choose a file first."))
            attachments.add(session, case, sent, actor=current_user.name, now=g.now)
        except InputError as error:
            return case_page(session, case, error=error)
    flash(_("The files are kept with the case."), "success")
    return redirect(url_for("cases.detail", number=number) + "#files", code=303)


def _sent() -> list[tuple[str, bytes]]:
    """Read what was chosen, and close it: larger files wait on disk."""
    found = []
    for file in request.files.getlist("file"):
        with file.stream:
            found.append((file.filename or "", file.stream.read()))
    return [(name, content) for name, content in found if name]


@bp.get("/<uid>")
def take(number: str, uid: str) -> ResponseReturnValue:
    """Hand out one file, to be saved and never to be shown as a page."""
    with database().begin() as session:
        case = queries.case_for(session, number, viewer())
        file = attachments.opened(session, case, clean_text(uid, 32), actor=current_user.name, now=g.now)
    answer = send_file(
        io.BytesIO(file.content), mimetype=file.media_type, as_attachment=True, download_name=file.name,
        etag=False, max_age=None,
    )  # fmt: skip
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.post("/<uid>/remove")
def remove(number: str, uid: str) -> ResponseReturnValue:
    """Delete a file, with a reason."""
    with database().begin() as session:
        case = queries.case_for(session, number, viewer())
        try:
            attachments.remove(
                session, case, clean_text(uid, 32), reason=request.form.get("reason", ""),
                actor=current_user.name, now=g.now,
            )  # fmt: skip
        except InputError as error:
            return case_page(session, case, error=error)
    flash(_("The file was removed."), "success")
    return redirect(url_for("cases.detail", number=number) + "#files", code=303)
