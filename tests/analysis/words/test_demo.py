"""The demo has topics and labels."""

from sqlalchemy import func, select

from analysis.words.demo import LABELS, TOPICS, fill
from analysis.words.models import CommentLabel, Topic
from followup.demo.texts import BLAME, NEUTRAL, PRAISE
from surveys import actions, answering, seeds
from surveys.parsing import Given
from surveys.queries import current_version
from tests import people


def test_six_topics_and_sixty_labels_of_the_sample(database, now):
    people.lena(database)
    with database.begin() as session:
        seeds.seed(session, now)
        version, place = current_version(session, seeds.RETURN_VISIT), actions.stratum_id(session)
        for text in (*PRAISE, *NEUTRAL, *BLAME) * 8:
            answering.record(
                session, version, {"overall": Given(value=3), "comment": Given(words=text)}, mode="web",
                stratum_id=place, handler="", language="zh_Hans", now=now,
            )  # fmt: skip
    with database.begin() as session:
        fill(session, now=now)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Topic)) == len(TOPICS)
        assert session.scalar(select(func.count()).select_from(CommentLabel)) == LABELS
        unknown = select(func.count()).where(CommentLabel.topic_id.is_(None))
        assert session.scalar(unknown) < LABELS / 4
        assert session.scalar(select(func.count(func.distinct(CommentLabel.topic_id)))) >= 5


def test_without_an_analyst_there_is_nothing_to_show(database, now):
    with database.begin() as session:
        seeds.seed(session, now)
        fill(session, now=now)
        assert session.scalar(select(func.count()).select_from(Topic)) == 0
