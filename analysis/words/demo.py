"""Topics and labels for the comments of the demo, so that the pages show what they can do."""

import random
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.words import codebook, labelling, learning, sampling, second
from analysis.words.learning import NotEnoughError
from analysis.words.models import CommentLabel, SecondLabel, Topic
from analysis.words.sampling import Candidate, Place
from core.auth.models import User
from core.auth.roles import Role
from followup.demo.comments import TOPICS, about
from surveys.queries import versions
from surveys.seeds import RETURN_VISIT

LABELS = 150  # of the sample: some are left for whoever tries it
TWICE = 40
DIVIDED = 0.7  # of the comments about two things: the second person names the other one


def fill(session: Session, *, now: datetime) -> None:
    """Add six topics, label comments of the sample, some of them twice, and ask that suggestions learn."""
    known = versions(session, RETURN_VISIT)
    staff = {role: _first(session, role) for role in (Role.ANALYST, Role.SUPERVISOR)}
    analyst, other = staff[Role.ANALYST], staff[Role.SUPERVISOR]
    if not known or analyst is None:
        return
    topics = [
        codebook.add(session, known[-1].questionnaire_id, name, actor=analyst.name, now=now)
        for name in TOPICS
    ]
    drawn = sampling.draw(session, known)
    if not labelling.may_be_read(drawn, session):
        return
    draw = random.Random(6)  # noqa: S311 # a demo
    order = list(drawn.sample)
    draw.shuffle(order)
    labelled = {one.place: one for one in order[:LABELS]}
    for number, one in enumerate(labelled.values()):
        _label(session, one, topics, analyst, now - timedelta(hours=3) + timedelta(seconds=20 * number))
    if other is not None:
        twice = [place for place in second.places(session, [one.place for one in order]) if place in labelled]
        for number, place in enumerate(twice[:TWICE]):
            at = now - timedelta(minutes=TWICE - number)
            _label_again(session, place, topics, other, at=at, is_divided=draw.random() < DIVIDED)
    session.flush()
    with suppress(NotEnoughError):  # a small demo has too few comments
        learning.ask(session, known, actor=analyst.name, now=now)


def _first(session: Session, role: Role) -> User | None:
    return session.scalar(select(User).where(User.role == role).order_by(User.id).limit(1))


def _label(session: Session, one: Candidate, topics: list[Topic], by: User, at: datetime) -> None:
    said = about(labelling.task(session, one.place).text)
    session.add(CommentLabel(
        response_id=one.place[0], item_id=one.place[1], topic_id=topics[said[0][0]].id if said else None,
        sentiment=said[0][1] if said else None, drawn=True, revision=one.revision, labelled_by=by.id,
        labelled_at=at,
    ))  # fmt: skip


def _label_again(
    session: Session, place: Place, topics: list[Topic], by: User, *, at: datetime, is_divided: bool
) -> None:
    said = [topics[topic].id for topic, _mood in about(labelling.task(session, place).text)]
    first = said[0] if said else None
    session.add(SecondLabel(
        response_id=place[0], item_id=place[1], first_topic_id=first,
        topic_id=said[1] if len(said) > 1 and is_divided else first,
        labelled_by=by.id, labelled_at=at,
    ))  # fmt: skip
