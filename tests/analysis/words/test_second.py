"""A second label: blind, by somebody else, beside the first; kappa and interval against two witnesses."""

import random

import pytest
import time_machine
from sklearn.metrics import cohen_kappa_score
from sqlalchemy import select
from statsmodels.stats.inter_rater import cohens_kappa, to_table

from analysis.words import second
from analysis.words.agreement import agreement
from analysis.words.models import CommentLabel, SecondLabel
from surveys import taking_back
from surveys.queries import current_version
from tests.analysis.words.comments import AFTER, answered, care, numbered
from tests.analysis.words.test_labelling import (
    PAGE,
    form_of,
    press,
    signed_in,
    topics,  # noqa: F401 # a fixture
)

SECOND, TOPICS = f"{PAGE}&second=1", "/analysis/comments/topics?questionnaire=care"


@pytest.fixture(autouse=True)
def today(now):
    with time_machine.travel(now, tick=False):
        yield


@pytest.mark.parametrize("topics_", [2, 3, 7])
def test_kappa_and_its_interval_are_those_of_statsmodels_and_scikit_learn(topics_):
    draw = random.Random(topics_)
    first = [draw.randrange(topics_) for _k in range(60)]
    other = [one if draw.random() < 0.7 else draw.randrange(topics_) for one in first]
    found = agreement([*zip(first, other, strict=True)])
    witness = cohens_kappa(to_table([*zip(first, other, strict=True)], bins=topics_)[0])
    assert found.kappa == pytest.approx(witness.kappa, abs=1e-12)
    assert found.kappa == pytest.approx(cohen_kappa_score(first, other), abs=1e-12)
    assert found.kappa_ci95 == pytest.approx((witness.kappa_low, witness.kappa_upp), abs=1e-12)
    assert found.agreed == sum(one == two for one, two in zip(first, other, strict=True))
    assert sum(n for _one, _other, n in found.confused) <= 60 - found.agreed


def test_kappa_by_hand_and_where_it_says_nothing():
    table = [(1, 1)] * 20 + [(1, 2)] * 5 + [(2, 1)] * 10 + [(2, 2)] * 15  # of 50: 0.7 alike, 0.5 by chance
    assert agreement(table).kappa == pytest.approx(0.4)
    assert agreement(table).confused == ((1, 2, 15),)
    assert agreement([]) is None
    alike = agreement([(1, 1)] * 30)
    assert (alike.kappa, alike.kappa_ci95) == (None, None)
    assert agreement([(1, 1), (2, 2)]).kappa_ci95 is None  # no spread, and no proof that there is none


def seconds(database):
    with database.read() as session:
        wanted = select(SecondLabel).order_by(SecondLabel.labelled_at, SecondLabel.response_id)
        return session.scalars(wanted).all()


def test_another_person_labels_blind_and_the_first_label_stays(app, database, topics):  # noqa: F811
    lena, sven = signed_in(app, database, "lena"), signed_in(app, database, "sven")
    nothing = sven.get(SECOND).get_data(as_text=True)
    assert "Nothing is left for you to label a second time" in nothing
    for number in range(25):
        press(lena, topic=str(topics[number % 2]), sentiment="-1")
    assert "Nothing is left for you" in lena.get(SECOND).get_data(as_text=True)  # all are her own
    passed, html = form_of(sven, SECOND)
    assert "checked" not in html
    assert 'name="sentiment"' not in html
    answer = sven.post("/analysis/comments/label", data=passed | {"action": "skip"})
    assert form_of(sven, answer.location)[0]["place"] != passed["place"]
    assert "0 of 20 pairs" in sven.get(TOPICS).get_data(as_text=True)
    for _number in range(25):
        form, _html = form_of(sven, SECOND)
        sven.post("/analysis/comments/label", data=form | {"topic": str(topics[0])})
    stored = seconds(database)
    assert len(stored) == 25
    alike = sum(one.first_topic_id == topics[0] for one in stored)
    html = sven.get(TOPICS).get_data(as_text=True)
    assert f"{alike} of 25 alike" in html
    assert "kappa 0.00" in html  # who always says the same agrees by chance
    with database.read() as session:
        firsts = session.scalars(select(CommentLabel)).all()
    assert {one.labelled_by for one in firsts} == {1}
    assert all(one.sentiment == -1 for one in firsts)


def test_only_others_labels_once_and_undone_within_ten_minutes(app, database, topics):  # noqa: F811
    lena, sven = signed_in(app, database, "lena"), signed_in(app, database, "sven")
    form = press(lena, topic=str(topics[0]))
    own = form | {"second": "1", "topic": str(topics[1])}
    lena.post("/analysis/comments/label", data=own)
    assert seconds(database) == []
    given = form_of(sven, SECOND)[0] | {"topic": "none"}
    for _twice in range(2):
        sven.post("/analysis/comments/label", data=given)
    assert [(one.topic_id, one.first_topic_id) for one in seconds(database)] == [(None, topics[0])]
    press(lena, place=form["place"], topic=str(topics[1]), was=labelled_as(lena, form["place"]))
    assert [one.first_topic_id for one in seconds(database)] == [topics[0]]  # agreement is not mended
    back = sven.post("/analysis/comments/label", data=given | {"action": "undo"})
    assert f"at={form['place']}" in back.location
    assert seconds(database) == []
    sven.post("/analysis/comments/label", data=given)
    with database.begin() as session:
        taking_back.take_back(session, seconds(database)[0].response_id)
    assert seconds(database) == []


def labelled_as(client, place):
    return form_of(client, f"{PAGE}&at={place}")[0]["was"]


def test_the_second_sample_is_a_lot_within_the_first(database):
    version = care(database)
    ids = answered(database, version, AFTER, numbered("cold", 90))
    with database.read() as session:
        known = current_version(session, "care")
        sample = [(one, known.item("more").id) for one in ids]
        drawn = second.places(session, sample)
    assert len(set(drawn)) == second.SECOND
    assert set(drawn) < set(sample)
    assert drawn != sorted(drawn)
