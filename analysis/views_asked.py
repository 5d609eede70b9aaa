"""What every page of the analysis starts with: the questionnaire, the two periods and whose answers count."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Response, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from analysis import asking, cube, labels, pictures
from analysis.asking import Asked
from analysis.cube import Where
from analysis.periods import PeriodError, recent_seasons
from analysis.pictures import Picture
from analysis.queries import MODES, last_answer, versions_of
from analysis.queries import titles as titles_of
from analysis.texts import AskedError
from core.i18n import _, language, text_in
from core.seasons.policy import NamedSeason
from core.seasons.queries import seasons
from core.web import database, settings
from surveys.queries import LoadedVersion
from surveys.seeds import RETURN_VISIT

Titles = dict[str, dict[str, str]]
_UNSAFE = re.compile(r"[^\w.-]")
_LONGEST = 120  # characters of a file's name, without its ending


@dataclass(frozen=True)
class Opened:
    """What the address asks for; ``last`` is the last day with answers, where it had to be looked up."""

    asked: Asked
    versions: list[LoadedVersion]
    titles: Titles
    last: date | None

    @property
    def title(self) -> str:
        """What the questionnaire is called in the reader's language."""
        return text_in(self.versions[-1].title, language())

    @property
    def names(self) -> tuple[str, str]:
        """What the earlier and the later period are called."""
        return self.asked.before.label(language()), self.asked.after.label(language())


def page(
    show: Callable[[Session, Opened], ResponseReturnValue], *, beside: Collection[str] = ()
) -> ResponseReturnValue:
    """Show a page of the analysis; an address that cannot be read is answered with what to mend.

    ``beside`` are the parameters that this page alone knows.
    """
    if any(not value for values in request.args.listvalues() for value in values):
        return redirect(url_for(request.endpoint or ".index", **_without_empty()), code=303)
    with database().read() as session:
        titles = titles_of(session)
        if not titles:
            return render_template("analysis/nothing.html")
        try:
            return show(session, open_asked(session, titles, beside=beside))
        except (AskedError, PeriodError) as error:
            return _to_mend(session, titles, error), 400


def data(
    make: Callable[[Session, Opened], ResponseReturnValue], *, beside: Collection[str] = ()
) -> ResponseReturnValue:
    """Give a picture or a file of a page; what cannot be read is answered with its sentence."""
    with database().read() as session:
        try:
            return make(session, open_asked(session, titles_of(session), beside=beside))
        except (AskedError, PeriodError) as error:
            abort(400, error.sentence(_))


def open_asked(session: Session, titles: Titles, *, beside: Collection[str] = ()) -> Opened:
    """Read the address of the request.

    Raises
    ------
    AskedError, PeriodError
        For what it cannot mean.
    """
    given = request.args.to_dict(flat=False)
    key = request.args.get("questionnaire") or _first(titles)
    asking.check(given, beside)
    versions, last = versions_of(session, key), None
    if "after" not in given:
        last = last_answer(session, versions)
    start = asking.last_complete_quarter(today(), last)
    asked = asking.read(given, questionnaire=key, after=start, beside=beside, seasons=named_seasons(session))
    return Opened(asked, versions, titles, last)


def named_seasons(session: Session) -> list[NamedSeason]:
    """Return the seasons that have a name, read once in a request."""
    if "named_seasons" not in g:
        g.named_seasons = seasons(session)
    found: list[NamedSeason] = g.named_seasons
    return found


def today() -> date:
    """Return the local day of the request."""
    day: date = g.now.astimezone(settings().zone).date()
    return day


def form_of(session: Session, titles: Titles, newest: LoadedVersion) -> dict[str, Any]:
    """Return what can be chosen at the head of a page."""
    known = cube.known_values(session)
    values = {name: [(value, labels.value_label(name, value)) for value in known[name]] for name in known}
    values["mode"] = [(mode, labels.value_label("mode", mode)) for mode in MODES]
    return {
        "questionnaires": [(key, text_in(title, language())) for key, title in titles.items()],
        "items": [(item.item_key, item.definition.said(language()).name) for item in newest.items],
        "dimensions": [(name, str(labels.DIMENSION[name])) for name in values if values[name]],
        "values": {name: values[name] for name in labels.DIMENSION if values[name]},
        "periods": asking.recent_periods(today(), named_seasons(session)),
        "seasons": [period.name for period in recent_seasons(named_seasons(session), today(), 1)],
    }


def population(where: Where) -> str:
    """Say in words whose answers count; empty where all do."""
    parts = [
        _("%(dimension)s: %(values)s", dimension=labels.DIMENSION[name],
          values=_(", ").join(labels.value_label(name, value) for value in values))
        for name, values in where.items()
    ]  # fmt: skip
    return _("; ").join(parts)


def source(title: str) -> str:
    """Return the line at the foot of a chart."""
    organisation = settings().organisation_en if language() == "en" else settings().organisation_zh
    return _("Source: %(organisation)s, %(title)s", organisation=organisation, title=title)


def picture(
    make: Callable[[Session, Opened], ResponseReturnValue], *, beside: Collection[str] = ()
) -> ResponseReturnValue:
    """Give a chart; one whose address names its figures, and that is still there, costs no figures again."""
    key = request.args.get("v", "")
    ready = pictures.kept(key) if key and not _as_svg() else None
    return data(make, beside=beside) if ready is None else _named(ready, key, "image/png")


def picture_response(picture: Picture) -> ResponseReturnValue:
    """Answer with a picture; where the address names its figures, it may be kept for good."""
    if _as_svg():
        return _named(picture.svg(), picture.key, "image/svg+xml")
    return _named(picture.png(), picture.key, "image/png")


def file_name(asked: Asked, metric: str) -> str:
    """Return what a file of a page is called: figure, questionnaire, periods, filters and day."""
    filters = [f"{name}-{'-'.join(values)}" for name, values in asked.where.items()]
    parts = [metric, asked.questionnaire, asked.before.name, asked.after.name, *filters, today().isoformat()]
    return _UNSAFE.sub("-", "_".join(parts))[:_LONGEST]


def _as_svg() -> bool:
    return request.args.get("format") == "svg"


def _named(drawn: bytes, key: str, mimetype: str) -> ResponseReturnValue:
    response = Response(drawn, mimetype=mimetype)
    named = request.args.get("v") == key
    response.headers["Cache-Control"] = (
        "private, max-age=31536000, immutable" if named else "private, no-cache"
    )
    response.set_etag(f"{key}-svg" if _as_svg() else key)
    return response.make_conditional(request)


def _to_mend(session: Session, titles: Titles, error: AskedError | PeriodError) -> str:
    asked = request.args.get("questionnaire", "")
    known = versions_of(session, asked if asked in titles else _first(titles))
    return render_template(
        "analysis/mend.html", sentence=error.sentence(_), bad=_bad_field(error), given=request.args,
        labels=labels, form=form_of(session, titles, known[-1]),
    )  # fmt: skip


def _first(titles: Collection[str]) -> str:
    """Return the questionnaire to start with."""
    return RETURN_VISIT if RETURN_VISIT in titles else next(iter(titles), "")


def _bad_field(error: Exception) -> str:
    """Return the field that holds the period which cannot be read, if that is what is wrong."""
    text = error.text if isinstance(error, PeriodError) else None
    return next((name for name in ("after", "before") if text and request.args.get(name) == text), "")


def _without_empty() -> dict[str, Any]:
    return {name: kept for name, values in request.args.lists() if (kept := [v for v in values if v])}
