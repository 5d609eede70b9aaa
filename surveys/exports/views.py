"""Answers out, on a page: choose, see how many, download."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Blueprint, Response, g, render_template, request, send_file
from flask.typing import ResponseReturnValue
from flask_login import current_user

from core.i18n import _, language, text_in
from core.web import database, settings
from surveys import queries
from surveys.exports import actions, apart, codebook, reading
from surveys.exports.actions import MIME, Wanted, file_name, known_versions
from surveys.exports.columns import META, layout
from surveys.exports.forms import ExportForm
from surveys.exports.words import META_LABELS, column_label, translator
from surveys.exports.xlsx_files import check_size
from surveys.queries import LoadedVersion

bp = Blueprint("exports", __name__, url_prefix="/questionnaires/<key>/answers")


@bp.route("", methods=["GET", "POST"])
def answers(key: str) -> ResponseReturnValue:
    """Say how many answers there are, and hand them out as a file."""
    form = ExportForm(language=language())
    with database().read() as session:
        versions = known_versions(queries.versions(session, key), key)
        is_fine = not form.is_submitted() or form.validate()
        found = reading.count(session, versions, form.span if is_fine else actions.EVER)
    only_counted = "count" in request.form
    if form.is_submitted() and is_fine and not only_counted:
        if found:
            return _download(form.wanted(versions[-1].questionnaire_key), found)
        form.first.errors = [_("Nobody answered on these days.")]
    page = render_template(
        "surveys/exports/answers.html",
        key=key,
        title=text_in(versions[-1].title, language()),
        form=form,
        found=found if is_fine else None,
        narrowed=bool(form.first.data or form.last.data),
        is_anonymous=versions[-1].definition.anonymous,
        columns=_columns(versions),
    )
    return page, 422 if form.errors and not only_counted else 200


def _columns(versions: Sequence[LoadedVersion]) -> list[tuple[str, str, str]]:
    """Return the columns with what stands in them and in which versions."""
    shape = layout(versions, with_words=True)
    translate = translator(language())
    meta = [(name, translate(META_LABELS[name]), "") for name in META]
    return meta + [
        (column.name, column_label(column, language()), ", ".join(map(str, codebook.versions_of(column))))
        for column in shape.columns
    ]


def _download(wanted: Wanted, responses: int) -> Response:
    """Make the file and send it; it loses its name before the first byte leaves, so that none can stay."""
    if wanted.format == "xlsx":
        check_size(responses)
    name = file_name(wanted, g.now.astimezone(settings().zone).date())
    with TemporaryDirectory(prefix="huifang-") as folder:
        path = Path(folder) / "answers"
        made = apart.export(database(), wanted, path, responses=responses, now=g.now, actor=current_user.name)
        file = path.open("rb")
    answer = send_file(file, MIME[wanted.format], as_attachment=True, download_name=name)
    answer.content_length = made.size
    answer.headers["Cache-Control"] = "no-store"  # files of ours are kept for a year otherwise
    answer.headers.pop("Expires", None)
    return answer
