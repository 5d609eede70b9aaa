"""The single answers behind a bar or a cell of a chart."""

import re
from collections.abc import Collection
from datetime import date
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from analysis import labels, views_asked
from analysis.queries import thresholds_of
from analysis.series import series_of
from analysis.texts import N_, AskedError
from analysis.views_asked import Opened, population
from analysis.words import answers as reading
from analysis.words.cells import SIDES, Asking, look
from analysis.words.views_access import note_reading
from core.auth.navigation import may_open
from core.i18n import _, language
from core.web import settings
from surveys.comparability import options_over
from surveys.models import Missing
from surveys.parsing import Given
from surveys.queries import LoadedItem

PARAMETERS = ("value", "side", "page")
_ONE_ITEM = N_("Choose one question: the list shows the answers behind one bar.")
_VALUE = N_("%(name)s should be one of %(known)s, but is %(found)s.")
_MISSING = {kind.key: int(kind) for kind in Missing}
_CODE = re.compile(r"-?[0-9]{1,9}")


def answers() -> ResponseReturnValue:
    """List the answers that a bar or a cell counts."""
    shown: list[dict[str, Any]] = []
    page = views_asked.page(lambda session, found: _show(session, found, shown), beside=PARAMETERS)
    for detail in shown:
        note_reading("answers.read", detail)
    return page


def _show(session: Session, opened: Opened, shown: list[dict[str, Any]]) -> ResponseReturnValue:
    asked, thresholds = opened.asked, thresholds_of(settings())
    if len(asked.items) != 1:
        raise AskedError(_ONE_ITEM)
    keys = [*series_of(opened.versions)]
    today = views_asked.today()
    every = look(session, asked, opened.versions, keys, today=today, min_cell=thresholds.min_cell)
    asking = every[asked.items[0]]
    side = request.args.get("side", "after")
    if side not in SIDES:
        raise AskedError(_VALUE, name="side", known=", ".join(SIDES), found=side)
    words = _values(asking)
    value = _value(request.args.get("value", ""), words)
    cell, n = asking.cells[side], reading.how_many(asking, side, value)
    pages = max(1, -(-n // reading.PER_PAGE))
    page = min(_page(request.args.get("page", "1")), pages)
    found = reading.lines(
        session, opened.versions, asked.before if side == "before" else asked.after, asked.where,
        asking=asking, value=value, page=page,
    ) if cell.shown else []  # fmt: skip
    chosen = {"value": request.args.get("value", ""), "side": side}
    if found:
        shown.append(asked.args() | chosen)
    return render_template(
        "analysis/words/answers.html", asked=asked, given=asked.args(), labels=labels, title=opened.title,
        form=views_asked.form_of(session, opened.titles, opened.versions[-1]),
        population=population(asked.where), names=opened.names, side=side,
        item=asking.series.item.definition.said(language()).name, cell=cell, n=n,
        value=dict(words).get(value, "") if value is not None else "", page=page, pages=pages,
        lines=[_line(line, asking, every.values(), side) for line in found],
        see_cases=may_open("cases.detail"), thresholds=thresholds,
        here=lambda **changes: url_for(
            ".answers", **asked.args(), **{k: v for k, v in (chosen | changes).items() if v}
        ),
    )  # fmt: skip


def _page(text: str) -> int:
    return int(text[:6]) if text.isascii() and text.isdigit() and int(text[:6]) > 0 else 1


def _values(asking: Asking) -> list[tuple[int, str]]:
    """Return what can be asked for: scores or options, and the kinds of missing answers."""
    item, language_ = asking.series.item, language()
    scale = item.definition.scored()
    if scale:
        known = [(value, scale.word(value, language_)) for value in sorted(item.definition.values())]
    else:
        offered = options_over([member.definition for _number, member in asking.series.members])
        known = [
            (code, option.texts.get(language_) or next(iter(option.texts.values())))
            for code, option in offered.items()
        ]
    return known + [(number, str(labels.MISSING[key])) for key, number in _MISSING.items()]


def _value(text: str, known: list[tuple[int, str]]) -> int | None:
    if not text:
        return None
    value = _MISSING.get(text, int(text) if _CODE.fullmatch(text) else None)
    if value is None or value not in dict(known):
        names = [str(code) for code, _said in known if code >= 0]
        raise AskedError(_VALUE, name="value", known=", ".join([*names, *_MISSING]), found=text)
    return value


def _line(
    line: reading.Line, asking: Asking, every: Collection[Asking], side: str
) -> tuple[reading.Line, str, dict[str, list[tuple[str, str]]]]:
    """Return one response with its unit and with those answers whose own figures may be shown here.

    The unit is left out where so few answered this question, or wrote what stands here, that they could be
    known.
    """
    shown = {item_id: one for one in every if one.cells[side].shown for item_id in one.series.item_ids}
    given = [(item, one) for item, one in line.given if item.id in shown]
    named = [asking, *(shown[item.id] for item, one in given if one.words)]
    is_named = all(line.unit in one.cells[side].units for one in named)
    unit = " · ".join(filter(None, line.unit)) if is_named else ""
    return line, unit, _facts(given, asking.key)


def _facts(answered: list[tuple[LoadedItem, Given]], first: str) -> dict[str, list[tuple[str, str]]]:
    """Return the scores and choices of one response, the question of the list first, and its words."""
    said = [(item, item.definition.said(language()).name, given) for item, given in answered]
    said.sort(key=lambda one: one[0].item_key != first)
    return {
        "scores": [(name, words) for item, name, given in said if (words := _said(item, given))],
        "words": [(name, text) for _item, name, given in said if (text := reading.masked(given))],
    }


def _said(item: LoadedItem, given: Given) -> str:
    if given.missing is not None:
        return str(labels.MISSING[given.missing.key])
    scale = item.definition.scored()
    if scale and given.value is not None:
        return scale.word(given.value, language())
    codes = given.codes or ((given.value,) if given.value is not None else ())
    options = options_over([item.definition])
    chosen = [
        options[code].texts.get(language()) or next(iter(options[code].texts.values()))
        for code in codes
        if code in options
    ]
    if chosen:
        return _(", ").join(chosen)
    if given.number is None:
        return ""
    return date.fromordinal(int(given.number)).isoformat() if item.kind == "date" else f"{given.number:.12g}"
