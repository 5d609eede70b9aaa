"""Questionnaires with immutable versions, invitations, responses, answers and the tally.

``Answer`` and ``Tally`` are narrow on purpose: they hold nearly all rows of an installation.
"""

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, UtcTime


class Missing(enum.IntEnum):
    """Why there is no answer. Stored as a negative tally value, so that it can never be averaged in."""

    NOT_ASKED = -1
    SKIPPED = -2
    NOT_APPLICABLE = -3
    REFUSED = -4
    DONT_KNOW = -5

    @property
    def key(self) -> str:
        return self.name.lower()


class Questionnaire(Base):
    """One instrument; its published versions hold the questions."""

    __tablename__ = "questionnaires"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    title: Mapped[dict[str, str]] = mapped_column(JSON)  # language -> text
    anonymous: Mapped[bool] = mapped_column(default=False, server_default=false())
    current_version_id: Mapped[int | None]  # no foreign key: the two tables would need each other
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class Version(Base):
    """A published version: its definition never changes, and its hash proves it."""

    __tablename__ = "versions"
    __table_args__ = (UniqueConstraint("questionnaire_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    questionnaire_id: Mapped[int] = mapped_column(ForeignKey("questionnaires.id"))
    number: Mapped[int]
    definition: Mapped[dict[str, Any]] = mapped_column(JSON)  # see surveys/definition.py
    content_hash: Mapped[str] = mapped_column(String(64))
    published_at: Mapped[datetime] = mapped_column(UtcTime)
    published_by: Mapped[str] = mapped_column(String(80))


class Item(Base):
    """One question of one version; ``item_key`` is what stays the same over versions."""

    __tablename__ = "items"
    __table_args__ = (UniqueConstraint("version_id", "item_key"), UniqueConstraint("version_id", "position"))

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id"))
    item_key: Mapped[str] = mapped_column(String(40), index=True)
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(String(12))
    scale: Mapped[str] = mapped_column(String(20), default="")  # name of the scale, with its version: sat5.1


class Stratum(Base):
    """One combination of the dimensions by which answers are compared."""

    __tablename__ = "strata"
    __table_args__ = (
        UniqueConstraint("service_type", "district", "department", "category", "severity", "channel"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    service_type: Mapped[str] = mapped_column(String(60), default="")
    district: Mapped[str] = mapped_column(String(60), default="")
    department: Mapped[str] = mapped_column(String(60), default="")
    category: Mapped[str] = mapped_column(String(60), default="")
    severity: Mapped[str] = mapped_column(String(20), default="")
    channel: Mapped[str] = mapped_column(String(20), default="")


DIMENSIONS = ("service_type", "district", "department", "category", "severity", "channel")


class Invitation(Base):
    """One personal link to one version. Only the hash of its token is kept."""

    __tablename__ = "invitations"
    __table_args__ = (
        CheckConstraint(
            "state IN ('open', 'answered', 'locked', 'revoked', 'replaced', 'withdrawn', 'opted_out')",
            name="state",
        ),
        Index("ix_invitations_state_answer_by", "state", "answer_by"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="SET NULL"), index=True)
    stratum_id: Mapped[int] = mapped_column(ForeignKey("strata.id"))
    handler: Mapped[str] = mapped_column(String(80), default="")  # as it stood when the case was closed
    reference: Mapped[str] = mapped_column(String(30), default="")  # the case number shown with thanks
    about: Mapped[dict[str, str]] = mapped_column(
        JSON
    )  # what the page may show: {"addressee": "王*", "on": "2026-11-18"}
    language: Mapped[str] = mapped_column(String(10), default="zh_Hans")
    channel: Mapped[str] = mapped_column(String(10))  # sms | email | paper
    state: Mapped[str] = mapped_column(String(12), default="open")
    answer_by: Mapped[datetime] = mapped_column(UtcTime)
    lock_at: Mapped[datetime | None] = mapped_column(UtcTime)  # until then an answer may be amended
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class InvitationTrace(Base):
    """What the page itself told: a hint only, because scanners open links and scripts may be off."""

    __tablename__ = "invitation_traces"

    invitation_id: Mapped[int] = mapped_column(
        ForeignKey("invitations.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    opened_at: Mapped[datetime] = mapped_column(UtcTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcTime)


class Partial(Base):
    """Answers that a person chose to save and finish later, sealed whole for ``partial:<invitation>``."""

    __tablename__ = "partials"

    invitation_id: Mapped[int] = mapped_column(
        ForeignKey("invitations.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    saved_at: Mapped[datetime] = mapped_column(UtcTime)
    answers_sealed: Mapped[bytes] = mapped_column(LargeBinary)


class OpenLink(Base):
    """A link for everybody, on a poster or a page: no secret, with a quota per day."""

    __tablename__ = "open_links"
    __table_args__ = (CheckConstraint("state IN ('open', 'closed')", name="state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(12), unique=True)
    questionnaire_id: Mapped[int] = mapped_column(ForeignKey("questionnaires.id"), index=True)
    label: Mapped[str] = mapped_column(String(80))  # where it hangs, for staff
    stratum_id: Mapped[int] = mapped_column(ForeignKey("strata.id"))
    language: Mapped[str] = mapped_column(String(10), default="zh_Hans")
    daily_quota: Mapped[int | None]
    answer_by: Mapped[datetime | None] = mapped_column(UtcTime)
    state: Mapped[str] = mapped_column(String(12), default="open")
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    created_by: Mapped[str] = mapped_column(String(80))


class OpenLinkDay(Base):
    """How many answers came over an open link on one local day: what its quota counts."""

    __tablename__ = "open_link_days"

    open_link_id: Mapped[int] = mapped_column(
        ForeignKey("open_links.id"), primary_key=True, autoincrement=False
    )
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    n: Mapped[int]


class Ballot(Base):
    """An anonymous answer that waits for company: sealed, until enough are counted together.

    Its id is drawn at random, it has no time, and what it holds cannot be read in the database. So nothing
    ties it, or the response that it becomes, to the invitation that was spent in the same moment.
    """

    __tablename__ = "ballots"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id"), index=True)
    mode: Mapped[str] = mapped_column(String(8))
    day: Mapped[date] = mapped_column(Date)
    answers_sealed: Mapped[bytes] = mapped_column(LargeBinary)


class Response(Base):
    """One filled questionnaire, from link, phone, paper or import."""

    __tablename__ = "responses"
    __table_args__ = (
        CheckConstraint("mode IN ('web', 'phone', 'paper', 'import')", name="mode"),
        UniqueConstraint("invitation_id"),
        UniqueConstraint("version_id", "external_id"),
        Index("ix_responses_version_id_day", "version_id", "day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id"))
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("invitations.id"))
    open_link_id: Mapped[int | None]  # no foreign key: SQLite cannot add one; open links are never deleted
    external_id: Mapped[str | None] = mapped_column(
        String(80)
    )  # of an import, or the key of a phone interview
    stratum_id: Mapped[int] = mapped_column(ForeignKey("strata.id"))
    handler: Mapped[str] = mapped_column(String(80), default="")
    mode: Mapped[str] = mapped_column(String(8))
    language: Mapped[str] = mapped_column(String(10), default="zh_Hans")
    day: Mapped[date] = mapped_column(Date)  # local day of the first submission; the tally counts it there
    submitted_at: Mapped[datetime] = mapped_column(UtcTime)
    seconds: Mapped[int | None]  # how long the page was open, where scripts were on
    revision: Mapped[int] = mapped_column(SmallInteger, default=1)
    entered_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # who recorded it for the customer


class Answer(Base):
    """One answer to one item: a score, the codes of the options, a number, sealed words, or why none."""

    __tablename__ = "answers"
    __table_args__ = ({"sqlite_with_rowid": False},)

    response_id: Mapped[int] = mapped_column(
        Integer, ForeignKey("responses.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    item_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    value: Mapped[int | None] = mapped_column(SmallInteger)  # score, option code, or Missing
    codes: Mapped[str | None] = mapped_column(String(200))  # option codes of a multiple choice: "1 4 7"
    number: Mapped[float | None]
    words: Mapped[bytes | None] = mapped_column(LargeBinary)  # sealed for answer.words:<response>:<item>


class AnswerRevision(Base):
    """The answers as they stood before an amendment, sealed whole."""

    __tablename__ = "answer_revisions"

    response_id: Mapped[int] = mapped_column(
        ForeignKey("responses.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    revision: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    replaced_at: Mapped[datetime] = mapped_column(UtcTime)
    answers_sealed: Mapped[bytes] = mapped_column(
        LargeBinary
    )  # JSON {item_key: {...}}, for answer.revision:<response>:<revision>


class Tally(Base):
    """How many answers of one day had one value: kept in the transaction that stores the answers.

    ``value`` is a score or an option code (0 or more), or a ``Missing`` (negative). Items answered in
    words or with a free number count as value 1.
    """

    __tablename__ = "tally"
    __table_args__ = ({"sqlite_with_rowid": False},)

    item_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    mode: Mapped[str] = mapped_column(String(8), primary_key=True)
    stratum_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    value: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    n: Mapped[int]


class TallyMonth(Base):
    """The tally summed up by month: a comparison of quarters or years reads these rows, and few of them.

    Kept together with `Tally`. With many groups the days hold nearly as many rows as there are answers.
    """

    __tablename__ = "tally_months"
    __table_args__ = (  # the order in which a comparison adds up: no sorting, one pass
        PrimaryKeyConstraint("item_id", "month", "mode", "value", "stratum_id"),
        {"sqlite_with_rowid": False},
    )

    item_id: Mapped[int] = mapped_column(SmallInteger, autoincrement=False)
    month: Mapped[date] = mapped_column(Date)  # its first day
    mode: Mapped[str] = mapped_column(String(8))
    stratum_id: Mapped[int] = mapped_column(Integer, autoincrement=False)
    value: Mapped[int] = mapped_column(SmallInteger, autoincrement=False)
    n: Mapped[int]
    # How often the row was written: what was added up from the answers themselves is out of date once the
    # sum of these has grown, even where two changes leave the same counts.
    changes: Mapped[int] = mapped_column(default=1, server_default="1")


class InvitationTally(Base):
    """How many invitations to one version went out on one day: the denominator of the response rate."""

    __tablename__ = "invitation_tally"
    __table_args__ = ({"sqlite_with_rowid": False},)

    version_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    stratum_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    n: Mapped[int]
