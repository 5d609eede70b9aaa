"""The rules that suggest a severity, as sentences in their order."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from core.auth.views_admin import admin_tabs
from core.errors import InputError
from core.i18n import _
from core.web import database
from followup.cases import labels, severity_rules
from followup.cases.categories import tree
from followup.cases.forms_register import SeverityRuleForm, split
from followup.cases.models import SeverityRule
from followup.cases.severity import suggested

bp = Blueprint("severity", __name__, url_prefix="/admin/severity")
bp.context_processor(admin_tabs)


@bp.route("", methods=["GET", "POST"])
def index() -> ResponseReturnValue:
    """List the rules, and try them on words; those may be a customer's, so they stand in no address."""
    tried = request.form.get("words", "")[:600]
    with database().read() as session:
        rules = severity_rules.rules(session)
        found = suggested(session, words=tried) if tried else None
    return render_template(
        "followup/cases/severity_rules.html", rules=rules, labels=labels, sentence=sentence, tried=tried,
        found=found,
    )  # fmt: skip


@bp.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Add a rule."""
    return _edit(None)


@bp.route("/<int(max=2147483647):rule_id>", methods=["GET", "POST"])
def edit(rule_id: int) -> ResponseReturnValue:
    """Say a rule anew."""
    return _edit(rule_id)


@bp.post("/<int(max=2147483647):rule_id>/switch")
def switch(rule_id: int) -> ResponseReturnValue:
    """Switch a rule on or off."""
    active = request.form.get("active") == "yes"
    with database().begin() as session:
        row = severity_rules.get(session, rule_id)
        severity_rules.switch(session, row, active=active, actor=current_user.name, now=g.now)
    flash(_("The rule is on.") if active else _("The rule is off."), "success")
    return redirect(url_for(".index"), code=303)


@bp.post("/<int(max=2147483647):rule_id>/move")
def move(rule_id: int) -> ResponseReturnValue:
    """Move a rule up or down."""
    up = request.form.get("direction") == "up"
    with database().begin() as session:
        row = severity_rules.get(session, rule_id)
        severity_rules.move(session, row, up=up, actor=current_user.name, now=g.now)
    return redirect(url_for(".index"), code=303)


@bp.post("/<int(max=2147483647):rule_id>/remove")
def remove(rule_id: int) -> ResponseReturnValue:
    """Take out a rule."""
    with database().begin() as session:
        row = severity_rules.get(session, rule_id)
        severity_rules.remove(session, row, actor=current_user.name, now=g.now)
    flash(_("The rule was taken out."), "success")
    return redirect(url_for(".index"), code=303)


def sentence(rule: SeverityRule) -> str:
    """Say when a rule fits."""
    parts = [str(labels.KIND[rule.kind])] if rule.kind else []
    parts += [rule.category] if rule.category else []
    parts += [_("one of these words: %(words)s", words=_(", ").join(rule.words))] if rule.words else []
    return " · ".join(parts) or _("every case")


def _edit(rule_id: int | None) -> ResponseReturnValue:
    with database().begin() as session:
        row = severity_rules.get(session, rule_id) if rule_id else None
        filled = {"kind": row.kind, "category": row.category, "severity": row.severity,
                  "words": "\n".join(row.words)} if row else {}  # fmt: skip
        form = SeverityRuleForm(data=filled)
        form.offer(tree(session), row.category if row else "")
        if form.validate_on_submit():
            try:
                with session.begin_nested():
                    severity_rules.save(
                        session, row, kind=form.kind.data, category=form.category.data,
                        words=split(form.words.data or ""), severity=form.severity.data,
                        actor=current_user.name, now=g.now,
                    )  # fmt: skip
            except InputError as error:
                form.words.errors = [*form.words.errors, str(error)]
            else:
                flash(_("The rule was saved."), "success")
                return redirect(url_for(".index"), code=303)
        page = render_template("followup/cases/severity_rule.html", form=form, row=row)
    return page, 422 if form.is_submitted() else 200
