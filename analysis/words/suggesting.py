"""Suggestions: a classifier learns from what people labelled and says what the rest may be about.

It suggests and does not decide: a label by a person is never changed, and what is suggested is shown as such.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from analysis.texts import N_, Note
from analysis.words.labelling import NEWEST, Place
from analysis.words.models import CommentLabel, CommentModel, CommentSuggestion, Topic
from core import audit
from core.db import Database, vault_of
from core.errors import InputError
from core.masking import mask
from surveys.models import Answer, Invitation, Questionnaire, Response, Version
from surveys.queries import LoadedVersion, load_version
from surveys.rows import words_place

TASK = "topic"
NONE = 0  # the code of "none of the topics"
BATCH = 500
LEAST_LABELS = 60
LEAST_OF_CLASS = 10
LEAST_PEOPLE = 5  # it is tested five times, each time on the comments of other people
RECENT = timedelta(days=120)  # comments of no older days get suggestions by themselves; paper comes late

_FEW = N_("Suggestions need %(least)s labelled comments; there are %(found)s.")
_ONE_SIDED = N_("Suggestions need at least two topics with %(least)s labelled comments each.")
_ALIKE = N_(
    "Suggestions need labelled comments by %(least)s people in words of their own; there are %(found)s."
)


def _insert(dialect: Any) -> Any:
    """Return the statement that stores a suggestion in place of an older one."""
    statement = dialect.insert(CommentSuggestion.__table__)
    new = {name: statement.excluded[name] for name in ("model_id", "code", "probability", "revision")}
    key = ("response_id", "item_id", "task")
    return statement.on_conflict_do_update(index_elements=key, set_=new)


_INSERTS: dict[str, Any] = {
    name: _insert(dialect) for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}


class NotEnoughError(InputError):
    """There are not enough labelled comments to learn from."""

    def __init__(self, template: str, **values: str) -> None:
        self.note = Note(template, values)
        super().__init__(self.note.say())


@dataclass(frozen=True)
class Known:
    """One comment: masked, with what a person said of it, if somebody did."""

    place: Place
    revision: int
    text: str
    person: str
    code: int | None
    drawn: bool


def train(
    database: Database, versions: Sequence[LoadedVersion], *, actor: str, now: datetime
) -> dict[str, Any]:
    """Learn from the labels and suggest a topic for every comment that nobody labelled.

    Reading and learning take seconds and hold no lock; what was found is written at once at the end. Nothing
    is suggested while the classifier is not clearly better than always naming the commonest topic.

    Raises
    ------
    NotEnoughError
        When there are too few labels or too few people, or only one topic has enough of them.
    """
    from analysis.words import classifier  # noqa: PLC0415 # NumPy and scikit-learn: only who trains pays

    is_read = CommentLabel.revision == Response.revision
    with database.read() as session:
        known = comments(session, versions, only=[is_read])  # however long ago: not only of the newest
        rest = comments(session, versions, only=[or_(CommentLabel.revision.is_(None), ~is_read)])
        retired = _retired(session, versions[-1].questionnaire_id)
    labelled, rare = _usable(known, retired)
    texts, codes = [one.text for one in labelled], [one.code or NONE for one in labelled]
    report = classifier.validate(texts, codes, _groups(labelled), [one.drawn for one in labelled])
    is_gain = report["n"] > 0 and report["ci95"][0] > report["baseline"]
    report |= {"rare": rare, "held_back": not is_gain}
    trained = classifier.fit(texts, codes)
    rest = rest if is_gain else []
    found, shares = classifier.predict(trained, [one.text for one in rest])
    with database.begin() as session:
        model = _keep(
            session, versions, labels=len(labelled), report=report, weights=classifier.pack(trained),
            actor=actor, now=now,
        )  # fmt: skip
        _suggest(session, model.id, rest, [int(code) for code in found], [float(p) for p in shares])
    return report


def suggest_new(database: Database, *, now: datetime) -> dict[str, int]:
    """Suggest topics for recent comments without one: the job of a round; a model is loaded only for some."""
    done = 0
    with database.read() as session:
        newest = select(func.max(CommentModel.id)).group_by(CommentModel.questionnaire_id)
        models = session.scalars(select(CommentModel).where(CommentModel.id.in_(newest))).all()
        useful = [model for model in models if not model.report.get("held_back")]
        since = (now - RECENT).date()
        waiting = [(model, rest) for model in useful if (rest := _without_any(session, model, since))]
    for model, rest in waiting:
        from analysis.words import classifier  # noqa: PLC0415 # see train

        found, shares = classifier.predict(classifier.unpack(model.weights), [one.text for one in rest])
        with database.begin() as session:
            if _newest_held(session, model.questionnaire_id) != model.id:
                continue  # somebody pressed "Learn" meanwhile, and everything has newer suggestions
            _suggest(session, model.id, rest, [int(code) for code in found], [float(p) for p in shares])
        done += len(rest)
    return {"suggested": done}


def newest_model(session: Session, questionnaire_id: int) -> CommentModel | None:
    """Return the classifier that the suggestions of a questionnaire come from."""
    wanted = select(CommentModel).where(
        CommentModel.questionnaire_id == questionnaire_id, CommentModel.task == TASK
    )
    return session.scalar(wanted.order_by(CommentModel.id.desc()).limit(1))


def labelled_now(session: Session, versions: Sequence[LoadedVersion]) -> Counter[int]:
    """Count the labels that can be learnt from, by topic."""
    wanted = (
        select(CommentLabel.topic_id, func.count())
        .join(Response, Response.id == CommentLabel.response_id)
        .outerjoin(Topic, Topic.id == CommentLabel.topic_id)
        .where(Response.version_id.in_([version.id for version in versions]))
        .where(Response.revision == CommentLabel.revision, Topic.retired.is_not(True))
        .group_by(CommentLabel.topic_id)
    )
    return Counter({topic_id or NONE: n for topic_id, n in session.execute(wanted)})


def comments(
    session: Session, versions: Sequence[LoadedVersion], *, only: Sequence[ColumnElement[bool]] = (),
    limit: int = NEWEST,
) -> list[Known]:  # fmt: skip
    """Open the newest comments of a questionnaire, or of those that are meant, masked, with their labels."""
    ids = [item.id for version in versions for item in version.items if item.kind == "text"]
    columns: list[Any] = [
        Answer.response_id, Answer.item_id, Answer.words, Response.revision, Invitation.contact_id,
        CommentLabel.topic_id, CommentLabel.revision.label("read"), CommentLabel.drawn,
    ]  # fmt: skip
    same = (CommentLabel.response_id == Answer.response_id) & (CommentLabel.item_id == Answer.item_id)
    wanted = (
        select(*columns)
        .join(Response, Response.id == Answer.response_id)
        .outerjoin(Invitation, Invitation.id == Response.invitation_id)
        .outerjoin(CommentLabel, same)
        .where(Response.version_id.in_([version.id for version in versions]), *only)
        .where(Answer.item_id.in_(ids), Answer.words.is_not(None))
        .order_by(Answer.response_id.desc())
        .limit(limit)
    )
    vault = vault_of(session)
    return [
        Known(
            (row.response_id, row.item_id), row.revision,
            mask(vault.open(row.words, words_place(row.response_id, row.item_id))),
            f"c{row.contact_id}" if row.contact_id else f"r{row.response_id}",
            (row.topic_id or NONE) if row.read == row.revision else None, bool(row.drawn),
        )
        for row in session.execute(wanted)
    ]  # fmt: skip


def _retired(session: Session, questionnaire_id: int) -> set[int]:
    wanted = select(Topic.id).where(Topic.questionnaire_id == questionnaire_id, Topic.retired)
    return set(session.scalars(wanted))


def _usable(known: Sequence[Known], retired: Collection[int]) -> tuple[list[Known], int]:
    """Return the labelled comments of topics that are not too rare, and how many were left out.

    A topic that nobody may choose any more is not suggested either.
    """
    labelled = [one for one in known if one.code not in retired]
    if len(labelled) < LEAST_LABELS:
        raise NotEnoughError(_FEW, least=str(LEAST_LABELS), found=str(len(labelled)))
    sizes = Counter(one.code for one in labelled)
    kept = [one for one in labelled if sizes[one.code] >= LEAST_OF_CLASS]
    if len({one.code for one in kept}) < 2:
        raise NotEnoughError(_ONE_SIDED, least=str(LEAST_OF_CLASS))
    if (people := len(set(_groups(kept)))) < LEAST_PEOPLE:
        raise NotEnoughError(_ALIKE, least=str(LEAST_PEOPLE), found=str(people))
    return kept, len(labelled) - len(kept)


def _groups(labelled: Sequence[Known]) -> list[str]:
    """Return whose comment each is; equal texts count as one person's: no stock phrase may test itself."""
    first: dict[str, str] = {}
    return [first.setdefault(one.text.strip().casefold(), one.person) for one in labelled]


def _keep(
    session: Session, versions: Sequence[LoadedVersion], *, labels: int, report: dict[str, Any],
    weights: bytes, actor: str, now: datetime,
) -> CommentModel:  # fmt: skip
    questionnaire_id = versions[-1].questionnaire_id
    _newest_held(session, questionnaire_id)
    older = session.scalars(
        select(CommentModel.id).where(
            CommentModel.questionnaire_id == questionnaire_id, CommentModel.task == TASK
        )
    ).all()
    session.execute(delete(CommentSuggestion).where(CommentSuggestion.model_id.in_(older)))
    model = CommentModel(
        questionnaire_id=questionnaire_id, task=TASK, labels=labels, report=report, weights=weights,
        trained_at=now, trained_by=actor,
    )  # fmt: skip
    session.add(model)
    session.flush()
    audit.record(
        session, actor=actor, action="comments.trained", subject=f"questionnaire:{questionnaire_id}", now=now,
        labels=labels, right=report["right"], of=report["n"],
    )  # fmt: skip
    return model


def _suggest(
    session: Session, model_id: int, rest: Sequence[Known], codes: Sequence[int], shares: Sequence[float]
) -> None:
    """Store suggestions for the comments that are still there."""
    rows = [
        {"response_id": one.place[0], "item_id": one.place[1], "task": TASK, "model_id": model_id,
         "code": code, "probability": share, "revision": one.revision}
        for one, code, share in zip(rest, codes, shares, strict=True)
    ]  # fmt: skip
    statement = _INSERTS[session.get_bind().dialect.name]
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        ids = [row["response_id"] for row in batch]
        held = select(Response.id).where(Response.id.in_(ids)).order_by(Response.id)
        there = set(session.scalars(held.with_for_update(read=True, key_share=True)))  # not erased meanwhile
        if kept := [row for row in batch if row["response_id"] in there]:
            session.connection().execute(statement, kept)


def _newest_held(session: Session, questionnaire_id: int) -> int | None:
    """Let nobody else learn for this questionnaire meanwhile; return the newest classifier."""
    session.execute(select(Questionnaire.id).where(Questionnaire.id == questionnaire_id).with_for_update())
    wanted = select(func.max(CommentModel.id)).where(CommentModel.questionnaire_id == questionnaire_id)
    return session.scalar(wanted)


def _without_any(session: Session, model: CommentModel, since: date) -> list[Known]:
    """Open recent comments that nobody labelled and that have no suggestion as they stand, a batch of them.

    The numbers of responses do not tell which came last: those of anonymous questionnaires are random.
    """
    ids = session.scalars(select(Version.id).where(Version.questionnaire_id == model.questionnaire_id)).all()
    suggested = select(CommentSuggestion.response_id).where(
        CommentSuggestion.response_id == Answer.response_id, CommentSuggestion.item_id == Answer.item_id,
        CommentSuggestion.task == TASK,  # the whole key: SQLite would read all of the model for each comment
        CommentSuggestion.model_id == model.id, CommentSuggestion.revision == Response.revision,
    )  # fmt: skip
    only = [
        Response.day >= since,
        or_(CommentLabel.revision.is_(None), CommentLabel.revision != Response.revision),
        ~suggested.exists(),
    ]
    return comments(session, [load_version(session, one) for one in ids], only=only, limit=BATCH)
