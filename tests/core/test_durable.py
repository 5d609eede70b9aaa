"""What is acknowledged is on the disk. The databases of the other tests do not wait for it."""

from sqlalchemy import text

from core import db
from core.settings import Settings


def test_a_real_installation_waits_for_the_disk_and_holds_references(migrated_settings: Settings) -> None:
    make = getattr(db._make_engine, "__wrapped__")  # noqa: B009 # as it is outside of tests
    engine = make(migrated_settings)
    with engine.connect() as connection:
        found = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("synchronous", "journal_mode", "foreign_keys", "secure_delete")
        }
    engine.dispose()
    assert found == {"synchronous": 2, "journal_mode": "wal", "foreign_keys": 1, "secure_delete": 1}
