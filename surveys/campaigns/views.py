"""Campaigns: make one, look at what it would do, start it, and follow what comes of it."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session

from core.errors import InputError
from core.i18n import LANGUAGES, _, language, text_in
from core.web import database
from surveys.campaigns import actions, figures, preview, queries, words
from surveys.campaigns.audiences import providers, terms_of
from surveys.campaigns.forms import CampaignForm, campaign_form, filled
from surveys.campaigns.letters import examples
from surveys.campaigns.models import Campaign
from surveys.campaigns.policy import OWN_LIST, Terms
from surveys.models import Questionnaire

bp = Blueprint("campaigns", __name__, url_prefix="/campaigns")

ID = "int(max=2147483647):campaign_id"


@bp.get("")
def index() -> ResponseReturnValue:
    """List the campaigns, the newest first."""
    with database().read() as session:
        rows = queries.campaigns(session)
    return render_template(
        "surveys/campaigns/index.html", rows=rows, words=words, fewest=figures.FEWEST, language=language
    )


@bp.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Make a draft."""
    return _edit(None)


@bp.route(f"/<{ID}>/edit", methods=["GET", "POST"])
def edit(campaign_id: int) -> ResponseReturnValue:
    """Say a draft anew."""
    return _edit(campaign_id)


@bp.get(f"/<{ID}>")
def campaign(campaign_id: int) -> ResponseReturnValue:
    """Show what a draft would do, or what came of a campaign."""
    with database().read() as session:
        found = queries.get(session, campaign_id)
        terms = terms_of(found)
        title = session.get_one(Questionnaire, found.questionnaire_id).title
        around = {
            "campaign": found,
            "terms": terms,
            "facts": words.facts(terms, language()),
            "questionnaire": text_in(title, language()),
            "words": words,
            "form": FlaskForm(),
            "examples": examples(session, title, terms, g.now),
            "languages": LANGUAGES,
        }
        if found.state == "draft":
            return _draft_page(session, found, terms, around)
        return _running_page(session, campaign_id, around)


@bp.get(f"/<{ID}>/people")
def people(campaign_id: int) -> ResponseReturnValue:
    """List who was asked, and why others were not."""
    wave = request.args.get("wave", 0, type=int)
    state, reason = request.args.get("state", ""), request.args.get("reason", "")
    chosen = {"state": state if state in words.PERSON else "", "reason": reason[:40]}
    with database().read() as session:
        found = queries.get(session, campaign_id)
        waves = queries.waves(session, campaign_id)
        wave = wave if wave in {row.wave.number for row in waves} else 0
        page = max(1, request.args.get("page", 1, type=int))
        rows, total = queries.people(session, campaign_id, wave=wave, **chosen, page=page)
        pages = max(1, -(-total // queries.PAGE))
        if page > pages:
            rows, total = queries.people(session, campaign_id, wave=wave, **chosen, page=pages)
        reasons = queries.reasons(session, [row.wave.id for row in waves])
    return render_template(
        "surveys/campaigns/people.html",
        campaign=found,
        waves=waves,
        rows=rows,
        total=total,
        page=min(page, pages),
        pages=pages,
        chosen={"wave": wave or "", **chosen},
        reasons=list(dict.fromkeys(code for _state, code, _n in reasons)),
        words=words,
    )


@bp.post(f"/<{ID}>/start")
def start(campaign_id: int) -> ResponseReturnValue:
    """Let a draft begin; pressed twice it starts once."""
    try:
        with database().begin() as session:
            actions.start(session, campaign_id, actor=current_user.name, now=g.now)
    except InputError as error:
        flash(str(error), "error")
    else:
        flash(_("The campaign is running; messages go out in the hours for messages."), "success")
    return _back(campaign_id)


@bp.post(f"/<{ID}>/pause")
def pause(campaign_id: int) -> ResponseReturnValue:
    """Send nothing more until it goes on."""
    with database().begin() as session:
        done = actions.pause(session, campaign_id, actor=current_user.name, now=g.now)
    if done:
        flash(_("The campaign is paused; nothing goes out."), "success")
    return _back(campaign_id)


@bp.post(f"/<{ID}>/resume")
def resume(campaign_id: int) -> ResponseReturnValue:
    """Go on after a pause."""
    with database().begin() as session:
        done = actions.resume(session, campaign_id, actor=current_user.name, now=g.now)
    if done:
        flash(_("The campaign goes on."), "success")
    return _back(campaign_id)


@bp.post(f"/<{ID}>/end")
def end(campaign_id: int) -> ResponseReturnValue:
    """Ask nobody more; links that are out can still be answered."""
    with database().begin() as session:
        done = actions.end(session, campaign_id, actor=current_user.name, now=g.now)
    if done:
        flash(_("The campaign was ended; what was queued does not go out."), "success")
    return _back(campaign_id)


def _draft_page(
    session: Session, found: Campaign, terms: Terms, around: dict[str, object]
) -> ResponseReturnValue:
    return render_template(
        "surveys/campaigns/draft.html",
        plan=preview.preview(session, found.id, terms, now=g.now),
        own_list=terms.audience == OWN_LIST,
        members=queries.members(session, found.id),
        **around,
    )


def _running_page(session: Session, campaign_id: int, around: dict[str, object]) -> ResponseReturnValue:
    waves = queries.waves(session, campaign_id)
    pooled = request.args.get("wave") == "all"
    asked_for = request.args.get("wave", 0, type=int)
    shown = waves if pooled else [row for row in waves if row.wave.number == asked_for] or waves[:1]
    ids = [row.wave.id for row in shown]
    return render_template(
        "surveys/campaigns/campaign.html",
        waves=waves,
        pooled=pooled,
        chosen=0 if pooled or len(waves) < 2 else shown[0].wave.number,
        figures=figures.figures(session, ids, e=_share()),
        share=_share(),
        fewest=figures.FEWEST,
        reasons=queries.reasons(session, ids),
        **around,
    )


def _share() -> float | None:
    """Return e as somebody wrote it: the share of those not reached who are taken to be eligible."""
    given = request.args.get("e", type=float)
    return given if given is not None and 0 <= given <= 1 else None


def _edit(campaign_id: int | None) -> ResponseReturnValue:
    with database().begin() as session:
        found = actions.draft(session, campaign_id) if campaign_id else None
        start_values = filled(terms_of(found) if found else Terms())
        if found:
            start_values |= {"title": found.title, "questionnaire": found.questionnaire_id}
        form = _form(session, start_values)
        if form.validate_on_submit():
            try:
                with session.begin_nested():
                    number = _save(session, campaign_id, form)
            except InputError as error:
                form.title.errors = [*form.title.errors, str(error)]
            else:
                flash(_("The draft was saved. Nobody is asked until you start it."), "success")
                own = form.audience.data == OWN_LIST and not queries.members(session, number)
                target = "campaign_list.upload" if own else ".campaign"
                return redirect(url_for(target, campaign_id=number), code=303)
    page = render_template("surveys/campaigns/edit.html", form=form, campaign=found, providers=providers())
    return page, 422 if form.is_submitted() else 200


def _form(session: Session, data: dict[str, object]) -> CampaignForm:
    form = campaign_form(data)
    form.questionnaire.choices = {
        str(row.id): text_in(row.title, language()) for row in queries.questionnaires(session)
    }
    kept = {str(data["source"])} if data["source"] else set()  # its contacts may be gone
    known = dict.fromkeys([*queries.sources(session), *kept])
    form.source.choices = {"": _("Any")} | {source: source for source in known}
    return form


def _save(session: Session, campaign_id: int | None, form: CampaignForm) -> int:
    said = {
        "title": form.title.data or "",
        "questionnaire_id": form.questionnaire.data,
        "terms": form.terms(),
    }
    if campaign_id is None:
        return actions.create(session, **said, actor=current_user.name, now=g.now).id
    actions.change(session, campaign_id, **said, actor=current_user.name, now=g.now)
    return campaign_id


def _back(campaign_id: int) -> ResponseReturnValue:
    return redirect(url_for(".campaign", campaign_id=campaign_id), code=303)
