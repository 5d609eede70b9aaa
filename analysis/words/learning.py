"""Learning from labels: asked for by a press, done by the tick, kept as the newest classifier."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from analysis.texts import N_, Note
from analysis.words import suggesting
from analysis.words.models import CommentLesson, CommentModel, CommentSuggestion, Topic
from analysis.words.suggesting import IS_READ, NONE, TASK, Known
from core import audit, health
from core.auth.models import User
from core.db import Database
from core.errors import InputError
from core.health import Lag
from core.rounds import each_prepared
from surveys.queries import LoadedVersion

LEAST_LABELS = 60
LEAST_OF_CLASS = 10
LEAST_PEOPLE = 5  # it is tested five times, each time on the comments of other people

_FEW = N_("Suggestions need %(least)s labelled comments; there are %(found)s.")
_ONE_SIDED = N_("Suggestions need at least two topics with %(least)s labelled comments each.")
_ALIKE = N_(
    "Suggestions need labelled comments by %(least)s people in words of their own; there are %(found)s."
)


class NotEnoughError(InputError):
    """There are not enough labelled comments to learn from."""

    def __init__(self, template: str, **values: str) -> None:
        self.note = Note(template, values)
        super().__init__(self.note.say())


@dataclass(frozen=True)
class Lesson:
    """What a press asked for."""

    id: int
    questionnaire_id: int
    asked_at: datetime
    asked_by: str


@dataclass(frozen=True)
class Studied:
    """What a lesson came to, before it is written down; ``note`` says why nothing could be learnt."""

    lesson: Lesson
    note: Note | None = None
    labels: int = 0
    report: dict[str, Any] | None = None
    weights: bytes = b""
    hints: tuple[Sequence[Known], Sequence[int], Sequence[float]] = ((), (), ())


def ask(session: Session, versions: Sequence[LoadedVersion], *, actor: str, now: datetime) -> bool:
    """Ask that suggestions learn; return whether nobody had asked yet.

    Raises
    ------
    NotEnoughError
        When there are too few labels, or only one topic has enough of them.
    """
    _enough(suggesting.labelled_now(session, versions))
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    number = versions[-1].questionnaire_id
    wanted = select(CommentLesson).where(CommentLesson.questionnaire_id == number)
    lesson = session.scalar(wanted.with_for_update())
    if lesson is not None and lesson.due_at is not None:
        lesson.asked_at = now  # what is learnt at this moment does not know the labels of the last minute
        return False
    values: dict[str, Any] = {"asked_at": now, "asked_by": actor, "due_at": now, "problem": None}
    row = dialect.insert(CommentLesson).values(questionnaire_id=number, **values)
    asked = row.on_conflict_do_update(
        index_elements=["questionnaire_id"], set_=values, where=CommentLesson.due_at.is_(None)
    )
    return session.scalar(asked.returning(CommentLesson.id)) is not None


def lesson_of(session: Session, questionnaire_id: int) -> CommentLesson | None:
    """Return what was asked for last, whether it is done or not."""
    return session.scalar(select(CommentLesson).where(CommentLesson.questionnaire_id == questionnaire_id))


def people(session: Session, sign_ins: Collection[str | None]) -> dict[str, str]:
    """Return how those are called who asked for something, by what they sign in with."""
    named = select(User.name, User.display_name).where(User.name.in_(list(filter(None, sign_ins))))
    return {name: shown for name, shown in session.execute(named) if shown}


def learn(database: Database, *, now: datetime) -> dict[str, int]:
    """Learn what people asked for: the job of a round.

    Reading and learning take seconds and hold no lock; what was found is written at once at the end.
    """
    columns = (
        CommentLesson.id, CommentLesson.questionnaire_id, CommentLesson.asked_at, CommentLesson.asked_by
    )  # fmt: skip
    with database.read() as session:
        due = session.execute(select(*columns).where(CommentLesson.due_at <= now)).all()
    counts = Counter[str]()
    for row in due:
        study = partial(_studied, database, Lesson(*row))
        counts.update(each_prepared(database, study, keep_lesson, row.id, now, model=CommentLesson))
    return dict(counts)


def keep_lesson(session: Session, studied: Studied, now: datetime) -> str | None:
    """Write down what was learnt, and that it is done; what another round learnt already is left alone.

    The classifiers before go with their suggestions. How good they were stands in the audit trail.
    """
    about = studied.lesson
    suggesting.newest_held(session, about.questionnaire_id)
    lesson = session.get(CommentLesson, about.id, with_for_update=True)
    if lesson is None or lesson.due_at is None or lesson.asked_at != about.asked_at:
        return None
    lesson.due_at = None
    if studied.report is None:
        note = studied.note
        lesson.problem = {"template": note.template, "values": dict(note.values)} if note else None
        return "not_learnt"
    older = select(CommentModel.id).where(
        CommentModel.questionnaire_id == about.questionnaire_id, CommentModel.task == TASK
    )
    session.execute(delete(CommentSuggestion).where(CommentSuggestion.model_id.in_(older)))
    session.execute(delete(CommentModel).where(CommentModel.id.in_(older)))
    model = CommentModel(
        questionnaire_id=about.questionnaire_id, task=TASK, labels=studied.labels, report=studied.report,
        weights=studied.weights, trained_at=now, trained_by=about.asked_by,
    )  # fmt: skip
    session.add(model)
    session.flush()
    suggesting.suggest(session, model.id, *studied.hints)
    audit.record(
        session, actor=about.asked_by, action="comments.trained",
        subject=f"questionnaire:{about.questionnaire_id}", now=now, labels=studied.labels,
        right=studied.report["right"], of=studied.report["n"],
    )  # fmt: skip
    return "learnt"


def _studied(database: Database, lesson: Lesson) -> Studied:
    """Learn from the labels and think about every comment that nobody labelled.

    Nothing is suggested while the classifier is not clearly better than always naming the commonest topic.
    """
    from analysis.words import classifier  # noqa: PLC0415 # scikit-learn: only where there is work

    with database.read() as session:
        versions = suggesting.all_versions(session, lesson.questionnaire_id)
        known = suggesting.comments(session, versions, only=[IS_READ])  # however long ago
        rest = suggesting.comments(session, versions, only=[suggesting.UNREAD])
        retired = set(session.scalars(
            select(Topic.id).where(Topic.questionnaire_id == lesson.questionnaire_id, Topic.retired)
        ))  # fmt: skip
    try:
        labelled, rare = _usable(known, retired)
    except NotEnoughError as error:
        return Studied(lesson, error.note)
    texts, codes = [one.text for one in labelled], [one.code or NONE for one in labelled]
    report = classifier.validate(texts, codes, _groups(labelled), [one.drawn for one in labelled])
    is_gain = report["n"] > 0 and report["ci95"][0] > report["baseline"]
    report |= {"rare": rare, "held_back": not is_gain}
    trained = classifier.fit(texts, codes)
    rest = rest if is_gain else []
    found, shares = classifier.predict(trained, [one.text for one in rest])
    hints = rest, [int(code) for code in found], [float(p) for p in shares]
    return Studied(lesson, None, len(labelled), report, classifier.pack(trained), hints)


def _enough(sizes: Counter[int]) -> None:
    if sizes.total() < LEAST_LABELS:
        raise NotEnoughError(_FEW, least=str(LEAST_LABELS), found=str(sizes.total()))
    if sum(n >= LEAST_OF_CLASS for n in sizes.values()) < 2:
        raise NotEnoughError(_ONE_SIDED, least=str(LEAST_OF_CLASS))


def _usable(known: Sequence[Known], retired: Collection[int]) -> tuple[list[Known], int]:
    """Return the labelled comments of topics that are not too rare, and how many were left out.

    A topic that nobody may choose any more is not suggested either.
    """
    labelled = [one for one in known if one.code not in retired]
    sizes = Counter(one.code or NONE for one in labelled)
    _enough(sizes)
    kept = [one for one in labelled if sizes[one.code or NONE] >= LEAST_OF_CLASS]
    if (people := len(set(_groups(kept)))) < LEAST_PEOPLE:
        raise NotEnoughError(_ALIKE, least=str(LEAST_PEOPLE), found=str(people))
    return kept, len(labelled) - len(kept)


def _groups(labelled: Sequence[Known]) -> list[str]:
    """Return whose comment each is; equal texts count as one person's: no stock phrase may test itself."""
    first: dict[str, str] = {}
    return [first.setdefault(one.text.strip().casefold(), one.person) for one in labelled]


def waiting(session: Session, now: datetime) -> list[Lag]:
    """Return how many lessons wait and since when: health looks at it wherever the tick is known."""
    wanted = select(func.count(), func.min(CommentLesson.due_at)).where(CommentLesson.due_at <= now)
    number, oldest = session.execute(wanted).one()
    return [Lag("learn", number, oldest)] if oldest is not None else []


health.watch(waiting)
