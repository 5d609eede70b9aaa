"""Topics, what people said a comment is about, and what a classifier learnt from them."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, UtcTime


class Topic(Base):
    """One entry of the code book of a questionnaire's comments."""

    __tablename__ = "topics"
    __table_args__ = (UniqueConstraint("questionnaire_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    questionnaire_id: Mapped[int] = mapped_column(ForeignKey("questionnaires.id"))
    name: Mapped[str] = mapped_column(String(40))
    position: Mapped[int]
    retired: Mapped[bool] = mapped_column(default=False)  # labels keep it, nobody chooses it any more
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    created_by: Mapped[str] = mapped_column(String(80))


class CommentLabel(Base):
    """What a person decided about one comment. It is final: no classifier changes it."""

    __tablename__ = "comment_labels"
    __table_args__ = (CheckConstraint("sentiment IN (-1, 0, 1)", name="sentiment"),)

    response_id: Mapped[int] = mapped_column(
        ForeignKey("responses.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    item_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("topics.id"), index=True)  # None: of no topic
    sentiment: Mapped[int | None] = mapped_column(SmallInteger)  # negative, neither, positive
    drawn: Mapped[bool]  # from the random sample, not chosen by hand: only these measure the classifier
    revision: Mapped[int] = mapped_column(SmallInteger)  # of the response that was read
    labelled_at: Mapped[datetime] = mapped_column(UtcTime)
    labelled_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class SecondLabel(Base):
    """What another person said of the same comment without seeing the first label: it changes nothing.

    ``first_topic_id`` is the label as it stood then; whoever mends it afterwards does not mend the agreement.
    """

    __tablename__ = "comment_second_labels"

    response_id: Mapped[int] = mapped_column(
        ForeignKey("responses.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    item_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("topics.id"))
    first_topic_id: Mapped[int | None] = mapped_column(ForeignKey("topics.id"))
    labelled_at: Mapped[datetime] = mapped_column(UtcTime)
    labelled_by: Mapped[int] = mapped_column(ForeignKey("users.id"))


class CommentLesson(Base):
    """Somebody asked that suggestions learn: one row a questionnaire, so two presses are one lesson."""

    __tablename__ = "comment_lessons"

    id: Mapped[int] = mapped_column(primary_key=True)
    questionnaire_id: Mapped[int] = mapped_column(ForeignKey("questionnaires.id"), unique=True)
    asked_at: Mapped[datetime] = mapped_column(UtcTime)
    asked_by: Mapped[str] = mapped_column(String(80))
    due_at: Mapped[datetime | None] = mapped_column(UtcTime)  # None: done
    problem: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # why nothing was learnt: words and values


class CommentModel(Base):
    """A classifier that was trained on the labels of one questionnaire, and how wrong it is.

    ``weights`` are plain arrays, no program: reading them can execute nothing.
    """

    __tablename__ = "comment_models"
    __table_args__ = (
        CheckConstraint("task IN ('topic', 'sentiment')", name="task"),
        Index("ix_comment_models_questionnaire_id_task", "questionnaire_id", "task", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    questionnaire_id: Mapped[int] = mapped_column(ForeignKey("questionnaires.id"))
    task: Mapped[str] = mapped_column(String(10))
    labels: Mapped[int]  # how many it learnt from
    report: Mapped[dict[str, Any]] = mapped_column(JSON)  # cross-validated error, by class, and the base line
    weights: Mapped[bytes] = mapped_column(LargeBinary)
    trained_at: Mapped[datetime] = mapped_column(UtcTime)
    trained_by: Mapped[str] = mapped_column(String(80))


class CommentSuggestion(Base):
    """What the newest classifier says of a comment that nobody has labelled."""

    __tablename__ = "comment_suggestions"

    response_id: Mapped[int] = mapped_column(
        ForeignKey("responses.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    item_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    task: Mapped[str] = mapped_column(String(10), primary_key=True)
    model_id: Mapped[int] = mapped_column(ForeignKey("comment_models.id"), index=True)
    code: Mapped[int]  # topic id, or sentiment
    probability: Mapped[float]
    revision: Mapped[int] = mapped_column(SmallInteger)  # of the response that was read
