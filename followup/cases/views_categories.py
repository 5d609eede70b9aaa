"""The tree of categories, for those who keep the register in order."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from core.auth.views_admin import admin_tabs
from core.errors import InputError
from core.i18n import _
from core.web import database, transaction
from followup.cases import categorising
from followup.cases.categories import tree
from followup.cases.forms_register import CARRY, CategoryForm, RenameForm

bp = Blueprint("categories", __name__, url_prefix="/admin/categories")
bp.context_processor(admin_tabs)


@bp.route("", methods=["GET", "POST"])
def index() -> ResponseReturnValue:
    """Show the tree, and add to it."""
    form = CategoryForm()
    with transaction() as session:
        form.offer(tree(session))
        if form.validate_on_submit():
            try:
                with session.begin_nested():
                    row = categorising.add(
                        session, name=form.name.data or "", under=form.under.data, actor=current_user.name,
                        now=g.now,
                    )  # fmt: skip
            except InputError as error:
                form.name.errors = [*form.name.errors, str(error)]
            else:
                flash(_("“%(name)s” was added.", name=row.path), "success")
                return redirect(url_for(".index"), code=303)
        page = render_template("followup/cases/categories.html", nodes=tree(session), form=form)
    return page, 422 if form.is_submitted() else 200


@bp.route("/<int(max=2147483647):category_id>", methods=["GET", "POST"])
def edit(category_id: int) -> ResponseReturnValue:
    """Call a category anew."""
    with transaction() as session:
        row = categorising.get(session, category_id)
        form, old = RenameForm(name=row.name), row.path
        if form.validate_on_submit():
            try:
                with session.begin_nested():
                    moved = categorising.rename(
                        session, row, name=form.name.data or "", carry=form.cases.data == CARRY,
                        actor=current_user.name, now=g.now,
                    )  # fmt: skip
            except InputError as error:
                session.refresh(row)
                form.name.errors = [*form.name.errors, str(error)]
            else:
                _say_renamed(moved, categorising.rules_naming(session, old) if row.path != old else [])
                return redirect(url_for(".index"), code=303)
        page = render_template(
            "followup/cases/category.html",
            form=form,
            row=row,
            cases=categorising.cases_in(session, row),
            rules=categorising.rules_naming(session, row.path),
            may_remove=not categorising.is_in_use(session, row),
        )
    return page, 422 if form.is_submitted() else 200


@bp.post("/<int(max=2147483647):category_id>/switch")
def switch(category_id: int) -> ResponseReturnValue:
    """Switch a category on or off."""
    active = request.form.get("active") == "yes"
    with database().begin() as session:
        row = categorising.get(session, category_id)
        categorising.switch(session, row, active=active, actor=current_user.name, now=g.now)
        path = row.path
    said = _("“%(name)s” is offered again.", name=path) if active else _("“%(name)s” is off.", name=path)
    flash(said, "success")
    return redirect(url_for(".index"), code=303)


@bp.post("/<int(max=2147483647):category_id>/move")
def move(category_id: int) -> ResponseReturnValue:
    """Move a category up or down among its neighbours."""
    up = request.form.get("direction") == "up"
    with database().begin() as session:
        row = categorising.get(session, category_id)
        categorising.move(session, row, up=up, actor=current_user.name, now=g.now)
    return redirect(url_for(".index", _anchor=f"category-{category_id}"), code=303)


@bp.post("/<int(max=2147483647):category_id>/remove")
def remove(category_id: int) -> ResponseReturnValue:
    """Take out a category that was never used."""
    with database().begin() as session:
        row = categorising.get(session, category_id)
        path = row.path
        categorising.remove(session, row, actor=current_user.name, now=g.now)
    flash(_("“%(name)s” was taken out.", name=path), "success")
    return redirect(url_for(".index"), code=303)


def _say_renamed(moved: int, rules: list[str]) -> None:
    flash(_("The category was saved. Cases carried over: %(n)d.", n=moved), "success")
    if rules:
        names = "、".join(rules)
        flash(_("These follow-up rules still name it as before: %(names)s. Change them too.", names=names),
              "warning")  # fmt: skip
