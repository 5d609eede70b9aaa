"""The run chart beside two periods: the page's headline item."""

import pytest
from flask import g
from sqlalchemy import event

from analysis import asking
from analysis.periods import parse_period
from analysis.queries import comparison
from analysis.trend.summary import summary
from analysis.views_asked import Opened
from surveys import queries
from tests.analysis.answers import likert, publish
from tests.analysis.trend.test_trend_queries import OTHER, TODAY, USUAL, months


def summed(app, database, now, **given):
    """Return the summary and how many statements it took."""
    seen = []
    with app.test_request_context("/analysis"), database.read() as session:
        g.now = now
        versions = queries.versions(session, "care")
        asked = asking.read(
            {name: [value] for name, value in given.items()},
            questionnaire="care",
            after=parse_period("2026Q3"),
        )
        opened = Opened(asked, versions, {"care": {"en": "Care"}}, None)
        compared = comparison(
            session, questionnaire="care", before=asked.before, after=asked.after, today=TODAY,
            where=asked.where, loaded=versions,
        )  # fmt: skip
        event.listen(session.get_bind(), "before_cursor_execute", lambda *more: seen.append(more[2]))
        found = summary(session, opened, compared, headline=compared.items[0] if compared.items else None)
    return found, [one for one in seen if one.startswith("SELECT")]


@pytest.fixture
def care(database):
    return publish(database, likert("overall", "Overall", role="overall"))


def test_it_is_two_statements_and_has_sentence_picture_and_address(app, database, now, care):
    months(database, care, [USUAL, OTHER] * 12, district="East")
    found, statements = summed(app, database, now)
    assert len(statements) == 2  # the answers; from where limits are computed anew
    assert found["sentence"].startswith("no signal. 23 months") or "信号。" in found["sentence"]
    assert found["args"]["item"] == ["overall"]
    assert found["trend"].periods[-1].name == "2026-09"
    assert found["picture"].size()[0] == 1155
    assert len(summed(app, database, now, district="East")[1]) == 3


def test_without_answers_there_is_none(app, database, now, care):
    months(database, care, [[0, 0, 1, 1, 1]], first=(2026, 8))
    assert summed(app, database, now)[0] is None
