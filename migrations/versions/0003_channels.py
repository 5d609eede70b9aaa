"""Channels: receipts, breakers, edited message templates

Revision ID: 0003
Revises: 0002
"""
from alembic import op
import sqlalchemy as sa
import core.db


revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('channel_states',
    sa.Column('channel', sa.String(length=10), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('openings', sa.Integer(), nullable=False),
    sa.Column('open_until', core.db.UtcTime(timezone=True), nullable=True),
    sa.Column('probe_until', core.db.UtcTime(timezone=True), nullable=True),
    sa.Column('slot_at', core.db.UtcTime(timezone=True), nullable=True),
    sa.Column('error', sa.String(length=300), nullable=False),
    sa.Column('changed_at', core.db.UtcTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('channel', name=op.f('pk_channel_states'))
    )
    op.create_table('message_templates',
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('language', sa.String(length=10), nullable=False),
    sa.Column('subject', sa.Text(), nullable=True),
    sa.Column('body', sa.Text(), nullable=True),
    sa.Column('provider_code', sa.String(length=40), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('updated_at', core.db.UtcTime(timezone=True), nullable=False),
    sa.Column('updated_by', sa.String(length=80), nullable=False),
    sa.PrimaryKeyConstraint('name', 'language', name=op.f('pk_message_templates'))
    )
    op.add_column('messages', sa.Column('template', sa.String(length=40), server_default='', nullable=False))
    op.add_column('messages', sa.Column('values_sealed', sa.LargeBinary(), nullable=True))
    op.add_column('messages', sa.Column('provider_id', sa.String(length=80), server_default='', nullable=False))
    op.add_column('messages', sa.Column('receipt_state', sa.String(length=12), server_default='', nullable=False))
    op.add_column('messages', sa.Column('receipt_at', core.db.UtcTime(timezone=True), nullable=True))
    op.create_index('ix_messages_uid', 'messages', ['uid'], unique=True)


def downgrade() -> None:
    op.drop_index('ix_messages_uid', table_name='messages')
    for column in ('receipt_at', 'receipt_state', 'provider_id', 'values_sealed', 'template'):
        op.drop_column('messages', column)
    op.drop_table('message_templates')
    op.drop_table('channel_states')
