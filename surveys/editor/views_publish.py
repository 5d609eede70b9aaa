"""Looking once more and publishing; the versions and what differs between two of them."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from core.errors import InputError, NotFoundError
from core.i18n import _
from core.web import database
from surveys import queries as published
from surveys.comparability import DECISIONS
from surveys.definition import Definition
from surveys.editor import actions, comparing, queries
from surveys.editor.actions import StaleDraftError
from surveys.editor.queries import LoadedDraft, NoDraftError
from surveys.editor.remarks import remarks
from surveys.editor.views_shell import helpers, no_draft, read_draft, revision, show, stale_words
from surveys.queries import LoadedVersion

bp = Blueprint("editor_publish", __name__, url_prefix="/questionnaires/<key>")


@bp.errorhandler(NoDraftError)
def published_already(error: NoDraftError) -> ResponseReturnValue:
    """The second press of two comes here: it is published, or the draft was thrown away."""
    return no_draft(error)


@bp.route("/publish", methods=["GET", "POST"])
def publish(key: str) -> ResponseReturnValue:
    """Show remarks and changes, ask what each change means, and publish."""
    if request.method == "GET":
        return _publish_page(read_draft(key))
    decided = {
        name.removeprefix("decision."): value
        for name, value in request.form.items()
        if name.startswith("decision.") and value in DECISIONS
    }
    try:
        with database().begin() as session:
            draft = queries.draft(session, key)
            version = actions.publish(
                session,
                draft,
                revision=revision(),
                decided=decided,
                anonymous=request.form.get("anonymous") == "yes",
                actor=current_user.name,
                now=g.now,
            )
            number = version.number
    except StaleDraftError as error:
        said = stale_words(error) + " " + _("Look at it once more before you publish.")
        return _publish_page(read_draft(key), status=409, conflict=said)
    except NoDraftError:
        raise
    except InputError as error:
        return _publish_page(read_draft(key), status=422, problem=_problem(error))
    flash(_("Version %(number)s is published; new invitations use it from now on.", number=number), "success")
    return redirect(url_for("questionnaires.questionnaire", key=key), code=303)


def _problem(error: InputError) -> str:
    """Say what our own list of remarks does not say already."""
    return (
        str(error) if isinstance(error, actions.NothingNewError) else _("Mend what stands in the way first.")
    )


def _publish_page(
    draft: LoadedDraft, *, status: int = 200, conflict: str = "", problem: str = ""
) -> ResponseReturnValue:
    found = remarks(draft.definition)
    previous = draft.versions[-1] if draft.versions else None
    changes, whole, wanted = [], [], draft.definition
    if previous:
        wanted = replace(wanted, anonymous=previous.definition.anonymous)
        changes = comparing.item_changes(previous.definition, wanted)
        whole = list(comparing.whole_changes(previous.definition, wanted))
    return show(
        "publish.html",
        draft,
        status=status,
        conflict=conflict,
        problem=problem,
        blocking=[each for each in found if each.blocking],
        advice=[each for each in found if not each.blocking],
        previous=previous,
        old=previous.definition if previous else None,
        changes=[change for change in changes if change.what or change.lines],
        untouched=[change for change in changes if not change.what and not change.lines],
        whole=whole,
        nothing_new=previous is not None and comparing.is_unchanged(previous.definition, wanted),
        decisions=DECISIONS,
    )


@bp.get("/versions")
def versions(key: str) -> ResponseReturnValue:
    """List the versions and compare any two."""
    with database().read() as session:
        found = queries.questionnaire(session, key)
        loaded = published.versions(session, found.key)
        rows = [(version, published.figures(session, version.id)) for version in reversed(loaded)]
        draft = queries.draft(session, key) if queries.draft_mark(session, found.id) else None
    first, second = (request.args.get(name, "") for name in ("a", "b"))
    numbers = {str(version.number) for version in loaded}
    if {first, second} <= numbers and first != second:
        return redirect(url_for(".diff", key=key, a=first, b=second), code=303)
    values: dict[str, Any] = {
        "rows": rows,
        "key": found.key,
        "title": dict(found.title),
        "same_twice": first != "" and first == second,
    }
    if draft:
        return show("versions.html", draft, **values)
    return render_template("surveys/editor/versions.html", draft=None, **helpers(), **values)


@bp.get("/versions/<int(max=2147483647):a>/<int(max=2147483647):b>")
def diff(key: str, a: int, b: int) -> ResponseReturnValue:
    """Show what differs between two versions, item by item, the words side by side."""
    if a > b:
        return redirect(url_for(".diff", key=key, a=b, b=a), code=303)
    with database().read() as session:
        found = queries.questionnaire(session, key)
        loaded = [each for each in published.versions(session, found.key) if a <= each.number <= b]
        draft = queries.draft(session, key) if queries.draft_mark(session, found.id) else None
    if a == b or [loaded[n].number for n in (0, -1) if loaded] != [a, b]:
        raise NotFoundError(_("There are no two such versions of this questionnaire."))
    between = [version.definition for version in loaded]
    values = _diff_values(loaded, between)
    if draft:
        return show("diff.html", draft, key=found.key, title=loaded[-1].title, **values)
    return render_template(
        "surveys/editor/diff.html",
        draft=None,
        key=found.key,
        title=loaded[-1].title,
        **helpers(),
        **values,
    )


def _diff_values(loaded: list[LoadedVersion], between: list[Definition]) -> dict[str, Any]:
    old, new = between[0], between[-1]
    changes = comparing.item_changes(old, new, comparing.decided_between(between))
    return {
        "old": old,
        "new": new,
        "first": loaded[0],
        "last": loaded[-1],
        "steps": len(between) - 1,
        "changes": [change for change in changes if change.state != "same" or change.lines],
        "untouched": [change for change in changes if change.state == "same" and not change.lines],
        "whole": list(comparing.whole_changes(old, new)),
    }
