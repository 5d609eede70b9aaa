"""The page of the trend, its picture and its table. ``analysis.views`` has the addresses."""

from functools import cache, partial
from typing import Any

from flask import Response, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from analysis import labels, views_asked
from analysis.pictures import Picture
from analysis.queries import thresholds_of
from analysis.trend import asking, exports, marks, presenting, queries
from analysis.trend.asking import AskedTrend
from analysis.trend.course import Measure, Trend
from analysis.trend.limits import FALSE_ALARMS, FEWEST
from analysis.trend.picture import picture_of, seasons_picture
from analysis.trend.steps import Grain
from analysis.verdicts import percent
from analysis.views_asked import Opened, population, today
from core.errors import ConflictError, InputError, NotFoundError
from core.i18n import _, _l, language
from core.periods import parse_period, previous
from core.texts import attachment
from core.web import settings

GRAINS = {
    Grain.MONTH: _l("Months"),
    Grain.QUARTER: _l("Quarters"),
    Grain.WEEK: _l("Weeks"),
    Grain.YEAR: _l("Years"),
}
MEASURES = {
    Measure.SHARE: _l("Satisfied share"), Measure.MEAN: _l("Mean score"),
    Measure.NPS: _l("Net score (0 to 10)"),
}  # fmt: skip
LENGTHS = (12, 24, 36)
MOST_MONTHS = 60  # to choose from


def trend(error: InputError | ConflictError | None = None) -> ResponseReturnValue:
    """Show one item over many periods; the address holds every choice."""
    return views_asked.page(partial(_show, error=error), beside=asking.PARAMETERS)


def chart() -> ResponseReturnValue:
    """Draw the run chart of the same choices."""
    return views_asked.picture(_chart, beside=asking.PARAMETERS)


def season_chart() -> ResponseReturnValue:
    """Draw the seasons of the same choices beside each other."""
    return views_asked.picture(_season_chart, beside=asking.PARAMETERS)


def data_csv() -> ResponseReturnValue:
    """Give the counts and limits as a table; the mark at its start tells spreadsheets the encoding."""
    return views_asked.data(_csv, beside=asking.PARAMETERS)


def _show(
    session: Session, opened: Opened, *, error: InputError | ConflictError | None
) -> ResponseReturnValue:
    asked, found = _find(session, opened)
    translate, said = cache(_), language()
    picture = _picture(opened, found)
    form = views_asked.form_of(session, opened.titles, opened.versions[-1])
    form["items"] = [
        (item.item_key, item.definition.said(said).name) for item in queries.scaled_items(opened.versions)
    ]
    return render_template(
        "analysis/trend/trend.html", asked=opened.asked, asked_trend=asked, labels=labels, trend=found,
        files=partial(views_asked.file_name, opened.asked),
        given=asked.args(opened.asked) | {"item": found.item_key}, form=form, title=opened.title,
        names=opened.names, population=population(opened.asked.where),
        sentence=presenting.sentence(found, translate, said),
        tables=_tables(found), picture=picture, seasons=_seasons(opened, found),
        notes=_notes(found), links=_links(opened, asked, found),
        tests=presenting.tests(found, translate, said), limits=presenting.limits_words(found, translate),
        grains=GRAINS, measures=MEASURES, lengths=LENGTHS, thresholds=thresholds_of(settings()),
        false_alarms=percent(FALSE_ALARMS), fewest=FEWEST, marks=_marks(session, opened, asked, found, error),
        printed_at=g.now.astimezone(settings().zone).strftime("%Y-%m-%d %H:%M"),
    )  # fmt: skip


def _chart(session: Session, opened: Opened) -> ResponseReturnValue:
    _asked, found = _find(session, opened)
    picture = _picture(opened, found)
    if picture is None:
        raise NotFoundError(_("There is nothing to draw: no period has enough answers."))
    return views_asked.picture_response(picture)


def _season_chart(session: Session, opened: Opened) -> ResponseReturnValue:
    _asked, found = _find(session, opened)
    picture = _seasons(opened, found)
    if picture is None:
        raise NotFoundError(_("There is nothing to draw: seasons need three years."))
    return views_asked.picture_response(picture)


def _csv(session: Session, opened: Opened) -> ResponseReturnValue:
    asked, found = _find(session, opened)
    response = Response("\ufeff" + exports.to_csv(found), mimetype="text/csv")
    name = views_asked.file_name(opened.asked, f"trend-{found.item_key}-{asked.grain.value}")
    response.headers["Content-Disposition"] = attachment(f"{name}.csv")
    return response


def _find(session: Session, opened: Opened) -> tuple[AskedTrend, Trend]:
    asked = asking.read(request.args)
    items = opened.asked.items
    found = queries.trend(
        session, versions=opened.versions, item_key=items[0] if items else None, until=opened.asked.after,
        grain=asked.grain, where=opened.asked.where, thresholds=thresholds_of(settings()), today=today(),
        language=language(), measure=asked.measure, split=asking.SPLITS[asked.split], points=asked.points,
    )  # fmt: skip
    return asked, found


def _picture(opened: Opened, found: Trend) -> Picture | None:
    return picture_of(
        found, language=language(), translate=cache(_), population=population(found.where),
        source=views_asked.source(opened.title),
    )  # fmt: skip


def _seasons(opened: Opened, found: Trend) -> Picture | None:
    return seasons_picture(
        found, language=language(), translate=cache(_), population=population(found.where),
        source=views_asked.source(opened.title),
    )  # fmt: skip


def _tables(found: Trend) -> list[tuple[str, list[presenting.Row]]]:
    """Return the table of each line with its name."""
    translate = cache(_)
    return [
        (
            translate(presenting.MODES[one.mode]) if one.mode in presenting.MODES else "",
            presenting.rows(found, one, translate, language()),
        )
        for one in found.lines
    ]


def _notes(found: Trend) -> list[tuple[str, str, bool]]:
    """Return what changed on the way: from which period on, what, and whether the line breaks there."""
    changes = [(one, True) for one in found.breaks]
    changes += [(one, False) for one in (*found.reworded, *found.marks)]
    return [
        (found.periods[one.at].label(language()), presenting.say(one.note, _), breaks)
        for one, breaks in sorted(changes, key=lambda change: change[0].at)
    ]


def _marks(
    session: Session,
    opened: Opened,
    asked: AskedTrend,
    found: Trend,
    error: InputError | ConflictError | None,
) -> dict[str, Any]:
    """Return from where limits are computed anew, and what it takes to have it done."""
    key, here = opened.asked.questionnaire, asked.args(opened.asked, items=(found.item_key,))
    last = min(found.periods[-1].last_day, today())
    months = [parse_period(f"{last:%Y-%m}")]
    while months[-1].start > found.periods[0].start and len(months) < MOST_MONTHS:
        months.append(previous(months[-1]))
    return {
        "valid": marks.valid(session, key, found.item_key),
        "taken_back": marks.taken_back(session, key, found.item_key), "months": months, "error": error,
        "named": lambda month: parse_period(f"{month:%Y-%m}").label(language()),
        "given": request.form if error else {}, "add": url_for(".trend_mark", **here),
        "take_back": lambda mark_id: url_for(".trend_take_back", mark_id=mark_id, **here),
    }  # fmt: skip


def _links(opened: Opened, asked: AskedTrend, found: Trend) -> dict[str, Any]:
    """Return the addresses that this page leads to."""
    here = asked.args(opened.asked)
    return {
        "csv": url_for(".trend_csv", **here),
        "chart": lambda key: url_for(".trend_chart", **here, lang=language(), v=key),
        "seasons": lambda key: url_for(".trend_seasons", **here, lang=language(), v=key),
        "longer": url_for(".trend", **asked.args(opened.asked, points=36)),
        "split": url_for(".trend", **asked.args(opened.asked, split="none" if found.split else "mode")),
        "quarters": url_for(".trend", **asked.args(opened.asked, grain=Grain.QUARTER.value)),
        "everyone": url_for(".trend", **asked.args(opened.asked, where={})),
    }
