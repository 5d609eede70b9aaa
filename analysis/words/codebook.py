"""The topics of a questionnaire's comments: added, renamed, retired and put in order by people."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analysis.texts import N_, Note
from analysis.words.models import CommentLabel, Topic
from core import audit
from core.errors import InputError, NotFoundError
from core.texts import clean_text

LONGEST = 40  # characters of a name
MOST = 30
KEYS = 9  # topics that have a key of their own when comments are labelled

_EMPTY = N_("Give the topic a name.")
_TAKEN = N_("There is a topic with this name already.")
_FULL = N_("There are %(most)s topics already. Retire one first: nobody chooses well from a longer list.")


class TopicError(InputError):
    """A topic needs a name of its own, and there is a limit to how many people can choose from."""

    def __init__(self, template: str, **values: str) -> None:
        self.note = Note(template, values)
        super().__init__(self.note.say())


def topics(session: Session, questionnaire_id: int, *, retired: bool = False) -> Sequence[Topic]:
    """Return the topics in their order, those that nobody chooses any more only when asked for."""
    wanted = select(Topic).where(Topic.questionnaire_id == questionnaire_id)
    if not retired:
        wanted = wanted.where(Topic.retired.is_(False))
    return session.scalars(wanted.order_by(Topic.retired, Topic.position, Topic.id)).all()


def uses(session: Session, found: Sequence[Topic]) -> dict[int, int]:
    """Return how many comments each topic was given to by a person."""
    wanted = (
        select(CommentLabel.topic_id, func.count())
        .where(CommentLabel.topic_id.in_([topic.id for topic in found]))
        .group_by(CommentLabel.topic_id)
    )
    return {topic_id: n for topic_id, n in session.execute(wanted) if topic_id is not None}


def add(session: Session, questionnaire_id: int, name: str, *, actor: str, now: datetime) -> Topic:
    """Add a topic at the end of the list."""
    known = topics(session, questionnaire_id, retired=True)
    said = _checked(known, name)
    if sum(not topic.retired for topic in known) >= MOST:
        raise TopicError(_FULL, most=str(MOST))
    topic = Topic(
        questionnaire_id=questionnaire_id, name=said, created_at=now, created_by=actor,
        position=max((one.position for one in known), default=0) + 1,
    )  # fmt: skip
    session.add(topic)
    session.flush()
    _note(session, topic, "add", actor=actor, now=now)
    return topic


def rename(session: Session, topic_id: int, name: str, *, actor: str, now: datetime) -> Topic:
    """Say a topic in other words; what was labelled with it keeps it."""
    topic = of_id(session, topic_id)
    known = topics(session, topic.questionnaire_id, retired=True)
    topic.name = _checked([one for one in known if one.id != topic_id], name)
    session.flush()
    _note(session, topic, "rename", actor=actor, now=now)
    return topic


def switch(session: Session, topic_id: int, *, retired: bool, actor: str, now: datetime) -> Topic:
    """Take a topic from the list that people choose from, or put it back; labels keep it."""
    topic = of_id(session, topic_id)
    topic.retired = retired
    session.flush()
    _note(session, topic, "retire" if retired else "restore", actor=actor, now=now)
    return topic


def move(session: Session, topic_id: int, step: int, *, actor: str, now: datetime) -> Topic:
    """Move a topic one place up or down; the first nine have a key."""
    topic = of_id(session, topic_id)
    order = list(topics(session, topic.questionnaire_id))
    place = order.index(topic) if topic in order else -1
    if place >= 0 and 0 <= place + step < len(order):
        order.insert(place + step, order.pop(place))
        for position, one in enumerate(order, start=1):
            one.position = position
        session.flush()
        _note(session, topic, "move", actor=actor, now=now)
    return topic


def of_id(session: Session, topic_id: int) -> Topic:
    """Return a topic, locked against a second change at once."""
    topic = session.get(Topic, topic_id, with_for_update=True)
    if topic is None:
        raise NotFoundError
    return topic


def _checked(known: Sequence[Topic], name: str) -> str:
    said = clean_text(" ".join(name.split()), LONGEST)
    if not said:
        raise TopicError(_EMPTY)
    if said.casefold() in {topic.name.casefold() for topic in known}:
        raise TopicError(_TAKEN)
    return said


def _note(session: Session, topic: Topic, what: str, *, actor: str, now: datetime) -> None:
    audit.record(
        session, actor=actor, action=f"topic.{what}", subject=f"topic:{topic.id}", now=now, name=topic.name
    )
