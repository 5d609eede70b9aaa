"""The callback desk: code table, skills, skips, pauses, undo, corrections, reviews.

Revision ID: 0005
Revises: 0004
"""

from alembic import op
import sqlalchemy as sa
import core.db
from core import clock


revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


# What the codes meant when they were all as delivered: group of AAPOR, a person picked up, the customer did.
MEANT = {
    "COMPLETE": ("I", True, True), "PARTIAL": ("P", True, True), "BREAKOFF": ("R", True, True),
    "APPT_FIXED": ("O", True, True), "APPT_SOFT": ("O", True, True), "REFUSED_SOFT": ("R", True, True),
    "REFUSED_HARD": ("R", True, True), "DO_NOT_CONTACT": ("R", True, True), "NOT_SELF": ("NC", True, False),
    "WRONG_NUMBER": ("NC", True, False), "LANGUAGE": ("O", True, True), "UNABLE": ("O", True, True),
    "DECEASED": ("O", True, False), "AWAY": ("NC", True, False), "SUPERVISOR": ("O", True, True),
    "SELF_DONE": ("I", False, False), "VOID_REOPENED": ("NE", False, False), "VOID_DUP": ("NE", False, False),
}  # fmt: skip


def _let_go_of_seconds() -> None:
    """Put back what agents hold beside one callback: from now on the database lets them hold one.

    They keep the one in a call, else the first one; a page that still shows another finds it gone.
    """
    callbacks = sa.table(
        "callbacks",
        sa.column("id"),
        sa.column("state"),
        sa.column("agent_id"),
        sa.column("lease_until"),
        sa.column("version"),
    )
    transitions = sa.table(
        "transitions",
        *map(sa.column, ("machine", "subject_id", "event", "old", "new", "reason", "actor")),
        sa.column("at", core.db.UtcTime()),
    )
    c, kept = callbacks.c, callbacks.alias("kept").c
    in_hand = ["claimed", "in_call"]
    before = sa.or_(
        sa.and_(kept.state == "in_call", c.state == "claimed"), sa.and_(kept.state == c.state, kept.id < c.id)
    )
    is_second = sa.exists().where(kept.agent_id == c.agent_id, kept.state.in_(in_hand), before)
    seconds = op.get_bind().execute(sa.select(c.id, c.state).where(c.state.in_(in_hand), is_second)).all()
    told = {
        "machine": "callback",
        "event": "release",
        "new": "ready",
        "reason": "one call in hand",
        "actor": "system",
        "at": clock.now(),
    }
    for callback_id, state in seconds:
        op.execute(
            callbacks.update()
            .where(c.id == callback_id)
            .values(state="ready", agent_id=None, lease_until=None, version=c.version + 1)
        )
        op.execute(transitions.insert().values(subject_id=callback_id, old=state, **told))


def _tell_the_past() -> None:
    """Write down what earlier calls meant, when callbacks ended, and who may not make them."""
    attempts = sa.table(
        "attempts",
        sa.column("outcome"),
        sa.column("result"),
        sa.column("connected"),
        sa.column("contacted"),
        sa.column("callback_id"),
    )
    callbacks = sa.table(
        "callbacks",
        sa.column("id"),
        sa.column("outcome"),
        sa.column("result"),
        sa.column("state"),
        sa.column("ended_at"),
    )
    op.execute(attempts.update().values(result="NC"))
    ended = callbacks.c.state.in_(["done", "cancelled"])
    op.execute(callbacks.update().where(ended).values(result="NC"))
    for code, (result, connected, contacted) in MEANT.items():
        told = {"result": result, "connected": connected, "contacted": contacted}
        op.execute(attempts.update().where(attempts.c.outcome == code).values(**told))
        op.execute(callbacks.update().where(ended, callbacks.c.outcome == code).values(result=result))
    taken_out = callbacks.c.outcome == ""  # reopened, suppressed: nobody was to be asked any more
    op.execute(callbacks.update().where(ended, taken_out).values(result="NE"))
    calls = sa.select(attempts.c.callback_id)
    is_open = callbacks.c.result == "NC"
    spoken = calls.where(attempts.c.contacted.is_(True))
    op.execute(callbacks.update().where(ended, is_open, callbacks.c.id.in_(spoken)).values(result="O"))
    refused = calls.where(attempts.c.result == "R")
    unclear = callbacks.c.result.in_(["NC", "O"])
    op.execute(callbacks.update().where(ended, unclear, callbacks.c.id.in_(refused)).values(result="R"))
    op.execute(
        "UPDATE callbacks SET ended_at = (SELECT MAX(t.at) FROM transitions t WHERE t.machine = 'callback' "
        "AND t.subject_id = callbacks.id) WHERE state IN ('done', 'cancelled')"
    )
    op.execute(
        "UPDATE callbacks SET handler_name = (SELECT f.handler_name FROM follow_ups f "
        "WHERE f.id = callbacks.follow_up_id)"
    )


# What decides who may call stands in the indexes of the queue: nobody is shown the table to be given nothing.
DECIDES = [
    "department",
    "skill",
    "language",
    "handler_id",
    "handler_name",
    "agent_id",
    "phone_index",
    "contact_id",
    "phone_id",
]


def upgrade() -> None:
    op.create_index("ix_audit_entries_actor_at", "audit_entries", ["actor", "at"], unique=False)
    op.create_table(
        "desk_choices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('phrase', 'reason', 'skip', 'pause')", name=op.f("ck_desk_choices_kind")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_choices")),
        sa.UniqueConstraint("kind", "code", name=op.f("uq_desk_choices_kind_code")),
    )
    op.create_table(
        "outcome_terms",
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("effect", sa.String(length=12), nullable=False),
        sa.Column("delay_minutes", sa.Integer(), nullable=False),
        sa.Column("other_day_part", sa.Boolean(), nullable=False),
        sa.Column("next_workday", sa.Boolean(), nullable=False),
        sa.Column("next_workday_if_twice", sa.Boolean(), nullable=False),
        sa.Column("at_most", sa.Integer(), nullable=False),
        sa.Column("again_for_complaints", sa.Boolean(), nullable=False),
        sa.Column("contacted", sa.Boolean(), nullable=False),
        sa.Column("eligible", sa.Boolean(), nullable=True),
        sa.Column("needs_note", sa.Boolean(), nullable=False),
        sa.Column("needs_confirmation", sa.Boolean(), nullable=False),
        sa.Column("place", sa.String(length=5), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.String(length=80), nullable=False),
        sa.Column("changed_at", core.db.UtcTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_outcome_terms")),
    )
    op.create_table(
        "pauses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("began_at", core.db.UtcTime(timezone=True), nullable=False),
        sa.Column("ended_at", core.db.UtcTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["users.id"], name=op.f("fk_pauses_agent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pauses")),
    )
    op.create_index("ix_pauses_agent_id_began_at", "pauses", ["agent_id", "began_at"], unique=False)
    op.create_index(
        "ux_pauses_open",
        "pauses",
        ["agent_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "user_skills",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("value", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_skills_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "kind", "value", name=op.f("pk_user_skills")),
    )
    op.create_table(
        "callback_skips",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("callback_id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("at", core.db.UtcTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["users.id"], name=op.f("fk_callback_skips_agent_id")),
        sa.ForeignKeyConstraint(
            ["callback_id"], ["callbacks.id"], name=op.f("fk_callback_skips_callback_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callback_skips")),
    )
    op.create_index("ix_callback_skips_agent_id_at", "callback_skips", ["agent_id", "at"], unique=False)
    op.create_index(op.f("ix_callback_skips_callback_id"), "callback_skips", ["callback_id"], unique=False)
    op.create_table(
        "call_reviews",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=32), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("response_id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("reviewer_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("way", sa.String(length=10), nullable=False),
        sa.Column("drawn_at", core.db.UtcTime(timezone=True), nullable=False),
        sa.Column("lease_until", core.db.UtcTime(timezone=True), nullable=True),
        sa.Column("done_at", core.db.UtcTime(timezone=True), nullable=True),
        sa.Column("marks", sa.JSON(), nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'in_hand', 'agrees', 'differs', 'not_possible', 'lapsed')",
            name=op.f("ck_call_reviews_state"),
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["users.id"], name=op.f("fk_call_reviews_agent_id")),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempts.id"], name=op.f("fk_call_reviews_attempt_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["response_id"], ["responses.id"], name=op.f("fk_call_reviews_response_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["reviewer_id"], ["users.id"], name=op.f("fk_call_reviews_reviewer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_reviews")),
        sa.UniqueConstraint("attempt_id", name=op.f("uq_call_reviews_attempt_id")),
    )
    op.create_index("ix_call_reviews_agent_id_done_at", "call_reviews", ["agent_id", "done_at"], unique=False)
    op.create_index(op.f("ix_call_reviews_reviewer_id"), "call_reviews", ["reviewer_id"], unique=False)
    op.create_index("ix_call_reviews_state_drawn_at", "call_reviews", ["state", "drawn_at"], unique=False)
    op.create_table(
        "corrections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("phone_id", sa.Integer(), nullable=True),
        sa.Column("callback_id", sa.Integer(), nullable=True),
        sa.Column("attempt_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reported_by", sa.String(length=80), nullable=False),
        sa.Column("reported_at", core.db.UtcTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=80), nullable=False),
        sa.Column("decided_at", core.db.UtcTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('wrong', 'dead')", name=op.f("ck_corrections_kind")),
        sa.CheckConstraint(
            "state IN ('open', 'replaced', 'removed', 'right', 'undone')", name=op.f("ck_corrections_state")
        ),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempts.id"], name=op.f("fk_corrections_attempt_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["callback_id"], ["callbacks.id"], name=op.f("fk_corrections_callback_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_corrections_contact_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["phone_id"], ["phones.id"], name=op.f("fk_corrections_phone_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
    )
    op.create_index(op.f("ix_corrections_contact_id"), "corrections", ["contact_id"], unique=False)
    op.create_index("ix_corrections_state_reported_at", "corrections", ["state", "reported_at"], unique=False)
    op.create_table(
        "signal_checks",
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("signal", sa.String(length=20), nullable=False),
        sa.Column("uid", sa.String(length=32), nullable=False),
        sa.Column("finding", sa.String(length=10), nullable=False),
        sa.Column("checked_by", sa.Integer(), nullable=False),
        sa.Column("checked_at", core.db.UtcTime(timezone=True), nullable=False),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("finding IN ('fine', 'talk', 'mistake')", name=op.f("ck_signal_checks_finding")),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempts.id"], name=op.f("fk_signal_checks_attempt_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["checked_by"], ["users.id"], name=op.f("fk_signal_checks_checked_by")),
        sa.PrimaryKeyConstraint("attempt_id", "signal", name=op.f("pk_signal_checks")),
    )
    op.add_column("attempts", sa.Column("connected", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("attempts", sa.Column("contacted", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("attempts", sa.Column("result", sa.String(length=2), server_default="", nullable=False))
    op.add_column("attempts", sa.Column("before", sa.JSON(), nullable=True))
    op.add_column("attempts", sa.Column("undone_at", core.db.UtcTime(timezone=True), nullable=True))
    op.add_column("attempts", sa.Column("undone_by", sa.String(length=80), server_default="", nullable=False))
    op.add_column("attempts", sa.Column("taken_back_sealed", sa.LargeBinary(), nullable=True))
    op.add_column(
        "callbacks", sa.Column("handler_name", sa.String(length=80), server_default="", nullable=False)
    )
    op.add_column("callbacks", sa.Column("skill", sa.String(length=40), server_default="", nullable=False))
    op.add_column("callbacks", sa.Column("language", sa.String(length=10), server_default="", nullable=False))
    op.add_column("callbacks", sa.Column("result", sa.String(length=2), server_default="", nullable=False))
    op.add_column("callbacks", sa.Column("ended_at", core.db.UtcTime(timezone=True), nullable=True))
    op.add_column("callbacks", sa.Column("settles_at", core.db.UtcTime(timezone=True), nullable=True))
    _let_go_of_seconds()
    _tell_the_past()
    op.drop_index("ix_callbacks_queue", table_name="callbacks")
    op.drop_index("ix_callbacks_state_deadline", table_name="callbacks")
    op.create_index(
        "ix_callbacks_queue",
        "callbacks",
        ["state", "priority", "ready_at", "id", "deadline", *DECIDES],
        unique=False,
    )
    op.create_index(
        "ix_callbacks_due",
        "callbacks",
        ["state", "deadline", "id", "priority", "ready_at", *DECIDES],
        unique=False,
    )
    op.drop_index("ix_attempts_ended_at", table_name="attempts")
    op.create_index(
        "ix_attempts_ended_at", "attempts", ["ended_at", "phone_index", "undone_at"], unique=False
    )
    op.create_index("ix_callbacks_ended_at", "callbacks", ["ended_at"], unique=False)
    op.create_index(
        "ix_callbacks_drafts",
        "callbacks",
        ["ended_at"],
        unique=False,
        sqlite_where=sa.text("draft_sealed IS NOT NULL"),
        postgresql_where=sa.text("draft_sealed IS NOT NULL"),
    )
    op.create_index(op.f("ix_callbacks_settles_at"), "callbacks", ["settles_at"], unique=False)
    op.create_index(
        "ux_callbacks_in_hand",
        "callbacks",
        ["agent_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('claimed', 'in_call')"),
        postgresql_where=sa.text("state IN ('claimed', 'in_call')"),
    )
    op.add_column(
        "reopen_requests", sa.Column("reason", sa.String(length=40), server_default="", nullable=False)
    )


def downgrade() -> None:
    op.drop_index("ix_audit_entries_actor_at", table_name="audit_entries")
    op.drop_column("reopen_requests", "reason")
    op.drop_index(
        "ux_callbacks_in_hand",
        table_name="callbacks",
        sqlite_where=sa.text("state IN ('claimed', 'in_call')"),
        postgresql_where=sa.text("state IN ('claimed', 'in_call')"),
    )
    op.drop_index(op.f("ix_callbacks_settles_at"), table_name="callbacks")
    op.drop_index(
        "ix_callbacks_drafts",
        table_name="callbacks",
        sqlite_where=sa.text("draft_sealed IS NOT NULL"),
        postgresql_where=sa.text("draft_sealed IS NOT NULL"),
    )
    op.drop_index("ix_callbacks_ended_at", table_name="callbacks")
    op.drop_index("ix_attempts_ended_at", table_name="attempts")
    op.create_index("ix_attempts_ended_at", "attempts", ["ended_at", "phone_index"], unique=False)
    op.drop_index("ix_callbacks_due", table_name="callbacks")
    op.drop_index("ix_callbacks_queue", table_name="callbacks")
    op.create_index("ix_callbacks_state_deadline", "callbacks", ["state", "deadline"], unique=False)
    op.create_index("ix_callbacks_queue", "callbacks", ["state", "priority", "ready_at"], unique=False)
    op.drop_column("callbacks", "settles_at")
    op.drop_column("callbacks", "ended_at")
    op.drop_column("callbacks", "result")
    op.drop_column("callbacks", "language")
    op.drop_column("callbacks", "skill")
    op.drop_column("callbacks", "handler_name")
    op.drop_column("attempts", "taken_back_sealed")
    op.drop_column("attempts", "undone_by")
    op.drop_column("attempts", "undone_at")
    op.drop_column("attempts", "before")
    op.drop_column("attempts", "result")
    op.drop_column("attempts", "contacted")
    op.drop_column("attempts", "connected")
    op.drop_table("signal_checks")
    op.drop_index("ix_corrections_state_reported_at", table_name="corrections")
    op.drop_index(op.f("ix_corrections_contact_id"), table_name="corrections")
    op.drop_table("corrections")
    op.drop_index("ix_call_reviews_state_drawn_at", table_name="call_reviews")
    op.drop_index(op.f("ix_call_reviews_reviewer_id"), table_name="call_reviews")
    op.drop_index("ix_call_reviews_agent_id_done_at", table_name="call_reviews")
    op.drop_table("call_reviews")
    op.drop_index(op.f("ix_callback_skips_callback_id"), table_name="callback_skips")
    op.drop_index("ix_callback_skips_agent_id_at", table_name="callback_skips")
    op.drop_table("callback_skips")
    op.drop_table("user_skills")
    op.drop_index(
        "ux_pauses_open",
        table_name="pauses",
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_index("ix_pauses_agent_id_began_at", table_name="pauses")
    op.drop_table("pauses")
    op.drop_table("outcome_terms")
    op.drop_table("desk_choices")
