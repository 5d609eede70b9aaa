"""The page that says why a figure changed, and its picture. ``analysis.views`` has the addresses."""

from functools import cache, partial

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from analysis import labels, views_asked
from analysis.pictures import Picture
from analysis.queries import comparison, thresholds_of
from analysis.texts import Translate
from analysis.views_asked import Opened, population, today
from analysis.why import words
from analysis.why.exports import to_csv
from analysis.why.picture import picture_of
from analysis.why.queries import why
from analysis.why.results import Why
from core.errors import NotFoundError
from core.i18n import _, language
from core.texts import attachment
from core.web import settings


def page() -> ResponseReturnValue:
    """Say why the figure of one question changed; the address holds every choice."""
    return views_asked.page(_show)


def chart() -> ResponseReturnValue:
    """Draw the largest breakdown of the same choices."""
    return views_asked.picture(_chart)


def data_csv() -> ResponseReturnValue:
    """Give the groups of all dimensions as a table; the mark at its start tells spreadsheets the encoding."""
    return views_asked.data(_csv)


def _show(session: Session, opened: Opened) -> ResponseReturnValue:
    found, translate = _find(session, opened), cache(_)
    picture = _picture(found, opened, translate)
    here = opened.asked.args()
    return render_template(
        "analysis/why/index.html",
        form=views_asked.form_of(session, opened.titles, opened.versions[-1]), given=here, labels=labels,
        asked=opened.asked, title=opened.title, names=opened.names,
        files=partial(views_asked.file_name, opened.asked),
        population=population(opened.asked.where), found=found,
        obstacle=words.obstacle(found, translate, min_cell=thresholds_of(settings()).min_cell),
        doubt=words.doubt(found, translate), headline=words.headline(found, translate),
        cards=words.cards(found, translate, opened.names),
        picture=picture, source=partial(url_for, ".why_chart", **here, lang=language()),
        items=_items(found, opened),
        compared=url_for(".index", **here), csv=url_for(".why_csv", **here),
    )  # fmt: skip


def _chart(session: Session, opened: Opened) -> ResponseReturnValue:
    picture = _picture(_find(session, opened), opened, cache(_))
    if picture is None:
        raise NotFoundError(_("There is nothing to draw: the change cannot be taken apart."))
    return views_asked.picture_response(picture)


def _csv(session: Session, opened: Opened) -> ResponseReturnValue:
    found = _find(session, opened)
    response = Response("\ufeff" + to_csv(found), mimetype="text/csv")
    name = views_asked.file_name(opened.asked, "why")
    response.headers["Content-Disposition"] = attachment(f"{name}.csv")
    return response


def _find(session: Session, opened: Opened) -> Why:
    asked, thresholds = opened.asked, thresholds_of(settings())
    compared = comparison(
        session, questionnaire=asked.questionnaire, before=asked.before, after=asked.after, today=today(),
        where=asked.where, thresholds=thresholds, language=language(), loaded=opened.versions,
    )  # fmt: skip
    return why(
        session, asked=asked, versions=opened.versions, comparison=compared, thresholds=thresholds,
        today=today(), language=language(),
    )  # fmt: skip


def _picture(found: Why, opened: Opened, translate: Translate) -> Picture | None:
    return picture_of(
        found, language=language(), translate=translate, names=opened.names,
        population=population(opened.asked.where), source=views_asked.source(opened.title),
    )  # fmt: skip


def _items(found: Why, opened: Opened) -> list[tuple[str, str, bool]]:
    """Return the questions with a scale: what each is called, its address, and whether it is shown."""
    here = found.item.item.item_key if found.item else ""
    return [
        (
            item.definition.said(language()).name,
            url_for(".why", **opened.asked.args(items=(item.item_key,))),
            item.item_key == here,
        )
        for item in opened.versions[-1].items
        if item.scale
    ]
