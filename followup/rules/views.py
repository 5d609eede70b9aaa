"""Follow-up rules: which closed cases are asked about, when and how."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import InputError
from core.i18n import _, language, ngettext, text_in
from core.web import database, settings
from followup.cases import labels
from followup.rules import actions, cautions, queries, trying, words
from followup.rules.forms import RuleForm, filled
from followup.rules.policy import Terms
from followup.rules.presets import PRESETS
from followup.rules.queries import RuleCard
from followup.suppression import queries as suppression
from surveys.models import Questionnaire

bp = Blueprint("rules", __name__, url_prefix="/rules")


@bp.get("")
def index() -> ResponseReturnValue:
    """List the rules in their order: the first that fits wins."""
    today = g.now.astimezone(settings().zone).date()
    with database().read() as session:
        cards = queries.rules(session)
        titles = dict(_questionnaires(session))
        seen = cautions.around(session, cards)
        suppressed = suppression.lately(session, g.now)
    return render_template(
        "followup/rules/index.html",
        rules=cards,
        cautions={card.id: cautions.cautions(card, cards, seen, today) for card in cards},
        titles=titles,
        suppressed=suppressed,
        words=words,
        form=FlaskForm(),
    )


@bp.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Add a rule."""
    return _edit(None)


@bp.route("/<int(max=2147483647):rule_id>", methods=["GET", "POST"])
def edit(rule_id: int) -> ResponseReturnValue:
    """Say a rule anew: a change makes a version, and what is planned keeps its own."""
    return _edit(rule_id)


@bp.post("/<int(max=2147483647):rule_id>/switch")
def switch(rule_id: int) -> ResponseReturnValue:
    """Switch a rule on or off."""
    active = request.form.get("active") == "yes"
    with database().begin() as session:
        rule = actions.switch(session, rule_id, active=active, actor=current_user.name, now=g.now)
    said = _("“%(name)s” is on.", name=rule.name) if active else _("“%(name)s” is off.", name=rule.name)
    flash(said, "success")
    return redirect(url_for(".index"), code=303)


@bp.post("/<int(max=2147483647):rule_id>/move")
def move(rule_id: int) -> ResponseReturnValue:
    """Move a rule up or down."""
    up = request.form.get("direction") == "up"
    with database().begin() as session:
        actions.move(session, rule_id, up=up, actor=current_user.name, now=g.now)
    return redirect(url_for(".index"), code=303)


@bp.get("/presets")
def presets() -> ResponseReturnValue:
    """Show the rules that others work by, with their sources."""
    with database().read() as session:
        taken = {card.name for card in queries.rules(session)}
        questionnaires = _questionnaires(session)
    return render_template(
        "followup/rules/presets.html",
        presets=PRESETS,
        taken=taken,
        questionnaires=questionnaires,
        words=words,
    )


@bp.post("/presets")
def start_from() -> ResponseReturnValue:
    """Add the rules of a preset, switched off."""
    chosen = next((each for each in PRESETS if each.key == request.form.get("preset")), None)
    if chosen is None:
        raise InputError(_("There is no such preset; choose one of those on the page."))
    with database().begin() as session:
        offered = dict(_questionnaires(session))
        questionnaire_id = request.form.get("questionnaire", 0, int)
        if questionnaire_id not in offered:
            raise InputError(_("Choose one of the questionnaires that are offered."))
        added = actions.start_from(
            session, chosen, questionnaire_id=questionnaire_id, actor=current_user.name, now=g.now
        )
    n = len(added)
    said = ngettext("%(num)s rule was added, switched off.", "%(num)s rules were added, switched off.", n)
    flash(said if n else _("These rules stand in the list already."), "success" if n else "warning")
    return redirect(url_for(".index"), code=303)


def _edit(rule_id: int | None) -> ResponseReturnValue:
    """Show the sentence, try it, or save it. Trying reads only, also where it comes as a POST."""
    with database().read() as session:
        card = queries.rule(session, rule_id) if rule_id else None
        form = _form(session, card)
        offers = queries.offers(session)
        form.offer(offers)
        history = queries.versions(session, rule_id) if rule_id else []
        wish = trying.wish(request.values.get("try", ""))
        found = _tried(session, card, form, wish) if wish else None
    if form.is_submitted() and not wish and form.validate() and _save(rule_id, form):
        return redirect(url_for(".index"), code=303)
    page = render_template(
        "followup/rules/edit.html",
        form=form,
        card=card,
        callers=offers["agents"],
        skills=offers["skills"],
        history=[(version, words.sentence(Terms.from_json(version.terms))) for version in history],
        found=found,
        words=words,
        labels=labels,
    )
    return page, 422 if form.errors else 200


def _form(session: Session, card: RuleCard | None) -> RuleForm:
    start = filled(card.terms if card else Terms())
    if card:
        start |= {"name": card.name, "questionnaire": card.questionnaire_id}
    form = RuleForm(data=start)
    form.questionnaire.choices = {str(key): title for key, title in _questionnaires(session)}
    return form


def _tried(
    session: Session, card: RuleCard | None, form: RuleForm, wish: trying.Wish
) -> tuple[trying.Trial, list[trying.Line], int, trying.Wish] | None:
    """Try what the form says, if it says something possible; a rule may be tried before it has a name."""
    if form.is_submitted() and not form.validate() and set(form.errors) - {"name"}:
        return None
    form.name.errors = []
    try:
        found = trying.tried(session, card, form.terms(), days=wish.days, now=g.now)
    except InputError as error:
        form.form_errors.append(str(error))
        return None
    lines, pages = trying.lines(session, found, wish.show, wish.page)
    return found, lines, pages, wish


def _save(rule_id: int | None, form: RuleForm) -> bool:
    said = {"name": form.name.data, "terms": form.terms(), "questionnaire_id": form.questionnaire.data}
    try:
        with database().begin() as session:
            if rule_id is None:
                actions.create(session, **said, actor=current_user.name, now=g.now)
            else:
                actions.change(session, rule_id, **said, actor=current_user.name, now=g.now)
    except InputError as error:
        form.name.errors = [*form.name.errors, str(error)]
        return False
    flash(_("The rule was saved."), "success")
    return True


def _questionnaires(session: Session) -> list[tuple[int, str]]:
    """Return what a rule may ask with; an anonymous answer could not be followed up."""
    published = Questionnaire.current_version_id.is_not(None)
    rows = session.scalars(select(Questionnaire).where(published, Questionnaire.anonymous.is_(False)))
    return [(row.id, text_in(row.title, language())) for row in rows]
