"""The comparison of two periods: page, picture, data. ``analysis.views`` has the addresses."""

from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import Any

from flask import (
    Response,
    abort,
    current_app,
    g,
    json,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from analysis import asking, cube, labels, presenting
from analysis.asking import Asked
from analysis.compare import Comparison, ItemComparison
from analysis.documents import to_json
from analysis.exports import to_csv
from analysis.periods import Period, PeriodError, is_open, parse_period, previous, previous_year
from analysis.pictures import Picture, picture_of
from analysis.queries import MODES, comparison, last_answer, thresholds_of, versions_of
from analysis.queries import titles as titles_of
from analysis.texts import AskedError
from analysis.verdicts import percent, signed_points
from core.errors import NotFoundError
from core.i18n import _, language, text_in
from core.web import database, settings
from surveys.queries import LoadedVersion
from surveys.seeds import RETURN_VISIT

METHOD = Path("docs") / "statistics.md"


@dataclass(frozen=True)
class Found:
    """A comparison with what the page says about it; ``last`` is the last day with answers, if asked for."""

    asked: Asked
    versions: list[LoadedVersion]
    comparison: Comparison
    last: date | None


def index() -> ResponseReturnValue:
    """Compare two periods; the address holds every choice."""
    if any(not value for values in request.args.listvalues() for value in values):
        return redirect(url_for(".index", **_without_empty()), code=303)
    with database().read() as session:
        titles = titles_of(session)
        if not titles:
            return render_template("analysis/nothing.html")
        try:
            found = _find(session, [*titles])
        except (AskedError, PeriodError) as error:
            asked = request.args.get("questionnaire", "")
            known = versions_of(session, asked if asked in titles else _first([*titles]))
            page = render_template(
                "analysis/mend.html", sentence=error.sentence(_), bad=_bad_field(error), given=request.args,
                labels=labels, form=_form(session, titles, known[-1]),
            )  # fmt: skip
            return page, 400
        form = _form(session, titles, found.versions[-1])
    return render_template(
        "analysis/index.html", form=form, given=found.asked.args(), labels=labels, **_page(found)
    )


def chart() -> ResponseReturnValue:
    """Draw the chart of the same choices; an address that names its figures may be kept."""
    picture = _picture(_found())
    if picture is None:
        raise NotFoundError(_("There is nothing to draw: neither period has answers on a scale."))
    response = Response(picture.png(), mimetype="image/png")
    named = request.args.get("v") == picture.key
    response.headers["Cache-Control"] = (
        "private, max-age=31536000, immutable" if named else "private, no-cache"
    )
    response.set_etag(picture.key)
    return response.make_conditional(request)


def data_json() -> ResponseReturnValue:
    """Give the document that ``compare --json`` prints."""
    found = _found()
    document = to_json(found.comparison, _, language=language())
    return Response(json.dumps(document, ensure_ascii=False, indent=2), mimetype="application/json")


def data_csv() -> ResponseReturnValue:
    """Give the counts as a table; the mark at its start tells spreadsheets the encoding."""
    found = _found()
    name = f"{found.asked.questionnaire}_{found.asked.before.name}_{found.asked.after.name}.csv"
    response = Response("\ufeff" + to_csv(found.comparison), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def method() -> ResponseReturnValue:
    """Show how the figures are made, as the documentation has it."""
    path = Path(current_app.root_path) / METHOD
    if not path.is_file():
        raise NotFoundError
    return Response(path.read_text("utf-8"), mimetype="text/plain")


def _found() -> Found:
    """Return what the address asks for; what cannot be read is answered with its sentence."""
    with database().read() as session:
        try:
            return _find(session, [*titles_of(session)])
        except (AskedError, PeriodError) as error:
            abort(400, error.sentence(_))


def _first(keys: list[str]) -> str:
    """Return the questionnaire to start with."""
    return RETURN_VISIT if RETURN_VISIT in keys else next(iter(keys), "")


def _bad_field(error: Exception) -> str:
    """Return the field that holds the period which cannot be read, if that is what is wrong."""
    text = error.text if isinstance(error, PeriodError) else None
    return next((name for name in ("after", "before") if text and request.args.get(name) == text), "")


def _today() -> date:
    today: date = g.now.astimezone(settings().zone).date()
    return today


def _find(session: Session, keys: list[str]) -> Found:
    given = request.args.to_dict(flat=False)
    key = request.args.get("questionnaire") or _first(keys)
    asking.check(given)
    versions, last = versions_of(session, key), None
    if "after" not in given:
        last = last_answer(session, versions)
    start = asking.last_complete_quarter(_today(), last)
    asked = asking.read(given, questionnaire=key, after=start)
    compared = comparison(
        session, questionnaire=key, before=asked.before, after=asked.after, today=_today(),
        items=asked.items, where=asked.where, by=asked.by, adjust=asked.adjust,
        thresholds=thresholds_of(settings()), language=language(), loaded=versions,
    )  # fmt: skip
    if not compared.before.responses and not compared.after.responses:
        last = last or last_answer(session, versions)
    return Found(asked, versions, compared, last)


def _without_empty() -> dict[str, Any]:
    return {name: kept for name, values in request.args.lists() if (kept := [v for v in values if v])}


def _form(session: Session, titles: dict[str, dict[str, str]], newest: LoadedVersion) -> dict[str, Any]:
    """Return what can be chosen."""
    known = cube.known_values(session)
    values = {name: [(value, labels.value_label(name, value)) for value in known[name]] for name in known}
    values["mode"] = [(mode, labels.value_label("mode", mode)) for mode in MODES]
    return {
        "questionnaires": [(key, text_in(title, language())) for key, title in titles.items()],
        "items": [(item.item_key, item.definition.said(language()).name) for item in newest.items],
        "dimensions": [(name, str(labels.DIMENSION[name])) for name in values if values[name]],
        "values": {name: values[name] for name in labels.DIMENSION if values[name]},
        "periods": asking.recent_periods(_today()),
    }


def _page(found: Found) -> dict[str, Any]:
    compared, asked, translate = found.comparison, found.asked, cache(_)
    overall = found.versions[-1].with_role("overall")
    before = compared.before.period.label(language())
    headline = presenting.headline_item(compared, overall.item_key if overall else None)
    words = [presenting.item_words(one, before, translate) for one in compared.items]
    return {
        "asked": asked,
        "compared": compared,
        "title": text_in(found.versions[-1].title, language()),
        "names": (before, compared.after.period.label(language())),
        "headline": next((one for one in words if one.one is headline), None),
        "scaled": [one for one in words if one.one.item.kind.ordered],
        "unscaled": [one for one in words if not one.one.item.kind.ordered],
        "parts": _parts(headline, asked.by or ""),
        "shift": presenting.mode_shift(compared.before, compared.after),
        "population": _population(compared),
        "picture": _picture(found),
        "links": _links(asked, found.last),
        **_headline(headline, asked),
        "thresholds": thresholds_of(settings()),
        "printed_at": g.now.astimezone(settings().zone).strftime("%Y-%m-%d %H:%M"),
        "as_of": asking.as_of(compared.after.period, _today()),
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
    title = text_in(found.versions[-1].title, language())
    organisation = settings().organisation_en if language() == "en" else settings().organisation_zh
    source = _("Source: %(organisation)s, %(title)s", organisation=organisation, title=title)
    return picture_of(
        found.comparison,
        language=language(),
        translate=cache(_),
        population=_population(found.comparison),
        source=source,
    )


def _population(compared: Comparison) -> str:
    """Say in words whose answers count; empty where all do."""
    parts = [
        _("%(dimension)s: %(values)s", dimension=labels.DIMENSION[name],
          values=_(", ").join(labels.value_label(name, value) for value in values))
        for name, values in compared.where.items()
    ]  # fmt: skip
    return _("; ").join(parts)


def _links(asked: Asked, last: date | None) -> dict[str, Any]:
    """Return the addresses that this page leads to."""
    here = asked.args()
    found: dict[str, Any] = {
        "previous_period": url_for(".index", **asked.args(before=previous(asked.after))),
        "previous_year": url_for(".index", **asked.args(before=previous_year(asked.after))),
        "is_previous": asked.before == previous(asked.after),
        "is_year": asked.before == previous_year(asked.after),
        "json": url_for(".data_json", **here),
        "csv": url_for(".data_csv", **here),
        "chart": lambda key: url_for(".chart", **here, lang=language(), v=key),
        "constant_mode": url_for(
            ".index", **asked.args(adjust=tuple(dict.fromkeys([*asked.adjust, "mode"])))
        ),
        "everyone": url_for(".index", **asked.args(where={})),
    }
    if last is not None:
        latest = _quarter_with(last)
        found["latest"] = url_for(".index", **asked.args(after=latest, before=previous_year(latest)))
        found["latest_name"] = latest.label(language())
        found["latest_open"] = is_open(latest, _today())
    return found


def _quarter_with(day: date) -> Period:
    return parse_period(f"{day.year}Q{(day.month + 2) // 3}")
