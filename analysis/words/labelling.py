"""Labelling: which comments people read next, and what they decide about them.

Everybody reads the sample in an order of their own, so two people rarely meet at one comment; when they do,
the first decision stands.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from analysis.words.models import CommentLabel, CommentSuggestion, Topic
from analysis.words.sampling import Drawn, Place, candidate, mark, sample
from core.db import settings_of, vault_of
from core.errors import ConflictError, InputError, NotFoundError
from core.masking import mask
from surveys.models import Answer, Response
from surveys.queries import LoadedVersion
from surveys.rows import words_place

UNDO_FOR = timedelta(minutes=10)
SENTIMENTS = (-1, 0, 1)

_INSERTS: dict[str, Any] = {
    name: dialect.insert(CommentLabel.__table__).on_conflict_do_nothing().returning(CommentLabel.response_id)
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}


class LabelledMeanwhileError(ConflictError):
    """Somebody else labelled this comment in the meantime; that label stands."""


class NoTopicError(InputError):
    """Choose a topic, or that it has none of them."""


@dataclass(frozen=True)
class Task:
    """One comment to be read, masked; ``was`` names the label that it has, so that none is lost."""

    place: Place
    text: str
    again: bool
    topic: int | None
    sentiment: int | None
    labelled: bool
    was: str


def next_for(session: Session, drawn: Drawn, user_id: int, skipped: Collection[Place] = ()) -> Task | None:
    """Return the comment that a person reads next: amended ones first, then the sample in an own order."""
    vault = vault_of(session)
    for one in drawn.again:
        if one.place not in skipped:
            return task(session, one.place)
    left = [one for one in drawn.sample if not one.done and one.place not in skipped]
    if not left:
        return None
    first = min(left, key=lambda one: vault.blind_index(f"{user_id}:{mark(one.place)}", "comments.order"))
    return task(session, first.place)


def task(session: Session, place: Place) -> Task:
    """Open one comment, masked."""
    wanted = (
        select(Answer.words, Response.revision, CommentLabel)
        .join(Response, Response.id == Answer.response_id)
        .outerjoin(CommentLabel, _same(Answer))
        .where(Answer.response_id == place[0], Answer.item_id == place[1], Answer.words.is_not(None))
    )
    row = session.execute(wanted).first()
    if row is None or row.words is None:
        raise NotFoundError
    label = row.CommentLabel
    fresh = label is not None and label.revision == row.revision
    return Task(
        place, mask(vault_of(session).open(row.words, words_place(*place))),
        again=label is not None and not fresh, topic=label.topic_id if label else None,
        sentiment=label.sentiment if label else None, labelled=fresh, was=_was(label),
    )  # fmt: skip


def save(
    session: Session, versions: Sequence[LoadedVersion], place: Place, *, topic: str, sentiment: int | None,
    was: str, user_id: int, now: datetime,
) -> None:  # fmt: skip
    """Keep what a person decided about a comment: a topic, or ``none`` of them, and a mood if there is one.

    Raises
    ------
    NoTopicError
        When no topic is chosen, or one that is not offered.
    LabelledMeanwhileError
        When the label is no longer the one that the person saw.
    """
    topic_id = chosen(session, versions, topic)
    found = candidate(session, versions, place)
    if found is None:
        raise NotFoundError
    values = {
        "topic_id": topic_id, "sentiment": sentiment if sentiment in SENTIMENTS else None,
        "revision": found.revision, "labelled_at": now, "labelled_by": user_id,
        "drawn": place in sample(session, versions)[0],
    }  # fmt: skip
    label = session.get(CommentLabel, place, with_for_update=True)
    if _was(label) != was:
        raise LabelledMeanwhileError
    if label is None:
        statement = _INSERTS[session.get_bind().dialect.name]
        row = {"response_id": place[0], "item_id": place[1], **values}
        if session.connection().execute(statement, row).first() is None:
            raise LabelledMeanwhileError
    else:
        for name, value in values.items():
            setattr(label, name, value)
    session.execute(delete(CommentSuggestion).where(_at(CommentSuggestion, place)))


def undo(session: Session, versions: Sequence[LoadedVersion], *, user_id: int, now: datetime) -> Place | None:
    """Take back the last label that a person gave, if it is not long ago; return where it was."""
    wanted = (
        select(CommentLabel)
        .join(Response, Response.id == CommentLabel.response_id)
        .where(Response.version_id.in_([version.id for version in versions]))
        .where(CommentLabel.labelled_by == user_id, CommentLabel.labelled_at > now - UNDO_FOR)
        .order_by(CommentLabel.labelled_at.desc(), CommentLabel.response_id.desc())
        .limit(1)
    )
    label = session.scalar(wanted.with_for_update(of=CommentLabel))  # or it may be somebody else's by now
    if label is None:
        return None
    place = label.response_id, label.item_id
    session.delete(label)
    return place


def may_be_read(drawn: Drawn, session: Session) -> bool:
    """Say whether there are enough comments for single ones to be shown."""
    return drawn.everything >= settings_of(session).min_cell


def _same(table: Any) -> Any:
    return and_(CommentLabel.response_id == table.response_id, CommentLabel.item_id == table.item_id)


def _at(table: Any, place: Place) -> Any:
    return and_(table.response_id == place[0], table.item_id == place[1])


def _was(label: CommentLabel | None) -> str:
    return "" if label is None else f"{label.labelled_by}:{label.labelled_at.isoformat()}"


def chosen(session: Session, versions: Sequence[LoadedVersion], text: str) -> int | None:
    """Return the topic that a form names, None for ``none`` of them."""
    if text == "none":
        return None
    topic = session.get(Topic, int(text)) if text.isascii() and text.isdigit() and len(text) < 10 else None
    if topic is None or topic.retired or topic.questionnaire_id != versions[-1].questionnaire_id:
        raise NoTopicError
    return topic.id
