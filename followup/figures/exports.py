"""The figures as a file and as a document: each with its n, its interval and its definition."""

import csv
from io import StringIO
from typing import Any

from core.tabular.reports import safe_cell
from followup.figures.comparing import change
from followup.figures.definitions import Section
from followup.figures.presenting import Column, columns, group_name
from followup.figures.rates import EMPTY, Measure
from followup.figures.reporting import Group, Report

HEAD = (
    "period", "first_day", "last_day", "by", "group", "figure", "apart", "name", "unit", "value", "low",
    "high", "x", "n", "reason", "formula", "what_counts", "what_does_not", "source",
)  # fmt: skip
THAN = ("than", "than_value", "than_low", "than_high", "than_x", "than_n", "than_reason",
        "change", "change_low", "change_high")  # fmt: skip


def to_csv(report: Report, language: str, than: Report | None = None) -> str:
    """Return one row for each figure of each group, and of everything together first.

    With ``than`` each row has the same figure of the other period beside it, and how far it moved.
    """
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow((*HEAD, *THAN) if than else HEAD)
    period = report.span.period
    start = (period.name, period.start.isoformat(), period.last_day.isoformat())
    for group in (report.whole, *report.groups):
        by = "" if group is report.whole else report.by.value
        name = "" if group is report.whole else group_name(report, group, language)
        same = (than.whole if group is report.whole else than.like(group)) if than else None
        for column in _all_columns(report, language):
            row = (*start, by, name, *_row(column, group.measure(*column.place)))
            row += _beside(column, group, same, than.span.period.name) if than else ()
            writer.writerow([safe_cell(value) if isinstance(value, str) else value for value in row])
    return text.getvalue()


def to_json(report: Report, language: str = "en") -> dict[str, Any]:
    """Return the document that ``huifang indicators --json`` prints."""
    period = report.span.period
    return {
        "period": {"name": period.name, "start": period.start.isoformat(), "end": period.end.isoformat()},
        "by": report.by.value or None,
        "min_cell": report.min_cell,
        "e": 1.0,  # nothing is of unknown eligibility, so it changes nothing
        "definitions": {_code(column): _definition(column) for column in _all_columns(report, language)},
        "whole": _group(report, report.whole, language),
        "groups": [
            {"group": group_name(report, group, language)} | _group(report, group, language)
            for group in report.groups
        ],
    }


def _all_columns(report: Report, language: str) -> list[Column]:
    return [column for section in Section for column in columns(report, section, language)]


def _code(column: Column) -> str:
    return ".".join(part for part in column.place if part)


def _row(column: Column, measure: Measure) -> tuple[object, ...]:
    return (
        column.place[0], column.place[1], column.name, column.unit.value, *_numbers(measure), measure.reason,
        column.formula, column.inside, column.outside, column.source,
    )  # fmt: skip


def _beside(column: Column, group: Group, same: Group | None, period: str) -> tuple[object, ...]:
    before = same.measure(*column.place) if same else Measure(None, 0, None, reason=EMPTY)
    found = change(group.measure(*column.place), before, column.unit)
    moved = (found.value, found.low, found.high) if found else (None, None, None)
    numbers = ("" if number is None else round(number, 6) for number in moved)
    return (period, *_numbers(before), before.reason, *numbers)


def _numbers(measure: Measure) -> tuple[object, ...]:
    found = (measure.value, measure.low, measure.high, measure.x, measure.n)
    return tuple("" if number is None else round(number, 6) for number in found)


def _definition(column: Column) -> dict[str, str]:
    return {
        "name": column.name, "apart": column.apart, "unit": column.unit.value, "formula": column.formula,
        "what_counts": column.inside, "what_does_not": column.outside, "source": column.source,
    }  # fmt: skip


def _group(report: Report, group: Group, language: str) -> dict[str, Any]:
    work = group.work
    return {
        "planned": work.planned, "owed": work.owed, "under_way": work.under_way, "calls": work.calls,
        "not_owed": dict(work.left_out),
        "dispositions": {
            channel: {
                "I": ended.complete, "P": ended.partial, "R": ended.refusal, "NC": ended.non_contact,
                "O": ended.other, "UH": ended.unknown_household, "UO": ended.unknown_other,
                "under_way": work.waiting[channel],
            }
            for channel, ended in work.dispositions.items()
        },
        "figures": {
            _code(column): _figure(group.measure(*column.place)) for column in _all_columns(report, language)
        },
    }  # fmt: skip


def _figure(measure: Measure) -> dict[str, float | str | None]:
    found: dict[str, float | str | None] = {
        "value": measure.value, "low": measure.low, "high": measure.high, "x": measure.x, "n": measure.n,
    }  # fmt: skip
    return found | {"reason": measure.reason} if measure.reason else found
