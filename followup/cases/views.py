"""The case register: the list, a new case, a case, its facts."""

from datetime import date
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import audit
from core.auth.roles import LEADS
from core.contacts import actions as contacts
from core.errors import ConflictError, HuifangError, InputError
from core.i18n import _, language
from core.texts import clean_text, mask_name, mask_phone
from core.web import database, settings
from followup.cases import actions, answers, labels, queries, texts, timeline_words
from followup.cases.editing import Edit, StaleError
from followup.cases.forms import (
    AssignForm,
    CloseForm,
    DecisionForm,
    EditForm,
    MergeForm,
    NewCaseForm,
    NoteForm,
    ReasonForm,
    ReopenForm,
    offer_handlers,
)
from followup.cases.lifecycle import CASES
from followup.cases.policy import REOPEN_WORKDAYS, due_workdays
from followup.cases.queries import Filters, Viewer
from followup.cases.requests import open_requests
from followup.cases.timeline import timeline
from followup.models import Case
from surveys import scales

bp = Blueprint("cases", __name__, url_prefix="/cases")
DESK = "desk"  # the source of a case that was typed here
WAYS = ("state", "kind", "severity", "department", "district", "handler", "q")


def viewer() -> Viewer:
    """Return who is looking."""
    return Viewer(current_user.id, current_user.role, current_user.department)


@bp.get("")
def index() -> ResponseReturnValue:
    """List the cases, narrowed by what stands in the address."""
    filters = _filters()
    with database().read() as session:
        page = queries.page_of(session, viewer(), filters, page=request.args.get("page", 1, int), now=g.now)
        choices = {name: queries.values_of(session, name) for name in ("department", "district")}
        users = queries.handlers(session)
    args = {name: value for name in (*WAYS, "since", "until") if (value := request.args.get(name, ""))}
    return render_template(
        "followup/cases/index.html",
        page=page,
        args=args,
        choices=choices,
        handlers=users,
        labels=labels,
        may_work=viewer().may_read_texts,
    )


@bp.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Register a case."""
    form = NewCaseForm()
    with database().begin() as session:
        offer_handlers(form, queries.handlers(session))
        if form.validate_on_submit():
            try:
                with session.begin_nested():
                    case = _register(session, form)
            except InputError as error:
                form.form_errors.append(str(error))
            except IntegrityError:  # the same form was pressed twice, and the other press was faster
                return redirect(url_for("cases.detail", number=_from_form(session, form).number), code=303)
            else:
                flash(_("Case %(number)s was registered.", number=case.number), "success")
                return redirect(url_for("cases.detail", number=case.number), code=303)
        known = {name: queries.values_of(session, name) for name in _SUGGESTED}
        page = render_template("followup/cases/new.html", form=form, known=known)
    return page, 422 if form.is_submitted() else 200


_SUGGESTED = ("department", "district", "category", "service_type")


def _from_form(session: Session, form: NewCaseForm) -> Case:
    """Return the case that an earlier press of the same form registered."""
    return session.scalars(select(Case).where(Case.source == DESK, Case.external_id == form.key.data)).one()


def _register(session: Session, form: NewCaseForm) -> Case:
    text = {name: field.data or "" for name, field in form._fields.items() if name != "due_on"}
    contact_id = None
    if form.has_contact():
        contact_id = contacts.find_or_save(
            session, name=text["name"], phones=[text["phone"], text["phone2"]], email=text["email"],
            address=text["address"], household=text["household"], language=text["language"], now=g.now,
        ).id  # fmt: skip
    case = actions.register(
        session, kind=text["kind"], title=text["title"], description=text["description"],
        severity=text["severity"], category=text["category"], service_type=text["service_type"],
        district=text["district"], department=text["department"], channel=text["channel"],
        contact_id=contact_id, due_at=form.due_at(settings().zone), actor=current_user.name,
        created_by=current_user.id, source=DESK, external_id=text["key"] or None, now=g.now,
    )  # fmt: skip
    if text["handler"] or text["handler_name"]:
        actions.assign(
            session, case, handler_id=int(text["handler"]) if text["handler"] else None,
            handler_name="" if text["handler"] else text["handler_name"], actor=current_user.name, now=g.now,
        )  # fmt: skip
    return case


@bp.get("/<number>")
def detail(number: str) -> ResponseReturnValue:
    """Show a case with everything that happened around it."""
    with database().read() as session:
        return case_page(session, queries.case_for(session, number, viewer()))


@bp.post("/<number>/reveal")
def reveal(number: str) -> ResponseReturnValue:
    """Show the phone numbers once, and remember who looked."""
    with database().begin() as session:
        case = queries.case_for(session, number, viewer())
        audit.record(
            session, actor=current_user.name, action="contact.revealed", subject=f"case:{number}", now=g.now
        )
        return case_page(session, case, revealed=True)


@bp.route("/<number>/edit", methods=["GET", "POST"])
def edit(number: str) -> ResponseReturnValue:
    """Change the facts of a case."""
    form, status = EditForm(), 200
    with database().begin() as session:
        case = queries.case_for(session, number, viewer())
        if form.validate_on_submit():
            try:
                actions.edit(
                    session, case, _edited(session, form, case), version=form.version.data or 0,
                    actor=current_user.name, now=g.now,
                )  # fmt: skip
            except StaleError as error:
                session.refresh(case)
                form.form_errors.append(str(error))
                form.version.data, form.version.raw_data = case.version, None  # the next save is knowing
                status = error.status
            else:
                flash(_("The case was saved."), "success")
                return redirect(url_for("cases.detail", number=number), code=303)
        elif form.is_submitted():
            status = 422
        shown = _shown(session, case)
        if not form.is_submitted():
            _fill(form, shown | {"version": case.version})
        known = {name: queries.values_of(session, name) for name in _SUGGESTED}
        page = render_template(
            "followup/cases/edit.html", form=form, case=case, known=known, labels=labels,
            stale=_differing(form, shown) if status == ConflictError.status else None,
        )  # fmt: skip
    return page, status


def _edited(session: Session, form: EditForm, case: Case) -> Edit:
    text = {name: field.data or "" for name, field in form._fields.items()}
    return Edit(
        kind=text["kind"],
        title=text["title"],
        description=text["description"],
        severity=text["severity"],
        category=clean_text(text["category"]),
        service_type=clean_text(text["service_type"]),
        district=clean_text(text["district"]),
        channel=text["channel"],
        due_at=form.due_at(settings().zone, case.due_at)
        or actions.due_for(session, case.registered_at, due_workdays(text["severity"])),
    )


def _shown(session: Session, case: Case) -> dict[str, Any]:
    """Return the facts of a case as the form shows them."""
    due = case.due_at
    names = ("kind", "severity", "category", "service_type", "district", "channel")
    return {name: getattr(case, name) for name in names} | {
        "title": texts.title(session, case),
        "description": texts.description(session, case),
        "due_on": due.astimezone(settings().zone).date() if due else None,
    }


def _fill(form: FlaskForm, values: dict[str, Any]) -> None:
    for name, value in values.items():
        form[name].data = value


def _differing(form: EditForm, saved: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    """Return (label, what is saved now, what was typed)."""
    return [
        (str(form[name].label.text), value, form[name].data)
        for name, value in saved.items()
        if (form[name].data or None) != (value or None)
    ]


def case_page(
    session: Session,
    case: Case,
    *,
    forms: dict[str, FlaskForm] | None = None,
    error: HuifangError | None = None,
    status: int = 200,
    revealed: bool = False,
) -> ResponseReturnValue:
    """Show a case; ``forms`` are those that came back with something to mend."""
    who = viewer()
    shown = default_forms(session, case) | (forms or {})
    entries = timeline(session, case)
    card = queries.case_card(session, case.id)
    page = render_template(
        "followup/cases/case.html",
        case=case,
        card=card if who.may_read_texts else None,
        phones=_phones(card, revealed=revealed and who.may_read_texts),
        masked_name=mask_name(card.contact.name) if card.contact else "",
        may_work=who.may_read_texts,
        may_lead=who.role in LEADS,
        is_handler=case.handler_id == who.id,
        events=CASES.events(case.state),
        handler=card.handler,
        requests=[(r, texts.reopen_words(session, r)) for r in open_requests(session, case)],
        answers=answers.of_case(session, case),
        entries=entries,
        names=queries.names_of(session, {e.actor for e in entries}) | timeline_words.nobody(),
        forms=shown,
        came_back=set(forms or ()),
        error=str(error) if error else "",
        is_overdue=queries.is_overdue(case, g.now),
        departments=queries.values_of(session, "department"),
        labels=labels,
        words=timeline_words,
        entry_label=timeline_words.entry_label,
        entry_words=timeline_words.entry_words,
        scale_word=lambda name, score: scales.scale_named(name).word(score, language()),
        said_words=timeline_words.said_words,
    )
    return page, error.status if error else status


def default_forms(session: Session, case: Case) -> dict[str, FlaskForm]:
    """Return the empty forms of a case page."""
    assign = AssignForm(formdata=None, prefix="assign", handler=str(case.handler_id or ""))
    assign.handler_name.data, assign.department.data = case.handler_name, case.department
    offer_handlers(assign, queries.handlers(session))
    proposed = actions.due_for(session, g.now, REOPEN_WORKDAYS)
    day = proposed.astimezone(settings().zone).date() if proposed else None
    return {
        "assign": assign,
        "close": CloseForm(formdata=None, prefix="close", result=texts.result(session, case)),
        "note": NoteForm(formdata=None, prefix="note"),
        "merge": MergeForm(formdata=None, prefix="merge"),
        "reopen": ReopenForm(formdata=None, prefix="reopen", due_on=day),
        "decide": DecisionForm(formdata=None, prefix="decide", due_on=day),
        **{
            event: ReasonForm(formdata=None, prefix=event) for event in ("return", "wait", "reject", "cancel")
        },
    }


def _phones(card: queries.CaseCard, *, revealed: bool) -> list[tuple[str, bool]]:
    """Return the numbers as they may be shown, and whether each is dead."""
    held = card.contact.phones if card.contact else ()
    return [(p.number if revealed else mask_phone(p.number), p.dead) for p in held]


def _filters() -> Filters:
    text = {name: clean_text(request.args.get(name, ""), 80) for name in WAYS}
    return Filters(**text, since=_day("since"), until=_day("until"))


def _day(name: str) -> date | None:
    text = request.args.get(name, "")
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not 1900 <= day.year <= 2200:  # the ends of the calendar cannot be counted on from
        raise InputError(_("%(text)s is not a date; write one such as 2026-03-01.", text=text[:20]))
    return day
