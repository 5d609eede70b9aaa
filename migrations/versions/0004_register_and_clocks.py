"""Register and clocks

Revision ID: 0004
Revises: 0003
"""
from alembic import op
import sqlalchemy as sa
import core.db


revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('categories',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('parent_id', sa.Integer(), nullable=True),
    sa.Column('name', sa.String(length=30), nullable=False),
    sa.Column('path', sa.String(length=60), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['parent_id'], ['categories.id'], name=op.f('fk_categories_parent_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_categories')),
    sa.UniqueConstraint('path', name=op.f('uq_categories_path'))
    )
    op.create_index(op.f('ix_categories_parent_id'), 'categories', ['parent_id'], unique=False)
    op.create_table('severity_rules',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('category', sa.String(length=60), nullable=False),
    sa.Column('words', sa.JSON(), nullable=False),
    sa.Column('severity', sa.String(length=12), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_severity_rules'))
    )
    op.create_table('time_limits',
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('severity', sa.String(length=12), nullable=False),
    sa.Column('response_amount', sa.Double(), nullable=False),
    sa.Column('response_unit', sa.String(length=15), nullable=False),
    sa.Column('resolution_amount', sa.Double(), nullable=False),
    sa.Column('resolution_unit', sa.String(length=15), nullable=False),
    sa.CheckConstraint("resolution_unit IN ('hours', 'working_hours', 'workdays')", name=op.f('ck_time_limits_resolution_unit')),
    sa.CheckConstraint("response_unit IN ('hours', 'working_hours', 'workdays')", name=op.f('ck_time_limits_response_unit')),
    sa.PrimaryKeyConstraint('kind', 'severity', name=op.f('pk_time_limits'))
    )
    op.create_table('attachments',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uid', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('name_sealed', sa.LargeBinary(), nullable=False),
    sa.Column('content_sealed', sa.LargeBinary(), nullable=False),
    sa.Column('media_type', sa.String(length=60), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('actor', sa.String(length=80), nullable=False),
    sa.Column('at', core.db.UtcTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_attachments_case_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attachments')),
    sa.UniqueConstraint('uid', name=op.f('uq_attachments_uid'))
    )
    op.create_index(op.f('ix_attachments_case_id'), 'attachments', ['case_id'], unique=False)
    op.create_table('case_alerts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('resolution_no', sa.Integer(), nullable=False),
    sa.Column('clock', sa.String(length=12), nullable=False),
    sa.Column('level', sa.String(length=12), nullable=False),
    sa.Column('due_at', core.db.UtcTime(timezone=True), nullable=False),
    sa.Column('at', core.db.UtcTime(timezone=True), nullable=False),
    sa.Column('seen_by', sa.Integer(), nullable=True),
    sa.Column('seen_at', core.db.UtcTime(timezone=True), nullable=True),
    sa.CheckConstraint("clock IN ('response', 'resolution')", name=op.f('ck_case_alerts_clock')),
    sa.CheckConstraint("level IN ('warning', 'breach', 'escalated')", name=op.f('ck_case_alerts_level')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_case_alerts_case_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['seen_by'], ['users.id'], name=op.f('fk_case_alerts_seen_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_alerts')),
    sa.UniqueConstraint('case_id', 'resolution_no', 'clock', 'level', name=op.f('uq_case_alerts_case_id_resolution_no_clock_level'))
    )
    op.create_index(op.f('ix_case_alerts_at'), 'case_alerts', ['at'], unique=False)
    op.create_table('case_links',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('other_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('actor', sa.String(length=80), nullable=False),
    sa.Column('at', core.db.UtcTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind IN ('duplicate', 'repeat', 'related')", name=op.f('ck_case_links_kind')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_case_links_case_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['other_id'], ['cases.id'], name=op.f('fk_case_links_other_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_links')),
    sa.UniqueConstraint('case_id', 'other_id', name=op.f('uq_case_links_case_id_other_id'))
    )
    op.create_index('ix_case_links_other_id', 'case_links', ['other_id'], unique=False)
    op.add_column('cases', sa.Column('response_due_at', core.db.UtcTime(timezone=True), nullable=True))
    op.add_column('cases', sa.Column('responded_at', core.db.UtcTime(timezone=True), nullable=True))
    op.add_column('cases', sa.Column('paused_at', core.db.UtcTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column('cases', 'paused_at')
    op.drop_column('cases', 'responded_at')
    op.drop_column('cases', 'response_due_at')
    op.drop_index('ix_case_links_other_id', table_name='case_links')
    op.drop_table('case_links')
    op.drop_index(op.f('ix_case_alerts_at'), table_name='case_alerts')
    op.drop_table('case_alerts')
    op.drop_index(op.f('ix_attachments_case_id'), table_name='attachments')
    op.drop_table('attachments')
    op.drop_table('time_limits')
    op.drop_table('severity_rules')
    op.drop_index(op.f('ix_categories_parent_id'), table_name='categories')
    op.drop_table('categories')
