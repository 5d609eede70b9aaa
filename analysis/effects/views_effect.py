"""The page of the measured effect: the sentence, the chart, the table behind it."""

import csv
from dataclasses import astuple
from datetime import date
from functools import cache, partial
from io import StringIO

from flask import Response, g, render_template
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from sqlalchemy.orm import Session

from analysis import pictures, views_asked
from analysis.charts.effect import EffectTexts, cut, effect_alt, effect_chart, effect_title
from analysis.effects import beside, queries, telling
from analysis.effects.months import Side, first_day
from analysis.effects.periods import Months
from analysis.effects.queries import Found
from analysis.queries import thresholds_of
from analysis.verdicts import percent
from core.errors import NotFoundError
from core.i18n import _, language
from core.web import database, settings
from followup.measures import queries as measures
from followup.measures import words
from followup.measures.models import Measure
from followup.measures.views import viewer


def effect(number: str) -> ResponseReturnValue:
    """Show what was expected of a measure and what was measured."""
    with database().read() as session:
        measure, found = _find(session, number)
    return render_template(
        "analysis/effects/effect.html",
        measure=measure,
        found=found,
        sentence=telling.sentence(found, cache(_)),
        remarks=telling.remarks(found, cache(_), alerted=measure.alert_id is not None),
        picture=_picture(found, _texts(measure, found)) if found.course else None,
        sides=_sides(measure, found),
        rows=[(_month(row.month), _side(row.scope), _side(row.control), row.since) for row in found.course],
        means=_means(found),
        beside=beside.rows(found, cache(_)),
        words=words,
        spans=[_span(found.before), _span(found.after)],
        thresholds=thresholds_of(settings()),
        starts_on=measure.starts_on,
    )


def chart(number: str) -> ResponseReturnValue:
    """Draw the two courses."""
    with database().read() as session:
        measure, found = _find(session, number)
    if not found.course:
        raise NotFoundError(_("There is nothing to draw yet."))
    picture = _picture(found, _texts(measure, found))
    return views_asked.picture_response(picture)


def data(number: str) -> ResponseReturnValue:
    """Give the months as a table; the mark at its start tells spreadsheets the encoding."""
    with database().read() as session:
        measure, found = _find(session, number)
    out = StringIO()
    table = csv.writer(out)
    table.writerow(["month", "since", "scope_n", "scope_satisfied", "control_n", "control_satisfied"])
    for row in found.course:
        table.writerow([_month(row.month), int(row.since), *_cells(row.scope), *_cells(row.control)])
    response = Response("\ufeff" + out.getvalue(), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="effect_{measure.number}.csv"'
    return response


def public_sentence(session: Session, measure: Measure, today: date, spoken: str) -> str:
    """Say what was measured to the public, in one language."""
    if not measure.item_key:
        return ""
    found = queries.effect(
        session, measure, today=today, thresholds=thresholds_of(settings()), language=spoken
    )
    with force_locale(spoken):
        return telling.public_sentence(found, _)


def _find(session: Session, number: str) -> tuple[Measure, Found]:
    measure = measures.measure_for(session, number, viewer())
    today = g.now.astimezone(settings().zone).date()
    limits = thresholds_of(settings())
    return measure, queries.effect(session, measure, today=today, thresholds=limits, language=language())


def _texts(measure: Measure, found: Found) -> EffectTexts:
    said = _("%(question)s: satisfied share by month", question=found.label)
    return EffectTexts(
        title=effect_title(found, cache(_)),
        subtitle=_("%(said)s. The axis does not begin at 0.", said=said) if cut(found) else said,
        source=views_asked.source(measure.title),
        scope=words.values_said(measure.scope) or _("everyone"),
        control=words.values_said(measure.control),
    )


def _picture(found: Found, texts: EffectTexts) -> pictures.Picture:
    translate = cache(_)
    drawing = partial(effect_chart, found, texts, translate)
    return pictures.Picture(_key(found, texts), drawing, effect_alt(found, translate))


def _key(found: Found, texts: EffectTexts) -> str:
    course = [(row.month, _cells(row.scope), _cells(row.control), row.since) for row in found.course]
    dashed = found.series.course if found.series else ()
    return pictures.key_of(language(), "effect", astuple(texts), course, found.before, found.after, dashed)


def _sides(measure: Measure, found: Found) -> list[tuple[str, list[tuple[str, str]], str]]:
    """Return the rows of the first table: group, before and since, and the change."""
    shown = []
    scope = words.answers_said(measure.scope) or _("everyone")
    for name, pair in ((scope, found.scope), (words.answers_said(measure.control), found.control)):
        if pair is not None:
            change = telling.change_of(pair)
            moved = "–" if change is None else telling.points(change, telling.DECIMALS)
            shown.append((name, [_side(side, telling.DECIMALS) or ("–", "–") for side in pair], moved))
    return shown


def _side(side: Side | None, decimals: int = 0) -> tuple[str, str] | None:
    """Return n and share in words, with decimals at least from many answers on."""
    if side is None:
        return None
    if side.is_hidden:
        return "–", _("hidden")
    assert side.share is not None
    digits = decimals or int(side.n >= telling.EXACT)
    return f"{side.n:,}", percent(side.share.p or 0.0, digits) if side.n else "–"


def _cells(side: Side | None) -> tuple[str, str]:
    if side is None or side.share is None:
        return "", ""
    return str(side.n), str(side.share.x)


def _means(found: Found) -> str:
    """Return the effect on the mean score, shown beside the share."""
    if found.means is None:
        return ""
    low, high = (f"{bound:+.2f}" for bound in found.means.ci95)
    return _(
        "%(diff)s scores (plausible range %(low)s to %(high)s)",
        diff=f"{found.means.estimate:+.2f}", low=low, high=high,
    )  # fmt: skip


def _month(number: int) -> str:
    return first_day(number).strftime("%Y-%m")


def _span(months: Months | None) -> str:
    if months is None or not len(months):
        return ""
    first, last = _month(months.first), _month(months.end - 1)
    return first if first == last else _("%(first)s to %(last)s", first=first, last=last)
