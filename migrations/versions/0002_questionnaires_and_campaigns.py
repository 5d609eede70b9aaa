"""Drafts, open links, ballots, campaigns, paper

Revision ID: 0002
Revises: 0001
"""
from alembic import op
import sqlalchemy as sa
import core.db


revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('campaigns',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('questionnaire_id', sa.Integer(), nullable=False),
    sa.Column('terms', sa.JSON(), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('next_wave_at', core.db.UtcTime(timezone=True), nullable=True),
    sa.Column('created_at', core.db.UtcTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.String(length=80), nullable=False),
    sa.CheckConstraint("state IN ('draft', 'running', 'paused', 'ended')", name=op.f('ck_campaigns_state')),
    sa.ForeignKeyConstraint(['questionnaire_id'], ['questionnaires.id'], name=op.f('fk_campaigns_questionnaire_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_campaigns'))
    )
    op.create_index('ix_campaigns_state_next_wave_at', 'campaigns', ['state', 'next_wave_at'], unique=False)
    op.create_table('drafts',
    sa.Column('questionnaire_id', sa.Integer(), nullable=False),
    sa.Column('definition', sa.JSON(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('updated_at', core.db.UtcTime(timezone=True), nullable=False),
    sa.Column('updated_by', sa.String(length=80), nullable=False),
    sa.ForeignKeyConstraint(['questionnaire_id'], ['questionnaires.id'], name=op.f('fk_drafts_questionnaire_id')),
    sa.PrimaryKeyConstraint('questionnaire_id', name=op.f('pk_drafts'))
    )
    op.create_table('open_links',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('slug', sa.String(length=12), nullable=False),
    sa.Column('questionnaire_id', sa.Integer(), nullable=False),
    sa.Column('label', sa.String(length=80), nullable=False),
    sa.Column('stratum_id', sa.Integer(), nullable=False),
    sa.Column('language', sa.String(length=10), nullable=False),
    sa.Column('daily_quota', sa.Integer(), nullable=True),
    sa.Column('answer_by', core.db.UtcTime(timezone=True), nullable=True),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('created_at', core.db.UtcTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.String(length=80), nullable=False),
    sa.CheckConstraint("state IN ('open', 'closed')", name=op.f('ck_open_links_state')),
    sa.ForeignKeyConstraint(['questionnaire_id'], ['questionnaires.id'], name=op.f('fk_open_links_questionnaire_id')),
    sa.ForeignKeyConstraint(['stratum_id'], ['strata.id'], name=op.f('fk_open_links_stratum_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_open_links')),
    sa.UniqueConstraint('slug', name=op.f('uq_open_links_slug'))
    )
    op.create_index(op.f('ix_open_links_questionnaire_id'), 'open_links', ['questionnaire_id'], unique=False)
    op.create_table('ballots',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('version_id', sa.Integer(), nullable=False),
    sa.Column('mode', sa.String(length=8), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('answers_sealed', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['version_id'], ['versions.id'], name=op.f('fk_ballots_version_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ballots'))
    )
    op.create_index(op.f('ix_ballots_version_id'), 'ballots', ['version_id'], unique=False)
    op.create_table('campaign_members',
    sa.Column('campaign_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('contact_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('stratum_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_campaign_members_campaign_id')),
    sa.ForeignKeyConstraint(['contact_id'], ['contacts.id'], name=op.f('fk_campaign_members_contact_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['stratum_id'], ['strata.id'], name=op.f('fk_campaign_members_stratum_id')),
    sa.PrimaryKeyConstraint('campaign_id', 'contact_id', name=op.f('pk_campaign_members'))
    )
    op.create_table('open_link_days',
    sa.Column('open_link_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('n', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['open_link_id'], ['open_links.id'], name=op.f('fk_open_link_days_open_link_id')),
    sa.PrimaryKeyConstraint('open_link_id', 'day', name=op.f('pk_open_link_days'))
    )
    op.create_table('waves',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('version_id', sa.Integer(), nullable=False),
    sa.Column('seed', sa.BigInteger(), nullable=False),
    sa.Column('population', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('starts_at', core.db.UtcTime(timezone=True), nullable=False),
    sa.Column('next_send_at', core.db.UtcTime(timezone=True), nullable=False),
    sa.Column('closes_at', core.db.UtcTime(timezone=True), nullable=False),
    sa.Column('created_at', core.db.UtcTime(timezone=True), nullable=False),
    sa.CheckConstraint("state IN ('running', 'paused', 'closed')", name=op.f('ck_waves_state')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_waves_campaign_id')),
    sa.ForeignKeyConstraint(['version_id'], ['versions.id'], name=op.f('fk_waves_version_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_waves')),
    sa.UniqueConstraint('campaign_id', 'number', name=op.f('uq_waves_campaign_id_number'))
    )
    op.create_index('ix_waves_state', 'waves', ['state'], unique=False)
    op.create_table('invitation_traces',
    sa.Column('invitation_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('opened_at', core.db.UtcTime(timezone=True), nullable=False),
    sa.Column('started_at', core.db.UtcTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['invitation_id'], ['invitations.id'], name=op.f('fk_invitation_traces_invitation_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('invitation_id', name=op.f('pk_invitation_traces'))
    )
    op.create_table('partials',
    sa.Column('invitation_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('saved_at', core.db.UtcTime(timezone=True), nullable=False),
    sa.Column('answers_sealed', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['invitation_id'], ['invitations.id'], name=op.f('fk_partials_invitation_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('invitation_id', name=op.f('pk_partials'))
    )
    op.create_table('recipients',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('wave_id', sa.Integer(), nullable=False),
    sa.Column('contact_id', sa.Integer(), nullable=True),
    sa.Column('stratum_id', sa.Integer(), nullable=False),
    sa.Column('invitation_id', sa.Integer(), nullable=True),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('reason', sa.String(length=40), nullable=False),
    sa.Column('reminders', sa.Integer(), nullable=False),
    sa.Column('due_at', core.db.UtcTime(timezone=True), nullable=False),
    sa.CheckConstraint("state IN ('planned', 'sending', 'sent', 'answered', 'skipped', 'failed', 'expired', 'stopped')", name=op.f('ck_recipients_state')),
    sa.ForeignKeyConstraint(['contact_id'], ['contacts.id'], name=op.f('fk_recipients_contact_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['invitation_id'], ['invitations.id'], name=op.f('fk_recipients_invitation_id')),
    sa.ForeignKeyConstraint(['stratum_id'], ['strata.id'], name=op.f('fk_recipients_stratum_id')),
    sa.ForeignKeyConstraint(['wave_id'], ['waves.id'], name=op.f('fk_recipients_wave_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recipients')),
    sa.UniqueConstraint('wave_id', 'contact_id', name=op.f('uq_recipients_wave_id_contact_id'))
    )
    op.create_index(op.f('ix_recipients_contact_id'), 'recipients', ['contact_id'], unique=False)
    op.create_index(op.f('ix_recipients_invitation_id'), 'recipients', ['invitation_id'], unique=False)
    op.create_index('ix_recipients_state_due_at', 'recipients', ['state', 'due_at'], unique=False)
    op.create_index('ix_recipients_wave_id_state', 'recipients', ['wave_id', 'state', 'id'], unique=False)
    op.create_table('paper_runs',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version_id', sa.Integer(), nullable=False),
    sa.Column('first', sa.Integer(), nullable=False),
    sa.Column('sheets', sa.Integer(), nullable=False),
    sa.Column('language', sa.String(length=10), nullable=False),
    sa.Column('open_link_id', sa.Integer(), nullable=True),
    sa.Column('size', sa.SmallInteger(), nullable=False),
    sa.Column('instructions', sa.String(length=600), nullable=False),
    sa.Column('elsewhere', sa.Boolean(), nullable=False),
    sa.Column('printed_at', core.db.UtcTime(timezone=True), nullable=False),
    sa.Column('printed_by', sa.String(length=80), nullable=False),
    sa.CheckConstraint('sheets > 0', name=op.f('ck_paper_runs_sheets')),
    sa.ForeignKeyConstraint(['open_link_id'], ['open_links.id'], name=op.f('fk_paper_runs_open_link_id')),
    sa.ForeignKeyConstraint(['version_id'], ['versions.id'], name=op.f('fk_paper_runs_version_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_paper_runs')),
    sa.UniqueConstraint('first', name=op.f('uq_paper_runs_first'))
    )
    op.create_index(op.f('ix_paper_runs_version_id'), 'paper_runs', ['version_id'], unique=False)
    op.create_table('paper_entries',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('questionnaire_id', sa.Integer(), nullable=False),
    sa.Column('serial', sa.String(length=40), nullable=False),
    sa.Column('response_id', sa.Integer(), nullable=True),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('entered_by', sa.Integer(), nullable=False),
    sa.Column('entered_at', core.db.UtcTime(timezone=True), nullable=False),
    sa.Column('checked_by', sa.Integer(), nullable=True),
    sa.Column('checked_at', core.db.UtcTime(timezone=True), nullable=True),
    sa.Column('second_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('compared', sa.JSON(), nullable=False),
    sa.Column('differing', sa.JSON(), nullable=False),
    sa.Column('settled_by', sa.Integer(), nullable=True),
    sa.Column('settled_at', core.db.UtcTime(timezone=True), nullable=True),
    sa.Column('decisions', sa.JSON(), nullable=False),
    sa.CheckConstraint("state IN ('entered', 'to_check', 'agreed', 'differs', 'settled')", name=op.f('ck_paper_entries_state')),
    sa.ForeignKeyConstraint(['checked_by'], ['users.id'], name=op.f('fk_paper_entries_checked_by')),
    sa.ForeignKeyConstraint(['entered_by'], ['users.id'], name=op.f('fk_paper_entries_entered_by')),
    sa.ForeignKeyConstraint(['questionnaire_id'], ['questionnaires.id'], name=op.f('fk_paper_entries_questionnaire_id')),
    sa.ForeignKeyConstraint(['response_id'], ['responses.id'], name=op.f('fk_paper_entries_response_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['settled_by'], ['users.id'], name=op.f('fk_paper_entries_settled_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_paper_entries')),
    sa.UniqueConstraint('questionnaire_id', 'serial', name=op.f('uq_paper_entries_questionnaire_id_serial'))
    )
    op.create_index('ix_paper_entries_state', 'paper_entries', ['state'], unique=False)
    op.create_table('spent_pages',
    sa.Column('page_hash', sa.LargeBinary(length=32), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.PrimaryKeyConstraint('page_hash', name=op.f('pk_spent_pages'))
    )
    op.create_index(op.f('ix_spent_pages_day'), 'spent_pages', ['day'], unique=False)
    op.add_column('questionnaires', sa.Column('anonymous', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('responses', sa.Column('open_link_id', sa.Integer(), nullable=True))
    _allow_channels("'sms', 'email', 'phone', 'paper', 'web', 'staff'")


def _allow_channels(channels: str) -> None:
    """SQLite cannot change a constraint: the table is copied there."""
    name = op.f('ck_contact_events_channel')
    with op.batch_alter_table('contact_events') as events:
        events.drop_constraint(name, type_='check')
        events.create_check_constraint(name, f'channel IN ({channels})')


def downgrade() -> None:
    op.execute("UPDATE contact_events SET channel = 'staff' WHERE channel = 'paper'")
    _allow_channels("'sms', 'email', 'phone', 'web', 'staff'")
    op.drop_column('responses', 'open_link_id')
    op.drop_column('questionnaires', 'anonymous')
    op.drop_index(op.f('ix_spent_pages_day'), table_name='spent_pages')
    op.drop_table('spent_pages')
    op.drop_index('ix_paper_entries_state', table_name='paper_entries')
    op.drop_table('paper_entries')
    op.drop_index(op.f('ix_paper_runs_version_id'), table_name='paper_runs')
    op.drop_table('paper_runs')
    op.drop_index('ix_recipients_wave_id_state', table_name='recipients')
    op.drop_index('ix_recipients_state_due_at', table_name='recipients')
    op.drop_index(op.f('ix_recipients_invitation_id'), table_name='recipients')
    op.drop_index(op.f('ix_recipients_contact_id'), table_name='recipients')
    op.drop_table('recipients')
    op.drop_table('partials')
    op.drop_table('invitation_traces')
    op.drop_index('ix_waves_state', table_name='waves')
    op.drop_table('waves')
    op.drop_table('open_link_days')
    op.drop_table('campaign_members')
    op.drop_index(op.f('ix_ballots_version_id'), table_name='ballots')
    op.drop_table('ballots')
    op.drop_index(op.f('ix_open_links_questionnaire_id'), table_name='open_links')
    op.drop_table('open_links')
    op.drop_table('drafts')
    op.drop_index('ix_campaigns_state_next_wave_at', table_name='campaigns')
    op.drop_table('campaigns')
