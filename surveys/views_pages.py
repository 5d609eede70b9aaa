"""What the respondent pages show. They use no cookie, no session and no stock framework.

They are rendered without Flask's context processors, which would look for a signed-in user.
"""

import hashlib
from collections.abc import Mapping, Sequence, Set
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.dates import format_date
from flask import current_app, g, request, url_for
from flask_babel import force_locale
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from core import clock
from core.db import Database
from core.i18n import LANGUAGES, _, named, ngettext, text_in
from core.i18n import language as present_language
from core.web import settings
from surveys import layout
from surveys.definition import ItemDefinition
from surveys.forms_conditions import condition_text
from surveys.frames import Frame, gap
from surveys.layout import choices
from surveys.links import Link
from surveys.parsing import is_asked, parse_form
from surveys.queries import LoadedVersion
from surveys.seeds import RETURN_VISIT

__all__ = ["choices", "filled_page", "na_words", "show", "survey_page"]

FLAGS = {"amending": False, "preview": False, "personal": True, "just_saved": False}
SCRIPTS = ("conditions.js", "respondent.js")  # one file on the wire: one request less on a slow line


def show(template: str, language: str, **values: Any) -> str:
    """Render a respondent page in one language."""
    with force_locale(language):
        return current_app.jinja_env.get_template(template).render(values)


def present() -> datetime:
    """Return the moment of this request."""
    now = g.get("now")
    return now if isinstance(now, datetime) else clock.now()


def language_of(link: Link | None, version: LoadedVersion | None = None) -> str:
    """Return the language to answer in: the one asked for, the invitation's, else the browser's."""
    asked = named(request.form.get("language") or request.args.get("lang"))
    wanted = asked or (link.language if link else "") or present_language()
    spoken = version.definition.languages if version else tuple(LANGUAGES)
    return wanted if wanted in spoken and wanted in LANGUAGES else next(c for c in spoken if c in LANGUAGES)


def place_of(database: Database, link: Link, token: str, language: str) -> dict[str, str]:
    """Return what differs from reader to reader; ``once`` is what an open link knows a second press by."""
    return {
        "once": "",
        "action": f"/s/{token}",
        "signature": signature(database, token),
        "greeting": greeting(link.about, language),
        "about": about(link.about, language),
    }


def survey_page(
    version: LoadedVersion, language: str, place: Mapping[str, str], *, personal: bool = True
) -> str:
    """Return the untouched page, from the frame of this version and language.

    The page of an open link is not ``personal``: no way to stop invitations, to save or to amend.
    """
    frames: dict[tuple[int, str, bool], Frame] = current_app.extensions.setdefault("huifang_frames", {})
    frame = frames.get((version.id, language, personal))
    if frame is None:
        gaps = {name: gap(name) for name in place}
        frame = Frame(filled_page(version, language, gaps, personal=personal))
        frames[version.id, language, personal] = frame
    return frame.fill(**place)


def filled_page(
    version: LoadedVersion,
    language: str,
    place: Mapping[str, str],
    form: MultiDict[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    *,
    kept: Set[str] = frozenset(),
    saved: Sequence[str] = (),
    saved_at: str = "",
    **flags: bool,
) -> str:
    """Render the page with what was chosen and written, and what is wrong with it.

    ``kept`` names the fields whose earlier words are kept and not shown; ``saved`` says what was
    saved to be finished later, ``saved_at`` what a draft on the device is compared with.
    """
    chosen = form if form is not None else MultiDict[str, str]()
    items = {item.item_key: item.definition for item in version.items}
    with force_locale(language):
        said = _said(version, language)
    return show(
        "respondent/survey.html",
        language,
        **place,
        **said,
        version=version,
        parts=layout.parts(version.definition, language),
        items=list(items.values()),
        languages=[code for code in version.definition.languages if code in LANGUAGES],
        errors=errors or {},
        chosen=chosen.getlist,
        shut=_shut(version, chosen, kept),
        kept=kept,
        saved=saved,
        saved_at=saved_at,
        go_on=_go_on(version, chosen, kept) if saved else "",
        layout=layout,
        choices=lambda item: choices(item, language),
        na_words=lambda item: na_words(item, language),
        only_if=lambda item: condition_text(item.show_if, items, language),
        anonymous=version.definition.anonymous,
        savable=layout.may_be_saved(version.definition),
        **(FLAGS | flags),
    )


def _said(version: LoadedVersion, language: str) -> dict[str, str]:
    """Return heading, introduction and length; the return visit speaks to the customer in its own words."""
    asked = layout.asked_at_start(version.definition.items)
    is_visit = version.questionnaire_key == RETURN_VISIT
    title, intro = dict(version.definition.title), dict(version.definition.intro)
    return {
        "heading": _("Please rate our service") if is_visit else text_in(title, language),
        "intro": "" if is_visit else text_in(intro, language),
        "length": _(
            "%(questions)s, about %(minutes)s",
            questions=ngettext("%(num)s question", "%(num)s questions", len(asked)),
            minutes=ngettext("%(num)s minute", "%(num)s minutes", layout.minutes(asked)),
        ),
    }


def _shut(version: LoadedVersion, form: MultiDict[str, str], kept: Set[str]) -> frozenset[str]:
    """Return the items whose condition does not hold; the page's script hides them, and only that."""
    if all(item.definition.show_if is None for item in version.items):
        return frozenset()
    if kept:
        form = form.copy()
        form.update({name: "x" for name in kept if not form.get(name)})
    answers, _problems = parse_form(version, form, mode="web", complete=False)
    return frozenset(item.item_key for item in version.items if not is_asked(item, answers, "web"))


def _go_on(version: LoadedVersion, form: MultiDict[str, str], kept: Set[str]) -> str:
    """Return the id of the first field after the last one that was filled in."""
    asked = layout.asked_items(version.definition.items)
    filled = [n for n, item in enumerate(asked) if form.get(item.key) or item.key in kept]
    after = max(filled, default=-1) + 1
    return layout.first_field(asked[after]) if filled and after < len(asked) else ""


def signature(database: Database, token: str) -> str:
    """Sign the form for one link, in the place of a cookie."""
    return database.vault.form_signature("survey", token)


def greeting(about: Mapping[str, str], language: str) -> Markup:
    """Greet by what may be shown of the name (王*)."""
    addressee = about.get("addressee", "")
    if not addressee:
        return Markup()
    return Markup('<p class="greeting">{}</p>').format(_phrase("greeting", language) % {"name": addressee})


def about(about: Mapping[str, str], language: str) -> Markup:
    """Say which matter this is about, by its day only."""
    try:
        day = date.fromisoformat(about.get("on", ""))
    except ValueError:
        return Markup()
    kind = "about_repair" if about.get("kind") == "repair" else "about"
    return Markup("<p>{}</p>").format(_phrase(kind, language) % {"day": said_day(day, language)})


@lru_cache(maxsize=1000)
def said_day(day: date, language: str) -> str:
    """Say a day without weekday and year: 11月18日, 18 November."""
    return format_date(day, "M月d日" if language == "zh_Hans" else "d MMMM", locale=language)


@lru_cache(maxsize=50)
def _phrase(name: str, language: str) -> str:
    """Return a sentence with its placeholders still in it; asked for on every page, translated once."""
    with force_locale(language):
        return {
            "greeting": lambda: _("Hello %(name)s"),
            "about": lambda: _("This is about your request of %(day)s, which we have closed."),
            "about_repair": lambda: _("This is about the repair you asked for on %(day)s."),
        }[name]()


def na_words(item: ItemDefinition, language: str) -> str:
    """Return the words for "does not apply"."""
    scale = item.scored()
    words = scale.not_applicable if scale else {}
    return words.get(language) or _("Did not use / do not know")


def stylesheet() -> str:
    """Return tokens, brand colour and page rules as one file: one request less on a slow line."""
    tokens, rules = (_read(f"css/{name}") for name in ("tokens.css", "respondent.css"))
    return f"{tokens}:root{{--brand:{settings().brand_colour}}}\n{rules}"


def script() -> str:
    """Return the scripts of these pages as one file."""
    return "\n".join(_read(f"js/{name}") for name in SCRIPTS)


def _read(name: str) -> str:
    path = Path(current_app.static_folder or "", name)
    return _text_of(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=20)
def _text_of(path: Path, _changed: int) -> str:
    return path.read_text("utf-8")


def style_url() -> str:
    """Return the address of the stylesheet, with its content in its name."""
    return url_for("respond.style", v=_hash(stylesheet()))


def script_url() -> str:
    """Return the address of the script, with its content in its name."""
    return url_for("respond.script", v=_hash(script()))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
