"""What is done on the page of a measure: its steps, its progress, its cases, and telling the public."""

from collections.abc import Callable

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session

from core.errors import HuifangError, InputError
from core.i18n import LANGUAGES, _
from core.web import settings, transaction
from followup.measures import actions, hooks, publishing, queries, words
from followup.measures.forms import CaseForm, ProgressForm, PublishForm, StepForm
from followup.measures.models import Measure
from followup.measures.publishing import SmallCountError
from followup.measures.views import bp, case_to_link, measure_page, viewer

Act = Callable[[Session, Measure], str]  # what was done, in one sentence


@bp.post("/<number>/step/<any(start, finish, resume, drop):event>")
def step(number: str, event: str) -> ResponseReturnValue:
    """Take a step: in force, done, taken up again, dropped."""
    form = StepForm(prefix=event)

    def act(session: Session, found: Measure) -> str:
        actions.take_step(
            session, found, event, day=form.day.data, reason=form.reason.data or "",
            actor=current_user.name, now=g.now,
        )  # fmt: skip
        return {
            "start": _("The measure is in force."),
            "finish": _("The measure is done."),
            "resume": _("The measure is under way again."),
            "drop": _("The measure was dropped."),
        }[event]

    return _take(number, event, form, act)


@bp.post("/<number>/progress")
def progress(number: str) -> ResponseReturnValue:
    """Note how far a measure is."""
    form = ProgressForm(prefix="progress")

    def act(session: Session, found: Measure) -> str:
        actions.add_note(session, found, text=form.text.data or "", actor=current_user.name, now=g.now)
        return _("The progress was noted.")

    return _take(number, "progress", form, act)


@bp.post("/<number>/cases")
def link(number: str) -> ResponseReturnValue:
    """Link a case."""
    form = CaseForm(prefix="case")

    def act(session: Session, found: Measure) -> str:
        case = case_to_link(session, form.number.data or "")
        actions.link_case(session, found, case, actor=current_user.name, now=g.now)
        return _("Case %(number)s is linked.", number=case.number)

    return _take(number, "case", form, act)


@bp.post("/<number>/cases/<case>/remove")
def unlink(number: str, case: str) -> ResponseReturnValue:
    """Take a case away."""

    def act(session: Session, found: Measure) -> str:
        linked = case_to_link(session, case)
        actions.unlink_case(session, found, linked, actor=current_user.name, now=g.now)
        return _("Case %(number)s was taken away.", number=linked.number)

    return _take(number, "unlink", FlaskForm(), act)


@bp.route("/<number>/publish", methods=["GET", "POST"])
def publish(number: str) -> ResponseReturnValue:
    """Show what the public would read, or publish it."""
    form, status, problem = PublishForm(), 200, ""
    today = g.now.astimezone(settings().zone).date()
    with transaction() as session:
        found = queries.measure_for(session, number, viewer())
        if not form.is_submitted():
            _prefill(form, found)
        effect = {code: hooks.effect_sentence(session, found, today, code) for code in LANGUAGES}
        texts = publishing.read({field.name: field.data for field in form if isinstance(field.data, str)})
        told = {
            c: {**each, "effect": effect[c] if form.with_effect.data else ""} for c, each in texts.items()
        }
        if form.is_submitted():
            looks = request.form.get("step") == "look"
            problem = _refusal(session, found, form, told, looks=looks)
            if not looks and not problem and form.validate():
                flash(_("The public page now tells of this measure."), "success")
                return redirect(url_for(".measure", number=number), code=303)
            status = 200 if looks and not problem else 422
        page = render_template(
            "followup/measures/publish.html", measure=found, form=form, texts=told, effect=effect,
            problem=problem, heads=words.PUBLIC_HEADS,
        )  # fmt: skip
    return page, status


@bp.post("/<number>/withdraw")
def withdraw(number: str) -> ResponseReturnValue:
    """Take a measure back from the public page."""

    def act(session: Session, found: Measure) -> str:
        publishing.withdraw(session, found, actor=current_user.name, now=g.now)
        return _("The public page tells of this measure no more.")

    return _take(number, "withdraw", FlaskForm(), act)


def _refusal(
    session: Session, found: Measure, form: PublishForm, told: publishing.Texts, *, looks: bool
) -> str:
    """Publish, or only look at the texts; return the sentence that says why they cannot stand so."""
    confirmed = bool(form.confirm.data)
    effect = {code: each["effect"] for code, each in told.items()}
    try:
        if looks or not form.validate():
            publishing.check(told, min_cell=settings().min_cell, confirmed=confirmed)
        else:
            publishing.publish(
                session, found, told, effect=effect, confirmed=confirmed, actor=current_user.name, now=g.now
            )
    except SmallCountError as error:
        form.confirm.errors = [str(error)]
        return str(error)
    except InputError as error:
        return str(error)
    return ""


def _prefill(form: PublishForm, found: Measure) -> None:
    """Start from what is published, else from the measure's own texts in their language."""
    start = found.published or {}
    if not start:
        own = "en" if found.heard.isascii() else "zh_Hans"
        start = {own: {"said": found.heard[: publishing.LIMIT], "did": found.action[: publishing.LIMIT]}}
    for code, texts in start.items():
        for name in ("said", "did"):
            form[f"{name}_{code}"].data = texts.get(name, "")
        form.with_effect.data = form.with_effect.data or bool(texts.get("effect"))


def _take(number: str, name: str, form: FlaskForm, act: Act) -> ResponseReturnValue:
    """Do one thing and go back to the page; what is wrong is said there, with what was typed."""
    with transaction() as session:
        found = queries.measure_for(session, number, viewer())
        if not form.validate_on_submit():
            return measure_page(session, found, forms={name: form}, status=422)
        try:
            with session.begin_nested():
                said = act(session, found)
        except HuifangError as error:
            session.refresh(found)
            return measure_page(session, found, forms={name: form}, error=error)
    flash(said, "success")
    return redirect(url_for(".measure", number=number), code=303)
