"""Follow-up rules: which closed cases are asked about, when and how."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import InputError
from core.i18n import _, language, text_in
from core.web import database
from followup.rules import actions, queries, words
from followup.rules.forms import RuleForm, filled
from followup.rules.policy import Terms
from surveys.models import Questionnaire

bp = Blueprint("rules", __name__, url_prefix="/rules")


@bp.get("")
def index() -> ResponseReturnValue:
    """List the rules in their order: the first that fits wins."""
    with database().read() as session:
        cards = queries.rules(session)
        titles = dict(_questionnaires(session))
    return render_template(
        "followup/rules/index.html", rules=cards, titles=titles, words=words, form=FlaskForm()
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


def _edit(rule_id: int | None) -> ResponseReturnValue:
    with database().begin() as session:
        card = queries.rule(session, rule_id) if rule_id else None
        start = filled(card.terms if card else Terms())
        if card:
            start |= {"name": card.name, "questionnaire": card.questionnaire_id}
        form = RuleForm(data=start)
        form.questionnaire.choices = {str(key): title for key, title in _questionnaires(session)}
        if form.validate_on_submit():
            try:
                with session.begin_nested():
                    _save(session, rule_id, form)
            except InputError as error:
                form.name.errors = [*form.name.errors, str(error)]
            else:
                flash(_("The rule was saved."), "success")
                return redirect(url_for(".index"), code=303)
        history = queries.versions(session, rule_id) if rule_id else []
    page = render_template(
        "followup/rules/edit.html",
        form=form,
        card=card,
        history=[(version, words.sentence(Terms.from_json(version.terms))) for version in history],
        words=words,
    )
    return page, 422 if form.is_submitted() else 200


def _save(session: Session, rule_id: int | None, form: RuleForm) -> None:
    said = {"name": form.name.data, "terms": form.terms(), "questionnaire_id": form.questionnaire.data}
    if rule_id is None:
        actions.create(session, **said, actor=current_user.name, now=g.now)
    else:
        actions.change(session, rule_id, **said, actor=current_user.name, now=g.now)


def _questionnaires(session: Session) -> list[tuple[int, str]]:
    """Return what a rule may ask with; an anonymous answer could not be followed up."""
    published = Questionnaire.current_version_id.is_not(None)
    rows = session.scalars(select(Questionnaire).where(published, Questionnaire.anonymous.is_(False)))
    return [(row.id, text_in(row.title, language())) for row in rows]
