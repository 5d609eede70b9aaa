"""The outcome codes of the callback desk: everybody who leads reads them, administrators change them."""

from dataclasses import dataclass

from flask import Blueprint, abort, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm

from core.auth.views_admin import admin_tabs
from core.errors import InputError
from core.i18n import _
from core.web import database, transaction
from followup.callbacks import words
from followup.callbacks.forms_outcomes import OutcomeForm, filled
from followup.callbacks.models import OutcomeTerms
from followup.callbacks.outcome_rules import is_fixed
from followup.callbacks.outcome_table import (
    ChangedMeanwhileError,
    change,
    changes,
    last_changed,
    outcome_table,
)
from followup.callbacks.outcomes import DELIVERED, Code, Outcome, Outcomes, offered

bp = Blueprint("outcomes", __name__, url_prefix="/admin/outcomes")
bp.context_processor(admin_tabs)


@dataclass(frozen=True, slots=True)
class Line:
    """One code as the list shows it."""

    outcome: Outcome
    terms: list[str]
    row: OutcomeTerms | None
    is_fixed: bool


@bp.get("")
def index() -> ResponseReturnValue:
    """Show what each code means, where it stands, and who changed it last."""
    with database().read() as session:
        outcomes, rows = outcome_table(session), changes(session)
        groups = [
            (
                heading,
                [Line(outcomes[c], words.said_terms(outcomes[c]), rows.get(c), is_fixed(c)) for c in codes],
            )
            for heading, codes in _groups(outcomes)
        ]
    return render_template("followup/callbacks/outcomes.html", groups=groups, words=words, form=FlaskForm())


@bp.route("/<code>", methods=["GET", "POST"])
def edit(code: str) -> ResponseReturnValue:
    """Change what a code leads to."""
    key = _code(code)
    with transaction() as session:
        outcomes = outcome_table(session)
        before, row = outcomes[key], changes(session).get(key)
        form = OutcomeForm(data=filled(before, outcomes, last_changed(row)))
        form.fit(before, outcomes)
        if form.validate_on_submit():
            try:
                told = change(
                    session, form.changed(before, outcomes), seen=form.seen.data,
                    actor=current_user.name, now=g.now,
                )  # fmt: skip
            except (InputError, ChangedMeanwhileError) as error:
                form.form_errors.append(str(error))
            else:
                flash(_said(key, bool(told)), "success")
                return redirect(url_for(".index"), code=303)
    page = render_template(
        "followup/callbacks/outcome.html", form=form, outcome=before, row=row, words=words,
        terms=words.said_terms(before), delivered=words.said_terms(DELIVERED[key]),
    )  # fmt: skip
    return page, 422 if form.is_submitted() else 200


@bp.post("/<code>/restore")
def restore(code: str) -> ResponseReturnValue:
    """Let a code be again as it came with the program."""
    key = _code(code)
    try:
        with database().begin() as session:
            told = change(session, DELIVERED[key], actor=current_user.name, now=g.now)
    except InputError as error:
        flash(str(error), "danger")
        return redirect(url_for(".edit", code=code), code=303)
    flash(_said(key, bool(told)), "success")
    return redirect(url_for(".index"), code=303)


def _code(text: str) -> Code:
    if text not in set(Code) or is_fixed(Code(text)):
        abort(404)
    return Code(text)


def _said(code: Code, is_new: bool) -> str:
    if not is_new:
        return _("Nothing was changed.")
    return _("“%(outcome)s” was saved. It counts for calls from now on.", outcome=words.OUTCOME[code])


def _groups(outcomes: Outcomes) -> list[tuple[str, list[Code]]]:
    """Return the codes as they stand at the desk, then what is not offered, then what the system sets."""
    in_sight = [Code.COMPLETE, *offered(outcomes, "first")]  # the button below the answers comes first
    switched_off = [code for code in offered(outcomes, "off") if not is_fixed(code)]
    by_system: list[Code] = [code for code in Code if is_fixed(code) and code is not Code.COMPLETE]
    groups: list[tuple[str, list[Code]]] = [
        (str(words.PLACE["first"]), in_sight),
        (str(words.PLACE["more"]), list(offered(outcomes, "more"))),
        (str(words.PLACE["off"]), switched_off),
        (_("Set by the program"), by_system),
    ]
    return [(heading, codes) for heading, codes in groups if codes]
