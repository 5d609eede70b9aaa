"""Suggestions: learnt by a press, shown as such, never in the place of a person's label."""

import random
import re

import pytest
import time_machine
from sqlalchemy import select

from analysis.words import codebook, labelling, learning, suggesting
from analysis.words.models import CommentLabel, CommentModel, CommentSuggestion
from surveys import answering
from surveys.parsing import Given
from tests import people
from tests.analysis.words.comments import AFTER, CARE, answered, care
from tests.analysis.words.corpus import CHINESE

pytestmark = pytest.mark.slow  # each learns five times and once more
TOPICS = "/analysis/comments/topics?questionnaire=care"


@pytest.fixture(autouse=True)
def today(now):
    """The pages take their day from the clock: 2026-11-18."""
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def lena(app, database):
    """The analyst, signed in."""
    people.lena(database)
    return people.sign_in(app.test_client(), "lena")


@pytest.fixture
def corpus(database, lena, now):
    """Eighty comments of which sixty-four are labelled, sixteen of each topic; returns the version."""
    version = care(database)
    ids = answered(database, version, AFTER, [text for _code, text in CHINESE])
    item = version.item("more").id
    with database.begin() as session:
        for name in ("Heating", "Staff", "Bills", "Waiting"):
            codebook.add(session, version.questionnaire_id, name, actor="test", now=now)
    with database.begin() as session:
        for place, (code, _text) in enumerate(CHINESE):
            if place % 20 < 16:
                label(session, version, (ids[place], item), code, now)
    return version


def label(session, version, place, code, now, was=""):
    labelling.save(session, [version], place, topic=str(code), sentiment=None, was=was, user_id=1, now=now)


def suggestions(database):
    with database.read() as session:
        wanted = select(CommentSuggestion).order_by(CommentSuggestion.response_id)
        return session.scalars(wanted).all()


def ask(client):
    form = {"questionnaire": "care", "csrf_token": people.csrf_token(client, TOPICS)}
    return client.post("/analysis/comments/train", data=form, follow_redirects=True).get_data(as_text=True)


def learn(client, database, now):
    """Press, let a round do it, and look."""
    assert "Learning is due." in ask(client)
    assert sum(learning.learn(database, now=now).values()) == 1
    return client.get(TOPICS).get_data(as_text=True)


def test_it_learns_says_its_error_and_suggests_the_rest(lena, database, corpus, now):
    html = learn(lena, database, now)
    said = " ".join(re.sub(r"<[^>]+>", " ", html).split())
    found = re.search(r"(\d+) of 64 right: (\d+)% \(plausible range", said)
    assert found
    assert 32 <= int(found[1]) <= 64
    assert "would be right in 25%" in said
    stored = suggestions(database)
    assert len(stored) == 16
    right = sum(one.code == CHINESE[(one.response_id - 1) % 80][0] for one in stored)
    assert right >= 8  # four would be chance
    html = lena.get(f"/analysis/comments?{CARE}").get_data(as_text=True)
    assert "Suggested: " in html
    said = " ".join(re.sub(r"<[^>]+>", " ", html).split())
    assert f"In the test {found[1]} of 64 were right" in said or "Shares are shown where both" in said


def test_a_label_is_final_also_after_learning_again(lena, database, corpus, now):
    learn(lena, database, now)
    one = suggestions(database)[0]
    other = one.code % 4 + 1
    with database.begin() as session:
        label(session, corpus, (one.response_id, one.item_id), other, now)
    for _again in range(2):
        with database.read() as session:
            assert session.get(CommentLabel, (one.response_id, one.item_id)).topic_id == other
            assert session.get(CommentSuggestion, (one.response_id, one.item_id, "topic")) is None
        learn(lena, database, now)
    assert len(suggestions(database)) == 15


def test_few_labels_teach_nothing(lena, database, now):
    version = care(database)
    answered(database, version, AFTER, [text for _code, text in CHINESE])
    assert "Suggestions need 60 labelled comments; there are 0." in ask(lena)
    assert suggestions(database) == []


def test_one_topic_alone_teaches_nothing(lena, database, now):
    version = care(database)
    ids = answered(database, version, AFTER, [text for _code, text in CHINESE])
    with database.begin() as session:
        topic = codebook.add(session, version.questionnaire_id, "Heating", actor="test", now=now).id
        for one in ids[:65]:
            label(session, version, (one, version.item("more").id), topic, now)
    assert "at least two topics with 10" in ask(lena)


def test_comments_that_come_later_are_suggested_in_a_round_and_amended_ones_lose_it(
    lena, database, corpus, now
):
    learn(lena, database, now)
    later = answered(database, corpus, AFTER, ["屋里冷，暖气不热", "发票没给，多收费", None])
    assert suggesting.suggest_new(database, now=now) == {"suggested": 2}
    assert suggesting.suggest_new(database, now=now) == {"suggested": 0}
    assert [one.code for one in suggestions(database)[-2:]] == [1, 3]
    with database.begin() as session:
        answers = {"overall": Given(value=4), "more": Given(words="谢谢")}
        answering.amend(session, corpus, later[0], answers, now=now)
    html = lena.get(f"/analysis/comments?{CARE}&q=谢谢").get_data(as_text=True)
    assert "谢谢" in html
    assert "Suggested" not in html.split('class="verbatims"')[1].split("</ol>")[0]


def test_labels_without_sense_suggest_nothing(lena, database, now):
    version = care(database)
    ids = answered(database, version, AFTER, [text for _code, text in CHINESE])
    with database.begin() as session:
        topics = [
            codebook.add(session, version.questionnaire_id, name, actor="test", now=now).id
            for name in ("Even", "Odd")
        ]
    with database.begin() as session:
        chance = random.Random(4).sample(topics * 35, 70)
        for place, one in enumerate(ids[:70]):
            label(session, version, (one, version.item("more").id), chance[place], now)
    assert "no clear gain, so nothing is suggested" in learn(lena, database, now)
    assert suggestions(database) == []
    assert suggesting.suggest_new(database, now=now) == {"suggested": 0}


def test_what_is_stored_holds_no_words(lena, database, corpus, now):
    learn(lena, database, now)
    with database.read() as session:
        weights = session.scalar(select(CommentModel.weights))
    assert "暖气".encode() not in weights


def test_without_a_model_a_round_does_nothing(database, now):
    assert suggesting.suggest_new(database, now=now) == {"suggested": 0}
