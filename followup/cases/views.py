"""The case register: the list and the page of a case; views_facts.py adds the forms."""

from datetime import date

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session

from core import audit
from core.auth.roles import LEADS
from core.contacts.reveals import require_reveal
from core.errors import HuifangError, InputError
from core.i18n import _, language
from core.texts import clean_text, mask_name, mask_phone
from core.web import database, settings
from followup.api import kept
from followup.callbacks import reasons
from followup.cases import answers, attachments, earlier, labels, queries, texts, timeline_words
from followup.cases.categories import tree
from followup.cases.forms import (
    AssignForm,
    CloseForm,
    DecisionForm,
    LinkForm,
    MergeForm,
    NoteForm,
    ReasonForm,
    ReopenForm,
    offer_handlers,
)
from followup.cases.lifecycle import CASES
from followup.cases.queries import Filters, Viewer
from followup.cases.requests import open_requests
from followup.cases.timeline import timeline
from followup.clocks import keeping
from followup.clocks import words as clocks
from followup.clocks.forms import FirstAnswerForm
from followup.measures import shown as measures
from followup.models import Case, ReopenRequest
from followup.suppression import queries as suppression
from surveys import scales

bp = Blueprint("cases", __name__, url_prefix="/cases")
WAYS = ("state", "kind", "severity", "category", "department", "district", "handler", "q")


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
        nodes = tree(session)
    args = {name: value for name in (*WAYS, "since", "until") if (value := request.args.get(name, ""))}
    return render_template(
        "followup/cases/index.html",
        page=page,
        args=args,
        choices=choices,
        nodes=nodes,
        handlers=users,
        labels=labels,
        may_work=viewer().may_read_texts,
    )


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
        require_reveal(session, current_user.name, g.now)
        audit.record(
            session, actor=current_user.name, action="contact.revealed", subject=f"case:{number}", now=g.now
        )
        return case_page(session, case, revealed=True)


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
    card, lines = queries.case_card(session, case.id), answers.of_case(session, case)
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
        requests=_requests(session, case),
        answers=lines,
        why_said=reasons.said(session, [line.why for line in lines], language()),
        **attachments.for_page(session, case),
        **earlier.for_page(session, case, who),
        **clocks.for_page(session, case, g.now),
        **kept.for_page(session, case),
        **measures.for_case(session, case, who),
        suppressible=suppression.offered(session, case, who.role),
        entries=entries,
        names=queries.names_of(session, {e.actor for e in entries}) | timeline_words.nobody(),
        forms=shown,
        came_back=set(forms or ()),
        error=str(error) if error else "",
        departments=queries.values_of(session, "department"),
        labels=labels,
        words=timeline_words,
        entry_label=timeline_words.entry_label,
        entry_words=timeline_words.entry_words,
        scale_word=lambda name, score: scales.scale_named(name).word(score, language()),
        said_words=timeline_words.said_words,
    )
    return page, error.status if error else status


def _requests(session: Session, case: Case) -> list[tuple[ReopenRequest, str, str]]:
    """Return what waits for a decision, each with the coded reason and the customer's words."""
    found = open_requests(session, case)
    said = reasons.said(session, [each.reason for each in found], language())
    return [(each, said.get(each.reason, ""), texts.reopen_words(session, each)) for each in found]


def default_forms(session: Session, case: Case) -> dict[str, FlaskForm]:
    """Return the empty forms of a case page."""
    assign = AssignForm(formdata=None, prefix="assign", handler=str(case.handler_id or ""))
    assign.handler_name.data, assign.department.data = case.handler_name, case.department
    offer_handlers(assign, queries.handlers(session))
    proposed = keeping.limits(session, case.kind, case.severity, g.now)[1]
    day = proposed.astimezone(settings().zone).date() if proposed else None
    return {
        "assign": assign,
        "close": CloseForm(formdata=None, prefix="close", result=texts.result(session, case)),
        "note": NoteForm(formdata=None, prefix="note"),
        "first_answer": FirstAnswerForm(formdata=None, prefix="first_answer"),
        "merge": MergeForm(formdata=None, prefix="merge"),
        "link": LinkForm(formdata=None, prefix="link"),
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
