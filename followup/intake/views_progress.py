"""The public page that shows how far a matter is: state and dates, and nothing else."""

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from limits import RateLimitItemPerHour

from core.errors import ConflictError
from core.i18n import _, named
from core.texts import clean_text
from core.views_limits import within
from core.web import again_after_deadlock, database, settings
from followup.intake import progress, stamps, words
from followup.intake.progress import Progress
from followup.intake.views import language_asked, present, switched_off
from surveys.views_pages import show

bp = Blueprint("progress", __name__)
PAGE = "progress"
LOOKS = RateLimitItemPerHour(60)  # from one address
FIELDS = {"number": 24, "digits": 20}


class HeldUpError(ConflictError):
    """There were too many tries; wait a quarter of an hour."""


@bp.after_request
def _protect(response: Response) -> Response:
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@bp.get("/progress")
def form() -> ResponseReturnValue:
    """Ask for the number and the digits."""
    return switched_off() if settings().progress_page == "off" else _form(language_asked())


@bp.get("/progress/look")
def nothing_asked() -> ResponseReturnValue:
    """Show the form to whoever opens its address."""
    return form()


@bp.post("/progress/look")
@again_after_deadlock
def look() -> ResponseReturnValue:
    """Show how far the matter is; what was typed stands in no address."""
    if settings().progress_page == "off":
        return switched_off()
    given, now = request.form, present()
    other = named(given.get("switch_language"))
    if other:
        return _form(other)
    stamp = stamps.read(
        database().vault, PAGE, given.get("stamp") or "", given.get("csrf_token") or "", now=now
    )
    language = language_asked()
    with force_locale(language):
        return _answer(language, is_ours=stamp is not None)


def _answer(language: str, *, is_ours: bool) -> ResponseReturnValue:
    if not is_ours:
        return _form(language, {"page": _("Please press the button once more.")}), 400
    number = progress.plain_number(request.form.get("number") or "")
    digits = progress.plain_digits(request.form.get("digits") or "")
    errors = _mistakes(number, digits)
    if errors:
        return _form(language, errors), 422
    try:
        found = _found(number, digits)
    except HeldUpError:
        held_up = _("There were too many tries. Please wait a quarter of an hour, or call us.")
        return _form(language, {"page": held_up}), 429
    if found is None:
        return _form(language, {"page": words.not_found()}), 404
    state_words = words.STATE[found.state]
    return show(
        "followup/intake/progress.html", language, number=number, found=found, state_words=state_words
    )


def _mistakes(number: str, digits: str) -> dict[str, str]:
    errors = {}
    if not number:
        errors["number"] = _("Write the case number; it has 12 digits, such as 20261121-0042.")
    if not digits:
        errors["digits"] = _("Write the last four digits of the telephone number that you gave us.")
    return errors


def _found(number: str, digits: str) -> Progress | None:
    """Return how far the matter is, None where the two do not fit; every look is counted."""
    now = present()
    with database().begin() as session:
        may_go_on = within(LOOKS, PAGE) and progress.may_try(session, number, now=now)
        found = progress.look_up(session, number, digits) if may_go_on else None
        outcome = "shown" if found else "refused" if may_go_on else "held_up"
        progress.count(session, outcome, now=now)
    if not may_go_on:
        raise HeldUpError
    return found


def _form(language: str, errors: dict[str, str] | None = None) -> str:
    stamp = stamps.new_stamp(present())
    return show(
        "followup/intake/progress_form.html",
        language,
        stamp=str(stamp),
        signature=stamps.sign(database().vault, PAGE, stamp),
        given={name: clean_text(request.form.get(name) or "", most) for name, most in FIELDS.items()},
        errors=errors or {},
    )
