"""Cases, rules, follow-ups, callbacks and their attempts, reopen requests."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, UtcTime


def _uid() -> str:
    return uuid.uuid4().hex


class Case(Base):
    """One matter of one customer. ``resolution_no`` counts its closings."""

    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        CheckConstraint("kind IN ('complaint', 'suggestion', 'inquiry', 'praise', 'repair')", name="kind"),
        CheckConstraint("severity IN ('minor', 'normal', 'serious', 'urgent')", name="severity"),
        Index("ix_cases_state_registered_at", "state", "registered_at"),
        Index("ix_cases_state_due_at", "state", "due_at"),  # the clocks look at it every round
        Index("ix_cases_state_response_due_at", "state", "response_due_at"),
        Index("ix_cases_closed_at", "closed_at"),
        Index("ix_cases_registered_at_id", "registered_at", "id"),  # the order of the list
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), default=_uid)
    number: Mapped[str] = mapped_column(String(20), unique=True)  # 20261121-0042
    source: Mapped[str] = mapped_column(
        String(40), default=""
    )  # the system it came from; "demo" marks demo data
    external_id: Mapped[str | None] = mapped_column(String(80))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="SET NULL"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    severity: Mapped[str] = mapped_column(String(12), default="normal")
    category: Mapped[str] = mapped_column(String(60), default="", index=True)
    service_type: Mapped[str] = mapped_column(String(60), default="", index=True)
    district: Mapped[str] = mapped_column(String(60), default="", index=True)
    department: Mapped[str] = mapped_column(String(60), default="", index=True)
    channel: Mapped[str] = mapped_column(String(20), default="phone")  # how it reached us
    title_sealed: Mapped[bytes] = mapped_column(LargeBinary)  # case.title:<uid>
    description_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)  # case.description:<uid>
    result_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)  # case.result:<uid>
    state: Mapped[str] = mapped_column(String(20), default="registered")
    handler_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    handler_name: Mapped[str] = mapped_column(String(80), default="")  # for handlers without an account
    close_reason: Mapped[str] = mapped_column(String(40), default="")
    resolution_no: Mapped[int] = mapped_column(default=0)
    registered_at: Mapped[datetime] = mapped_column(UtcTime)
    reopened_at: Mapped[datetime | None] = mapped_column(UtcTime)  # from when the present clocks run
    response_due_at: Mapped[datetime | None] = mapped_column(UtcTime)  # of the first answer to the customer
    responded_at: Mapped[datetime | None] = mapped_column(UtcTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcTime)  # of the resolution
    paused_at: Mapped[datetime | None] = mapped_column(UtcTime)  # while waiting for the customer
    closed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    changed_at: Mapped[datetime] = mapped_column(UtcTime)
    version: Mapped[int] = mapped_column(default=1)  # of the editable fields: a stale save is refused


class CaseNote(Base):
    """A note on a case; the words are sealed."""

    __tablename__ = "case_notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), default=_uid)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(UtcTime)
    actor: Mapped[str] = mapped_column(String(80))
    words_sealed: Mapped[bytes] = mapped_column(LargeBinary)  # case_note.words:<uid>


class Rule(Base):
    """A follow-up rule; what it says stands in its versions."""

    __tablename__ = "rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    active: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(default=0)  # the first rule that fits wins
    current_version_id: Mapped[int | None]  # no foreign key: the two tables would need each other


class RuleVersion(Base):
    """One immutable wording of a rule: ``terms`` as in followup/policy.py."""

    __tablename__ = "rule_versions"
    __table_args__ = (UniqueConstraint("rule_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    rule_id: Mapped[int] = mapped_column(ForeignKey("rules.id"))
    number: Mapped[int]
    questionnaire_id: Mapped[int] = mapped_column(ForeignKey("questionnaires.id"))
    terms: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    created_by: Mapped[str] = mapped_column(String(80))


class FollowUp(Base):
    """What one rule owes one closing, with the case as it stood then."""

    __tablename__ = "follow_ups"
    __table_args__ = (
        UniqueConstraint("case_id", "resolution_no", "rule_id"),
        Index("ix_follow_ups_state_due_at", "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    resolution_no: Mapped[int]
    rule_id: Mapped[int] = mapped_column(ForeignKey("rules.id"))
    rule_version_id: Mapped[int] = mapped_column(ForeignKey("rule_versions.id"))
    recovery_of_id: Mapped[int | None] = mapped_column(ForeignKey("follow_ups.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id"))  # the questionnaire version to ask
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="SET NULL"), index=True)
    stratum_id: Mapped[int] = mapped_column(ForeignKey("strata.id"))  # snapshot at closing
    handler_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    handler_name: Mapped[str] = mapped_column(String(80), default="")
    state: Mapped[str] = mapped_column(String(20), default="planned")
    due_at: Mapped[datetime] = mapped_column(UtcTime)  # when the next step is due
    reason: Mapped[str] = mapped_column(String(40), default="")  # why skipped or void
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("invitations.id"), unique=True)
    response_id: Mapped[int | None] = mapped_column(ForeignKey("responses.id"), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)


_DECIDES = (
    "department", "skill", "language", "handler_id", "handler_name", "agent_id", "phone_index", "contact_id",
    "phone_id",
)  # fmt: skip


class Callback(Base):
    """A phone task. Who holds it, until when, and how it ended."""

    __tablename__ = "callbacks"
    __table_args__ = (
        # Both hold all that decides who may call: whoever may call little is not shown the table for it.
        Index("ix_callbacks_queue", "state", "priority", "ready_at", "id", "deadline", *_DECIDES),
        Index("ix_callbacks_due", "state", "deadline", "id", "priority", "ready_at", *_DECIDES),
        Index("ix_callbacks_state_ready_at", "state", "ready_at"),  # whom to wake
        # One call task in hand per number, held by the database.
        Index(
            "ux_callbacks_open_phone",
            "phone_index",
            unique=True,
            sqlite_where=text("state IN ('claimed', 'in_call')"),
            postgresql_where=text("state IN ('claimed', 'in_call')"),
        ),
        # And one in the hand of an agent, in how many tabs ever.
        Index(
            "ux_callbacks_in_hand",
            "agent_id",
            unique=True,
            sqlite_where=text("state IN ('claimed', 'in_call')"),
            postgresql_where=text("state IN ('claimed', 'in_call')"),
        ),
        Index("ix_callbacks_ended_at", "ended_at"),
        Index(
            "ix_callbacks_drafts",
            "ended_at",
            sqlite_where=text("draft_sealed IS NOT NULL"),
            postgresql_where=text("draft_sealed IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    follow_up_id: Mapped[int] = mapped_column(ForeignKey("follow_ups.id"), unique=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="SET NULL"), index=True)
    phone_id: Mapped[int | None] = mapped_column(
        ForeignKey("phones.id", ondelete="SET NULL")
    )  # the number to dial next
    phone_index: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    handler_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # who may not make this call
    handler_name: Mapped[str] = mapped_column(String(80), default="")  # neither may who has this name
    department: Mapped[str] = mapped_column(String(80), default="")  # whose agents call; "" is everybody's
    skill: Mapped[str] = mapped_column(String(40), default="")  # who calls has it; "" asks for none
    language: Mapped[str] = mapped_column(String(10), default="")  # who calls speaks it; "" asks for none
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    priority: Mapped[int] = mapped_column(default=50)  # smaller is sooner, see followup/policy.py
    ready_at: Mapped[datetime] = mapped_column(UtcTime)
    deadline: Mapped[datetime | None] = mapped_column(UtcTime)
    agent_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id"), index=True
    )  # the holder, or whom the appointment is with
    lease_until: Mapped[datetime | None] = mapped_column(UtcTime)
    attempts: Mapped[int] = mapped_column(default=0)
    outcome: Mapped[str] = mapped_column(String(20), default="")  # final code
    result: Mapped[str] = mapped_column(String(2), default="")  # AAPOR group of all calls together: I, P, R …
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    # While the last outcome can be undone; then what cannot be taken back is done (links, other numbers).
    settles_at: Mapped[datetime | None] = mapped_column(UtcTime, index=True)
    draft_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)  # what was typed, callback.draft:<id>
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class Attempt(Base):
    """One call and how it ended."""

    __tablename__ = "attempts"
    __table_args__ = (
        Index("ix_attempts_ended_at", "ended_at", "phone_index", "undone_at"),  # which numbers rang lately
        Index("ix_attempts_agent_id_ended_at", "agent_id", "ended_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), default=_uid)
    callback_id: Mapped[int] = mapped_column(ForeignKey("callbacks.id"), index=True)
    number: Mapped[int]  # first, second, third …
    agent_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    phone_id: Mapped[int | None] = mapped_column(ForeignKey("phones.id", ondelete="SET NULL"))
    phone_index: Mapped[bytes | None] = mapped_column(LargeBinary(16), index=True)
    started_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_at: Mapped[datetime] = mapped_column(UtcTime)
    local_day: Mapped[date] = mapped_column(Date)
    day_part: Mapped[str] = mapped_column(String(10), default="")  # morning | afternoon | evening
    outcome: Mapped[str] = mapped_column(String(20))
    # What the code meant when it was chosen: the code table can be changed, the past is not.
    connected: Mapped[bool] = mapped_column(default=False)  # a person picked up
    contacted: Mapped[bool] = mapped_column(default=False)  # the customer was spoken to
    result: Mapped[str] = mapped_column(String(2), default="")  # AAPOR group: I, P, R, NC, O
    note_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)  # attempt.note:<uid>
    # The callback as it stood, while the outcome can be undone.
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    undone_at: Mapped[datetime | None] = mapped_column(UtcTime)  # superseded: counts nowhere, stays in sight
    undone_by: Mapped[str] = mapped_column(String(80), default="")
    taken_back_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)  # answers, attempt.answers:<uid>


class ReopenRequest(Base):
    """A dissatisfied or unresolved answer asks that the case be opened again; a person decides."""

    __tablename__ = "reopen_requests"
    __table_args__ = (UniqueConstraint("follow_up_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), default=_uid)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    resolution_no: Mapped[int]
    follow_up_id: Mapped[int] = mapped_column(ForeignKey("follow_ups.id"))
    cause: Mapped[str] = mapped_column(String(20))  # dissatisfied | unresolved | both
    reason: Mapped[str] = mapped_column(String(40), default="")  # coded, from the list of the desk
    words_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)  # reopen.words:<uid>
    state: Mapped[str] = mapped_column(
        String(12), default="open", index=True
    )  # open | accepted | declined | withdrawn
    decision: Mapped[str] = mapped_column(String(500), default="")
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
