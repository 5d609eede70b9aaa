"""Questionnaires printed on paper."""

from urllib.parse import urlsplit

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy.orm import Session

from core.errors import InputError, NotFoundError
from core.i18n import LANGUAGES, _, language
from core.web import database, settings
from surveys.models import OpenLink
from surveys.paper import actions, codes, printing, queries
from surveys.paper.forms import SetupForm
from surveys.paper.models import PaperRun
from surveys.paper.serials import serial_of
from surveys.queries import LoadedVersion, current_version, load_version

bp = Blueprint("paper", __name__, url_prefix="/questionnaires")
_NUMBER = "\x01number\x01"  # where the number of a copy goes: a sheet is drawn once


@bp.route("/<key>/paper", methods=["GET", "POST"])
def setup(key: str) -> ResponseReturnValue:
    """Ask how the sheets shall look, give them their numbers, and list what was printed before."""
    with database().begin() as session:
        version = current_version(session, key)
        spoken = [code for code in version.definition.languages if code in LANGUAGES]
        links = queries.open_links(session, version.questionnaire_id, now=g.now)
        form = SetupForm(language=language() if language() in spoken else spoken[0])
        form.language.choices = [(code, LANGUAGES[code]) for code in spoken]
        form.link.choices = [("", _("No QR code")), *((str(link.id), link.label) for link in links)]
        if form.validate_on_submit():
            try:
                with session.begin_nested():
                    run = _print(session, version, form)
            except InputError as error:
                form.sheets.errors = [*form.sheets.errors, str(error)]
            else:
                return redirect(url_for(".sheets", key=key, run_id=run.id), code=303)
        earlier = queries.runs(session, version.questionnaire_id)
    page = render_template("surveys/paper/setup.html", form=form, version=version, runs=earlier, links=links)
    return page, 422 if form.is_submitted() else 200


@bp.get("/<key>/paper/<int(max=2147483647):run_id>")
def sheets(key: str, run_id: int) -> ResponseReturnValue:
    """Show all sheets of a run, ready for the printer."""
    with database().read() as session:
        run = queries.run_of(session, run_id)
        version = load_version(session, run.version_id)
        link = session.get(OpenLink, run.open_link_id) if run.open_link_id else None
    if version.questionnaire_key != key:
        raise NotFoundError(_("There are no such sheets; the list shows what was printed."))
    numbers = range(run.first, run.first + run.sheets)
    return _printable(version, run, link, [serial_of(number) for number in numbers])


@bp.get("/<key>/paper/sample")
def sample(key: str) -> ResponseReturnValue:
    """Show one sheet without a number, to look at."""
    with database().read() as session:
        version = current_version(session, key)
    spoken = [code for code in version.definition.languages if code in LANGUAGES]
    wanted = request.args.get("language", "")
    size = request.args.get("size", "")
    run = PaperRun(
        language=wanted if wanted in spoken else language() if language() in spoken else spoken[0],
        size=20 if size == "20" else printing.SIZES[0],
        instructions="",
    )
    with force_locale(run.language):
        said = _("Sample")
    return _printable(version, run, None, [said])


def _printable(version: LoadedVersion, run: PaperRun, link: OpenLink | None, serials: list[str]) -> str:
    address = f"{settings().public_url.rstrip('/')}/o/{link.slug}" if link else ""
    with force_locale(run.language):
        laid = printing.sheet(
            version, run.language, points=run.size, instructions=run.instructions, linked=bool(link)
        )
        one = render_template(
            "surveys/paper/_sheet.html",
            sheet=laid,
            version=version,
            serial=_NUMBER,
            size=run.size,
            language=run.language,
            address=_in_words(address),
        )
    return render_template(
        "surveys/paper/sheets.html",
        body=Markup("".join(one.replace(_NUMBER, serial) for serial in serials)),  # noqa: S704 # escaped above
        code=codes.qr(address) if address else None,
        language=run.language,
        reader=language(),
        title=version.title,
        key=version.questionnaire_key,
        count=len(serials),
        pages=len(laid.pages),
    )


def _in_words(address: str) -> str:
    """Return an address as people write it: without the scheme, which browsers add."""
    parts = urlsplit(address)
    return f"{parts.netloc}{parts.path}" if parts.scheme == "https" else address


def _print(session: Session, version: LoadedVersion, form: SetupForm) -> PaperRun:
    return actions.print_run(
        session,
        version,
        sheets=form.sheets.data or 0,
        language=form.language.data,
        size=int(form.size.data),
        instructions=form.instructions.data or "",
        open_link_id=int(form.link.data) if form.link.data else None,
        actor=current_user.name,
        now=g.now,
    )
