"""Questionnaires, for staff."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from core.errors import NotFoundError
from core.i18n import LANGUAGES, _, language, named
from core.web import database
from surveys import queries, views_pages
from surveys.queries import LoadedVersion

EXAMPLE_DAY = "2026-11-18"  # a fixed one, so that two previews look the same

bp = Blueprint("questionnaires", __name__, url_prefix="/questionnaires")


@bp.get("")
def index() -> ResponseReturnValue:
    """List the questionnaires with their current version."""
    with database().read() as session:
        loaded = [queries.current_version(session, key) for key in queries.questionnaire_keys(session)]
        rows = [(version, queries.figures(session, version.id)) for version in loaded]
        return render_template("surveys/questionnaires.html", rows=rows)


@bp.get("/<key>")
def questionnaire(key: str) -> ResponseReturnValue:
    """Show every version of a questionnaire: items, answers offered, figures."""
    with database().read() as session:
        versions = queries.versions(session, key)
        if not versions:
            raise NotFoundError(_("There is no such questionnaire."))
        shown = [(version, queries.figures(session, version.id)) for version in reversed(versions)]
    reader = language()
    return render_template(
        "surveys/questionnaire.html",
        key=key,
        title=versions[-1].title,
        versions=shown,
        kind_name=kind_name,
        role_name_of=part_name,
        choices=lambda item: views_pages.choices(item, reader),
        na_words=lambda item: views_pages.na_words(item, reader),
        spoken=lambda version: [code for code in version.definition.languages if code in LANGUAGES],
    )


@bp.get("/<key>/<int:number>/preview")
def preview(key: str, number: int) -> ResponseReturnValue:
    """Show a version as a customer sees it; the page has no way to send anything."""
    with database().read() as session:
        version = _version(queries.versions(session, key), number)
    wanted = named(request.args.get("lang")) or language()
    spoken = version.definition.languages
    place = {
        "action": "",
        "signature": "",
        "greeting": views_pages.greeting({"addressee": "王*"}, wanted),
        "about": views_pages.about({"on": EXAMPLE_DAY}, wanted),
    }
    return views_pages.filled_page(version, wanted if wanted in spoken else spoken[0], place, preview=True)


def _version(versions: list[LoadedVersion], number: int) -> LoadedVersion:
    found = next((version for version in versions if version.number == number), None)
    if found is None:
        raise NotFoundError(_("There is no such version of this questionnaire."))
    return found


def kind_name(kind: str) -> str:
    """Say how an item is answered."""
    return {
        "likert": _("Scale"),
        "rating": _("0 to 10"),
        "single": _("One of several"),
        "multiple": _("Several of several"),
        "yesno": _("Yes or no"),
        "number": _("Number"),
        "date": _("Date"),
        "text": _("Words"),
    }[kind]


def part_name(role: str) -> str:
    """Say what part an item plays."""
    return {
        "overall": _("Overall rating"),
        "driver": _("Aspect"),
        "resolved": _("Solved or not"),
        "open": _("Open question"),
        "none": "",
    }[role]
