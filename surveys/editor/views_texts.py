"""Every text in every language side by side, the languages themselves, and the rules of asking."""

import json
from dataclasses import replace

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from core.errors import NotFoundError
from core.i18n import LANGUAGES, _, language
from core.texts import clean_text
from surveys.conditions import ShowIf
from surveys.definition import Definition, ItemDefinition
from surveys.editor import drafting, forms_rules, words
from surveys.editor.actions import StaleDraftError
from surveys.editor.forms_rules import Part, RuleInput
from surveys.editor.queries import LoadedDraft, NoDraftError
from surveys.editor.views_shell import no_draft, pressed, read_draft, save, show, stale_words
from surveys.editor.wording import Wording, with_wordings, wordings

bp = Blueprint("editor_texts", __name__, url_prefix="/questionnaires/<key>/edit")
bp.register_error_handler(NoDraftError, no_draft)


@bp.route("/translations", methods=["GET", "POST"])
def translations(key: str) -> ResponseReturnValue:
    """Show every text in every language; what is missing is marked."""
    draft = read_draft(key)
    shown = _shown(draft.definition)
    typed: dict[tuple[str, str], str] = {}
    errors: dict[str, str] = {}
    conflict = ""
    if request.method == "POST":
        typed, errors = _typed(draft, shown)
        if not errors:
            try:
                save(key, lambda now: with_wordings(now.definition, typed))
            except StaleDraftError as error:
                conflict, draft = stale_words(error), read_draft(key)
                shown = _shown(draft.definition)
            else:
                flash(_("Saved."), "success")
                return redirect(url_for(".translations", key=key), code=303)
    return show(
        "translations.html",
        draft,
        status=409 if conflict else 422 if errors else 200,
        conflict=conflict,
        shown=shown,
        typed=typed,
        errors=errors,
        missing={code: sum(each.lacks(code) for each in shown) for code in draft.languages},
        addable=[code for code in LANGUAGES if code not in draft.languages],
    )


def _shown(definition: Definition) -> list[Wording]:
    """Return the texts to translate; a matrix shows the answers of its rows once."""
    firsts = {item.matrix: item.key for item in reversed(definition.items) if item.matrix}
    rows = {item.key for item in definition.items if item.matrix and firsts[item.matrix] != item.key}
    return [each for each in wordings(definition) if each.part != "option" or each.item_key not in rows]


def _typed(draft: LoadedDraft, shown: list[Wording]) -> tuple[dict[tuple[str, str], str], dict[str, str]]:
    typed, errors = {}, {}
    for each in shown:
        for code in draft.languages:
            name = f"{each.path}:{code}"
            if name in request.form:
                said = typed[each.path, code] = clean_text(request.form[name])
                if len(said) > each.limit:
                    errors[name] = _(
                        "At most %(limit)s characters; these are %(length)s.",
                        limit=each.limit,
                        length=len(said),
                    )
    return typed, errors


@bp.post("/languages")
def languages(key: str) -> ResponseReturnValue:
    """Add a language, or remove one with its texts."""
    add, drop = request.form.get("add", ""), request.form.get("drop", "")
    draft = read_draft(key)
    if add in LANGUAGES and add not in draft.languages:
        if pressed(key, lambda now: replace(now.definition, title={**now.definition.title, add: ""})):
            flash(
                _("%(language)s was added; its texts are empty.", language=words.language_name(add)),
                "success",
            )
    elif drop in draft.languages and len(draft.languages) > 1:
        left = [code for code in draft.languages if code != drop]
        took = words.language_name(drop)
        pressed(key, lambda now: drafting.reduced(now.definition, left), took_away=took)
    return redirect(url_for(".translations", key=key), code=303)


@bp.get("/rules")
def rules(key: str) -> ResponseReturnValue:
    """Show when each question is asked."""
    draft = read_draft(key)
    return show("rules.html", draft, numbered=list(enumerate(draft.definition.items, start=1)))


@bp.route("/rules/<item_key>", methods=["GET", "POST"])
def rule(key: str, item_key: str) -> ResponseReturnValue:
    """Say when one question is asked."""
    draft = read_draft(key)
    item = _item(draft, item_key)
    form, conflict, press = RuleInput.of(item, draft.definition), "", request.form.get("do", "")
    if request.method == "POST":
        form = RuleInput.read(request.form, draft.languages, press)
        condition = form.condition(forms_rules.earlier_items(draft.definition, item))
        if press != "save":
            form.errors.clear()
        elif not form.errors:
            try:
                save(key, lambda now: _with_rule(now, item_key, condition))
            except StaleDraftError as error:
                conflict, draft = stale_words(error), read_draft(key)
                item = _item(draft, item_key)
            else:
                flash(_("Saved."), "success")
                return redirect(url_for(".rules", key=key, _anchor=f"r-{item_key}"), code=303)
    return _rule_page(draft, item, form, conflict)


def _with_rule(draft: LoadedDraft, item_key: str, condition: ShowIf | None) -> Definition:
    items = [
        replace(each, show_if=condition) if each.key == item_key else each for each in draft.definition.items
    ]
    return drafting.with_items(draft.definition, items)


def _rule_page(
    draft: LoadedDraft, item: ItemDefinition, form: RuleInput, conflict: str
) -> ResponseReturnValue:
    earlier = forms_rules.earlier_items(draft.definition, item)
    parts = [*form.parts, Part()] if len(form.parts) < forms_rules.MOST else form.parts
    return show(
        "rule.html",
        draft,
        status=409 if conflict else 422 if form.errors else 200,
        form=form,
        conflict=conflict,
        item=item,
        parts=parts,
        earlier=earlier,
        known={each.key: each for each in earlier},
        rules=forms_rules,
        facts=json.dumps(forms_rules.facts(earlier, language()), ensure_ascii=False),
        reader=language(),
    )


def _item(draft: LoadedDraft, item_key: str) -> ItemDefinition:
    found = draft.definition.item(item_key)
    if found is None:
        raise NotFoundError(_("There is no such question in this draft; perhaps somebody removed it."))
    return found
