"""The comparison of two periods: page, picture, data. ``analysis.views`` has the addresses."""

from dataclasses import dataclass, replace
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import Any

from flask import Response, current_app, g, json, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from analysis import advice, asking, labels, presenting, views_asked
from analysis.asking import Asked
from analysis.compare import Comparison, ItemComparison
from analysis.documents import to_json
from analysis.effects import summary as effects_summary
from analysis.exports import to_csv
from analysis.hidden import Hiding, hiding
from analysis.method import read_method
from analysis.periods import Period, is_open, parse_period, previous, previous_year
from analysis.pictures import Picture, picture_of
from analysis.queries import comparison, last_answer, thresholds_of
from analysis.texts import N_
from analysis.trend import summary as trend_summary
from analysis.verdicts import percent, signed_points
from analysis.views_asked import Opened, population, today
from analysis.whole import whole_of
from analysis.why import summary as why_summary
from analysis.words import summary as words_summary
from core.auth.navigation import may_open
from core.errors import NotFoundError
from core.i18n import _, language
from core.texts import attachment
from core.web import settings
from surveys.queries import LoadedVersion

BESIDE = ("whole",)  # the whole questionnaire as one figure, which costs a look at the moments
METHOD_NOTE = N_(
    "Satisfied: the top answers; missing answers count nowhere; intervals: Wilson, Newcombe (95%)"
)
METHOD = Path("docs") / "statistics.md"


@dataclass(frozen=True)
class Found:
    """A comparison with what the page says about it; ``last`` is the last day with answers, if asked for."""

    asked: Asked
    versions: list[LoadedVersion]
    comparison: Comparison
    last: date | None
    title: str


def index() -> ResponseReturnValue:
    """Compare two periods; the address holds every choice."""
    return views_asked.page(_show, beside=BESIDE)


def chart() -> ResponseReturnValue:
    """Draw the chart of the same choices; an address that names its figures may be kept."""
    return views_asked.picture(_chart)


def data_json() -> ResponseReturnValue:
    """Give the document that ``compare --json`` prints."""
    return views_asked.data(_json, beside=BESIDE)


def data_csv() -> ResponseReturnValue:
    """Give the counts as a table; the mark at its start tells spreadsheets the encoding."""
    return views_asked.data(_csv)


def method() -> ResponseReturnValue:
    """Show how the figures are made, as the documentation has it."""
    path = Path(current_app.root_path) / METHOD
    if not path.is_file():
        raise NotFoundError
    return render_template("analysis/method.html", text=read_method(path))


def _show(session: Session, opened: Opened) -> ResponseReturnValue:
    found = _find(session, opened)
    form = views_asked.form_of(session, opened.titles, found.versions[-1])
    shown = _page(found)
    return render_template(
        "analysis/index.html", form=form, given=found.asked.args(), labels=labels, **shown,
        **_summaries(session, opened, found.comparison, shown["headline"]),
        hiding=_hiding(session, found, shown["headline"]),
    )  # fmt: skip


def _hiding(session: Session, found: Found, headline: presenting.ItemWords | None) -> list[Hiding]:
    return hiding(
        session, found.asked, found.versions, found.comparison, headline=headline.one if headline else None,
        today=today(), min_cell=thresholds_of(settings()).min_cell,
    )  # fmt: skip


def _summaries(
    session: Session, opened: Opened, compared: Comparison, headline: presenting.ItemWords | None
) -> dict[str, Any]:
    """Return what the other pages say in a sentence or two, each under the name its template asks for."""
    one = headline.one if headline else None
    return {
        name: summary(session, opened, compared, headline=one)
        for name, summary in (
            ("course", trend_summary.summary), ("why", why_summary.summary),
            ("comments", words_summary.summary), ("measures", effects_summary.summary),
        )
    }  # fmt: skip


def _chart(session: Session, opened: Opened) -> ResponseReturnValue:
    picture = _picture(_find(session, opened))
    if picture is None:
        raise NotFoundError(_("There is nothing to draw: neither period has answers on a scale."))
    return views_asked.picture_response(picture)


def _json(session: Session, opened: Opened) -> ResponseReturnValue:
    document = to_json(_find(session, opened).comparison, _, language=language())
    return Response(json.dumps(document, ensure_ascii=False, indent=2), mimetype="application/json")


def _csv(session: Session, opened: Opened) -> ResponseReturnValue:
    found = _find(session, opened)
    response = Response("\ufeff" + to_csv(found.comparison), mimetype="text/csv")
    name = views_asked.file_name(found.asked, "counts")
    response.headers["Content-Disposition"] = attachment(f"{name}.csv")
    return response


def _find(session: Session, opened: Opened) -> Found:
    asked, last = opened.asked, opened.last
    compared = comparison(
        session, questionnaire=asked.questionnaire, before=asked.before, after=asked.after, today=today(),
        items=asked.items, where=asked.where, by=asked.by, adjust=asked.adjust,
        thresholds=thresholds_of(settings()), language=language(), loaded=opened.versions,
    )  # fmt: skip
    if request.args.get("whole"):
        whole = whole_of(session, compared, opened.versions, thresholds_of(settings()))
        compared = replace(compared, whole=whole)
    if not compared.before.responses and not compared.after.responses:
        last = last or last_answer(session, opened.versions)
    return Found(asked, opened.versions, compared, last, opened.title)


def _page(found: Found) -> dict[str, Any]:
    compared, asked, translate = found.comparison, found.asked, cache(_)
    overall = found.versions[-1].with_role("overall")
    before = compared.before.period.label(language())
    headline = presenting.headline_item(compared, overall.item_key if overall else None)
    rate = compared.after.response_rate
    words = [presenting.item_words(one, before, translate, response_rate=rate) for one in compared.items]
    return {
        "asked": asked,
        "files": partial(views_asked.file_name, asked),
        "compared": compared,
        "title": found.title,
        "names": (before, compared.after.period.label(language())),
        "headline": next((one for one in words if one.one is headline), None),
        "scaled": [one for one in words if one.one.item.kind.ordered],
        "unscaled": [one for one in words if not one.one.item.kind.ordered],
        "whole_said": compared.whole.sentence(translate, period=before) if compared.whole else "",
        "whole_needs": advice.on_whole(compared.whole, translate) if compared.whole else "",
        "parts": _parts(headline, asked.by or ""),
        "shows": advice.of_periods(compared, headline, translate),
        "shift": presenting.mode_shift(compared.before, compared.after),
        "population": population(compared.where),
        "picture": _picture(found),
        "links": _links(asked, found.last),
        **_headline(headline, asked),
        "thresholds": thresholds_of(settings()),
        "printed_at": g.now.astimezone(settings().zone).strftime("%Y-%m-%d %H:%M"),
        "as_of": asking.as_of(compared.after.period, today()),
    }


def _headline(one: ItemComparison | None, asked: Asked) -> dict[str, Any]:
    """Return what stands under the first sentence: the constant mix and the breakdown in words."""
    if one is None:
        return {}
    found: dict[str, Any] = {}
    if one.adjusted:
        figure = one.adjusted.top_box
        found["adjusted_shares"] = (percent(figure.before, 1), percent(figure.after, 1))
        found["constant"] = _(", ").join(str(labels.DIMENSION[name]) for name in one.adjusted.dimensions)
        found["left_out"] = _("; ").join(
            _place(one.adjusted.dimensions, place) for place in one.adjusted.dropped
        )
    if one.mix_top and asked.by:
        mix, said = one.mix_top, partial(labels.value_label, asked.by)
        found["mix_points"] = {
            "total": signed_points(mix.total, 1), "within": signed_points(mix.within, 1),
            "mix": signed_points(mix.composition, 1),
        }  # fmt: skip
        found["opposed"] = _(", ").join(map(said, mix.opposed))
        found["one_sided"] = _(", ").join(map(said, mix.one_sided))
    return found


def _parts(one: ItemComparison | None, by: str) -> list[tuple[Any, ...]]:
    """Return the rows of the breakdown."""
    if one is None:
        return []
    return [
        (labels.value_label(by, part.name), *presenting.part_words(part, one.min_cell, _))
        for part in one.parts
    ]


def _place(dimensions: tuple[str, ...], place: tuple[str, ...]) -> str:
    return _(", ").join(
        labels.value_label(name, value) for name, value in zip(dimensions, place, strict=False)
    )


def _picture(found: Found) -> Picture | None:
    return picture_of(
        found.comparison,
        language=language(),
        translate=cache(_),
        population=population(found.comparison.where),
        source=f"{views_asked.source(found.title)} · {_(METHOD_NOTE)}",
    )


def _links(asked: Asked, last: date | None) -> dict[str, Any]:
    """Return the addresses that this page leads to."""
    here = asked.args()
    found: dict[str, Any] = {
        "previous_period": url_for(".index", **asked.args(before=previous(asked.after))),
        "previous_year": url_for(".index", **asked.args(before=previous_year(asked.after))),
        "is_previous": asked.before == previous(asked.after),
        "is_year": asked.before == previous_year(asked.after),
        "json": url_for(".data_json", **here),
        "whole": url_for(".index", whole=1, **here) + "#whole",
        "csv": url_for(".data_csv", **here),
        "chart": lambda key: url_for(".chart", **here, lang=language(), v=key),
        "constant_mode": url_for(
            ".index", **asked.args(adjust=tuple(dict.fromkeys([*asked.adjust, "mode"])))
        ),
        "everyone": url_for(".index", **asked.args(where={})),
        "answers": url_for(".answers", **asked.args(items=(), by=None, adjust=()))
        if may_open("analysis.answers")
        else "",
    }
    if last is not None:
        latest = _quarter_with(last)
        found["latest"] = url_for(".index", **asked.args(after=latest, before=previous_year(latest)))
        found["latest_name"] = latest.label(language())
        found["latest_open"] = is_open(latest, today())
    return found


def _quarter_with(day: date) -> Period:
    return parse_period(f"{day.year}Q{(day.month + 2) // 3}")
