"""Headings and matrices: what groups questions."""

from dataclasses import replace

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from core.errors import NotFoundError
from core.i18n import _, language, text_in
from surveys.definition import Definition
from surveys.editor import drafting, kinds
from surveys.editor.actions import StaleDraftError
from surveys.editor.drafting import OrderError
from surveys.editor.forms import SectionInput, is_row_step, padded, without_blanks
from surveys.editor.forms_matrix import MatrixInput
from surveys.editor.queries import LoadedDraft, NoDraftError
from surveys.editor.views_items import remove_items
from surveys.editor.views_preview import frame_url
from surveys.editor.views_shell import (
    no_draft,
    order_words,
    pressed,
    read_draft,
    save,
    show,
    stale_words,
)

bp = Blueprint("editor_groups", __name__, url_prefix="/questionnaires/<key>/edit")
bp.register_error_handler(NoDraftError, no_draft)


@bp.route("/add-heading", methods=["GET", "POST"])
def add_section(key: str) -> ResponseReturnValue:
    """Set a heading in front of a question."""
    draft = read_draft(key)
    form = SectionInput(draft.languages, at=request.args.get("at", "")[:40])
    return _section_form(draft, form, "")


@bp.route("/headings/<section>", methods=["GET", "POST"])
def section(key: str, section: str) -> ResponseReturnValue:
    """Say a heading anew."""
    draft = read_draft(key)
    if section not in draft.definition.sections:
        raise NotFoundError(_("There is no such heading in this draft."))
    return _section_form(draft, SectionInput.of(draft.definition.sections[section], draft.languages), section)


def _section_form(draft: LoadedDraft, form: SectionInput, section: str) -> ResponseReturnValue:
    conflict = ""
    if request.method == "POST":
        form = SectionInput.read(request.form, draft.languages)
        if not form.errors:
            try:
                save(draft.key, lambda now: _with_section(now, form, section))
            except StaleDraftError as error:
                conflict, draft = stale_words(error), read_draft(draft.key)
            else:
                flash(_("Saved."), "success")
                return redirect(url_for("editor.edit", key=draft.key), code=303)
    status = 409 if conflict else 422 if form.errors else 200
    selected = f"section/{section}" if section else ""
    return show(
        "section.html",
        draft,
        status=status,
        form=form,
        conflict=conflict,
        section=section,
        selected=selected,
        frame_url=frame_url,
    )


def _with_section(draft: LoadedDraft, form: SectionInput, section: str) -> Definition:
    definition = draft.definition
    if section:
        return replace(definition, sections={**definition.sections, section: form.said()})
    key = drafting.next_key(definition, draft.history, letter="s")
    return drafting.add_section(definition, key, form.said(), at=form.at)


@bp.post("/headings/<section>/act")
def section_act(key: str, section: str) -> ResponseReturnValue:
    """Move a heading with its questions, or take it away and keep them."""
    press = request.form.get("do", "")
    if press in {"up", "down"}:
        pressed(key, lambda draft: drafting.move_section(draft.definition, section, up=press == "up"))
    elif press == "delete":
        said = read_draft(key).definition.sections.get(section, {})
        name = text_in({code: text.title for code, text in said.items()}, language())
        pressed(
            key, lambda draft: drafting.remove_section(draft.definition, section), took_away=name or section
        )
    return redirect(url_for("editor.edit", key=key, _anchor=f"s-{section}"), code=303)


@bp.route("/add/matrix", methods=["GET", "POST"])
def add_matrix(key: str) -> ResponseReturnValue:
    """Add several aspects that are rated the same way."""
    draft = read_draft(key)
    return _matrix_form(draft, MatrixInput(draft.languages), "")


@bp.route("/matrices/<matrix>", methods=["GET", "POST"])
def matrix(key: str, matrix: str) -> ResponseReturnValue:
    """Show a matrix, or save it."""
    draft = read_draft(key)
    if not any(item.matrix == matrix for item in draft.definition.items):
        raise NotFoundError(_("There is no such question in this draft; perhaps somebody removed it."))
    return _matrix_form(draft, MatrixInput.of(draft.definition, matrix), matrix)


def _matrix_form(draft: LoadedDraft, form: MatrixInput, matrix: str) -> ResponseReturnValue:
    conflict, press = "", request.form.get("do", "")
    if request.method == "POST":
        form = MatrixInput.read(request.form, draft.languages, press)
        if press == "kind" or is_row_step(press):
            form.errors.clear()
        elif _is_matrix_fine(draft, form, matrix):
            try:
                save(draft.key, lambda now: _with_matrix(now, form, matrix))
            except StaleDraftError as error:
                conflict, draft = stale_words(error), read_draft(draft.key)
            except OrderError as error:
                form.errors["rows"] = order_words(error, draft.definition)
            else:
                flash(_("Saved."), "success")
                return redirect(url_for("editor.edit", key=draft.key), code=303)
    return _matrix_page(draft, form, matrix, conflict)


def _is_matrix_fine(draft: LoadedDraft, form: MatrixInput, matrix: str) -> bool:
    form.items(draft.definition, matrix, draft.history, "")
    return not form.errors


def _with_matrix(draft: LoadedDraft, form: MatrixInput, matrix: str) -> Definition:
    definition = draft.definition
    after = (request.form.get("after") or "")[:40]
    before = definition.item(after) or (definition.items[-1] if definition.items else None)
    old = next((item for item in definition.items if item.matrix == matrix), None) if matrix else None
    beside = old or before
    key = matrix or drafting.next_key(definition, draft.history, letter="m")
    rows = form.items(definition, key, draft.history, beside.section if beside else "")
    return drafting.put_matrix(definition, key, without_blanks(form.stem), rows, after)


def _matrix_page(draft: LoadedDraft, form: MatrixInput, matrix: str, conflict: str) -> ResponseReturnValue:
    first = next((item for item in draft.definition.items if matrix and item.matrix == matrix), None)
    return show(
        "matrix.html",
        draft,
        status=409 if conflict else 422 if form.errors else 200,
        form=form,
        conflict=conflict,
        matrix=matrix,
        after=(request.form.get("after") or request.args.get("after") or "")[:40],
        selected=f"matrix/{matrix}" if matrix else "",
        rows=padded(form.rows, draft.languages),
        options=padded(form.options, draft.languages),
        kinds=kinds,
        own_scale=first.scale if first else "",
        frame_url=frame_url,
    )


@bp.post("/matrices/<matrix>/act")
def matrix_act(key: str, matrix: str) -> ResponseReturnValue:
    """Move a matrix, or remove it with its rows."""
    press = request.form.get("do", "")
    if press in {"up", "down"}:
        pressed(key, lambda draft: drafting.move_matrix(draft.definition, matrix, up=press == "up"))
    elif press == "delete":
        definition = read_draft(key).definition
        rows = [item.key for item in definition.items if item.matrix == matrix]
        stem = text_in(dict(definition.matrices.get(matrix, {})), language())
        return remove_items(key, rows, stem or matrix)
    return redirect(url_for("editor.edit", key=key, _anchor=f"m-{matrix}"), code=303)
