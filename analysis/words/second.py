"""A second person labels some comments of the sample blind: how far people agree among themselves.

The first label stays what it was. What is compared is what both said, each without seeing the other.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from heapq import nsmallest
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from analysis.words.labelling import UNDO_FOR, LabelledMeanwhileError, Task, chosen, task
from analysis.words.models import CommentLabel, SecondLabel
from analysis.words.sampling import Drawn, Place, candidate, mark, sample
from core.db import vault_of
from surveys.models import Response
from surveys.queries import LoadedVersion

SECOND = 60  # of the sample
LEAST = 20  # pairs, before the agreement is worth a figure
NONE = 0  # the code of "none of the topics"

_INSERTS: dict[str, Any] = {
    name: dialect.insert(SecondLabel.__table__).on_conflict_do_nothing().returning(SecondLabel.response_id)
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}


def places(session: Session, sample: Sequence[Place]) -> list[Place]:
    """Return the comments of the sample that two people label: by the same kind of lot as the sample."""
    vault = vault_of(session)
    return nsmallest(SECOND, sample, key=lambda one: vault.blind_index(mark(one), "comments.second"))


def next_for(session: Session, drawn: Drawn, user_id: int, skipped: Collection[Place] = ()) -> Task | None:
    """Return a comment that somebody else labelled and nobody a second time, without that label."""
    known = {one.place: one for one in drawn.sample}
    there = _there(session, [*known])
    for place in places(session, [*known]):
        one = known[place]
        if one.done and one.by != user_id and place not in there and place not in skipped:
            return blind(session, place)
    return None


def blind(session: Session, place: Place) -> Task:
    """Open a comment as if nobody had labelled it."""
    found = task(session, place)
    return Task(found.place, found.text, again=False, topic=None, sentiment=None, labelled=False, was="")


def save(
    session: Session, versions: Sequence[LoadedVersion], place: Place, *, topic: str, user_id: int,
    now: datetime,
) -> None:  # fmt: skip
    """Keep what the second person said, beside what the first had said.

    Raises
    ------
    NoTopicError
        When no topic is chosen, or one that is not offered.
    LabelledMeanwhileError
        When it is not, or no longer, a comment for this person to label a second time.
    """
    topic_id = chosen(session, versions, topic)
    found, first = candidate(session, versions, place), session.get(CommentLabel, place)
    is_due = found is not None and found.done and found.by != user_id
    if first is None or not is_due or place not in places(session, sample(session, versions)[0]):
        raise LabelledMeanwhileError
    row = {
        "response_id": place[0], "item_id": place[1], "topic_id": topic_id,
        "first_topic_id": first.topic_id, "labelled_at": now, "labelled_by": user_id,
    }  # fmt: skip
    if session.connection().execute(_INSERTS[session.get_bind().dialect.name], row).first() is None:
        raise LabelledMeanwhileError


def undo(session: Session, versions: Sequence[LoadedVersion], *, user_id: int, now: datetime) -> Place | None:
    """Take back the last second label that a person gave, if it is not long ago; return where it was."""
    wanted = (
        _of(versions, SecondLabel)
        .where(SecondLabel.labelled_by == user_id, SecondLabel.labelled_at > now - UNDO_FOR)
        .order_by(SecondLabel.labelled_at.desc(), SecondLabel.response_id.desc())
        .limit(1)
    )
    label = session.scalar(wanted.with_for_update(of=SecondLabel))
    if label is None:
        return None
    place = label.response_id, label.item_id
    session.delete(label)
    return place


def pairs(session: Session, versions: Sequence[LoadedVersion]) -> list[tuple[int, int]]:
    """Return what both people said of each comment, as codes of topics."""
    found = session.scalars(_of(versions, SecondLabel))
    return [(one.first_topic_id or NONE, one.topic_id or NONE) for one in found]


def _of(versions: Sequence[LoadedVersion], what: Any) -> Any:
    wanted = select(what).join(Response, Response.id == SecondLabel.response_id)
    return wanted.where(Response.version_id.in_([version.id for version in versions]))


def _there(session: Session, among: Sequence[Place]) -> set[Place]:
    """Return which comments have a second label already."""
    ids = {one for one, _item in among}
    wanted = select(SecondLabel.response_id, SecondLabel.item_id).where(SecondLabel.response_id.in_(ids))
    return {(one, item) for one, item in session.execute(wanted)}
