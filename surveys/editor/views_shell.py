"""What every page of the editor shares: the draft, its tabs and its list, and one way of saving."""

from collections.abc import Callable
from typing import Any

from flask import Response, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from core.auth.routes import ROUTES
from core.i18n import LANGUAGES, _, language, said_moment, text_in
from core.web import CSP, database, settings
from surveys.definition import Definition
from surveys.editor import actions, queries, words
from surveys.editor.actions import StaleDraftError
from surveys.editor.drafting import OrderError
from surveys.editor.outline import outline
from surveys.editor.queries import LoadedDraft, NoDraftError

FRAMING = f"{CSP}; frame-src 'self'"  # a page that shows the preview beside the form
FRAMED = CSP.replace("frame-ancestors 'none'", "frame-ancestors 'self'")  # the preview itself


def read_draft(key: str) -> LoadedDraft:
    """Return the draft of a questionnaire."""
    with database().read() as session:
        return queries.draft(session, key)


def no_draft(_error: NoDraftError) -> ResponseReturnValue:
    """Lead to the questionnaire when its draft is gone or was never begun."""
    flash(_("There is no draft of this questionnaire; it was published or thrown away."), "warning")
    key = (request.view_args or {}).get("key", "")
    return redirect(url_for("questionnaires.questionnaire", key=key), code=303)


def revision() -> int:
    """Return the revision that the form was made from."""
    text = request.form.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def save(key: str, step: Callable[[LoadedDraft], Definition], *, took_away: str = "") -> LoadedDraft:
    """Take one step and save it over the revision of the form; raise ``StaleDraftError`` if it is older."""
    with database().begin() as session:
        draft = queries.draft(session, key)
        definition = step(draft)
        actions.save(
            session,
            draft,
            definition,
            revision=revision(),
            actor=current_user.name,
            now=g.now,
            took_away=took_away,
        )
    return draft


def pressed(key: str, step: Callable[[LoadedDraft], Definition], *, took_away: str = "") -> bool:
    """Take the step of a button; say why not where it could not be taken."""
    try:
        draft = save(key, step, took_away=took_away)
    except StaleDraftError as error:
        flash(stale_words(error) + " " + _("Look at the list and press again."), "warning")
        return False
    except OrderError as error:
        flash(order_words(error, read_draft(key).definition), "warning")
        return False
    return draft is not None


def stale_words(error: StaleDraftError) -> str:
    """Say who changed the draft, and when."""
    at = said_moment(error.at, language(), settings().zone, g.now)
    who = _("You") if error.by == current_user.name else error.by
    return _(
        "%(who)s changed this draft in the meantime (%(at)s, perhaps in another window).", who=who, at=at
    )


def order_words(error: OrderError, definition: Definition) -> str:
    """Say which question must stay behind which."""
    return _(
        "“%(item)s” must stay behind “%(on)s”, because its rule looks at it. Change the rule first.",
        item=words.name_of(error.item_key, definition),
        on=words.name_of(error.on, definition),
    )


def show(template: str, draft: LoadedDraft, *, status: int = 200, **values: Any) -> Response:
    """Render a page of the editor; it may show our own preview in a frame."""
    definition = draft.definition
    page = render_template(
        f"surveys/editor/{template}",
        **{
            "draft": draft,
            "definition": definition,
            "entries": outline(definition),
            "selected": "",
            "form": None,
            "conflict": "",
            "frame_language": frame_language(definition),
            "may_undo": draft.undo,
            **helpers(),
            **values,
        },
    )
    response = make_response(page, status)
    response.headers["Content-Security-Policy"] = FRAMING
    return response


def helpers() -> dict[str, Any]:
    """Return what the templates ask for."""
    return {
        "words": words,
        "tabs_of": tabs_of,
        "may_edit": lambda: current_user.role in ROUTES["editor.edit"],
        "name_of_language": words.language_name,
        "title_of_section": _title_of_section,
        "section_pairs": lambda definition: [("", _("none")), *_sections(definition)],
        "place_pairs": lambda definition: [
            *(
                (item.key, f"{n}. {words.short_name(item)}")
                for n, item in enumerate(definition.items, start=1)
            ),
            ("", _("at the end")),
        ],
    }


def _title_of_section(definition: Definition, key: str) -> dict[str, str]:
    said = definition.sections.get(key, {})
    return {code: text.title for code, text in said.items() if text.title}


def _sections(definition: Definition) -> list[tuple[str, str]]:
    return [
        (key, text_in(_title_of_section(definition, key), language()) or key) for key in definition.sections
    ]


def tabs_of(key: str) -> list[tuple[str, str, bool]]:
    """Return the tabs of the editor; the page of a question belongs to the first."""
    here = request.endpoint or ""
    tabs = [
        ("editor.edit", _("Edit")),
        ("editor_preview.tab", _("Preview")),
        ("editor_texts.translations", _("Translations")),
        ("editor_texts.rules", _("Rules")),
        ("editor_publish.versions", _("Versions")),
    ]
    inside = {"editor_texts.rule": "editor_texts.rules", "editor_publish.diff": "editor_publish.versions"}
    current = inside.get(here, here)
    known = {endpoint for endpoint, _label in tabs}
    if current not in known:
        current = "" if current == "editor_publish.publish" else "editor.edit"
    return [(url_for(endpoint, key=key), label, endpoint == current) for endpoint, label in tabs]


def frame_language(definition: Definition) -> str:
    """Return the language of the preview: the reader's, where the draft has it."""
    wanted = request.args.get("in", "") or language()
    spoken = [code for code in definition.languages if code in LANGUAGES]
    return wanted if wanted in spoken else spoken[0] if spoken else ""
