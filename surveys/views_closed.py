"""What the page of a link says when it takes no answer. Each reason has its own words, where it may be known.

Whoever holds a link learns why it is closed, with two exceptions: one that was revoked, because it reached
the wrong person, and one that nobody knows. These two look the same to the byte.
"""

from datetime import timedelta

from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from limits import RateLimitItemPerMinute

from core.i18n import _, said_day
from core.views_limits import within
from core.web import settings
from surveys.links import Link
from surveys.views_pages import language_of, present, show

GONE = 410
BAD_LINKS = RateLimitItemPerMinute(30)  # unknown links from one address; known ones are never held up


def closed(link: Link) -> ResponseReturnValue:
    """Say why a link takes no answer."""
    if link.state == "revoked":
        return _dead_page(GONE)
    language = language_of(link)
    if link.state == "opted_out":
        return show("respondent/stop.html", language, done=True)
    pages = {"withdrawn": _withdrawn, "replaced": _replaced}
    with force_locale(language):
        headline, sentences = pages[link.state]() if link.state in pages else _expired(link, language)
    state = link.state if link.state in pages else "expired"
    return _page(language, state, headline, sentences), GONE


def _withdrawn() -> tuple[str, list[str]]:
    return _("Thank you, no rating is needed now"), [
        _("Your case is being looked at again, or you have already told us by phone."),
        _("Once it is closed we may ask you anew."),
    ]


def _replaced() -> tuple[str, list[str]]:
    return _("There is a newer link"), [
        _("We have sent you a newer message. Please use the link in the newest one."),
        _("If you cannot find it, call us: we are glad to take your answers by phone."),
    ]


def _expired(link: Link, language: str) -> tuple[str, list[str]]:
    zone = settings().zone
    last = (link.answer_by - timedelta(seconds=1)).astimezone(zone).date()
    today = present().astimezone(zone).date()
    return _("This link has expired"), [
        _("It could be answered until %(day)s.", day=said_day(last, language, today)),
        _("We are still glad to hear from you by phone."),
    ]


def locked(link: Link) -> ResponseReturnValue:
    """Say that an answer can no longer be changed."""
    language = language_of(link)
    with force_locale(language):
        headline = _("Your rating can no longer be changed")
        sentences = [
            _("We keep the rating you sent before. If something has changed, please call us: we listen.")
        ]
    return _page(language, "locked", headline, sentences), 409


def unknown() -> ResponseReturnValue:
    """Answer a link that nobody knows; hold up who tries many."""
    allowed = within(BAD_LINKS, "bad-link")
    return _dead_page(GONE if allowed else 429)


def _dead_page(status: int) -> ResponseReturnValue:
    language = language_of(None)
    with force_locale(language):
        headline = _("This link is not valid")
        sentences = [
            _("It may not have been copied whole, or it is no longer in use."),
            _("We are still glad to hear from you by phone."),
        ]
    return _page(language, "unknown", headline, sentences), status


def _page(language: str, state: str, headline: str, sentences: list[str]) -> str:
    return show("respondent/closed.html", language, state=state, headline=headline, sentences=sentences)
