"""Comments of two periods: what is there, and which words are said more often."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from analysis.asking import Asked
from analysis.kept import Kept
from analysis.periods import Period
from analysis.queries import Thresholds
from analysis.words.cells import SIDES, Asking, keys_of, look
from analysis.words.grown import Grown, by_stratum, grown
from analysis.words.reading import NEWEST, Head, Place, heads, opening
from analysis.words.terms import terms
from core.db import settings_of
from surveys.definition import ItemDefinition
from surveys.queries import LoadedVersion

_RATED = {"likert", "rating"}
_GROWN = Kept(30)
STRATA = ("service_type", "category")  # within which words are compared: the first that has several groups


@dataclass(frozen=True)
class Comments:
    """The comments of one period that may be listed; ``hidden`` are the questions that too few answered."""

    period: Period
    texts: tuple[Asking, ...]
    hidden: tuple[Asking, ...]
    score: Asking | None
    heads: tuple[Head, ...]
    cut: bool

    @property
    def low(self) -> int:
        """How many of them stand beside a poor score."""
        return sum(self.is_low(one) for one in self.heads)

    def is_low(self, head: Head) -> bool:
        """Say whether a comment stands beside a poor score."""
        scale = self.score_item.scored() if self.score_item else None
        return head.score is not None and scale is not None and scale.is_dissatisfied(head.score)

    @property
    def score_item(self) -> ItemDefinition | None:
        """The question whose score stands beside a comment."""
        return self.score.series.item.definition if self.score else None


@dataclass(frozen=True)
class GrownWords:
    """The words that changed; ``by`` is the dimension within which they were compared, if there is one."""

    grown: Grown
    by: str
    cut: bool


def comments(
    session: Session, *, asked: Asked, versions: Sequence[LoadedVersion], today: date, thresholds: Thresholds,
    limit: int = NEWEST,
) -> dict[str, Comments]:  # fmt: skip
    """Read what is known of the comments of both periods, without opening one.

    Parameters
    ----------
    session : Session
    asked : Asked
        Of its items those in words restrict the comments, the first with a scale gives the score beside
        them; without one that is the overall judgement.
    versions : sequence of LoadedVersion
    today : datetime.date
        The local day.
    thresholds : Thresholds
    limit : int
        Of how many comments of each period.

    Returns
    -------
    dict of Comments
        By side, ``before`` and ``after``.
    """
    text_keys = keys_of(versions, {"text"})
    rated = _score_key(asked, versions)
    wanted = [key for key in asked.items if key in text_keys] or text_keys
    every = look(
        session, asked, versions, [*wanted, *filter(None, [rated])], today=today,
        min_cell=thresholds.min_cell,
    )  # fmt: skip
    score = every[rated] if rated else None
    found = {}
    for side, period in zip(SIDES, (asked.before, asked.after), strict=True):
        texts = tuple(every[key] for key in wanted if every[key].cells[side].shown)
        hidden = tuple(every[key] for key in wanted if every[key].cells[side].n and every[key] not in texts)
        read, cut = heads(
            session, versions, period, asked.where, texts=texts, score=score, limit=limit
        ) if texts else ([], False)  # fmt: skip
        found[side] = Comments(period, texts, hidden, score, tuple(read), cut)
    return found


def grown_words(session: Session, sides: dict[str, Comments], *, thresholds: Thresholds) -> GrownWords | None:
    """Find the words that are said more or less often; None where a period has too few comments.

    Every comment is opened, masked, cut into words and forgotten; only the counts of words are kept in
    memory, until a comment comes, goes or is amended.
    """
    before, after = sides["before"].heads, sides["after"].heads
    if min(len(before), len(after)) < thresholds.min_cell:
        return None
    by = _strata([*before, *after])
    key = _key(session, before, after, by, thresholds.min_cell)
    cut = sides["before"].cut or sides["after"].cut
    return _GROWN.get(key, lambda: GrownWords(_grown(session, before, after, by, thresholds), by, cut))


def with_word(session: Session, found: Sequence[Head], word: str) -> list[Head]:
    """Return the comments that have a word, exactly those that are counted for it."""
    said = _words(session, found)
    return [one for one in found if word in said.get(one.place, ())]


def _grown(
    session: Session, before: Sequence[Head], after: Sequence[Head], by: str, thresholds: Thresholds
) -> Grown:
    counted = []
    for later, side in ((False, before), (True, after)):
        said = _words(session, side)
        counted += [
            (getattr(one, by) if by else "", later, said[one.place]) for one in side if one.place in said
        ]
    return grown([*by_stratum(counted).values()], least=thresholds.min_cell)


def _words(session: Session, side: Sequence[Head]) -> dict[Place, frozenset[str]]:
    return {place: terms(text) for place, text in opening(session, [one.place for one in side])}


def _key(session: Session, before: Sequence[Head], after: Sequence[Head], by: str, min_cell: int) -> str:
    """Name exactly these comments in this state of their answers, in this database."""
    marks = [
        [(*one.place, one.revision, getattr(one, by) if by else "") for one in side]
        for side in (before, after)
    ]
    whose = settings_of(session).database_url
    return hashlib.sha256(repr((whose, by, min_cell, marks)).encode()).hexdigest()


def _strata(found: Sequence[Head]) -> str:
    """Return the dimension within which words are compared, or nothing where all have one value."""
    return next((name for name in STRATA if len({getattr(one, name) for one in found}) > 1), "")


def _score_key(asked: Asked, versions: Sequence[LoadedVersion]) -> str:
    rated = keys_of(versions, _RATED)
    overall = versions[-1].with_role("overall")
    first = [overall.item_key] if overall and overall.item_key in rated else []
    return next(iter([*(key for key in asked.items if key in rated), *first, *rated]), "")
