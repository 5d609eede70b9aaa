"""Languages: English in the source, zh_Hans complete."""

from flask import Flask, g, has_request_context, request
from flask_babel import Babel, get_locale, gettext, lazy_gettext, ngettext

LANGUAGES = {"zh_Hans": "简体中文", "en": "English"}
DEFAULT = "zh_Hans"
HTML_LANG = {"zh_Hans": "zh-Hans", "en": "en"}
_ALIASES = {
    "zh": "zh_Hans", "zh-cn": "zh_Hans", "zh-sg": "zh_Hans", "zh-hans": "zh_Hans", "zh-hans-cn": "zh_Hans",
    "zh_hans": "zh_Hans", "zh-tw": "zh_Hans", "zh-hk": "zh_Hans", "zh-mo": "zh_Hans", "zh-hant": "zh_Hans",
}  # fmt: skip # traditional readers get simplified Chinese until a reviewed zh_Hant exists

_ = gettext
_l = lazy_gettext
__all__ = [
    "DEFAULT",
    "HTML_LANG",
    "LANGUAGES",
    "_",
    "_l",
    "init_languages",
    "language",
    "named",
    "ngettext",
    "text_in",
]


def named(tag: str | None) -> str | None:
    """Return the language that a tag such as ``zh-CN`` or ``en-GB`` means here, or None."""
    if not tag:
        return None
    tag = tag.strip().lower()
    return _ALIASES.get(tag) or ("en" if tag.split("-")[0].split("_")[0] == "en" else None)


def language() -> str:
    """Return the language of this request."""
    locale = get_locale()
    return "en" if locale is not None and locale.language == "en" else DEFAULT


def text_in(texts: dict[str, str], wanted: str) -> str:
    """Return the text in the wanted language, else in any it has."""
    return texts.get(wanted) or texts.get(DEFAULT) or texts.get("en") or next(iter(texts.values()), "")


def init_languages(app: Flask) -> None:
    """Let Flask-Babel choose the language of each request."""
    app.config["BABEL_DEFAULT_LOCALE"] = "en"
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(app.config["ROOT"] / "translations")
    Babel(app, locale_selector=_select, timezone_selector=lambda: app.config["SETTINGS"].timezone)
    app.jinja_env.globals.update(language=language, LANGUAGES=LANGUAGES, HTML_LANG=HTML_LANG, text_in=text_in)


def _select() -> str:
    """``?lang=``, then what the view set (user or invitation), then the browser, then Chinese."""
    if not has_request_context():
        return "en"
    asked = named(request.args.get("lang")) or getattr(g, "language", None)
    return asked or _from_browser() or DEFAULT


def _from_browser() -> str | None:
    for tag, _quality in request.accept_languages:
        found = named(tag)
        if found:
            return found
    return None
