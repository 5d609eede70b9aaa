"""Alembic's entry: runs on the connection it is given, in one transaction."""

from alembic import context

import analysis.alerts.models
import analysis.drivers.models
import analysis.recounting
import analysis.reports.models
import analysis.trend.models
import analysis.words.models
import core.audit
import core.auth.models
import core.contacts.models
import core.heartbeats
import core.installation
import core.outbox.models
import core.seasons.models
import core.transitions
import core.uploads
import followup.api.models
import followup.callbacks.models
import followup.cases.imports.models
import followup.cases.models
import followup.clocks.models
import followup.corrections.models
import followup.measures.models
import followup.models
import followup.quality.models
import surveys.campaigns.models
import surveys.editor.models
import surveys.models
import surveys.openlinks.models
import surveys.paper.models  # all tables must be known
from core.db import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    compare_type=True,
    render_as_batch=False,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
connection.commit()
