"""Analysis: seasons, moments, alerts, comments, measures, reports

Revision ID: 0006
Revises: 0005
"""

from datetime import UTC, datetime

from alembic import op
import sqlalchemy as sa
import core.db


revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "report_definitions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("questionnaire", sa.String(length=40), nullable=False),
        sa.Column("every", sa.String(length=8), nullable=False),
        sa.Column("compared_with", sa.String(length=8), nullable=False),
        sa.Column("query", sa.JSON(), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("readers", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("next_due", core.db.UtcTime(timezone=True), nullable=True),
        sa.Column("try_at", core.db.UtcTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", core.db.UtcTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=80), nullable=False),
        sa.CheckConstraint(
            "every IN ('month', 'quarter', 'half', 'year')", name=op.f("ck_report_definitions_every")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_definitions")),
        sa.UniqueConstraint("title", name=op.f("uq_report_definitions_title")),
    )
    op.create_index(op.f("ix_report_definitions_next_due"), "report_definitions", ["next_due"], unique=False)
    op.create_table(
        "seasons",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("titles", sa.JSON(), nullable=False),
        sa.Column("first_month", sa.SmallInteger(), nullable=False),
        sa.Column("first_day", sa.SmallInteger(), nullable=False),
        sa.Column("last_month", sa.SmallInteger(), nullable=False),
        sa.Column("last_day", sa.SmallInteger(), nullable=False),
        sa.Column("changed_at", core.db.UtcTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=80), nullable=False),
        sa.CheckConstraint(
            "first_day BETWEEN 1 AND 31 AND last_day BETWEEN 1 AND 31", name=op.f("ck_seasons_days")
        ),
        sa.CheckConstraint(
            "first_month BETWEEN 1 AND 12 AND last_month BETWEEN 1 AND 12", name=op.f("ck_seasons_months")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seasons")),
        sa.UniqueConstraint("name", name=op.f("uq_seasons_name")),
    )
    _deliver_the_heating_season()
    op.create_table(
        "unwatched",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=15), nullable=False),
        sa.Column("dimension", sa.String(length=15), nullable=False),
        sa.Column("group", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("at", core.db.UtcTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unwatched")),
        sa.UniqueConstraint("kind", "dimension", "group", name=op.f("uq_unwatched_kind_dimension_group")),
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=15), nullable=False),
        sa.Column("direction", sa.String(length=4), nullable=False),
        sa.Column("questionnaire", sa.String(length=40), nullable=False),
        sa.Column("item_key", sa.String(length=40), nullable=False),
        sa.Column("dimension", sa.String(length=15), nullable=False),
        sa.Column("group", sa.String(length=60), nullable=False),
        sa.Column("start", sa.Date(), nullable=False),
        sa.Column("end", sa.Date(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("assigned_to", sa.Integer(), nullable=True),
        sa.Column("cause", sa.String(length=15), nullable=False),
        sa.Column("explanation", sa.String(length=1000), nullable=False),
        sa.Column("found_at", core.db.UtcTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", core.db.UtcTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Integer(), nullable=True),
        sa.Column("closed_at", core.db.UtcTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.Column("under", sa.Integer(), nullable=True),
        sa.CheckConstraint("direction IN ('up', 'down')", name=op.f("ck_alerts_direction")),
        sa.CheckConstraint(
            "kind IN ('satisfaction', 'volume', 'response_rate', 'overdue', 'collection')",
            name=op.f("ck_alerts_kind"),
        ),
        sa.CheckConstraint(
            "state IN ('open', 'acknowledged', 'explained', 'dismissed')", name=op.f("ck_alerts_state")
        ),
        sa.ForeignKeyConstraint(["acknowledged_by"], ["users.id"], name=op.f("fk_alerts_acknowledged_by")),
        sa.ForeignKeyConstraint(["assigned_to"], ["users.id"], name=op.f("fk_alerts_assigned_to")),
        sa.ForeignKeyConstraint(["closed_by"], ["users.id"], name=op.f("fk_alerts_closed_by")),
        sa.ForeignKeyConstraint(["under"], ["alerts.id"], name=op.f("fk_alerts_under")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sa.UniqueConstraint("key", name=op.f("uq_alerts_key")),
    )
    op.create_index(op.f("ix_alerts_assigned_to"), "alerts", ["assigned_to"], unique=False)
    op.create_index("ix_alerts_state_found_at", "alerts", ["state", "found_at"], unique=False)
    op.create_index(op.f("ix_alerts_under"), "alerts", ["under"], unique=False)
    op.create_table(
        "alert_rounds",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("looked", sa.Integer(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("seen_at", core.db.UtcTime(timezone=True), nullable=False),
        sa.Column("done_at", core.db.UtcTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_alert_rounds")),
    )
    op.create_table(
        "recounts",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("differences", sa.Integer(), nullable=False),
        sa.Column("done_at", core.db.UtcTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_recounts")),
    )
    op.create_table(
        "limit_marks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("questionnaire", sa.String(length=40), nullable=False),
        sa.Column("item_key", sa.String(length=40), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("at", core.db.UtcTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.CheckConstraint("state IN ('valid', 'taken_back')", name=op.f("ck_limit_marks_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_limit_marks")),
    )
    op.create_index(
        "uq_limit_marks_valid", "limit_marks", ["questionnaire", "item_key", "month"], unique=True,
        sqlite_where=sa.text("state = 'valid'"), postgresql_where=sa.text("state = 'valid'"),
    )  # fmt: skip
    op.create_table(
        "comment_lessons",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("questionnaire_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", core.db.UtcTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(length=80), nullable=False),
        sa.Column("due_at", core.db.UtcTime(timezone=True), nullable=True),
        sa.Column("problem", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["questionnaire_id"], ["questionnaires.id"], name=op.f("fk_comment_lessons_questionnaire_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment_lessons")),
        sa.UniqueConstraint("questionnaire_id", name=op.f("uq_comment_lessons_questionnaire_id")),
    )
    op.create_table(
        "comment_models",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("questionnaire_id", sa.Integer(), nullable=False),
        sa.Column("task", sa.String(length=10), nullable=False),
        sa.Column("labels", sa.Integer(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("weights", sa.LargeBinary(), nullable=False),
        sa.Column("trained_at", core.db.UtcTime(timezone=True), nullable=False),
        sa.Column("trained_by", sa.String(length=80), nullable=False),
        sa.CheckConstraint("task IN ('topic', 'sentiment')", name=op.f("ck_comment_models_task")),
        sa.ForeignKeyConstraint(
            ["questionnaire_id"], ["questionnaires.id"], name=op.f("fk_comment_models_questionnaire_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment_models")),
    )
    op.create_index(
        "ix_comment_models_questionnaire_id_task",
        "comment_models",
        ["questionnaire_id", "task", "id"],
        unique=False,
    )
    op.create_table(
        "measures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("heard", sa.String(length=1000), nullable=False),
        sa.Column("action", sa.String(length=2000), nullable=False),
        sa.Column("term", sa.String(length=6), nullable=False),
        sa.Column("department", sa.String(length=60), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("questionnaire", sa.String(length=40), nullable=False),
        sa.Column("item_key", sa.String(length=40), nullable=False),
        sa.Column("also", sa.JSON(), nullable=False),
        sa.Column("expected_points", sa.Double(), nullable=True),
        sa.Column("scope", sa.JSON(), nullable=False),
        sa.Column("control", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("form_key", sa.String(length=40), nullable=True),
        sa.Column("alert_id", sa.Integer(), nullable=True),
        sa.Column("published_at", core.db.UtcTime(timezone=True), nullable=True),
        sa.Column("published", sa.JSON(), nullable=True),
        sa.Column("created_at", core.db.UtcTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.CheckConstraint(
            "state IN ('planned', 'under_way', 'done', 'dropped')", name=op.f("ck_measures_state")
        ),
        sa.CheckConstraint("term IN ('short', 'long')", name=op.f("ck_measures_term")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_measures_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measures")),
        sa.UniqueConstraint("form_key", name=op.f("uq_measures_form_key")),
        sa.UniqueConstraint("number", name=op.f("uq_measures_number")),
    )
    op.create_index(op.f("ix_measures_department"), "measures", ["department"], unique=False)
    op.create_index(op.f("ix_measures_published_at"), "measures", ["published_at"], unique=False)
    op.create_index("ix_measures_state_due_on", "measures", ["state", "due_on"], unique=False)
    op.create_table(
        "report_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=32), nullable=False),
        sa.Column("definition_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("period", sa.String(length=60), nullable=False),
        sa.Column("query", sa.JSON(), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("made_at", core.db.UtcTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["definition_id"], ["report_definitions.id"], name=op.f("fk_report_runs_definition_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_runs")),
        sa.UniqueConstraint("definition_id", "period", name=op.f("uq_report_runs_definition_id_period")),
        sa.UniqueConstraint("uid", name=op.f("uq_report_runs_uid")),
    )
    op.create_index("ix_report_runs_made_at", "report_runs", ["made_at"], unique=False)
    op.create_table(
        "topics",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("questionnaire_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("created_at", core.db.UtcTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["questionnaire_id"], ["questionnaires.id"], name=op.f("fk_topics_questionnaire_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_topics")),
        sa.UniqueConstraint("questionnaire_id", "name", name=op.f("uq_topics_questionnaire_id_name")),
    )
    op.create_table(
        "measure_cases",
        sa.Column("measure_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_measure_cases_case_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["measure_id"], ["measures.id"], name=op.f("fk_measure_cases_measure_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("measure_id", "case_id", name=op.f("pk_measure_cases")),
    )
    op.create_index(op.f("ix_measure_cases_case_id"), "measure_cases", ["case_id"], unique=False)
    op.create_table(
        "measure_notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("measure_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("at", core.db.UtcTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["measure_id"], ["measures.id"], name=op.f("fk_measure_notes_measure_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measure_notes")),
    )
    op.create_index(op.f("ix_measure_notes_measure_id"), "measure_notes", ["measure_id"], unique=False)
    op.create_table(
        "moments",
        sa.Column("version_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("sums", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name=op.f("fk_moments_version_id")),
        sa.PrimaryKeyConstraint("version_id", "month", "mode", name=op.f("pk_moments")),
    )
    op.create_table(
        "comment_labels",
        sa.Column("response_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("item_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=True),
        sa.Column("sentiment", sa.SmallInteger(), nullable=True),
        sa.Column("drawn", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.SmallInteger(), nullable=False),
        sa.Column("labelled_at", core.db.UtcTime(timezone=True), nullable=False),
        sa.Column("labelled_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("sentiment IN (-1, 0, 1)", name=op.f("ck_comment_labels_sentiment")),
        sa.ForeignKeyConstraint(["labelled_by"], ["users.id"], name=op.f("fk_comment_labels_labelled_by")),
        sa.ForeignKeyConstraint(
            ["response_id"], ["responses.id"], name=op.f("fk_comment_labels_response_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name=op.f("fk_comment_labels_topic_id")),
        sa.PrimaryKeyConstraint("response_id", "item_id", name=op.f("pk_comment_labels")),
    )
    op.create_index(op.f("ix_comment_labels_topic_id"), "comment_labels", ["topic_id"], unique=False)
    op.create_table(
        "comment_second_labels",
        sa.Column("response_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("item_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=True),
        sa.Column("first_topic_id", sa.Integer(), nullable=True),
        sa.Column("labelled_at", core.db.UtcTime(timezone=True), nullable=False),
        sa.Column("labelled_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["response_id"],
            ["responses.id"],
            name=op.f("fk_comment_second_labels_response_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name=op.f("fk_comment_second_labels_topic_id")),
        sa.ForeignKeyConstraint(
            ["first_topic_id"], ["topics.id"], name=op.f("fk_comment_second_labels_first_topic_id")
        ),
        sa.ForeignKeyConstraint(
            ["labelled_by"], ["users.id"], name=op.f("fk_comment_second_labels_labelled_by")
        ),
        sa.PrimaryKeyConstraint("response_id", "item_id", name=op.f("pk_comment_second_labels")),
    )
    op.create_table(
        "comment_suggestions",
        sa.Column("response_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("item_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("task", sa.String(length=10), nullable=False),
        sa.Column("model_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Integer(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("revision", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["model_id"], ["comment_models.id"], name=op.f("fk_comment_suggestions_model_id")
        ),
        sa.ForeignKeyConstraint(
            ["response_id"],
            ["responses.id"],
            name=op.f("fk_comment_suggestions_response_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("response_id", "item_id", "task", name=op.f("pk_comment_suggestions")),
    )
    op.create_index(
        op.f("ix_comment_suggestions_model_id"), "comment_suggestions", ["model_id"], unique=False
    )
    op.add_column("tally_months", sa.Column("changes", sa.Integer(), server_default="1", nullable=False))


def _deliver_the_heating_season() -> None:
    seasons = sa.table(
        "seasons", sa.column("name", sa.String), sa.column("titles", sa.JSON),
        *(sa.column(name, sa.SmallInteger) for name in ("first_month", "first_day", "last_month", "last_day")),
        sa.column("changed_at", core.db.UtcTime(timezone=True)), sa.column("changed_by", sa.String),
    )  # fmt: skip
    row = {
        "name": "供暖季", "titles": {"zh_Hans": "供暖季", "en": "heating season"}, "first_month": 11,
        "first_day": 15, "last_month": 3, "last_day": 15, "changed_by": "",
        "changed_at": datetime(2026, 11, 22, tzinfo=UTC),
    }  # fmt: skip
    op.bulk_insert(seasons, [row])


def downgrade() -> None:
    op.drop_column("tally_months", "changes")
    op.drop_index(op.f("ix_comment_suggestions_model_id"), table_name="comment_suggestions")
    op.drop_table("comment_suggestions")
    op.drop_table("comment_second_labels")
    op.drop_index(op.f("ix_comment_labels_topic_id"), table_name="comment_labels")
    op.drop_table("comment_labels")
    op.drop_table("moments")
    op.drop_index(op.f("ix_measure_notes_measure_id"), table_name="measure_notes")
    op.drop_table("measure_notes")
    op.drop_index(op.f("ix_measure_cases_case_id"), table_name="measure_cases")
    op.drop_table("measure_cases")
    op.drop_table("topics")
    op.drop_index("ix_report_runs_made_at", table_name="report_runs")
    op.drop_table("report_runs")
    op.drop_index("ix_measures_state_due_on", table_name="measures")
    op.drop_index(op.f("ix_measures_published_at"), table_name="measures")
    op.drop_index(op.f("ix_measures_department"), table_name="measures")
    op.drop_table("measures")
    op.drop_index("ix_comment_models_questionnaire_id_task", table_name="comment_models")
    op.drop_table("comment_models")
    op.drop_table("comment_lessons")
    op.drop_table("limit_marks")
    op.drop_table("recounts")
    op.drop_table("alert_rounds")
    op.drop_index("ix_alerts_state_found_at", table_name="alerts")
    op.drop_index(op.f("ix_alerts_under"), table_name="alerts")
    op.drop_index(op.f("ix_alerts_assigned_to"), table_name="alerts")
    op.drop_table("alerts")
    op.drop_table("unwatched")
    op.drop_table("seasons")
    op.drop_index(op.f("ix_report_definitions_next_due"), table_name="report_definitions")
    op.drop_table("report_definitions")
