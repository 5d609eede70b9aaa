"""What the respondent pages show. They use no cookie, no session and no stock framework.

They are rendered without Flask's context processors, which would look for a signed-in user.
"""

import hashlib
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.dates import format_date
from flask import current_app, request, url_for
from flask_babel import force_locale
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from core.db import Database
from core.i18n import LANGUAGES, _, named, ngettext
from core.i18n import language as present_language
from core.web import settings
from surveys.answering import Given
from surveys.definition import ItemDefinition
from surveys.frames import Frame, gap
from surveys.links import Link
from surveys.parsing import NOT_APPLICABLE
from surveys.queries import LoadedVersion

SCORED_SECONDS, TEXT_SECONDS = 6, 15  # what one question takes, for "about 1 minute"


def show(template: str, language: str, **values: Any) -> str:
    """Render a respondent page in one language."""
    with force_locale(language):
        return current_app.jinja_env.get_template(template).render(values)


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
    **flags: bool,
) -> str:
    """Render the page with what was chosen and written, and what is wrong with it."""
    items = [item.definition for item in version.items]
    with force_locale(language):
        heading, length = _("Please rate our service"), _length([i for i in items if i.show_if is None])
    return show(
        "respondent/survey.html",
        language,
        **place,
        items=items,
        languages=[code for code in version.definition.languages if code in LANGUAGES],
        heading=heading,
        length=length,
        errors=errors or {},
        chosen=(form if form is not None else MultiDict[str, str]()).getlist,
        choices=lambda item: choices(item, language),
        na_words=lambda item: na_words(item, language),
        first_field=first_field,
        lows=_lows(items),
        **({"amending": False, "preview": False, "personal": True} | flags),
    )


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


def _length(asked: list[ItemDefinition]) -> str:
    seconds = sum(TEXT_SECONDS if item.kind == "text" else SCORED_SECONDS for item in asked)
    minutes = max(1, round(seconds / 60))
    return _(
        "%(questions)s, about %(minutes)s",
        questions=ngettext("%(num)s question", "%(num)s questions", len(asked)),
        minutes=ngettext("%(num)s minute", "%(num)s minutes", minutes),
    )


def choices(item: ItemDefinition, language: str) -> list[tuple[int, str]]:
    """Return what can be chosen, in the order shown: the best answer first."""
    scale = item.scored()
    if scale is not None:
        return [(score, scale.word(score, language)) for score in scale.scores]
    return [(option.code, option.texts.get(language, "")) for option in item.options]


def na_words(item: ItemDefinition, language: str) -> str:
    """Return the words for "does not apply"."""
    scale = item.scored()
    words = scale.not_applicable if scale else {}
    return words.get(language) or _("Did not use / do not know")


def first_field(item: ItemDefinition) -> str:
    """Return the id of an item's first field, where an error leads to."""
    return item.key if item.kind in {"text", "number"} else f"{item.key}-{item.values()[0]}"


def _lows(items: list[ItemDefinition]) -> dict[str, int | None]:
    """Return for each item the score up to which it opens another one."""
    lows: dict[str, int | None] = dict.fromkeys((item.key for item in items), None)
    for item in items:
        if item.show_if and item.show_if.low:
            lows[item.show_if.low[0]] = item.show_if.low[1]
    return lows


def earlier_choices(answers: Mapping[str, Given]) -> MultiDict[str, str]:
    """Return earlier answers as a form would have them; words are never shown again."""
    form = MultiDict[str, str]()
    for key, given in answers.items():
        if given.missing is not None and given.missing.key == "not_applicable":
            form.add(key, NOT_APPLICABLE)
        for value in (given.value, *given.codes):
            if value is not None and given.is_answer:
                form.add(key, str(value))
        if given.number is not None:
            form.add(key, f"{given.number:g}")
    return form


def stylesheet() -> str:
    """Return tokens, brand colour and page rules as one file: one request less on a slow line."""
    folder = Path(current_app.static_folder or "") / "css"
    brand = f":root{{--brand:{settings().brand_colour}}}\n"
    return (folder / "tokens.css").read_text("utf-8") + brand + (folder / "respondent.css").read_text("utf-8")


def style_url() -> str:
    """Return the address of the stylesheet, with its content in its name."""
    return url_for("respond.style", v=hashlib.sha256(stylesheet().encode()).hexdigest()[:12])
