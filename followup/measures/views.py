"""Measures: the list, planning and changing them; views_steps.py adds what is done on the page of one."""

from secrets import token_hex
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.auth.roles import ANALYSIS
from core.auth.routes import ROUTES
from core.errors import ConflictError, HuifangError
from core.i18n import _, language
from core.texts import clean_text
from core.web import database, settings, transaction
from followup.cases import labels
from followup.cases.queries import Viewer, case_for
from followup.measures import actions, offers, queries, words
from followup.measures.actions import StaleError, StartError
from followup.measures.forms import CaseForm, MeasureForm, ProgressForm, StepForm, boxes_of, filled, where_of
from followup.measures.lifecycle import MEASURES
from followup.measures.models import Measure
from followup.measures.offers import Offers
from followup.measures.queries import Filters
from followup.models import Case

bp = Blueprint("measures", __name__, url_prefix="/measures")
WAYS = ("state", "term", "department")
LARGEST = 2147483647  # of a whole number in the database


def viewer() -> Viewer:
    """Return who is looking."""
    return Viewer(current_user.id, current_user.role, current_user.department)


@bp.get("")
def index() -> ResponseReturnValue:
    """List the measures, narrowed by what stands in the address; what is overdue comes first."""
    text = {name: clean_text(request.args.get(name, ""), 60) for name in WAYS}
    filters = Filters(**text, overdue=request.args.get("overdue") == "yes")
    today = g.now.astimezone(settings().zone).date()
    with database().read() as session:
        wanted = request.args.get("page", 1, int)
        page = queries.page_of(session, viewer(), filters, page=wanted, today=today)
        known = queries.departments(session)
    args = {name: value for name in (*WAYS, "overdue") if (value := request.args.get(name, ""))}
    return render_template(
        "followup/measures/index.html", page=page, args=args, departments=known, today=today, words=words,
        may_plan=current_user.role in ANALYSIS,
    )  # fmt: skip


@bp.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Plan a measure; the address may say what it is about."""
    form = MeasureForm()
    with transaction() as session:
        known = offers.offers(session, language())
        if not form.is_submitted():
            _prefill(form, known)
        form.offer(known)
        if form.validate_on_submit():
            return _planned(session, form, known)
        page = _edit_page(form, known, None)
    return page, 422 if form.is_submitted() else 200


@bp.get("/<number>")
def measure(number: str) -> ResponseReturnValue:
    """Show a measure with its cases, its progress and what may be done next."""
    with database().read() as session:
        return measure_page(session, queries.measure_for(session, number, viewer()))


@bp.route("/<number>/edit", methods=["GET", "POST"])
def edit(number: str) -> ResponseReturnValue:
    """Change a measure."""
    form, status, stale = MeasureForm(), 200, None
    with transaction() as session:
        found = queries.measure_for(session, number, viewer())
        known = offers.offers(session, language())
        if not form.is_submitted():
            _fill(form, filled(found))
        form.offer(known)
        if form.validate_on_submit():
            try:
                actions.edit(
                    session, found, form.plan(), version=form.version.data or 0, actor=current_user.name,
                    now=g.now,
                )  # fmt: skip
            except StartError as error:
                form.starts_on.errors, status = [str(error)], 422
            except StaleError as error:
                form.form_errors.append(str(error))
                form.version.data, form.version.raw_data = found.version, None  # the next save is knowing
                stale, status = _differing(form, found), ConflictError.status
            else:
                flash(_("The measure was saved."), "success")
                return redirect(url_for(".measure", number=number), code=303)
        elif form.is_submitted():
            status = 422
        page = _edit_page(form, known, found, stale)
    return page, status


def measure_page(
    session: Session,
    found: Measure,
    *,
    forms: dict[str, FlaskForm] | None = None,
    error: HuifangError | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    """Show a measure; ``forms`` are those that came back with something to mend."""
    who, today = viewer(), g.now.astimezone(settings().zone).date()
    known = offers.items(session, language())
    asked = Offers(known, {}, [], [])
    owner = {str(user.id): user.display_name for user in queries.owners(session)}.get(str(found.owner_id), "")
    happened, names = queries.happenings(session, found)
    page = render_template(
        "followup/measures/measure.html",
        measure=found,
        item=asked.item_label(found.questionnaire, found.item_key),
        also=_(", ").join(asked.item_label(found.questionnaire, key) for key in found.also),
        owner=owner,
        is_overdue=found.state in ("planned", "under_way") and found.due_on < today,
        cases=queries.cases_of(session, found, who),
        happened=happened,
        names=names,
        events=MEASURES.events(found.state),
        forms=_empty_forms(found) | (forms or {}),
        error=str(error) if error else "",
        may_plan=who.role in ANALYSIS,
        may_work=who.role in ROUTES["measures.step"],
        words=words,
        labels=labels,
    )
    return page, error.status if error else status


def _planned(session: Session, form: MeasureForm, known: Offers) -> ResponseReturnValue:
    try:
        with session.begin_nested():
            number = _plan(session, form).number
    except IntegrityError:  # the same form was sent before
        made = session.scalars(select(Measure).where(Measure.form_key == form.key.data)).one()
        if not actions.is_as_planned(made, form.plan()):  # who went back wrote another one into it
            return _sent_before(form, known, made.number)
        number = made.number
    else:
        flash(_("Measure %(number)s was planned.", number=number), "success")
    return redirect(url_for(".measure", number=number), code=303)


def _sent_before(form: MeasureForm, known: Offers, number: str) -> ResponseReturnValue:
    """Give the form back as one of its own: nothing that was typed is lost."""
    form.key.data = token_hex(12)
    said = _("This form has planned measure %(number)s already. Save again to plan another.", number=number)
    form.form_errors.append(said)
    return _edit_page(form, known, None), ConflictError.status


def _plan(session: Session, form: MeasureForm) -> Measure:
    made = actions.create(
        session, form.plan(), alert_id=form.alert.data or None, form_key=form.key.data or None,
        actor=current_user.name, now=g.now,
    )  # fmt: skip
    if form.case.data:
        case = case_to_link(session, form.case.data)
        actions.link_case(session, made, case, actor=current_user.name, now=g.now)
    return made


def case_to_link(session: Session, number: str) -> Case:
    """Return a case to link: analysts, who see no cases, may name one by its number."""
    who, wanted = viewer(), clean_text(number, 20)
    if not who.may_read_texts:
        case = session.scalar(select(Case).where(Case.number == wanted))
        if case is not None:
            return case
    return case_for(session, wanted, who)


def _prefill(form: MeasureForm, known: Offers) -> None:
    """Fill in what the address says: a question, a group of a dimension, an alert, a case."""
    given = request.args
    questionnaire, item = given.get("questionnaire", ""), given.get("item", "")
    listed = [value for one in known.items.values() for value, _label in one]
    mine = [value for value in listed if value.partition(":")[0] == questionnaire]
    wanted = f"{questionnaire}:{item}"
    form.item.data = wanted if wanted in mine else mine[0] if mine and not item else ""
    dimension, group = given.get("dimension", ""), given.get("group", "")
    if group in dict(known.groups.get(dimension, ())):
        form.scope.data = boxes_of({dimension: [group]})
        form.department.data = group if dimension == "department" else ""
    alert = given.get("alert", 0, int)
    form.alert.data = alert if 0 < alert <= LARGEST else None
    form.case.data = clean_text(given.get("case", ""), 20)


def _edit_page(
    form: MeasureForm, known: Offers, found: Measure | None, stale: list[tuple[str, Any, Any]] | None = None
) -> str:
    return render_template(
        "followup/measures/edit.html", form=form, known=known, measure=found, stale=stale, words=words
    )


def _fill(form: MeasureForm, values: dict[str, Any]) -> None:
    for name, value in values.items():
        form[name].data = value


def _differing(form: MeasureForm, found: Measure) -> list[tuple[str, Any, Any]]:
    """Return (label, what is saved now, what was typed)."""
    saved = filled(found)
    del saved["version"]
    return [
        (str(form[name].label.text), _said(form, name, value), _said(form, name, form[name].data))
        for name, value in saved.items()
        if (form[name].data or None) != (value or None)
    ]


def _said(form: MeasureForm, name: str, value: Any) -> Any:
    """Return a value as people read it."""
    if name in ("scope", "control"):
        return words.answers_said(where_of(value))
    if name in ("owner", "term", "item", "also"):
        choices = form[name].choices
        pairs = [pair for one in choices.values() for pair in one] if isinstance(choices, dict) else choices
        known = {key: str(label) for key, label in pairs}
        return _(", ").join(
            known.get(one, one) for one in ([value] if isinstance(value, str) else value or ())
        )
    return value


def _empty_forms(found: Measure) -> dict[str, FlaskForm]:
    return {
        "start": StepForm(formdata=None, prefix="start", day=found.starts_on),
        "progress": ProgressForm(formdata=None, prefix="progress"),
        "case": CaseForm(formdata=None, prefix="case"),
        **{event: StepForm(formdata=None, prefix=event) for event in ("finish", "resume", "drop")},
    }
