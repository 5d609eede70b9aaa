"""Beginning a draft, its list of questions, its greetings, and throwing it away."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from core.errors import InputError
from core.i18n import _, language, text_in
from core.web import database
from surveys.editor import actions, queries
from surveys.editor.actions import StaleDraftError
from surveys.editor.forms import GreetingInput, NewInput
from surveys.editor.presets import PRESETS, preset
from surveys.editor.queries import NoDraftError
from surveys.editor.views_preview import frame_url
from surveys.editor.views_shell import helpers, no_draft, read_draft, revision, save, show, stale_words
from surveys.editor.wording import with_wordings

bp = Blueprint("editor", __name__, url_prefix="/questionnaires")
bp.register_error_handler(NoDraftError, no_draft)


@bp.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Begin a questionnaire: key, title, and what to start from."""
    with database().begin() as session:
        if request.method == "GET":
            form = NewInput.blank(_free_key(actions.keys(session)))
        else:
            form = NewInput.read(request.form)
            if form.start not in PRESETS:
                form.errors["start"] = _("Choose what to start from.")
            try:
                if not form.errors:
                    with session.begin_nested():
                        begun = preset(form.start, form.said())
                        actions.create(session, begun, key=form.key, actor=current_user.name, now=g.now)
                    return redirect(url_for(".edit", key=form.key), code=303)
            except InputError as error:
                form.errors["key"] = str(error)
    page = render_template("surveys/editor/new.html", form=form, presets=PRESETS, **helpers())
    return page, 422 if form.errors else 200


def _free_key(taken: set[str]) -> str:
    return next(key for n in range(1, len(taken) + 2) if (key := f"survey_{n}") not in taken)


@bp.post("/<key>/edit")
def start(key: str) -> ResponseReturnValue:
    """Make a draft from the current version, which stays in use; go on with the draft where there is one."""
    with database().begin() as session:
        actions.start(session, key, actor=current_user.name, now=g.now)
    return redirect(url_for(".edit", key=key), code=303)


@bp.get("/<key>/edit")
def edit(key: str) -> ResponseReturnValue:
    """Show the questions with everything that can be done to them, and the page beside."""
    draft = read_draft(key)
    return show("edit.html", draft, frame_url=frame_url)


@bp.route("/<key>/edit/title", methods=["GET", "POST"])
def title(key: str) -> ResponseReturnValue:
    """Say title and greetings."""
    draft = read_draft(key)
    form, conflict = GreetingInput.of(draft.definition), ""
    if request.method == "POST":
        form = GreetingInput.read(request.form, draft.languages)
        if not form.errors:
            try:
                save(key, lambda now: with_wordings(now.definition, form.changes()))
            except StaleDraftError as error:
                conflict, draft = stale_words(error), read_draft(key)
            else:
                flash(_("Saved."), "success")
                return redirect(url_for(".edit", key=key), code=303)
    status = 409 if conflict else 422 if form.errors else 200
    return show(
        "title.html",
        draft,
        status=status,
        form=form,
        conflict=conflict,
        selected="title",
        frame_url=frame_url,
    )


@bp.post("/<key>/edit/undo")
def undo(key: str) -> ResponseReturnValue:
    """Bring back what the last step took away."""
    try:
        with database().begin() as session:
            draft = queries.draft(session, key)
            done = actions.undo(session, draft, revision=revision(), actor=current_user.name, now=g.now)
    except StaleDraftError as error:
        flash(stale_words(error), "warning")
    else:
        flash(
            _("Brought back.") if done else _("There is nothing to bring back."),
            "success" if done else "warning",
        )
    return redirect(url_for(".edit", key=key), code=303)


@bp.route("/<key>/edit/discard", methods=["GET", "POST"])
def discard(key: str) -> ResponseReturnValue:
    """Ask, then throw the draft away."""
    draft = read_draft(key)
    if request.method == "GET":
        return show("discard.html", draft)
    try:
        with database().begin() as session:
            actions.discard(
                session, queries.draft(session, key), revision=revision(), actor=current_user.name, now=g.now
            )
    except StaleDraftError as error:
        return show("discard.html", read_draft(key), status=409, conflict=stale_words(error))
    flash(_("The draft of “%(title)s” was thrown away.", title=text_in(draft.title, language())), "success")
    if not draft.versions:
        return redirect(url_for("questionnaires.index"), code=303)
    return redirect(url_for("questionnaires.questionnaire", key=key), code=303)


@bp.post("/<key>/edit/from/<int(max=2147483647):number>")
def start_from(key: str, number: int) -> ResponseReturnValue:
    """Let the draft say what an old version said."""
    try:
        with database().begin() as session:
            actions.start_from(
                session,
                key,
                number,
                revision=revision(),
                actor=current_user.name,
                now=g.now,
                name=_("the earlier draft"),
            )
    except StaleDraftError as error:
        flash(stale_words(error), "warning")
        return redirect(url_for("editor_publish.versions", key=key), code=303)
    flash(_("The draft now says what version %(number)s said.", number=number), "success")
    return redirect(url_for(".edit", key=key), code=303)
