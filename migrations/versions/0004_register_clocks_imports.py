"""The register's tables: categories, severity rules, links, attachments, clocks, other systems, imports.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

import core.db

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("prefix", sa.String(length=8), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", core.db.UtcTime(timezone=True), nullable=False),
        sa.Column("expires_at", core.db.UtcTime(timezone=True), nullable=True),
        sa.Column("revoked_at", core.db.UtcTime(timezone=True), nullable=True),
        sa.Column("last_used_at", core.db.UtcTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_keys_key_hash")),
        sa.UniqueConstraint("name", name=op.f("uq_api_keys_name")),
    )
    op.create_table(
        "categories",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=30), nullable=False),
        sa.Column("path", sa.String(length=60), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["categories.id"], name=op.f("fk_categories_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_categories")),
        sa.UniqueConstraint("path", name=op.f("uq_categories_path")),
    )
    op.create_index(op.f("ix_categories_parent_id"), "categories", ["parent_id"], unique=False)
    op.create_table(
        "heartbeats",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("started_at", core.db.UtcTime(timezone=True), nullable=False),
        sa.Column("beat_at", core.db.UtcTime(timezone=True), nullable=False),
        sa.Column("round_seconds", sa.Double(), nullable=False),
        sa.Column("jobs", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeats")),
    )
    op.create_index(op.f("ix_heartbeats_beat_at"), "heartbeats", ["beat_at"], unique=False)
    op.create_table(
        "import_batches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("file_hash", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("upload_uid", sa.String(length=32), nullable=True),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("failed_uid", sa.String(length=32), nullable=True),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("created_at", core.db.UtcTime(timezone=True), nullable=False),
        sa.Column("beat_at", core.db.UtcTime(timezone=True), nullable=False),
        sa.Column("ended_at", core.db.UtcTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('running', 'done', 'undone', 'failed')", name=op.f("ck_import_batches_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batches")),
    )
    op.create_index(
        "ix_import_batches_source_file_hash", "import_batches", ["source", "file_hash"], unique=False
    )
    op.create_table(
        "import_mappings",
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("changed_by", sa.String(length=80), nullable=False),
        sa.Column("changed_at", core.db.UtcTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_import_mappings")),
    )
    op.create_table(
        "severity_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("category", sa.String(length=60), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("severity", sa.String(length=12), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_severity_rules")),
    )
    op.create_table(
        "time_limits",
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("severity", sa.String(length=12), nullable=False),
        sa.Column("response_amount", sa.Double(), nullable=False),
        sa.Column("response_unit", sa.String(length=15), nullable=False),
        sa.Column("resolution_amount", sa.Double(), nullable=False),
        sa.Column("resolution_unit", sa.String(length=15), nullable=False),
        sa.Column("changed_by", sa.String(length=80), nullable=False),
        sa.Column("changed_at", core.db.UtcTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "resolution_unit IN ('hours', 'working_hours', 'workdays')",
            name=op.f("ck_time_limits_resolution_unit"),
        ),
        sa.CheckConstraint(
            "response_unit IN ('hours', 'working_hours', 'workdays')",
            name=op.f("ck_time_limits_response_unit"),
        ),
        sa.PrimaryKeyConstraint("kind", "severity", name=op.f("pk_time_limits")),
    )
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("url_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", core.db.UtcTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
        sa.UniqueConstraint("name", name=op.f("uq_webhooks_name")),
        sa.UniqueConstraint("uid", name=op.f("uq_webhooks_uid")),
    )
    op.create_table(
        "api_calls",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("api_key_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("at", core.db.UtcTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["api_key_id"], ["api_keys.id"], name=op.f("fk_api_calls_api_key_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_calls")),
        sa.UniqueConstraint("api_key_id", "key", name=op.f("uq_api_calls_api_key_id_key")),
    )
    op.create_index("ix_api_calls_at", "api_calls", ["at"], unique=False)
    op.create_table(
        "attachments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("media_type", sa.String(length=60), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("at", core.db.UtcTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_attachments_case_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
        sa.UniqueConstraint("uid", name=op.f("uq_attachments_uid")),
    )
    op.create_index(op.f("ix_attachments_case_id"), "attachments", ["case_id"], unique=False)
    op.create_table(
        "case_alerts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("resolution_no", sa.Integer(), nullable=False),
        sa.Column("clock", sa.String(length=12), nullable=False),
        sa.Column("level", sa.String(length=12), nullable=False),
        sa.Column("due_at", core.db.UtcTime(timezone=True), nullable=False),
        sa.Column("at", core.db.UtcTime(timezone=True), nullable=False),
        sa.Column("seen_by", sa.Integer(), nullable=True),
        sa.Column("seen_at", core.db.UtcTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "clock IN ('response', 'resolution', 'decision')", name=op.f("ck_case_alerts_clock")
        ),
        sa.CheckConstraint("level IN ('warning', 'breach', 'escalated')", name=op.f("ck_case_alerts_level")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_case_alerts_case_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["seen_by"], ["users.id"], name=op.f("fk_case_alerts_seen_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_alerts")),
        sa.UniqueConstraint(
            "case_id",
            "resolution_no",
            "clock",
            "level",
            name=op.f("uq_case_alerts_case_id_resolution_no_clock_level"),
        ),
    )
    op.create_index(op.f("ix_case_alerts_at"), "case_alerts", ["at"], unique=False)
    op.create_table(
        "case_links",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("at", core.db.UtcTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('duplicate', 'repeat', 'related')", name=op.f("ck_case_links_kind")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_case_links_case_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["cases.id"], name=op.f("fk_case_links_other_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_links")),
        sa.UniqueConstraint("case_id", "other_id", name=op.f("uq_case_links_case_id_other_id")),
    )
    op.create_index("ix_case_links_other_id", "case_links", ["other_id"], unique=False)
    op.create_table(
        "imported_cases",
        sa.Column("batch_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("made", sa.Boolean(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("changed_at", core.db.UtcTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batches.id"], name=op.f("fk_imported_cases_batch_id")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_imported_cases_case_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("batch_id", "case_id", name=op.f("pk_imported_cases")),
    )
    op.create_index(op.f("ix_imported_cases_case_id"), "imported_cases", ["case_id"], unique=False)
    op.create_table(
        "past_clocks",
        sa.Column("case_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("resolution_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("started_at", core.db.UtcTime(timezone=True), nullable=False),
        sa.Column("response_due_at", core.db.UtcTime(timezone=True), nullable=True),
        sa.Column("responded_at", core.db.UtcTime(timezone=True), nullable=True),
        sa.Column("due_at", core.db.UtcTime(timezone=True), nullable=True),
        sa.Column("closed_at", core.db.UtcTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_past_clocks_case_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("case_id", "resolution_no", name=op.f("pk_past_clocks")),
    )
    op.create_table(
        "source_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("event_id", sa.String(length=80), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("at_source", core.db.UtcTime(timezone=True), nullable=False),
        sa.Column("received_at", core.db.UtcTime(timezone=True), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("effect", sa.String(length=20), nullable=False),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_source_events_case_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_events")),
        sa.UniqueConstraint("source", "event_id", name=op.f("uq_source_events_source_event_id")),
    )
    op.create_index(
        "ix_source_events_case_id_at_source", "source_events", ["case_id", "at_source"], unique=False
    )
    op.drop_index("ix_messages_state_due_at", table_name="messages")
    op.create_index("ix_messages_state_due_at", "messages", ["state", "due_at", "id"], unique=False)
    op.add_column("cases", sa.Column("reopened_at", core.db.UtcTime(timezone=True), nullable=True))
    op.add_column("cases", sa.Column("response_due_at", core.db.UtcTime(timezone=True), nullable=True))
    op.add_column("cases", sa.Column("responded_at", core.db.UtcTime(timezone=True), nullable=True))
    op.add_column("cases", sa.Column("paused_at", core.db.UtcTime(timezone=True), nullable=True))
    op.create_index("ix_cases_state_due_at", "cases", ["state", "due_at"], unique=False)
    op.create_index("ix_cases_state_response_due_at", "cases", ["state", "response_due_at"], unique=False)
    op.create_index("ix_cases_registered_at_id", "cases", ["registered_at", "id"], unique=False)
    op.create_index(op.f("ix_cases_category"), "cases", ["category"], unique=False)
    op.create_index(op.f("ix_cases_district"), "cases", ["district"], unique=False)
    op.create_index(op.f("ix_cases_service_type"), "cases", ["service_type"], unique=False)
    op.create_index(op.f("ix_login_failures_blocked_until"), "login_failures", ["blocked_until"], unique=False)
    op.add_column("pending_imports", sa.Column("choices", sa.JSON(), nullable=True))
    op.add_column("pending_imports", sa.Column("found", sa.JSON(), nullable=True))
    op.add_column("pending_imports", sa.Column("kept_until", core.db.UtcTime(timezone=True), nullable=True))
    op.add_column("users", sa.Column("email_sealed", sa.LargeBinary(), nullable=True))
    op.add_column(
        "callbacks", sa.Column("department", sa.String(length=80), server_default="", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("callbacks", "department")
    op.drop_column("users", "email_sealed")
    op.drop_column("pending_imports", "kept_until")
    op.drop_column("pending_imports", "found")
    op.drop_column("pending_imports", "choices")
    op.drop_index(op.f("ix_login_failures_blocked_until"), table_name="login_failures")
    op.drop_index(op.f("ix_cases_service_type"), table_name="cases")
    op.drop_index(op.f("ix_cases_district"), table_name="cases")
    op.drop_index(op.f("ix_cases_category"), table_name="cases")
    op.drop_index("ix_cases_registered_at_id", table_name="cases")
    op.drop_index("ix_cases_state_response_due_at", table_name="cases")
    op.drop_index("ix_cases_state_due_at", table_name="cases")
    op.drop_column("cases", "paused_at")
    op.drop_column("cases", "responded_at")
    op.drop_column("cases", "response_due_at")
    op.drop_column("cases", "reopened_at")
    op.drop_index("ix_messages_state_due_at", table_name="messages")
    op.create_index("ix_messages_state_due_at", "messages", ["state", "due_at"], unique=False)
    op.drop_index("ix_source_events_case_id_at_source", table_name="source_events")
    op.drop_table("source_events")
    op.drop_table("past_clocks")
    op.drop_index(op.f("ix_imported_cases_case_id"), table_name="imported_cases")
    op.drop_table("imported_cases")
    op.drop_index("ix_case_links_other_id", table_name="case_links")
    op.drop_table("case_links")
    op.drop_index(op.f("ix_case_alerts_at"), table_name="case_alerts")
    op.drop_table("case_alerts")
    op.drop_index(op.f("ix_attachments_case_id"), table_name="attachments")
    op.drop_table("attachments")
    op.drop_index("ix_api_calls_at", table_name="api_calls")
    op.drop_table("api_calls")
    op.drop_table("webhooks")
    op.drop_table("time_limits")
    op.drop_table("severity_rules")
    op.drop_table("import_mappings")
    op.drop_index("ix_import_batches_source_file_hash", table_name="import_batches")
    op.drop_table("import_batches")
    op.drop_index(op.f("ix_heartbeats_beat_at"), table_name="heartbeats")
    op.drop_table("heartbeats")
    op.drop_index(op.f("ix_categories_parent_id"), table_name="categories")
    op.drop_table("categories")
    op.drop_table("api_keys")
