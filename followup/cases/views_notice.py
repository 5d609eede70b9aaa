"""The notice of the result: looked at first, printed by a press that is recorded."""

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_login import current_user
from sqlalchemy.orm import Session

from core.i18n import LANGUAGES, _, named
from core.web import database
from followup.cases import notice, queries
from followup.cases.labels import CLOSE_REASON, KIND
from followup.cases.views import viewer
from followup.models import Case

bp = Blueprint("notice", __name__, url_prefix="/cases/<number>/notice")


@bp.get("")
def look(number: str) -> ResponseReturnValue:
    """Show what would be printed."""
    with database().read() as session:
        return _sheet(session, queries.case_for(session, number, viewer()), printing=False)


@bp.post("")
def take(number: str) -> ResponseReturnValue:
    """Record the print, and show the sheet that the browser prints."""
    with database().begin() as session:
        case = queries.case_for(session, number, viewer())
        language = _language(notice.notice_of(session, case).language)
        notice.record_print(session, case, language=language, actor=current_user.name, now=g.now)
        return _sheet(session, case, printing=True)


def _sheet(session: Session, case: Case, *, printing: bool) -> str:
    found = notice.notice_of(session, case)
    language = _language(found.language)
    bar = {
        "back": _("Back to the case"),
        "press": _("Print the notice"),
        "advice": _("Print it from the browser (Ctrl+P): A4, portrait, full size.")
        if printing
        else _("Check it first. Who prints it, and when, is recorded with the case."),
    }
    with force_locale(language):
        return render_template(
            "followup/cases/notice.html",
            notice=found,
            bar=bar,
            language_shown=language,
            printing=printing,
            kind=KIND[found.kind],
            ended=CLOSE_REASON.get(found.close_reason, found.close_reason),
            registered_on=notice.said_date(session, found.registered_at, language),
            closed_on=notice.said_date(session, found.closed_at, language),
            printed_on=notice.said_date(session, g.now, language),
        )


def _language(own: str) -> str:
    """Return the language of the sheet: the one asked for, else the customer's."""
    asked = named(request.values.get("language"))
    wanted = asked or own
    return wanted if wanted in LANGUAGES else next(iter(LANGUAGES))
