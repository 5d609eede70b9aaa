"""Shares of topics: against statsmodels, hidden where few, without a verdict where it would be too early."""

from collections import Counter
from datetime import UTC, date, datetime

import pytest
import time_machine
from flask import g, render_template
from sqlalchemy import event, select
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint, proportions_ztest

from analysis import views_asked
from analysis.queries import Thresholds, comparison, titles
from analysis.words import codebook, labelling
from analysis.words.models import CommentLabel, CommentModel, CommentSuggestion
from analysis.words.shares import Say, compared, topic_of
from analysis.words.summary import summary
from tests import people
from tests.analysis.words.comments import AFTER, BEFORE, CARE, answered, care, numbered
from tests.analysis.words.test_listing import head
from tests.analysis.words.test_views import page, words


def shares(earlier, later, **changes):
    given = {"labelled": Counter(), "thresholds": Thresholds(), "provisional": False} | changes
    return compared(Counter(earlier), Counter(later), **given)


def test_shares_and_tests_are_those_of_statsmodels():
    found = shares({1: 40, 2: 30, 0: 30}, {1: 80, 2: 35, 0: 45})
    x = {1: (40, 80), 2: (30, 35)}
    p = [proportions_ztest(list(x[one.topic][::-1]), [160, 100])[1] for one in found]
    corrected = multipletests(p, method="holm")[1]
    for one, adjusted in zip(found, corrected, strict=True):
        x1, x2 = x[one.topic]
        assert one.after.ci95 == pytest.approx(proportion_confint(x2, 160, method="wilson"), rel=1e-9)
        witness = confint_proportions_2indep(x2, 160, x1, 100, method="newcomb", compare="diff")
        assert one.change.ci95 == pytest.approx(witness, rel=1e-9)
        assert one.p_adjusted == pytest.approx(adjusted, rel=1e-9)


def test_what_may_be_said():
    assert [one.say for one in shares({1: 50, 2: 50}, {1: 90, 2: 10})] == [Say.MORE, Say.LESS]
    assert {one.say for one in shares({1: 50, 2: 50}, {1: 52, 2: 48})} == {Say.UNCLEAR}
    assert {one.say for one in shares({1: 10, 2: 10}, {1: 29, 2: 0})} == {Say.FEW}
    assert {one.say for one in shares({1: 50}, {1: 90, 2: 90}, provisional=True)} == {Say.PROVISIONAL}
    assert shares({1: 9}, {1: 200}) == []


def test_swapping_the_periods_flips_the_change():
    there, back = shares({1: 40, 2: 60}, {1: 70, 2: 60}), shares({1: 70, 2: 60}, {1: 40, 2: 60})
    by_topic = {one.topic: one for one in back}
    for one in there:
        assert one.change.diff == pytest.approx(-by_topic[one.topic].change.diff)


@pytest.fixture
def labelled(app, database, now):
    """Forty comments before and after; three topics' worth of labels that moved."""
    version = care(database)
    ids = {day: answered(database, version, day, numbered("cold", 40)) for day in (BEFORE, AFTER)}
    people.lena(database)
    with database.begin() as session:
        topics = [
            codebook.add(session, version.questionnaire_id, name, actor="test", now=now).id
            for name in ("Heating", "Staff")
        ]
        for day, many in ((BEFORE, 8), (AFTER, 32)):
            for k, one in enumerate(ids[day]):
                labelling.save(
                    session, [version], (one, version.item("more").id), topic=str(topics[k >= many]),
                    sentiment=None, was="", user_id=1, now=now,
                )  # fmt: skip
    with time_machine.travel(now, tick=False):
        yield people.sign_in(app.test_client(), "lena")


def test_the_page_says_which_topic_comes_up_more_often(labelled):
    said = words(page(labelled, f"/analysis/comments?{CARE}"))
    assert "Heating 32 by people More often +60 points" in said
    assert "20% 80%" in said
    assert "Of 40 and 40 comments whose topic is known." in said
    assert "Estimates" not in said


def test_shares_that_hold_suggestions_are_no_counts(labelled, database, now):
    report = {"n": 64, "right": 48, "ci95": [0.6, 0.8], "baseline": 0.3, "held_back": False}
    with database.begin() as session:
        model = CommentModel(
            questionnaire_id=1, task="topic", labels=64, report=report, weights=b"", trained_at=now,
            trained_by="test",
        )  # fmt: skip
        session.add(model)
        session.flush()
        labels = session.scalars(select(CommentLabel).order_by(CommentLabel.response_id.desc()).limit(30))
        for one in labels.all():
            session.add(CommentSuggestion(
                response_id=one.response_id, item_id=one.item_id, task="topic", model_id=model.id,
                code=one.topic_id, probability=0.7, revision=1,
            ))  # fmt: skip
            session.delete(one)
    said = words(page(labelled, f"/analysis/comments?{CARE}"))
    assert "Heating 10 by people, 22 suggested Perhaps more often +60 points" in said
    assert "20% ≈ 80%" in said
    assert "Estimates, not counts. 0 and 30 of the topics are suggestions. In the test 48 of 64" in said


def test_the_main_page_has_it_in_one_sentence(labelled, database):
    app = labelled.application
    statements = []
    with app.test_request_context(f"/analysis?{CARE}&lang=en"), database.read() as session:
        g.now = datetime(2026, 11, 18, tzinfo=UTC)
        opened = views_asked.open_asked(session, titles(session))
        asked = opened.asked
        compared_ = comparison(
            session, questionnaire="care", before=asked.before, after=asked.after, today=date(2026, 11, 18)
        )
        event.listen(database.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
        found = summary(session, opened, compared_, headline=None)
        html = render_template("analysis/_summary_comments.html", comments=found)
    assert len(statements) == 2
    assert "40 comments, 40 in the period before." in words(html)
    assert "“Heating” comes up more often: 80% of the labelled comments, 20% before" in words(html)


def test_a_suggestion_counts_where_it_is_not_unsure():
    assert topic_of(head(labelled=True, topic=4, suggested=2, probability=0.9)) == 4
    assert topic_of(head(labelled=True, topic=None)) == 0
    assert topic_of(head(suggested=2, probability=0.5)) == 2
    assert topic_of(head(suggested=2, probability=0.49)) is None
    assert topic_of(head()) is None
