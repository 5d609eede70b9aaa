"""The second look at sheets of paper: who has not typed them yet types them again."""

import math
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from core.auth.models import User
from core.auth.roles import LEADS
from core.errors import InputError
from core.i18n import _, language, text_in
from core.web import database, settings
from surveys import answering
from surveys.forms import problem_texts
from surveys.paper import figures as counting
from surveys.paper import keying, queries, settling, wording
from surveys.paper.models import PaperEntry
from surveys.paper.settling import CHOICES
from surveys.paper.views_entry import parsed, typist
from surveys.parsing import Given
from surveys.queries import LoadedVersion, current_version, questionnaire_keys

bp = Blueprint("paper_check", __name__, url_prefix="/paper")


@bp.get("/checks")
def index() -> ResponseReturnValue:
    """List the sheets that wait for a second look, by number only."""
    is_lead = current_user.role in LEADS
    with database().read() as session:
        waiting = queries.check_rows(session, "to_check", current_user.id)
        differing = queries.check_rows(session, "differs", current_user.id) if is_lead else []
    return render_template(
        "surveys/paper/checks.html",
        waiting=waiting,
        differing=differing,
        is_lead=is_lead,
        percent=settings().paper_check_percent,
    )


@bp.route("/checks/<int(max=2147483647):entry_id>", methods=["GET", "POST"])
def check(entry_id: int) -> ResponseReturnValue:
    """Show an empty sheet to the second person, or compare what was typed."""
    with database().read() as session:
        entry, version = settling.entry_of(session, entry_id)
    settling.refuse_first(entry, typist())
    if entry.checked_by == current_user.id:  # pressed twice
        flash(_("Sheet %(serial)s was stored before; nothing was changed.", serial=entry.serial), "success")
        return redirect(url_for(".index"), code=303)
    settling.require(entry, "to_check")
    if request.method == "GET":
        return _check_page(entry, version, MultiDict())
    typed = keying.read_form(version, request.form)
    answers, problems = parsed(version, typed)
    if problems:
        return _check_page(entry, version, typed, problem_texts(version, problems, language())), 422
    with database().begin() as session:
        state = settling.check(session, entry_id, answers, typist=typist(), now=g.now)
    if state == "agreed":
        flash(_("Sheet %(serial)s: you read the same.", serial=entry.serial), "success")
    else:
        flash(
            _("Sheet %(serial)s was read differently; a supervisor settles it.", serial=entry.serial),
            "warning",
        )
    return redirect(url_for(".index"), code=303)


def _check_page(
    entry: PaperEntry,
    version: LoadedVersion,
    typed: MultiDict[str, str],
    errors: dict[str, str] | None = None,
) -> str:
    return render_template(
        "surveys/paper/check.html",
        entry=entry,
        version=version,
        rows=keying.rows(version, language()),
        typed=typed,
        errors=errors or {},
        problem="",
    )


@bp.route("/checks/<int(max=2147483647):entry_id>/settle", methods=["GET", "POST"])
def settle(entry_id: int) -> ResponseReturnValue:
    """Show both readings of what differs, or store the decision."""
    with database().read() as session:
        entry, version = settling.entry_of(session, entry_id)
        settling.refuse_either(entry, typist())
        settling.require(entry, "differs")
        assert entry.response_id is not None
        first = answering.stored_answers(session, version, entry.response_id)
        second = settling.second_reading(session, entry)
        names = _names(session, entry)
    shown: dict[str, Any] = {"first": first, "second": second, "names": names}
    if request.method == "GET":
        return _settle_page(entry, version, MultiDict(), **shown)
    typed = keying.read_form(version, request.form)
    decisions = {key: typed.get(f"{key}-decision", "") for key in entry.differing}
    if not set(decisions.values()) <= set(CHOICES):
        said = _("Decide about every question that was read differently.")
        return _settle_page(entry, version, typed, problem=said, **shown), 422
    answers, problems = parsed(version, _decided(version, first, second, decisions, typed))
    if problems:
        said_of = problem_texts(version, problems, language())
        return _settle_page(entry, version, typed, errors=said_of, **shown), 422
    with database().begin() as session:
        settling.settle(session, entry_id, decisions, answers, typist=typist(), now=g.now)
    flash(
        _("Sheet %(serial)s is settled; the first reading is kept as a revision.", serial=entry.serial),
        "success",
    )
    return redirect(url_for(".index"), code=303)


def _decided(
    version: LoadedVersion,
    first: dict[str, Given],
    second: dict[str, Given],
    decisions: dict[str, str],
    typed: MultiDict[str, str],
) -> MultiDict[str, str]:
    """Return the whole sheet as decided, as a form: read again, what depends on a changed answer follows."""
    sources = {
        "first": keying.as_form(version, first),
        "second": keying.as_form(version, second),
        "other": typed,
    }
    whole = sources["first"].copy()
    for key, choice in decisions.items():
        for name in (key, f"{key}-missing", f"{key}-other"):
            whole.setlist(name, sources[choice].getlist(name))
    return whole


def _names(session: Session, entry: PaperEntry) -> tuple[str, str]:
    first = session.get_one(User, entry.entered_by)
    second = session.get_one(User, entry.checked_by)
    return first.display_name, second.display_name


def _settle_page(entry: PaperEntry, version: LoadedVersion, typed: MultiDict[str, str], **shown: Any) -> str:
    lang = language()
    rows = [row for row in keying.rows(version, lang) if row.key in entry.differing]
    first, second = shown.pop("first"), shown.pop("second")
    readings = {
        item.item_key: tuple(
            wording.said(item.definition, each[item.item_key], lang) for each in (first, second)
        )
        for item in version.items
    }
    return render_template(
        "surveys/paper/settle.html",
        entry=entry,
        version=version,
        rows=rows,
        readings=readings,
        typed=typed,
        errors=shown.pop("errors", {}),
        problem=shown.pop("problem", ""),
        **shown,
    )


@bp.get("/figures")
def figures() -> ResponseReturnValue:
    """Show how much came back, and how often two people read the same."""
    with database().read() as session:
        keys = questionnaire_keys(session)
        if not keys:
            raise InputError(_("There is no questionnaire yet; one has to be published first."))
        asked = request.args.get("questionnaire", keys[0])
        version = current_version(session, asked)
        titles = [(key, text_in(current_version(session, key).title, language())) for key in keys]
        found = counting.figures(session, version.questionnaire_id)
    return render_template(
        "surveys/paper/figures.html",
        version=version,
        titles=titles,
        found=found,
        names={item.item_key: item.definition.said(language()).name for item in version.items},
        said_agreement=_said_agreement,
    )


def _said_agreement(agreement: counting.Agreement) -> str:
    """Say a share with what it is a share of: cut, not rounded, so that 100 % means all."""
    if agreement.percent is None:
        return "—"
    digits = 1 if agreement.looked_at >= 1000 else 0
    cut = math.floor(agreement.percent * 10**digits) / 10**digits
    of = _("%(same)s of %(all)s", same=agreement.same, all=agreement.looked_at)
    return f"{cut:.{digits}f} % ({of})"
