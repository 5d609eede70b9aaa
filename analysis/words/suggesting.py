"""Suggestions: what the newest classifier says of comments that nobody labelled.

It suggests and does not decide: a label by a person is never changed, and what is suggested is shown as such.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from analysis.words.models import CommentLabel, CommentModel, CommentSuggestion, Topic
from analysis.words.sampling import NEWEST, Place, text_ids
from core.db import Database, vault_of
from core.masking import mask
from surveys.models import Answer, Invitation, Questionnaire, Response, Version
from surveys.queries import LoadedVersion, load_version
from surveys.rows import words_place

TASK = "topic"
NONE = 0  # the code of "none of the topics"
IS_READ = CommentLabel.revision == Response.revision  # as it stands now
UNREAD = or_(CommentLabel.revision.is_(None), ~IS_READ)
BATCH = 500
RECENT = timedelta(days=120)  # comments of no older days get suggestions by themselves; paper comes late


def _insert(dialect: Any) -> Any:
    """Return the statement that stores a suggestion in place of an older one."""
    statement = dialect.insert(CommentSuggestion.__table__)
    new = {name: statement.excluded[name] for name in ("model_id", "code", "probability", "revision")}
    key = ("response_id", "item_id", "task")
    return statement.on_conflict_do_update(index_elements=key, set_=new)


_INSERTS: dict[str, Any] = {
    name: _insert(dialect) for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}


@dataclass(frozen=True)
class Known:
    """One comment: masked, with what a person said of it, if somebody did."""

    place: Place
    revision: int
    text: str
    person: str
    code: int | None
    drawn: bool


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
        from analysis.words import classifier  # noqa: PLC0415 # scikit-learn: only where there is work

        found, shares = classifier.predict(classifier.unpack(model.weights), [one.text for one in rest])
        with database.begin() as session:
            if newest_held(session, model.questionnaire_id) != model.id:
                continue  # somebody pressed "Learn" meanwhile, and everything has newer suggestions
            suggest(session, model.id, rest, [int(code) for code in found], [float(p) for p in shares])
        done += len(rest)
    return {"suggested": done}


def newest_model(session: Session, questionnaire_id: int) -> CommentModel | None:
    """Return the classifier that the suggestions of a questionnaire come from."""
    wanted = select(CommentModel).where(
        CommentModel.questionnaire_id == questionnaire_id, CommentModel.task == TASK
    )
    return session.scalar(wanted.order_by(CommentModel.id.desc()).limit(1))


def tested(session: Session, questionnaire_id: int) -> tuple[int, int] | None:
    """Return how many comments, new to it, the newest classifier got right, and of how many."""
    wanted = select(CommentModel.report).where(
        CommentModel.questionnaire_id == questionnaire_id, CommentModel.task == TASK
    )
    report = session.scalar(wanted.order_by(CommentModel.id.desc()).limit(1))
    return (report["right"], report["n"]) if report and report["n"] else None


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
        .where(Answer.item_id.in_(text_ids(versions)), Answer.words.is_not(None))
        .order_by(Response.day.desc(), Response.id.desc())
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


def all_versions(session: Session, questionnaire_id: int) -> list[LoadedVersion]:
    """Return every version of a questionnaire, the oldest first."""
    wanted = select(Version.id).where(Version.questionnaire_id == questionnaire_id).order_by(Version.id)
    return [load_version(session, one) for one in session.scalars(wanted)]


def suggest(
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


def newest_held(session: Session, questionnaire_id: int) -> int | None:
    """Let nobody else learn for this questionnaire meanwhile; return the newest classifier."""
    session.execute(select(Questionnaire.id).where(Questionnaire.id == questionnaire_id).with_for_update())
    wanted = select(func.max(CommentModel.id)).where(CommentModel.questionnaire_id == questionnaire_id)
    return session.scalar(wanted)


def _without_any(session: Session, model: CommentModel, since: date) -> list[Known]:
    """Open recent comments that nobody labelled and that have no suggestion as they stand, a batch of them.

    The numbers of responses do not tell which came last: those of anonymous questionnaires are random.
    """
    suggested = select(CommentSuggestion.response_id).where(
        CommentSuggestion.response_id == Answer.response_id, CommentSuggestion.item_id == Answer.item_id,
        CommentSuggestion.task == TASK,  # the whole key: SQLite would read all of the model for each comment
        CommentSuggestion.model_id == model.id, CommentSuggestion.revision == Response.revision,
    )  # fmt: skip
    only = [
        Response.day >= since,
        UNREAD,
        ~suggested.exists(),
    ]
    return comments(session, all_versions(session, model.questionnaire_id), only=only, limit=BATCH)
