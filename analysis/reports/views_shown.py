"""A report on the page and as a file: for the present choices, and as it was sent."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from flask import Response, g, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from analysis import labels, views_asked
from analysis.periods import PeriodError, parse_period
from analysis.reports import blocks, contents, fingerprint, queries, writers
from analysis.reports.blocks import Picture, Report
from analysis.reports.contents import Gathered
from analysis.reports.edition import Edition
from analysis.reports.models import ReportRun
from analysis.reports.writers.html import address_of, spanned
from analysis.texts import AskedError
from analysis.views_asked import Opened
from core.errors import InputError
from core.i18n import _, _l, language
from core.texts import attachment
from core.web import database, settings

DIFFERS = {
    "before": _l("Answers or invitations of the earlier period changed."),
    "after": _l("Answers or invitations of the later period changed."),
    "questionnaire": _l("The questionnaire has a new version."),
    "rules": _l("The thresholds, the days of the periods or the formulas changed."),
}
KIND_NAMES = {"docx": "Word", "pdf": "PDF", "xlsx": "Excel", "html": "HTML"}


def view() -> ResponseReturnValue:
    """Show the report for the choices in the address."""
    form: dict[str, Any] = {}

    def prepare(session: Session, opened: Opened) -> None:
        form.update(views_asked.form_of(session, opened.titles, opened.versions[-1]))

    found, answer = _gathered(views_asked.page, prepare)
    if found is None:
        return answer
    report = contents.compose(found, _edition())
    return render_template(
        "analysis/reports/view.html", report=report, asked=found.asked, given=found.asked.args(), form=form,
        labels=labels, kinds=KIND_NAMES, spanned=spanned, address_of=address_of,
    )  # fmt: skip


def file(kind: str) -> ResponseReturnValue:
    """Give the report for the choices in the address as a file."""
    found, answer = _gathered(views_asked.data)
    if found is None:
        return answer
    asked = found.asked
    name = f"{asked.questionnaire}_{asked.after.name}_{asked.before.name}_{_edition().today}"
    return _download(contents.compose(found, _edition()), kind, name, g.now)


def run(uid: str) -> ResponseReturnValue:
    """Show a report as it was sent, and whether it would be the same today."""
    with database().read() as session:
        made = queries.run(session, uid)
        report = blocks.from_dict(made.figures)
        same, reasons = _again(session, made, report)
    return render_template(
        "analysis/reports/run.html", made=made, report=report, same=same, reasons=reasons,
        kinds=KIND_NAMES, spanned=spanned, address_of=address_of, query=made.query,
    )  # fmt: skip


def run_file(uid: str, kind: str) -> ResponseReturnValue:
    """Give a report as it was sent as a file: from the figures that were kept, nothing is computed anew."""
    with database().read() as session:
        made = queries.run(session, uid)
        kept, period, at = made.figures, made.period, made.made_at
    day = at.astimezone(settings().zone).date()
    return _download(blocks.from_dict(kept), kind, f"report_{period}_{day}", at)


def _gathered(
    opener: Callable[..., ResponseReturnValue], also: Callable[[Session, Opened], None] | None = None
) -> tuple[Gathered | None, ResponseReturnValue]:
    """Read what the address asks for; drawing waits until the database is free again."""
    held: list[Gathered] = []

    def read(session: Session, opened: Opened) -> ResponseReturnValue:
        held.append(contents.gather(session, opened.asked, _edition()))
        if also is not None:
            also(session, opened)
        return ""

    answer = opener(read)
    return (held[0] if held else None), answer


def _again(session: Session, made: ReportRun, report: Report) -> tuple[bool, list[str]]:
    """Make the report once more, without its charts; say whether it is the same, and where it is not."""
    edition = Edition(made.language, g.now, settings())
    try:
        asked = queries.asked_of(session, made.query, "", parse_period("2000"))
        found = contents.gather(session, asked, edition)
        now = contents.compose(found, edition, name=report.title, draw=False)
    except (AskedError, PeriodError, InputError) as error:
        return False, [_("It can no longer be made: %(reason)s", reason=str(error))]
    reasons = [str(DIFFERS[part]) for part in fingerprint.differing(report.fingerprint, now.fingerprint)]
    if not reasons and _figures(now) != _figures(report):
        reasons = [_("The same counts, but what stands beside them (trend, measures, comments) changed.")]
    return not reasons, reasons


def _figures(report: Report) -> Sequence[blocks.Block]:
    """Return the blocks that say something; the last table tells when the report was made."""
    return [block for block in report.blocks if not isinstance(block, Picture)][:-1]


def _download(report: Report, kind: str, name: str, at: datetime) -> ResponseReturnValue:
    response = Response(writers.write(report, kind, now=at), mimetype=writers.KINDS[kind].partition(";")[0])
    response.headers["Content-Disposition"] = attachment(f"{name}.{kind}")  # a season may be 供暖季
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _edition() -> Edition:
    return Edition(language(), g.now, settings())
