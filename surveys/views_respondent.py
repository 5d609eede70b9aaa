"""The pages a customer sees. A GET changes nothing; the form is signed for its link and needs no cookie."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from flask import Blueprint, Response, redirect, request
from flask.sansio.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from core.i18n import _, language, named
from core.web import again_after_deadlock, database
from surveys import actions, answering, earlier, layout, links, traces, views_pages
from surveys.conditions import ShowIf
from surveys.earlier import FormData
from surveys.forms import problem_texts
from surveys.forms_conditions import condition_text
from surveys.lifecycle import may_amend, may_answer, may_finish
from surveys.queries import LoadedVersion, load_version
from surveys.views_closed import closed, locked, unknown
from surveys.views_pages import present
from surveys.views_visit import (
    Visit,
    address,
    amend_page,
    before_of,
    filled,
    is_signed,
    may_save,
    saved_on,
    saved_page,
    seconds_open,
    stop_page,
    thanks_page,
    visit_of,
)

bp = Blueprint("respond", __name__)

Answers = Mapping[str, answering.Given]

_YEAR = 31_536_000


@bp.app_template_global("respondent_style")
def respondent_style() -> str:
    """Return the address of the stylesheet."""
    return views_pages.style_url()


@bp.app_template_global("respondent_script")
def respondent_script() -> str:
    """Return the address of the script."""
    return views_pages.script_url()


@bp.record_once
def _lend_layout(state: BlueprintSetupState) -> None:
    """Let the page and the desk lay out a questionnaire by the same rules."""
    state.app.jinja_env.globals["item_layout"] = layout


@bp.app_template_global("condition_text")
def said_condition(condition: ShowIf, version: LoadedVersion) -> str:
    """Say when an item is asked."""
    items = {item.item_key: item.definition for item in version.items}
    return condition_text(condition, items, language())


@bp.app_template_global("date_field")
def date_field(written: str) -> tuple[str, str]:
    """Return type and value of a date field."""
    return layout.date_field(written)


@bp.app_template_global("condition_data")
def condition_data(condition: ShowIf) -> str:
    """Return a condition for the script that opens and closes items."""
    return layout.condition_data(condition)


@bp.get("/respondent.css")
def style() -> ResponseReturnValue:
    """Serve the one stylesheet of these pages."""
    return _file(views_pages.stylesheet(), "text/css", views_pages.style_url())


@bp.get("/respondent.js")
def script() -> ResponseReturnValue:
    """Serve the one script of these pages."""
    return _file(views_pages.script(), "text/javascript", views_pages.script_url())


def _file(text: str, kind: str, address: str) -> Response:
    response = Response(text, mimetype=kind)
    named_now = request.args.get("v") and request.full_path == address
    response.headers["Cache-Control"] = f"public, max-age={_YEAR if named_now else 300}"
    return response


@bp.after_request
def _protect(response: Response) -> Response:
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@bp.get("/s/<token>")
def survey(token: str) -> ResponseReturnValue:
    """Show the questionnaire of a personal link, or what became of the link."""
    with database().look() as session:
        link = links.find(session, token)
        if link is None:
            return unknown()
        now = present()
        if request.args.get("amend") and may_amend(link.state, link.lock_at, now):
            return amend_page(session, link, token)
        if link.state in {"answered", "locked"}:
            return thanks_page(session, link, token, now)
        if not may_answer(link.state, link.answer_by, now):
            return closed(link)
        visit = visit_of(session, link, token)
        saved = saved_on(session, visit)
    return saved_page(visit, saved, now) if saved else _untouched(visit)


def _untouched(visit: Visit) -> str:
    """Show the questionnaire; a score in the address only preselects."""
    score, overall = request.args.get("score"), visit.version.with_role("overall")
    if score is None or overall is None:
        return views_pages.survey_page(visit.version, visit.language, visit.place())
    return filled(visit, MultiDict([(overall.item_key, score)]))


@bp.post("/s/<token>")
@again_after_deadlock
def answer(token: str) -> ResponseReturnValue:
    """Take the answers, or show what has to be mended with everything still in place."""
    with database().begin() as session:
        link = links.find(session, token)
        if link is None:
            return unknown()
        now = present()
        if link.state not in {"answered", "locked"} and not may_finish(link.state, link.answer_by, now):
            return closed(link)
        visit = visit_of(session, link, token)
        before = before_of(session, visit)
        return _switched(visit, before) or _take(session, visit, before, now)


def _switched(visit: Visit, before: FormData) -> ResponseReturnValue | None:
    """Show the page in the other language with everything still in place; store nothing."""
    asked = named(request.form.get("switch_language"))
    if asked is None or asked not in visit.version.definition.languages:
        return None
    return filled(replace(visit, language=asked), request.form, before=before)


def _take(session: Session, visit: Visit, before: FormData, now: datetime) -> ResponseReturnValue:
    if not is_signed(visit.token):
        with force_locale(visit.language):
            again = _("Please press the button once more; what you entered is still here.")
        return filled(visit, request.form, {"page": again}, before=before), 400
    saving = "save" in request.form
    form = earlier.with_words(visit.version, request.form, before)
    answers, problems = answering.parse_form(visit.version, form, mode="web", complete=not saving)
    if problems:
        with force_locale(visit.language):
            errors = problem_texts(visit.version, problems, visit.language)
        return filled(visit, request.form, errors, before=before), 422
    if saving:
        return _save(session, visit, answers, now)
    return _store(session, visit, answers, now)


def _save(session: Session, visit: Visit, answers: Answers, now: datetime) -> ResponseReturnValue:
    """Keep what is there, to be finished later; only a long questionnaire offers it."""
    if not may_save(visit):
        return filled(visit, request.form)
    earlier.save(session, visit.link.id, earlier.as_form(visit.version, answers), now=now)
    return redirect(address(visit, saved="1"), code=303)


def _store(session: Session, visit: Visit, answers: Answers, now: datetime) -> ResponseReturnValue:
    """Store the finished answers, or say why the link does not take them any more."""
    try:
        answering.answer_link(
            session,
            visit.link,
            visit.version,
            answers,
            language=visit.language,
            now=now,
            seconds=seconds_open(),
        )
    except answering.LockedError:
        return locked(visit.link)
    except answering.ClosedError:  # the agent was faster by a moment
        return closed(links.find(session, visit.token) or visit.link)
    if visit.link.saved_at:
        earlier.forget(session, visit.link.id)
    return redirect(address(visit, "/thanks"), code=303)


@bp.post("/s/<token>/seen")
@again_after_deadlock
def seen(token: str) -> ResponseReturnValue:
    """Take the page's own word that it was opened, or begun: a hint that changes nothing for the link."""
    with database().look() as session:
        link = links.find(session, token)
        if link is None:
            return unknown()
        if not is_signed(token):
            return "", 400
        started = request.form.get("started") == "1"
        anonymous = load_version(session, link.version_id).definition.anonymous
        if anonymous or not traces.is_news(session, link.id, started=started):
            return "", 204
    with database().begin() as session:
        traces.note(session, link.id, started=started, seconds=seconds_open(), now=present())
    return "", 204


@bp.get("/s/<token>/thanks")
def thanks(token: str) -> ResponseReturnValue:
    """Thank for the answers, and say what happens next."""
    with database().look() as session:
        link = links.find(session, token)
        if link is None:
            return unknown()
        if link.state in {"answered", "locked"}:
            return thanks_page(session, link, token, present())
    if may_answer(link.state, link.answer_by, present()):
        return redirect(f"/s/{token}", code=303)
    return closed(link)


@bp.get("/s/<token>/stop")
def stop(token: str) -> ResponseReturnValue:
    """Ask whether invitations shall stop; only the button makes it so."""
    with database().look() as session:
        link = links.find(session, token)
    if link is None or link.state == "revoked":
        return unknown() if link is None else closed(link)
    return stop_page(link, token, done=link.state == "opted_out" or "done" in request.args)


@bp.post("/s/<token>/stop")
@again_after_deadlock
def stop_for_good(token: str) -> ResponseReturnValue:
    """Send this person no more invitations."""
    with database().begin() as session:
        link = links.find(session, token)
        if link is None or link.state == "revoked":
            return unknown() if link is None else closed(link)
        if not is_signed(token):
            return stop_page(link, token, stale=True), 400
        actions.opt_out(session, link, now=present())
        earlier.forget(session, link.id)
    language = views_pages.language_of(link)
    return redirect(f"/s/{token}/stop?done=1&lang={language}", code=303)
