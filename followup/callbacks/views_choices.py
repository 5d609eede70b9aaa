"""The lists of the desk, for those who keep it in order."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from core.auth.roles import LEADS
from core.auth.views_admin import admin_tabs
from core.errors import InputError
from core.i18n import _, _l
from core.web import database
from followup.callbacks import choices
from followup.callbacks.forms import ChoiceForm

bp = Blueprint("choices", __name__, url_prefix="/admin/desk")
bp.context_processor(admin_tabs)
LISTS = {
    "phrase": (_l("Phrases"), _l("One press at the desk puts them into the internal note.")),
    "reason": (_l("Reasons of dissatisfaction"), _l("Asked where the answers are poor, one key each.")),
    "skip": (_l("Reasons to give back"), _l("An agent who passes a callback on chooses one.")),
    "pause": (_l("Reasons to pause"), _l("An agent on a pause is given no callback.")),
}
KIND = "<any(phrase, reason, skip, pause):kind>"


@bp.get("")
@bp.get(f"/{KIND}")
def index(kind: str = "phrase") -> ResponseReturnValue:
    """Show one list of the desk."""
    return _list(kind, ChoiceForm(formdata=None))


@bp.post(f"/{KIND}")
def add(kind: str) -> ResponseReturnValue:
    """Put a line at the end of a list."""
    form = ChoiceForm()
    try:
        with database().begin() as session:
            choices.add(session, kind, form.words(), actor=current_user.name, now=g.now)
    except InputError as error:
        return _list(kind, form, str(error))
    flash(_("“%(words)s” was added.", words=form.first()), "success")
    return redirect(url_for(".index", kind=kind), code=303)


@bp.route(f"/{KIND}/<code>", methods=["GET", "POST"])
def edit(kind: str, code: str) -> ResponseReturnValue:
    """Say one line anew."""
    with database().read() as session:
        choice = choices.get(session, kind, code)
    form = ChoiceForm(data={"chinese": choice.words.get("zh_Hans"), "english": choice.words.get("en")})
    said = ""
    if form.is_submitted():
        try:
            with database().begin() as session:
                choices.rename(session, kind, code, form.words(), actor=current_user.name, now=g.now)
        except InputError as error:
            said = str(error)
        else:
            flash(_("The line was saved."), "success")
            return redirect(url_for(".index", kind=kind), code=303)
    return _page("choice.html", kind, form, said, choice=choice)


@bp.post(f"/{KIND}/<code>/switch")
def switch(kind: str, code: str) -> ResponseReturnValue:
    """Offer a line, or offer it no more."""
    try:
        with database().begin() as session:
            active = request.form.get("active") == "yes"
            choices.switch(session, kind, code, active=active, actor=current_user.name, now=g.now)
    except InputError as error:
        flash(str(error), "error")
    return redirect(url_for(".index", kind=kind, _anchor=code), code=303)


@bp.post(f"/{KIND}/<code>/move")
def move(kind: str, code: str) -> ResponseReturnValue:
    """Move a line up or down."""
    with database().begin() as session:
        up = request.form.get("direction") == "up"
        choices.move(session, kind, code, up=up, actor=current_user.name, now=g.now)
    return redirect(url_for(".index", kind=kind, _anchor=code), code=303)


def _list(kind: str, form: ChoiceForm, said: str = "") -> ResponseReturnValue:
    with database().read() as session:
        listed = choices.every(session, kind)
    return _page("choices.html", kind, form, said, listed=listed)


def _page(template: str, kind: str, form: ChoiceForm, said: str, **shown: object) -> ResponseReturnValue:
    page = render_template(
        f"followup/callbacks/{template}",
        kind=kind,
        lists=LISTS,
        form=form,
        problem=said,
        limit=choices.WORDS_LIMIT,
        at_most=choices.AT_MOST[kind],
        may_edit=current_user.role in LEADS,
        **shown,
    )
    return page, 422 if said else 200
