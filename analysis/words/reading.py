"""Reading comments: the facts beside them first, the sealed words only of those that are shown or counted."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session, aliased

from analysis.cube import Where
from analysis.periods import Period
from analysis.words.cells import Asking
from analysis.words.models import CommentLabel, CommentSuggestion, Topic
from core.db import vault_of
from core.masking import mask
from surveys.models import Answer, Response, Stratum
from surveys.queries import LoadedVersion
from surveys.rows import words_place
from surveys.tallies import MODE

NEWEST = 10_000  # comments of one period that are looked at; more are cut, the oldest first, and it is said
BATCH = 500
Place = tuple[int, int]  # response and item


class Head(NamedTuple):  # built ten thousand times for a side: a tuple costs a third of a dataclass
    """What is known of a comment without opening it: ``topic`` by a person, ``suggested`` by a classifier."""

    response_id: int
    item_id: int
    item_key: str
    score: int | None
    revision: int
    day: date
    mode: str
    service_type: str
    district: str
    department: str
    category: str
    labelled: bool
    topic: int | None
    sentiment: int | None
    again: bool  # was labelled, and changed since
    suggested: int | None
    probability: float

    @property
    def place(self) -> Place:
        """Where its words stand."""
        return self.response_id, self.item_id


def heads(
    session: Session, versions: Sequence[LoadedVersion], period: Period, where: Where, *,
    texts: Sequence[Asking], score: Asking | None, limit: int = NEWEST,
) -> tuple[list[Head], bool]:  # fmt: skip
    """Return the newest comments of a period, newest first, and whether older ones were left out.

    Each version is one statement over its index of days, so the cost is that of the comments that are looked
    at and not of all there are.
    """
    keys = {item_id: one.key for one in texts for item_id in one.series.item_ids}
    rated = score.series.item_ids if score else frozenset()
    found: list[Head] = []
    for version in reversed(versions):
        ids = [item.id for item in version.items if item.id in keys]
        rating = next((item.id for item in version.items if item.id in rated), -1)
        if ids:
            wanted = _wanted(version.id, ids, rating, period, where).limit(limit + 1)
            found += [_head(row, keys[row.item_id]) for row in session.execute(wanted)]
    found.sort(key=lambda one: (one.day, one.response_id, one.item_id), reverse=True)
    return found[:limit], len(found) > limit


def opened(session: Session, places: Sequence[Place]) -> dict[Place, str]:
    """Open some comments and mask them; what was erased in the meantime is not among them."""
    return dict(opening(session, places))


def opening(session: Session, places: Sequence[Place]) -> Iterator[tuple[Place, str]]:
    """Open many comments, a batch at a time; nothing of them is kept."""
    vault, rest = vault_of(session), iter(places)
    while batch := list(islice(rest, BATCH)):
        meant = set(batch)  # two lists of numbers: PostgreSQL takes seven times as long over a list of pairs
        wanted = select(Answer.response_id, Answer.item_id, Answer.words).where(
            Answer.response_id.in_({one for one, _item in batch}),
            Answer.item_id.in_({item for _one, item in batch}), Answer.words.is_not(None),
        )  # fmt: skip
        for response_id, item_id, sealed in session.execute(wanted):
            if (response_id, item_id) not in meant:
                continue
            yield (response_id, item_id), mask(vault.open(sealed or b"", words_place(response_id, item_id)))


def _wanted(version_id: int, ids: Sequence[int], rating_id: int, period: Period, where: Where) -> Select[Any]:
    rating, label, hint = aliased(Answer), CommentLabel, CommentSuggestion
    columns: list[Any] = [
        Answer.response_id, Answer.item_id, rating.value, Response.day, Response.mode, Response.revision,
        Stratum.service_type, Stratum.district, Stratum.department, Stratum.category,
        label.topic_id, label.sentiment, label.revision.label("read"), hint.code, hint.probability,
        hint.revision.label("guessed"),
    ]  # fmt: skip
    retired = select(Topic.id).where(Topic.retired)  # since it was learnt: nobody may choose it any more
    hinted = and_(
        hint.response_id == Answer.response_id, hint.item_id == Answer.item_id, hint.task == "topic",
        hint.code.not_in(retired),
    )  # fmt: skip
    wanted: Select[Any] = (
        select(*columns)
        .select_from(Response)
        .join(Answer, Answer.response_id == Response.id)
        .join(Stratum, Stratum.id == Response.stratum_id)
        .outerjoin(rating, and_(rating.response_id == Response.id, rating.item_id == rating_id))
        .outerjoin(label, and_(label.response_id == Answer.response_id, label.item_id == Answer.item_id))
        .outerjoin(hint, hinted)
        .where(Response.version_id == version_id, Response.day >= period.start, Response.day < period.end)
        .where(Answer.item_id.in_(ids), Answer.words.is_not(None))
        .order_by(Response.day.desc(), Response.id.desc())
    )
    return filtered(wanted, where)


def filtered(wanted: Select[Any], where: Where) -> Select[Any]:
    """Keep the responses that a filter keeps; the strata are joined already."""
    for name, values in where.items():
        column = Response.mode if name == MODE else getattr(Stratum, name)
        wanted = wanted.where(column.in_(values))
    return wanted


def _head(row: Any, key: str) -> Head:
    labelled = row.read is not None and row.read == row.revision
    fresh = not labelled and row.guessed is not None and row.guessed == row.revision
    return Head(
        row.response_id, row.item_id, key, row.value if row.value is not None and row.value >= 0 else None,
        row.revision, row.day, row.mode, row.service_type, row.district, row.department, row.category,
        labelled=labelled, topic=row.topic_id if labelled else None,
        sentiment=row.sentiment if labelled else None, again=row.read is not None and not labelled,
        suggested=row.code if fresh else None, probability=row.probability if fresh else 0.0,
    )  # fmt: skip


def names(units: Mapping[str, frozenset[tuple[str, str]]], head: Head) -> str:
    """Return district and department of a comment; nothing where so few answered that they could be known."""
    if (head.district, head.department) not in units.get(head.item_key, frozenset()):
        return ""
    return " · ".join(filter(None, (head.district, head.department)))
