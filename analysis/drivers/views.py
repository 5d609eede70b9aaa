"""Drivers and scales: page, picture, figures. ``analysis.views`` has the addresses."""

from datetime import date
from functools import cache, partial
from typing import Any

from flask import Response, g, json, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from analysis import labels, views_asked
from analysis.drivers import presenting
from analysis.drivers.chance import Interval
from analysis.drivers.documents import to_json
from analysis.drivers.picture import picture_of
from analysis.drivers.queries import Drivers, Row, ScaleFit, drivers
from analysis.drivers.reliability import Reliability
from analysis.periods import parse_period, previous, previous_year
from analysis.pictures import Picture
from analysis.presenting import item_words
from analysis.queries import last_answer, thresholds_of
from analysis.texts import N_, AskedError
from analysis.verdicts import signed_points
from analysis.views_asked import Opened, population, today
from core.errors import NotFoundError
from core.i18n import _, language
from core.web import settings

BESIDE = ("both",)
_BOTH = N_("both should be 1 or left out, but is %(found)s.")


def index() -> ResponseReturnValue:
    """Show what goes together with the overall rating, and whether the scales hold."""
    return views_asked.page(_show, beside=BESIDE)


def chart() -> ResponseReturnValue:
    """Draw the drivers of the same choices; an address that names its figures may be kept."""
    return views_asked.data(_chart, beside=BESIDE)


def data_json() -> ResponseReturnValue:
    """Give the figures of the page."""
    return views_asked.data(_json, beside=BESIDE)


def _show(session: Session, opened: Opened) -> ResponseReturnValue:
    found, translate, last = _find(session, opened), cache(_), opened.last
    if found.compared.after.responses == 0:
        last = last or last_answer(session, opened.versions)
    return render_template(
        "analysis/drivers/index.html",
        form=views_asked.form_of(session, opened.titles, opened.versions[-1]),
        given=opened.asked.args(), labels=labels, asked=opened.asked, title=opened.title, names=opened.names,
        files=partial(views_asked.file_name, opened.asked),
        found=found, both=_both(), population=population(found.compared.where),
        headline=presenting.headline(found, translate), beside=_beside(found),
        rows=[_row(row, found) for row in found.rows], scales=[_scale(fit) for fit in found.scales],
        picture=_picture(found, opened), links=_links(opened, last), thresholds=thresholds_of(settings()),
        for_some=presenting.listed(found.for_some, translate),
        printed_at=g.now.astimezone(settings().zone).strftime("%Y-%m-%d %H:%M"),
    )  # fmt: skip


def _chart(session: Session, opened: Opened) -> ResponseReturnValue:
    picture = _picture(_find(session, opened), opened)
    if picture is None:
        raise NotFoundError(_("There is nothing to draw: the page says why."))
    return views_asked.picture_response(picture)


def _json(session: Session, opened: Opened) -> ResponseReturnValue:
    document = to_json(_find(session, opened))
    return Response(json.dumps(document, ensure_ascii=False, indent=2), mimetype="application/json")


def _find(session: Session, opened: Opened) -> Drivers:
    return drivers(
        session, asked=opened.asked, versions=opened.versions, today=today(),
        thresholds=thresholds_of(settings()), language=language(), both=_both(),
    )  # fmt: skip


def _both() -> bool:
    given = request.args.get("both", "")
    if given not in {"", "1"}:
        raise AskedError(_BOTH, found=given)
    return given == "1"


def _picture(found: Drivers, opened: Opened) -> Picture | None:
    return picture_of(
        found, language=language(), translate=cache(_), population=population(found.compared.where),
        source=views_asked.source(opened.title),
    )  # fmt: skip


def _beside(found: Drivers) -> list[str]:
    """Return the sentences under the first one."""
    said = [presenting.explained(found.after, found.overall, _), presenting.weakest(found, _)]
    return [sentence for sentence in said if sentence and not found.hidden]


def _row(row: Row, found: Drivers) -> dict[str, Any]:
    """Return the words of one driver."""
    words = {"row": row, "sides": item_words(row.one, found.compared.before.period.label(language()), _)}
    if row.driver is None:
        return words | {"reason": presenting.reason_of(row, found, _)}
    driver = row.driver
    words |= {
        "share": presenting.share(driver.share), "interval": _interval(driver.ci95),
        "ranks": "–" if found.provisional else presenting.ranks(driver, _),
        "correlation": f"{driver.correlation:.2f}",
        "correlation_interval": _two(driver.correlation_ci95), "beta": f"{driver.beta:.2f}",
    }  # fmt: skip
    if row.earlier:
        words |= {
            "earlier": presenting.share(row.earlier.share), "earlier_interval": _interval(row.earlier.ci95),
        }  # fmt: skip
    if row.moved:
        diff, (low, high) = row.moved
        words |= {
            "moved": signed_points(diff),
            "moved_interval": _range(signed_points(low), signed_points(high)),
        }
    return words


def _scale(fit: ScaleFit) -> dict[str, Any]:
    """Return the words of one scale: the later period, and the earlier one where it was asked for."""
    sides = [_fit(fit, side) for side in (fit.before, fit.after) if side is not None]
    return {"fit": fit, "sides": sides, "later": sides[-1], "title": _(", ").join(fit.labels.values())}


def _fit(fit: ScaleFit, found: Reliability) -> dict[str, Any]:
    return {
        "sentence": presenting.scale_sentence(fit, found, thresholds_of(settings()).min_cell, _),
        "found": found,
        "alpha": None if found.alpha is None else f"{found.alpha:.2f}",
        "alpha_interval": _two(found.alpha_ci95) if found.alpha_ci95 else "",
        "omega": None if found.omega is None else f"{found.omega:.2f}",
        "omega_interval": _two(found.omega_ci95) if found.omega_ci95 else "",
        "better_without": set(presenting.better_without(found)),
    }


def _interval(ci95: Interval) -> str:
    return f"{100 * ci95[0]:.0f}–{100 * ci95[1]:.0f}"


def _two(ci95: Interval) -> str:
    return _range(f"{ci95[0]:.2f}", f"{ci95[1]:.2f}")


def _range(low: str, high: str) -> str:
    return _("%(low)s to %(high)s", low=low, high=high)


def _links(opened: Opened, last: date | None) -> dict[str, Any]:
    """Return the addresses that this page leads to."""
    asked, both = opened.asked, "1" if _both() else None
    here = asked.args()
    latest = parse_period(f"{last.year}Q{(last.month + 2) // 3}") if last else None
    return {
        "previous_period": url_for(".drivers", **asked.args(before=previous(asked.after)), both=both),
        "previous_year": url_for(".drivers", **asked.args(before=previous_year(asked.after)), both=both),
        "is_previous": asked.before == previous(asked.after),
        "is_year": asked.before == previous_year(asked.after),
        "both": url_for(".drivers", **here, both="1"),
        "later": url_for(".drivers", **here),
        "json": url_for(".drivers_json", **here, both=both),
        "chart": lambda key: url_for(".drivers_chart", **here, lang=language(), v=key),
        "latest": url_for(".drivers", **asked.args(after=latest, before=previous_year(latest)))
        if latest
        else "",
        "latest_name": latest.label(language()) if latest else "",
        "everyone": url_for(".drivers", **asked.args(where={}), both=both),
    }
