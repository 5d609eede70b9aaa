"""The block of measures on the main page: what touches the headline and the filter."""

from types import SimpleNamespace

import pytest
from flask import render_template

from analysis.effects.summary import summary, touches
from followup.measures.queries import MeasureLine
from tests.followup.measures.plans import planned


def line(**scope):
    return SimpleNamespace(scope=scope)


@pytest.mark.parametrize(
    ("scope", "where", "expected"),
    [
        ({}, {}, True),
        ({}, {"district": ("East",)}, True),
        ({"district": ["East", "West"]}, {"district": ("East",)}, True),
        ({"district": ["West"]}, {"district": ("East",)}, False),
        ({"district": ["West"]}, {"mode": ("web",)}, True),
    ],
)
def test_a_measure_touches_the_answers_that_a_filter_keeps(scope, where, expected):
    assert touches(line(**scope), where) is expected


def test_the_block_names_measures_of_the_headline_and_leads_to_planning_one(app, database, now):
    first = planned(database, now)
    planned(database, now, title="of the west", scope={"district": ["城西区"]})
    planned(database, now, title="of another item", item_key="speed")
    asked = SimpleNamespace(asked=SimpleNamespace(questionnaire="care"))
    headline = SimpleNamespace(item=SimpleNamespace(item_key="overall"))
    compared = SimpleNamespace(where={"district": ("城东区",)})
    with database.read() as session:
        found = summary(session, asked, compared, headline=headline)
        assert summary(session, asked, compared, headline=None) is None
    assert [each.number for each in found["lines"]] == [first.number]
    assert isinstance(found["lines"][0], MeasureLine)
    with app.test_request_context("/analysis"):
        html = render_template("analysis/_summary_measures.html", measures=found)
    assert f"/measures/{first.number}" in html
    assert "questionnaire=care&amp;item=overall&amp;dimension=district&amp;group=" in html
