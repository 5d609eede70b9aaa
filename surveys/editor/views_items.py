"""Questions, one by one: adding, saying, moving, copying, removing."""

from dataclasses import replace

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from core.errors import NotFoundError
from core.i18n import _
from surveys.definition import Definition, ItemDefinition
from surveys.editor import comparing, drafting, kinds, words
from surveys.editor.actions import StaleDraftError
from surveys.editor.drafting import OrderError
from surveys.editor.forms import is_row_step, padded
from surveys.editor.forms_items import ItemInput, new_item
from surveys.editor.queries import LoadedDraft, NoDraftError
from surveys.editor.views_preview import frame_url, framed
from surveys.editor.views_shell import (
    no_draft,
    order_words,
    pressed,
    read_draft,
    save,
    show,
    stale_words,
)

bp = Blueprint("editor_items", __name__, url_prefix="/questionnaires/<key>/edit")
bp.register_error_handler(NoDraftError, no_draft)


@bp.get("/add")
def choose(key: str) -> ResponseReturnValue:
    """Choose what kind of question to add."""
    return show(
        "choose.html",
        read_draft(key),
        after=_after(),
        frame_url=frame_url,
        names=words.KIND_NAMES,
        hints=words.KIND_HINTS,
    )


@bp.route("/add/<kind>", methods=["GET", "POST"])
def add(key: str, kind: str) -> ResponseReturnValue:
    """Add a question of a kind, behind another one or at the end."""
    if kind not in kinds.KINDS:
        raise NotFoundError(_("There is no such kind of question."))
    draft = read_draft(key)
    blank = new_item(
        kind, drafting.next_key(draft.definition, draft.history), draft.languages, draft.definition
    )
    before = draft.definition.item(_after())
    base = replace(blank, section=before.section) if before else blank
    return _form(draft, base, is_new=True)


@bp.route("/items/<item_key>", methods=["GET", "POST"])
def item(key: str, item_key: str) -> ResponseReturnValue:
    """Show one question, or save it."""
    draft = read_draft(key)
    if request.method == "POST" and draft.definition.item(item_key) is None:
        return _form(draft, ItemDefinition(item_key[:40], "text", {}), is_new=True)  # removed meanwhile
    return _form(draft, _item(draft, item_key), is_new=False)


@bp.post("/items/<item_key>/frame")
def preview(key: str, item_key: str) -> ResponseReturnValue:
    """Show the page with this question as it is typed; nothing is saved."""
    draft = read_draft(key)
    definition, base = draft.definition, draft.definition.item(item_key)
    known = base or ItemDefinition(item_key[:40], "text", {})
    form = ItemInput.read(request.form, known, draft.languages, "")
    typed = replace(form.item(definition, draft.history), key=known.key)
    after = request.form.get("after", "")[:40]
    try:
        shown = (
            drafting.put(definition, typed, old_key=known.key)
            if base
            else drafting.insert(definition, typed, after=after)
        )
    except OrderError:  # it will be said when it is saved
        shown = definition
    return framed(draft, shown)


@bp.post("/items/<item_key>/act")
def act(key: str, item_key: str) -> ResponseReturnValue:
    """Move, copy or remove a question by a button of the list."""
    press = request.form.get("do", "")
    if press == "delete":
        return _remove(key, [item_key], item_key)
    anchor = item_key
    if press in {"up", "down"}:
        pressed(key, lambda draft: drafting.move(draft.definition, item_key, up=press == "up"))
    elif press == "duplicate":
        pressed(key, lambda draft: drafting.duplicate(draft.definition, item_key, draft.history))
    elif press == "place":
        before = request.form.get("before", "")[:40]
        pressed(key, lambda draft: drafting.place(draft.definition, item_key, before=before))
    return redirect(url_for("editor.edit", key=key, _anchor=f"i-{anchor}"), code=303)


def remove_items(key: str, keys: list[str], name: str) -> ResponseReturnValue:
    """Remove questions; the list then offers to bring them back."""
    freed: list[str] = []

    def step(draft: LoadedDraft) -> Definition:
        left, lost = drafting.remove(draft.definition, keys)
        freed.extend(words.name_of(each, draft.definition) for each in lost)
        return left

    if pressed(key, step, took_away=name) and freed:
        flash(
            _("The rule of %(items)s looked at it and is shorter now.", items=words.listed(freed)), "warning"
        )
    return redirect(url_for("editor.edit", key=key), code=303)


def _remove(key: str, keys: list[str], item_key: str) -> ResponseReturnValue:
    draft = read_draft(key)
    return remove_items(key, keys, words.short_name(_item(draft, item_key)))


def _item(draft: LoadedDraft, item_key: str) -> ItemDefinition:
    found = draft.definition.item(item_key)
    if found is None:
        raise NotFoundError(_("There is no such question in this draft; perhaps somebody removed it."))
    return found


def _after() -> str:
    return (request.form.get("after") or request.args.get("after") or "")[:40]


def _form(draft: LoadedDraft, base: ItemDefinition, *, is_new: bool) -> ResponseReturnValue:
    form, conflict, press = ItemInput.of(base, draft.languages), "", request.form.get("do", "")
    mine = base
    if request.method == "POST":
        form = ItemInput.read(request.form, base, draft.languages, press)
        if press == "kind" or is_row_step(press):
            form.errors.clear()
        else:
            mine = form.item(draft.definition, draft.history)
            if not form.errors:
                try:
                    save(draft.key, lambda now: _saved(now, base, form, is_new=is_new))
                except StaleDraftError as error:
                    conflict = stale_words(error)
                except OrderError as error:
                    form.errors["section"] = order_words(error, draft.definition)
                else:
                    return _next(draft.key, mine, press)
    status = 409 if conflict else 422 if form.errors else 200
    if conflict:
        draft = read_draft(draft.key)
    return _page(draft, base, form, status=status, conflict=conflict, mine=mine, is_new=is_new)


def _saved(draft: LoadedDraft, base: ItemDefinition, form: ItemInput, *, is_new: bool) -> Definition:
    """Build the item on what is stored at this moment, not on what the page was made from."""
    stored = None if is_new else draft.definition.item(base.key)
    form.base = stored or base
    changed = form.item(draft.definition, draft.history)
    if is_new:
        return drafting.insert(draft.definition, changed, after=_after())
    return drafting.put(draft.definition, changed, old_key=base.key)


def _next(key: str, saved: ItemDefinition, press: str) -> ResponseReturnValue:
    flash(_("“%(item)s” was saved.", item=words.short_name(saved)), "success")
    if press == "save_add":
        return redirect(url_for(".choose", key=key, after=saved.key), code=303)
    return redirect(url_for("editor.edit", key=key, _anchor=f"i-{saved.key}"), code=303)


def _page(
    draft: LoadedDraft,
    base: ItemDefinition,
    form: ItemInput,
    *,
    status: int,
    conflict: str,
    mine: ItemDefinition,
    is_new: bool,
) -> ResponseReturnValue:
    stored = draft.definition.item(base.key)
    lines = []
    if conflict and stored:
        other = replace(draft.definition, items=(stored,))
        changed = comparing.item_changes(other, replace(other, items=(replace(mine, key=stored.key),)))
        lines = list(changed[0].lines)
    return show(
        "item.html",
        draft,
        status=status,
        form=form,
        conflict=conflict,
        differences=lines,
        base=base,
        is_new=is_new,
        after=_after(),
        selected=base.key,
        rows=padded(form.rows, draft.languages),
        kinds=kinds,
        fixed_key=base.key in drafting.published_keys(draft.history) and not is_new,
        frame_url=frame_url,
    )
