"""Languages: English in the source, zh_Hans complete; dates and durations as people say them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_timedelta
from babel.units import format_unit
from flask import Flask, current_app, g, has_request_context, request
from flask_babel import Babel, force_locale, get_locale, gettext, lazy_gettext
from flask_babel import ngettext as plural
from markupsafe import Markup

from core import clock

LANGUAGES = {"zh_Hans": "简体中文", "en": "English"}
DEFAULT = "zh_Hans"
HTML_LANG = {"zh_Hans": "zh-Hans", "en": "en"}
_ALIASES = {
    "zh": "zh_Hans", "zh-cn": "zh_Hans", "zh-sg": "zh_Hans", "zh-hans": "zh_Hans", "zh-hans-cn": "zh_Hans",
    "zh_hans": "zh_Hans", "zh-tw": "zh_Hans", "zh-hk": "zh_Hans", "zh-mo": "zh_Hans", "zh-hant": "zh_Hans",
}  # fmt: skip # traditional readers get simplified Chinese until a reviewed zh_Hant exists

_l = lazy_gettext
_DAY = {"zh_Hans": "M月d日 EEE", "en": "EEE d MMM"}
_DAY_AND_YEAR = {"zh_Hans": "y年M月d日 EEE", "en": "EEE d MMM y"}
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
    "said_day",
    "said_duration",
    "said_moment",
    "said_relative",
    "speaking",
    "speaking_alone",
    "text_in",
]


def _(message: str, **values: object) -> str:
    """Translate a text of the source into the language of the request."""
    return str(gettext(message, **values))


def ngettext(one: str, many: str, num: int, **values: object) -> str:
    """Translate a text that counts something."""
    return str(plural(one, many, num, **values))


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


@contextmanager
def speaking(app: Flask, code: str) -> Iterator[None]:
    """Translate into a language outside any request, such as in a thread that works for somebody."""
    with app.app_context(), force_locale(code):
        yield


@contextmanager
def speaking_alone(code: str) -> Iterator[None]:
    """Translate into a language where there may be no application: in a job, in a command."""
    with _bare().app_context(), force_locale(code):
        yield


@lru_cache(maxsize=1)
def _bare() -> Flask:
    """Return an application that knows nothing but the words."""
    root = Path(__file__).resolve().parents[1]
    app = Flask("huifang_words", root_path=str(root))
    app.config["BABEL_DEFAULT_LOCALE"] = "en"
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(root / "translations")
    Babel(app, locale_selector=_select)
    return app


def text_in(texts: dict[str, str], wanted: str) -> str:
    """Return the text in the wanted language, else in any it has."""
    return texts.get(wanted) or texts.get(DEFAULT) or texts.get("en") or next(iter(texts.values()), "")


def said_day(day: date, language: str, today: date) -> str:
    """Say a date: ``11月21日 周六`` or ``Sat 21 Nov``, with the year when it is another one."""
    patterns = _DAY if day.year == today.year else _DAY_AND_YEAR
    return format_date(day, patterns[language], locale=language)


def said_moment(at: datetime, language: str, zone: ZoneInfo, now: datetime) -> str:
    """Say a moment in local time: ``11月21日 周六 18:30`` or ``Sat 21 Nov 18:30``."""
    local = at.astimezone(zone)
    clock_time = format_datetime(local, "HH:mm", locale=language)
    return f"{said_day(local.date(), language, now.astimezone(zone).date())} {clock_time}"


def said_duration(length: timedelta | float, language: str) -> str:
    """Say how long something takes (a timedelta, or seconds) in its two largest units."""
    seconds = int(length.total_seconds() if isinstance(length, timedelta) else length)
    minutes = abs(seconds) // 60
    amounts = [("day", minutes // 1440), ("hour", minutes // 60 % 24), ("minute", minutes % 60)]
    parts = [
        format_unit(amount, f"duration-{unit}", length="short", locale=language)
        for unit, amount in amounts
        if amount
    ]
    if not parts:
        return format_unit(abs(seconds), "duration-second", length="short", locale=language)
    return (" " if language == "en" else "").join(parts[:2]).replace(" ", "\N{NO-BREAK SPACE}")


def said_relative(at: datetime, language: str, now: datetime) -> str:
    """Say how far away a moment is: ``2天后``, ``3 hours ago``."""
    return format_timedelta(
        at - now, add_direction=True, granularity="minute", threshold=1.5, locale=language
    )


def init_languages(app: Flask) -> None:
    """Let Flask-Babel choose the language of each request, and give the templates their words."""
    app.config["BABEL_DEFAULT_LOCALE"] = "en"
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(app.config["ROOT"] / "translations")
    Babel(app, locale_selector=_select, timezone_selector=lambda: app.config["SETTINGS"].timezone)
    app.jinja_env.globals.update(language=language, LANGUAGES=LANGUAGES, HTML_LANG=HTML_LANG, text_in=text_in)
    app.jinja_env.globals.update(organisation=_organisation, hotline=lambda: app.config["SETTINGS"].hotline)
    app.jinja_env.filters.update(
        moment=_moment,
        day=_day,
        duration=lambda length: "—" if length is None else said_duration(length, language()),
        relative=_relative,
    )


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


def _organisation() -> str:
    settings = current_app.config["SETTINGS"]
    return str(settings.organisation_en if language() == "en" else settings.organisation_zh)


def _now() -> datetime:
    return g.get("now") or clock.now()


def _zone() -> ZoneInfo:
    zone = current_app.config["SETTINGS"].zone
    assert isinstance(zone, ZoneInfo)
    return zone


def _moment(at: datetime | None) -> str:
    """``|moment``: people's date and time, the exact one on hover and in print."""
    return "—" if at is None else _time_tag(at, said_moment(at, language(), _zone(), _now()))


def _relative(at: datetime | None) -> str:
    """``|relative``: how far away, the exact time on hover and in print."""
    return "—" if at is None else _time_tag(at, said_relative(at, language(), _now()))


def _day(day: date | None) -> str:
    """``|day``: people's date; a moment is taken in local time."""
    if day is None:
        return "—"
    if isinstance(day, datetime):
        day = day.astimezone(_zone()).date()
    said = said_day(day, language(), _now().astimezone(_zone()).date())
    return Markup('<time datetime="{0}" title="{0}">{1}</time>').format(day.isoformat(), said)


def _time_tag(at: datetime, said: str) -> str:
    exact = at.astimezone(_zone()).strftime("%Y-%m-%d %H:%M:%S %Z")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(at.isoformat(), exact, said)
