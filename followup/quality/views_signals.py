"""Calls that are worth a look: a list to check, never a verdict."""

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from core.auth.roles import LEADS
from core.errors import InputError
from core.i18n import _, language
from core.periods import Period
from core.web import database, settings
from followup.callbacks.words import OUTCOME
from followup.quality import checking, counting, words, words_signals
from followup.quality.forms import CheckForm
from followup.quality.periods import offered, this_month
from followup.quality.signals import SIGNALS
from followup.quality.views import asked_period, bp


@bp.get("/signals")
def signals() -> ResponseReturnValue:
    """Show what stands out in a period, and the calls of one signal."""
    period = asked_period(this_month(g.now, settings().zone))
    signal, show = request.args.get("signal", SIGNALS[0]), request.args.get("show", "open")
    if signal not in SIGNALS or show not in {"open", "checked"}:
        abort(
            400, _("%(value)s is not in the list; choose one of the filters.", value=f"{signal} {show}"[:40])
        )
    with database().read() as session:
        counted = counting.counted(session, period, signal, g.now)
        chosen = next(count for count in counted.counts if count.signal == signal)
        total = chosen.checked if show == "checked" else chosen.open
        pages = max(1, -(-total // checking.PAGE))
        page = min(max(request.args.get("page", 1, int), 1), pages)
        rows = checking.rows(
            session, signal, period, counted.standing, is_checked=show == "checked", page=page
        )
    return render_template(
        "followup/quality/signals.html",
        counts=counted.counts,
        chosen=chosen,
        show=show,
        rows=rows,
        page=page,
        pages=pages,
        period=period,
        periods=offered(g.now, settings().zone, period),
        label=period.label(language()),
        may_check=current_user.role in LEADS,
        words=words,
        said=words_signals,
        outcomes=OUTCOME,
    )


@bp.route("/signals/<signal>/<int(max=2147483647):attempt_id>", methods=["GET", "POST"])
def check(signal: str, attempt_id: int) -> ResponseReturnValue:
    """Show one call that stands out, or write down what somebody found who looked at it."""
    form, period = CheckForm(), asked_period(this_month(g.now, settings().zone))
    if request.method == "GET":
        return _check_page(signal, attempt_id, form, period)
    try:
        if not form.validate():
            raise InputError(next(str(each[0]) for each in form.errors.values()))
        with database().begin() as session:
            checking.check(
                session, signal, attempt_id, finding=form.finding.data or "",
                note=form.note.data or "", period=period,
                checker_id=current_user.id, actor=current_user.name, now=g.now,
            )  # fmt: skip
    except InputError as error:
        return _check_page(signal, attempt_id, form, period, problem=str(error)), 422
    flash(_("Saved; the call stays in the list as checked."), "success")
    return redirect(url_for(".signals", signal=signal, period=period.name), code=303)


def _check_page(signal: str, attempt_id: int, form: CheckForm, period: Period, problem: str = "") -> str:
    with database().read() as session:
        found = checking.one(session, signal, attempt_id, period)
    return render_template(
        "followup/quality/check.html",
        found=found,
        form=form,
        problem=problem,
        period=period,
        is_own=found.agent_id == current_user.id,
        words=words,
        said=words_signals,
        outcomes=OUTCOME,
    )
