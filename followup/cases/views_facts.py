"""Registering a case and changing its facts: the two long forms of the register."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.contacts import actions as contacts
from core.errors import ConflictError, InputError
from core.i18n import _
from core.texts import clean_text
from core.web import settings, transaction
from followup.cases import actions, categories, categorising, earlier, labels, queries, texts
from followup.cases.editing import Edit, StaleError
from followup.cases.forms import EditForm, NewCaseForm, offer_handlers
from followup.cases.severity import Suggestion, suggested
from followup.cases.views import bp, viewer
from followup.clocks import keeping
from followup.models import Case

DESK = "desk"  # the source of a case that was typed here


@bp.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Register a case."""
    form, looks = NewCaseForm(), request.form.get("step") == "look"
    with transaction() as session:
        if form.is_submitted():
            categorising.steady(session)
        form.offer(categories.tree(session))
        offer_handlers(form, queries.handlers(session))
        if not looks and form.validate_on_submit():
            try:
                with session.begin_nested():
                    case = _register(session, form)
            except InputError as error:
                form.form_errors.append(str(error))
            except IntegrityError:  # the same form was pressed twice, and the other press was faster
                return redirect(url_for("cases.detail", number=_from_form(session, form).number), code=303)
            else:
                flash(_said(case, form), "success")
                return redirect(url_for("cases.detail", number=case.number), code=303)
        hints = _hints(session, form) if form.is_submitted() else {}
        known = {name: queries.values_of(session, name) for name in _SUGGESTED}
        page = render_template("followup/cases/new.html", form=form, known=known, labels=labels, **hints)
    return page, 422 if form.is_submitted() and not looks else 200


_SUGGESTED = ("department", "district", "service_type")


def _suggestion(session: Session, form: NewCaseForm) -> Suggestion | None:
    """Return what the rules suggest for what was typed so far."""
    words = f"{form.title.data or ''}\n{form.description.data or ''}"
    category = clean_text(form.category.data or "", 60)
    return suggested(session, kind=form.kind.data or "", category=category, words=words)


def _hints(session: Session, form: NewCaseForm) -> dict[str, Any]:
    """Return what whoever registers should know: the suggested severity and earlier cases."""
    category = clean_text(form.category.data or "", 60)
    found = earlier.of_form(
        session, viewer(), kind=form.kind.data or "", category=category, household=form.household.data or "",
        phones=[form.phone.data or "", form.phone2.data or ""], now=g.now,
    )  # fmt: skip
    told = any(clean_text(field.data or "") for field in (form.household, form.phone, form.phone2))
    return found | {
        "suggestion": _suggestion(session, form),
        "looked": request.form.get("step") == "look",
        "category_missing": not category or not told,
    }


def _said(case: Case, form: NewCaseForm) -> str:
    if form.severity.data:
        return _("Case %(number)s was registered.", number=case.number)
    severity = labels.SEVERITY[case.severity]
    return _("Case %(number)s was registered as “%(severity)s”.", number=case.number, severity=severity)


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
    chosen = text["severity"]
    case = actions.register(
        session, kind=text["kind"], title=text["title"], description=text["description"],
        severity=chosen or "normal", suggestion=None if chosen else _suggestion(session, form),
        category=text["category"], service_type=text["service_type"], district=text["district"],
        department=text["department"], channel=text["channel"],
        contact_id=contact_id, due_at=form.due_at(settings().zone), actor=current_user.name,
        created_by=current_user.id, source=DESK, external_id=text["key"] or None, now=g.now,
    )  # fmt: skip
    if text["handler"] or text["handler_name"]:
        actions.assign(
            session, case, handler_id=int(text["handler"]) if text["handler"] else None,
            handler_name="" if text["handler"] else text["handler_name"], actor=current_user.name, now=g.now,
        )  # fmt: skip
    return case


@bp.route("/<number>/edit", methods=["GET", "POST"])
def edit(number: str) -> ResponseReturnValue:
    """Change the facts of a case."""
    form, status = EditForm(), 200
    with transaction() as session:
        if form.is_submitted():
            categorising.steady(session)
        case = queries.case_for(session, number, viewer())
        form.offer(categories.tree(session), category=case.category, channel=case.channel)
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
        or keeping.reckoned(session, case, text["kind"], text["severity"])[1],
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
