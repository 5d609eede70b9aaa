"""The migrations go up and down and end where the models are."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

import app  # noqa: F401 # the models of all floors
import followup.api.models
import followup.callbacks.models
import followup.cases.imports.models
import followup.cases.models
import followup.clocks.models
import followup.corrections.models
import followup.measures.models
import followup.quality.models  # noqa: F401
from core import schema
from core.db import Base, Database
from core.settings import Settings


def differences(database: Database) -> list[object]:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))


def test_migrated_schema_is_the_one_of_the_models(database: Database) -> None:
    assert differences(database) == []


def test_migrations_can_be_taken_back_and_applied_again(settings: Settings) -> None:
    database = Database(settings)
    schema.upgrade(database)
    schema.downgrade(database, "base")
    assert set(inspect(database.engine).get_table_names()) <= {"alembic_version"}
    schema.upgrade(database)
    assert differences(database) == []
    database.dispose()


def test_a_database_of_a_later_program_is_refused_in_one_sentence(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(schema.NewerSchemaError, match="later version of this program"):
        schema.make_ready(database)
