"""A campaign's own list on a page: upload, look at what would happen, confirm."""

from flask import Blueprint, Response, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm

from core.errors import InputError
from core.i18n import _, language
from core.tabular import ImportReport, write_errors
from core.uploads import keep, kept, on_disk, throw_away
from core.web import database
from surveys.campaigns import lists, queries
from surveys.campaigns.actions import draft
from surveys.campaigns.forms import ListForm

bp = Blueprint("campaign_list", __name__, url_prefix="/campaigns/<int(max=2147483647):campaign_id>/list")
SHOWN = 200  # errors on the page; the file has all of them


@bp.route("", methods=["GET", "POST"])
def upload(campaign_id: int) -> ResponseReturnValue:
    """Take a file; nothing is saved yet."""
    form = ListForm()
    with database().begin() as session:
        campaign = draft(session, campaign_id)
        if form.validate_on_submit():
            uid = keep(
                session,
                form.file.data.read(),
                name=form.file.data.filename or "",
                source=_source(campaign_id),
                user_id=current_user.id,
                now=g.now,
            ).uid
        members = queries.members(session, campaign_id)
    if form.is_submitted() and not form.errors:
        try:
            _run(campaign_id, uid, dry_run=True)
        except InputError as error:
            form.file.errors = [str(error)]
        else:
            return redirect(url_for(".check", campaign_id=campaign_id, uid=uid), code=303)
    page = render_template(
        "surveys/campaigns/list.html",
        form=form,
        campaign=campaign,
        members=members,
        columns=lists.COLUMNS,
        language=language,
    )
    return page, 422 if form.is_submitted() else 200


@bp.route("/<uid>", methods=["GET", "POST"])
def check(campaign_id: int, uid: str) -> ResponseReturnValue:
    """Show what the file holds; take it over when that is confirmed."""
    form = FlaskForm()
    sends = form.validate_on_submit()
    report = _run(campaign_id, uid, dry_run=not sends)
    if not sends or report.errors:
        with database().read() as session:
            campaign = queries.get(session, campaign_id)
        page = render_template(
            "surveys/campaigns/list_check.html",
            campaign=campaign,
            uid=uid,
            form=form,
            report=report,
            errors=report.errors[:SHOWN],
        )
        return page, 422 if sends else 200
    with database().begin() as session:
        throw_away(session, uid)
    flash(_("The list has %(n)s people.", n=report.new + report.unchanged), "success")
    return redirect(url_for("campaigns.campaign", campaign_id=campaign_id), code=303)


@bp.get("/<uid>/errors.csv")
def errors(campaign_id: int, uid: str) -> ResponseReturnValue:
    """Hand out the failed rows with the reasons; mended, the file can be uploaded again."""
    answer = Response(write_errors(_run(campaign_id, uid, dry_run=True)), mimetype="text/csv")
    answer.headers["Content-Disposition"] = 'attachment; filename="list-errors.csv"'
    return answer


def _run(campaign_id: int, uid: str, *, dry_run: bool) -> ImportReport:
    with database().read() as session:
        row = kept(session, uid, user_id=current_user.id, now=g.now, source=_source(campaign_id))
        with on_disk(session, row) as path:
            return lists.import_list(
                database(),
                path,
                campaign_id,
                name=row.name,
                actor=current_user.name,
                now=g.now,
                dry_run=dry_run,
            )


def _source(campaign_id: int) -> str:
    return f"campaign:{campaign_id}"
