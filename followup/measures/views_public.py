"""The public page “You said, we did”: no login, no cookie, no script."""

from itertools import groupby
from zoneinfo import ZoneInfo

from babel.dates import format_date
from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from core.web import database, settings
from followup.intake.views import language_asked
from followup.measures import publishing, words
from followup.measures.publishing import SECONDS, Told
from surveys.views_pages import show

bp = Blueprint("improvements", __name__)
MONTH = {"zh_Hans": "y年M月", "en": "MMMM y"}

Entry = tuple[str, str, str, str]  # language, said, did, effect


@bp.get("/improvements")
def page() -> ResponseReturnValue:
    """Tell what was heard and what was done about it, by month, the newest first."""
    language = language_asked()
    with database().read() as session:
        told = publishing.told(session)
    months = _months(told, language, settings().zone)
    html = show("followup/measures/improvements.html", language, months=months, heads=words.PUBLIC_HEADS)
    response = Response(html)
    response.headers["Cache-Control"] = f"public, max-age={SECONDS}"
    response.vary.add("Cookie")  # staff who are signed in see it in the language of their choice
    response.headers["Referrer-Policy"] = "no-referrer"
    response.vary.add("Accept-Language")
    return response


def _months(told: list[Told], language: str, zone: ZoneInfo) -> list[tuple[str, list[Entry]]]:
    def month(one: Told) -> str:
        return format_date(one.at.astimezone(zone).date(), MONTH[language], locale=language)

    return [(name, [_entry(one, language) for one in group]) for name, group in groupby(told, month)]


def _entry(one: Told, language: str) -> Entry:
    """Return the texts in the reader's language, else in the one there is."""
    spoken = language if language in one.texts else next(iter(one.texts))
    texts = one.texts[spoken]
    return spoken, texts["said"], texts["did"], texts.get("effect", "")
