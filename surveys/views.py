"""Questionnaires, for staff."""

from dataclasses import dataclass

from flask import Blueprint, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.exceptions import HTTPException

from core.auth.routes import ROUTES
from core.errors import NotFoundError
from core.i18n import LANGUAGES, _, language, named
from core.web import database
from surveys import queries, views_pages
from surveys.comparability import changes
from surveys.editor import queries as drafts
from surveys.editor import words
from surveys.queries import LoadedVersion

EXAMPLE_DAY = "2026-11-18"  # a fixed one, so that two previews look the same

bp = Blueprint("questionnaires", __name__, url_prefix="/questionnaires")


@bp.get("")
def index() -> ResponseReturnValue:
    """List the questionnaires with their current version and what is being written."""
    with database().read() as session:
        rows = [
            (listed, queries.figures(session, listed.current.id) if listed.current else None)
            for listed in drafts.listing(session)
        ]
    return render_template(
        "surveys/questionnaires.html",
        rows=rows,
        drafts=sum(listed.draft_at is not None for listed, _figures in rows),
        may_edit=may_edit(),
        links=_allowed(
            (_("Type in sheets"), "/paper"),
            (_("Personal links"), "/invitations"),
            (_("Import"), "/questionnaires/import"),
        ),
    )


@bp.get("/<key>")
def questionnaire(key: str) -> ResponseReturnValue:
    """Show every version of a questionnaire: items, answers offered, figures, what changed."""
    with database().read() as session:
        found = drafts.questionnaire(session, key)
        versions = queries.versions(session, found.key)
        draft = drafts.draft_mark(session, found.id)
        shown = [(version, queries.figures(session, version.id)) for version in reversed(versions)]
    reader = language()
    return render_template(
        "surveys/questionnaire.html",
        key=found.key,
        title=versions[-1].title if versions else dict(found.title),
        anonymous=found.anonymous,
        versions=shown,
        made=_decisions(versions),
        draft=draft,
        may_edit=may_edit(),
        links=_links(found.key) if versions else [],
        words=words,
        part_name_of=part_name,
        choices=lambda item: views_pages.choices(item, reader),
        na_words=lambda item: views_pages.na_words(item, reader),
        spoken=lambda version: [code for code in version.definition.languages if code in LANGUAGES],
    )


def may_edit() -> bool:
    """Tell whether the reader may write questionnaires."""
    return current_user.role in ROUTES["editor.edit"]


def _decisions(versions: list[LoadedVersion]) -> dict[int, dict[str, str]]:
    """Return for each version what each item is, seen from the version before."""
    made: dict[int, dict[str, str]] = {}
    for previous, version in zip([None, *versions], versions, strict=False):
        if previous is not None:
            found = changes(previous.definition, version.definition)
            made[version.number] = {
                change.item_key: "new" if change.what == ("new",) else change.decision for change in found
            }
    return made


@dataclass(frozen=True, slots=True)
class Place:
    """A page about this questionnaire that another part of the house has."""

    url: str
    label: str


def _links(key: str) -> list[Place]:
    places = (
        (_("Export answers"), f"/questionnaires/{key}/answers"),
        (_("Personal links"), f"/invitations?questionnaire={key}"),
        (_("Open links"), f"/questionnaires/{key}/links"),
        (_("Questionnaire on paper"), f"/questionnaires/{key}/paper"),
        (_("Versions"), url_for("editor_publish.versions", key=key)),
    )
    return _allowed(*places)


def _allowed(*places: tuple[str, str]) -> list[Place]:
    return [Place(url, label) for label, path in places if (url := _url_where_allowed(path))]


def _url_where_allowed(path: str) -> str:
    """Return the address when there is such a page and the reader may open it, else nothing."""
    try:
        endpoint, _arguments = current_app.url_map.bind("").match(path.partition("?")[0], method="GET")
    except HTTPException:
        return ""
    own = {"questionnaires.questionnaire"}  # which takes any word for a key
    return path if endpoint not in own and current_user.role in ROUTES.get(endpoint, ()) else ""


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


def part_name(role: str) -> str:
    """Say what part an item plays."""
    return "" if role == "none" else str(words.ROLE_NAMES.get(role, ""))
