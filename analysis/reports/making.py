"""Making the report of one period, and saying in a message what it found."""

from analysis.asking import Asked
from analysis.periods import Period
from analysis.reports import contents, fingerprint
from analysis.reports.actions import Made
from analysis.reports.blocks import Paragraph, to_dict
from analysis.reports.edition import Edition
from analysis.texts import N_
from core.db import Database

LONGEST_TITLE = 80
_SUBJECT = N_("%(title)s: %(period)s")
_BODY = N_("%(finding)s\n\nThe whole report, with its files:\n{link}\n\n%(organisation)s")


def make(database: Database, asked: Asked, edition: Edition, *, name: str) -> Made:
    """Read what a report needs inside a transaction, and draw it after that.

    Raises
    ------
    AskedError, PeriodError
        For a question that can no longer be answered: an item or a value that is gone.
    """
    with database.read() as session:
        found = contents.gather(session, asked, edition)
    report = contents.compose(found, edition, name=name)
    finding = next(block.text for block in report.blocks if isinstance(block, Paragraph) and block.finding)
    return Made(
        period=asked.after.name,
        query=asked.args(),
        fingerprint=fingerprint.whole(report.fingerprint),
        figures=to_dict(report),
        title=name[:LONGEST_TITLE],
        words=(_subject(name, asked.after, edition), _body(finding, edition)),
    )


def _subject(name: str, period: Period, edition: Edition) -> str:
    return edition.say(_SUBJECT, title=name, period=period.label(edition.language))


def _body(finding: str, edition: Edition) -> str:
    return edition.say(_BODY, finding=finding, organisation=edition.organisation)
