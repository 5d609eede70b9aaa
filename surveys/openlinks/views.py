"""Open links for staff: where they hang, what came over them, their QR codes and the sheet to hang up."""

from datetime import date
from urllib.parse import urlsplit

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.i18n import LANGUAGES, _, _l, language, text_in
from core.web import LOOPBACK, database, settings
from surveys.models import OpenLink, Questionnaire, Stratum
from surveys.openlinks import actions, qr, queries
from surveys.openlinks.forms import PLACES, OpenLinkForm, filled, last_day
from surveys.queries import load_version

bp = Blueprint("open_links", __name__, url_prefix="/questionnaires/<key>/links")

STANDING = {
    "open": (_l("takes answers"), "good"),
    "full": (_l("full for today"), "warn"),
    "ended": (_l("past its last day"), "neutral"),
    "closed": (_l("takes no answers"), "neutral"),
}
DIMENSION = {
    "service_type": _l("Service"),
    "district": _l("District"),
    "department": _l("Department"),
    "category": _l("Category"),
}
KINDS = {"svg": (qr.svg, "image/svg+xml"), "png": (qr.png, "image/png")}
SUGGESTED = 50  # values known from before, for each dimension


@bp.get("")
def index(key: str) -> ResponseReturnValue:
    """List the open links of a questionnaire."""
    with database().read() as session:
        found = queries.questionnaire(session, key)
        rows = queries.rows(session, found.id, today=_today(), now=g.now)
        return render_template("surveys/openlinks/index.html", rows=rows, **_around(found))


@bp.route("/new", methods=["GET", "POST"])
def new(key: str) -> ResponseReturnValue:
    """Make an open link."""
    with database().begin() as session:
        found = queries.questionnaire(session, key)
        form = _form(session, found)
        if form.validate_on_submit() and not form.is_past(_today()):
            link = actions.create(
                session, found, form.terms(settings().zone), actor=current_user.name, now=g.now
            )
            flash(_("The link is open. Hang it up or put it on a page."), "success")
            return redirect(url_for(".link", key=key, link_id=link.id), code=303)
        return _form_page(session, found, form, None)


@bp.get("/<int(max=2147483647):link_id>")
def link(key: str, link_id: int) -> ResponseReturnValue:
    """Show one open link with its QR code."""
    with database().read() as session:
        found = queries.questionnaire(session, key)
        row = queries.row(session, queries.get(session, found.id, link_id), today=_today(), now=g.now)
        return render_template(
            "surveys/openlinks/link.html",
            row=row,
            last_day=last_day(row.link, settings().zone),
            stays_here=urlsplit(settings().public_url).hostname in LOOPBACK,
            **_around(found),
        )


@bp.route("/<int(max=2147483647):link_id>/edit", methods=["GET", "POST"])
def edit(key: str, link_id: int) -> ResponseReturnValue:
    """Change where a link hangs, its quota or its last day."""
    zone = settings().zone
    with database().begin() if request.method == "POST" else database().read() as session:
        found = queries.questionnaire(session, key)
        chosen = queries.get(session, found.id, link_id)
        form = _form(session, found, filled(chosen, queries.dimensions(session, chosen.stratum_id), zone))
        if form.validate_on_submit() and not form.is_past(_today(), last_day(chosen, zone)):
            actions.change(session, found, chosen, form.terms(zone), actor=current_user.name, now=g.now)
            flash(_("The link was changed. Its address and its QR code stay the same."), "success")
            return redirect(url_for(".link", key=key, link_id=link_id), code=303)
        return _form_page(session, found, form, chosen)


@bp.post("/<int(max=2147483647):link_id>/close")
def close(key: str, link_id: int) -> ResponseReturnValue:
    """Take no more answers over a link."""
    with database().begin() as session:
        found = queries.questionnaire(session, key)
        chosen = queries.get(session, found.id, link_id)
        actions.close(session, chosen, actor=current_user.name, now=g.now)
    flash(_("The link is closed. Whoever opens it reads that answers are no longer collected."), "success")
    return redirect(url_for(".link", key=key, link_id=link_id), code=303)


@bp.post("/<int(max=2147483647):link_id>/reopen")
def reopen(key: str, link_id: int) -> ResponseReturnValue:
    """Take answers over a link again."""
    with database().begin() as session:
        found = queries.questionnaire(session, key)
        chosen = queries.get(session, found.id, link_id)
        actions.reopen(session, chosen, actor=current_user.name, now=g.now)
    flash(_("The link takes answers again."), "success")
    return redirect(url_for(".link", key=key, link_id=link_id), code=303)


@bp.get("/<int(max=2147483647):link_id>/qr.<any(svg,png):kind>")
def picture(key: str, link_id: int, kind: str) -> ResponseReturnValue:
    """Draw the QR code of a link, for the screen or to be kept."""
    with database().read() as session:
        chosen = queries.get(session, queries.questionnaire(session, key).id, link_id)
    draw, mimetype = KINDS[kind]
    response = Response(draw(queries.url_of(settings(), chosen.slug)), mimetype=mimetype)
    if request.args.get("keep"):
        response.headers["Content-Disposition"] = f'attachment; filename="qr-{chosen.slug}.{kind}"'
    return response


@bp.get("/<int(max=2147483647):link_id>/sheet")
def sheet(key: str, link_id: int) -> ResponseReturnValue:
    """Show the sheet to print and hang up: A4, portrait."""
    with database().read() as session:
        found = queries.questionnaire(session, key)
        chosen = queries.get(session, found.id, link_id)
        version = load_version(session, found.current_version_id or 0)
    return render_template(
        "surveys/openlinks/sheet.html",
        link=chosen,
        address=queries.url_of(settings(), chosen.slug),
        last_day=last_day(chosen, settings().zone),
        spoken=[code for code in version.definition.languages if code in LANGUAGES],
        **_around(found),
    )


def _around(found: Questionnaire) -> dict[str, object]:
    """Return what every page of these says about its questionnaire."""
    return {
        "key": found.key,
        "questionnaire": found,
        "title": text_in(found.title, language()),
        "standings": STANDING,
        "dimension_names": DIMENSION,
        "address_of": lambda link: queries.url_of(settings(), link.slug),
    }


def _form(session: Session, found: Questionnaire, start: dict[str, object] | None = None) -> OpenLinkForm:
    form = OpenLinkForm(data=start)
    form.offer_languages(load_version(session, found.current_version_id or 0))
    return form


def _form_page(
    session: Session, found: Questionnaire, form: OpenLinkForm, chosen: OpenLink | None
) -> ResponseReturnValue:
    page = render_template(
        "surveys/openlinks/edit.html", form=form, link=chosen, known=_known(session), **_around(found)
    )
    return page, 422 if form.is_submitted() else 200


def _known(session: Session) -> dict[str, list[str]]:
    """Return the values that each dimension has had, so that nobody writes one in two ways."""
    return {
        name: list(
            session.scalars(select(column).where(column != "").distinct().order_by(column).limit(SUGGESTED))
        )
        for name in PLACES
        for column in [getattr(Stratum, name)]
    }


def _today() -> date:
    now = g.now
    return now.astimezone(settings().zone).date()  # type: ignore[no-any-return] # g knows no types
