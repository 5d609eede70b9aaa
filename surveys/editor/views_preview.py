"""The draft as a customer sees it: the real page, which may stand in a frame of ours and stores nothing."""

from dataclasses import replace

from flask import Blueprint, Response, make_response, request, url_for
from flask.typing import ResponseReturnValue

from core.i18n import LANGUAGES, _, language
from core.web import settings as current_settings
from surveys import script, views_pages
from surveys.definition import Definition, ItemDefinition, ItemText, Option, SectionText
from surveys.editor.queries import LoadedDraft, NoDraftError
from surveys.editor.views_shell import FRAMED, no_draft, read_draft, show
from surveys.queries import LoadedItem, LoadedVersion

EXAMPLE_DAY = "2026-11-18"  # a fixed one, so that two previews look the same

bp = Blueprint("editor_preview", __name__, url_prefix="/questionnaires/<key>/edit")
bp.register_error_handler(NoDraftError, no_draft)


@bp.get("/preview")
def tab(key: str) -> ResponseReturnValue:
    """Show the draft in each of its languages, and what the caller reads aloud."""
    draft = read_draft(key)
    spoken = [code for code in draft.languages if code in LANGUAGES]
    ours = {"organisation": _organisation(), "hotline": current_settings().hotline}
    return show("preview.html", draft, spoken=spoken, pieces=lambda text: script.filled(text, ours))


def _organisation() -> str:
    return current_settings().organisation_en if language() == "en" else current_settings().organisation_zh


@bp.get("/frame")
def frame(key: str) -> ResponseReturnValue:
    """Show the page alone, for the frame."""
    return framed(read_draft(key))


def framed(draft: LoadedDraft, definition: Definition | None = None) -> Response:
    """Render the customer's page of a draft, with the policy that lets our own pages frame it."""
    shown = definition or draft.definition
    spoken = [code for code in shown.languages if code in LANGUAGES]
    wanted = request.args.get("lang", "").replace("-", "_")
    wanted = wanted if wanted in spoken else language()
    chosen = wanted if wanted in spoken else spoken[0] if spoken else ""
    page = filled(draft, shown, chosen) if chosen else _("This draft has no language that can be shown.")
    response = make_response(page)
    response.headers["Content-Security-Policy"] = FRAMED
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def filled(draft: LoadedDraft, definition: Definition, wanted: str) -> str:
    """Fill the respondent template as if this draft were published."""
    place = {
        "action": "",
        "signature": "",
        "greeting": views_pages.greeting({"addressee": "王*"}, wanted),
        "about": views_pages.about({"on": EXAMPLE_DAY}, wanted),
    }
    return views_pages.filled_page(_as_version(draft, definition, wanted), wanted, place, preview=True)


def _as_version(draft: LoadedDraft, definition: Definition, wanted: str) -> LoadedVersion:
    whole = _complete(definition, wanted)
    items = tuple(
        LoadedItem(0, item.key, item.kind, item.scale, item.role, item.required, item) for item in whole.items
    )
    return LoadedVersion(
        id=0,
        questionnaire_id=draft.questionnaire_id,
        questionnaire_key=draft.key,
        number=len(draft.versions) + 1,
        title=dict(whole.title),
        items=items,
        definition=whole,
        content_hash="",
    )


def _complete(definition: Definition, wanted: str) -> Definition:
    """Put a mark where a text is missing, so that the page can be shown."""
    return replace(
        definition,
        title={**definition.title, wanted: definition.title.get(wanted) or _("(no title yet)")},
        items=tuple(_complete_item(item, wanted) for item in definition.items),
        sections={
            key: {**said, wanted: SectionText("")} if wanted not in said else said
            for key, said in definition.sections.items()
        },
        matrices={key: {**said, wanted: said.get(wanted, "")} for key, said in definition.matrices.items()},
    )


def _complete_item(item: ItemDefinition, wanted: str) -> ItemDefinition:
    said = item.texts.get(wanted) or ItemText("")
    options = tuple(
        Option(each.code, {**each.texts, wanted: each.texts.get(wanted) or _("(no text yet)")}, each.other)
        for each in item.options
    )
    if item.kind in {"single", "multiple"} and not options:
        options = (Option(1, {wanted: _("(no text yet)")}),)
    texts = {**item.texts, wanted: said if said.text else replace(said, text=_("(no text yet)"))}
    return replace(item, texts=texts, options=options)


def frame_url(key: str, wanted: str) -> str:
    """Return the address of the preview; a fragment in it would scroll the page around the frame as well."""
    return url_for("editor_preview.frame", key=key, lang=wanted)
