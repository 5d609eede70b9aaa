"""The figures as lines for a terminal."""

from collections.abc import Iterator
from datetime import date

from followup.figures.definitions import SECTION_NAME, Section
from followup.figures.presenting import cell, columns, group_name, sentence
from followup.figures.reporting import Group, Report


def as_text(report: Report, today: date) -> str:
    """Return each figure with its interval and n, everything together first, then group by group."""
    lines = [sentence(report, today, "en")]
    lines += _lines(report, report.whole)
    for group in report.groups:
        lines += ["", group_name(report, group, "en"), *_lines(report, group)]
    return "\n".join(lines)


def _lines(report: Report, group: Group) -> Iterator[str]:
    for section in Section:
        wanted = columns(report, section, "en")
        if wanted:
            yield ""
            yield str(SECTION_NAME[section])
        for column in wanted:
            written = cell(group.measure(*column.place), column.unit)
            name = f"{column.name}, {column.apart}" if column.apart else column.name
            rest = written.why or "  ".join(part for part in (written.interval, written.base) if part)
            yield f"  {name}: {written.value}  {rest}".rstrip()
