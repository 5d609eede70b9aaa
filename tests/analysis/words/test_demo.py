"""The demo has topics, labels, second labels, and a lesson that is honestly better than a guess."""

import pytest
from sqlalchemy import func, select

from analysis.words import learning
from analysis.words.demo import LABELS, TOPICS, TWICE, fill
from analysis.words.models import CommentLabel, CommentModel, CommentSuggestion, SecondLabel, Topic
from followup.demo.comments import about, comment
from surveys import actions, answering, seeds
from surveys.parsing import Given
from surveys.queries import current_version
from tests import people


def test_a_comment_is_about_what_it_begins_with_and_the_same_seed_writes_the_same():
    written = [
        comment(score, seed=f"{score} {k}", quick=True, west=False)
        for score in range(1, 6)
        for k in range(60)
    ]
    assert written[7] == comment(1, seed="1 7", quick=True, west=False)
    assert len(set(written)) > 200
    topics = [found[0][0] if (found := about(text)) else None for text in written]
    assert {*topics} == {None, *range(len(TOPICS))}
    assert topics.count(None) < len(written) / 5


@pytest.mark.slow
def test_topics_labels_second_labels_and_a_lesson_that_a_round_does(database, now):
    people.lena(database)
    people.sven(database)
    with database.begin() as session:
        seeds.seed(session, now)
        version, place = current_version(session, seeds.RETURN_VISIT), actions.stratum_id(session)
        for number in range(230):
            words = comment(number % 5 + 1, seed=str(number), quick=True, west=False)
            answering.record(
                session, version, {"overall": Given(value=3), "comment": Given(words=words)}, mode="web",
                stratum_id=place, handler="", language="zh_Hans", now=now,
            )  # fmt: skip
    with database.begin() as session:
        fill(session, now=now)
    with database.read() as session:
        sizes = [
            session.scalar(select(func.count()).select_from(one))
            for one in (Topic, CommentLabel, SecondLabel)
        ]
        pairs = session.execute(select(SecondLabel.topic_id, SecondLabel.first_topic_id)).all()
    assert sizes[:2] == [len(TOPICS), LABELS]
    assert TWICE / 2 < sizes[2] <= TWICE
    assert 0 < sum(one == other for one, other in pairs) < len(pairs)  # two people are of two minds
    assert learning.learn(database, now=now) == {"learnt": 1}
    with database.read() as session:
        report = session.scalar(select(CommentModel.report))
        assert report["ci95"][0] > report["baseline"] + 0.05
        assert report["accuracy"] < 0.9  # nobody would believe more
        assert session.scalar(select(func.count()).select_from(CommentSuggestion)) == 80


def test_without_an_analyst_there_is_nothing_to_show(database, now):
    with database.begin() as session:
        seeds.seed(session, now)
        fill(session, now=now)
        assert session.scalar(select(func.count()).select_from(Topic)) == 0
