"""The sample of comments that people read: drawn by a keyed hash, so that nobody chooses.

What is learnt from it, and how often it errs, holds for the comments that nobody read.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nlargest, nsmallest
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from analysis.words.models import CommentLabel
from core.db import cache_of, vault_of
from surveys.models import Answer, Response, TallyMonth
from surveys.queries import LoadedVersion

SAMPLE = 200
NEWEST = 20_000  # of which the sample is drawn, and as many get suggestions
Place = tuple[int, int]  # response and item
_MARK = re.compile(r"(-?[0-9]{1,10})-([0-9]{1,5})")  # responses of anonymous questionnaires count downwards


@dataclass(frozen=True, slots=True)
class Candidate:
    """One comment that could be read; ``read`` is the revision of the answer that its label is about."""

    place: Place
    revision: int
    read: int | None
    by: int | None = None

    @property
    def done(self) -> bool:
        """Whether a label of the answer as it stands now is there."""
        return self.read == self.revision


@dataclass(frozen=True)
class Drawn:
    """The sample, what of it is done, and the comments that were amended after somebody labelled them."""

    sample: tuple[Candidate, ...]
    again: tuple[Candidate, ...]
    everything: int

    @property
    def done(self) -> int:
        """How many of the sample have a label."""
        return sum(one.done for one in self.sample)


# For each questionnaire: how often its comments were written when the sample was drawn, and what was drawn.
# Drawing looks at all comments; who labels two hundred in a row should not wait for that each time.
Kept = dict[tuple[int, ...], tuple[int, tuple[Place, ...], int]]
_NAME = "comments.sample"


def draw(session: Session, versions: Sequence[LoadedVersion]) -> Drawn:
    """Draw the sample anew: the same comments, until others come."""
    places, everything = sample(session, versions)
    known = {one.place: one for one in _standing(session, _labelled(versions, _among(places)))}
    changed = CommentLabel.revision != Response.revision
    again = _standing(
        session, _labelled(versions, [changed]).order_by(Response.day.desc(), Response.id.desc())
    )
    return Drawn(tuple(known[one] for one in places if one in known), tuple(again), everything)


def sample(session: Session, versions: Sequence[LoadedVersion]) -> tuple[tuple[Place, ...], int]:
    """Return the places of the sample, and of how many comments it was drawn."""
    ids = text_ids(versions)
    key = tuple(version.id for version in versions)
    drawn: Kept = cache_of(session).setdefault(_NAME, {})
    writes = select(func.coalesce(func.sum(TallyMonth.changes), 0)).where(TallyMonth.item_id.in_(ids))
    written = int(session.scalar(writes) or 0)
    kept = drawn.get(key)
    if kept is None or kept[0] != written:
        vault, found = vault_of(session), _newest(session, versions)
        lot = nsmallest(SAMPLE, found, key=lambda one: vault.blind_index(mark(one), "comments.sample"))
        kept = drawn[key] = (written, tuple(lot), len(found))
    return kept[1], kept[2]


def candidate(session: Session, versions: Sequence[LoadedVersion], place: Place) -> Candidate | None:
    """Return one comment as it stands now."""
    return next(iter(_standing(session, _labelled(versions, _among([place])))), None)


def text_ids(versions: Sequence[LoadedVersion]) -> list[int]:
    """Return the questions in words of some versions."""
    return [item.id for version in versions for item in version.items if item.kind == "text"]


def mark(place: Place) -> str:
    """Write a place as forms and addresses hold it."""
    return f"{place[0]}-{place[1]}"


def place_of(text: str) -> Place | None:
    """Read what `mark` wrote."""
    found = _MARK.fullmatch(text)
    place = (int(found[1]), int(found[2])) if found else (2**31, 0)
    return place if abs(place[0]) < 2**31 and place[1] < 2**15 else None


def _newest(session: Session, versions: Sequence[LoadedVersion]) -> list[Place]:
    """Return the newest comments by day: the numbers of anonymous responses are random."""
    found: list[Any] = []
    for version in versions:
        wanted = (
            select(Response.day, Answer.response_id, Answer.item_id)
            .join(Answer, Answer.response_id == Response.id)
            .where(Response.version_id == version.id)
            .where(Answer.item_id.in_(text_ids([version])), Answer.words.is_not(None))
            .order_by(Response.day.desc(), Response.id.desc())
            .limit(NEWEST)
        )
        found += session.execute(wanted)
    return [(row.response_id, row.item_id) for row in nlargest(NEWEST, found)]


def _among(places: Sequence[Place]) -> list[Any]:
    """Say which comments are meant: two lists, and what they let in besides is sorted out by the reader."""
    return [
        Answer.response_id.in_({one for one, _item in places}),
        Answer.item_id.in_({item for _one, item in places}),
    ]


def _labelled(versions: Sequence[LoadedVersion], only: Sequence[Any]) -> Select[Any]:
    columns: list[Any] = [
        Answer.response_id, Answer.item_id, Response.revision, CommentLabel.revision.label("read"),
        CommentLabel.labelled_by,
    ]  # fmt: skip
    same = (CommentLabel.response_id == Answer.response_id) & (CommentLabel.item_id == Answer.item_id)
    wanted: Select[Any] = (
        select(*columns)
        .join(Response, Response.id == Answer.response_id)
        .outerjoin(CommentLabel, same)
        .where(Response.version_id.in_([version.id for version in versions]), *only)
        .where(Answer.item_id.in_(text_ids(versions)), Answer.words.is_not(None))
    )
    return wanted


def _standing(session: Session, wanted: Select[Any]) -> list[Candidate]:
    return [
        Candidate((row.response_id, row.item_id), row.revision, row.read, row.labelled_by)
        for row in session.execute(wanted)
    ]
