"""An application on SQLite for what does not depend on the kind of database."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from core.db import Database
from core.settings import Settings
from tests.people import ROLES, hire, sign_in


@pytest.fixture
def small_database(migrated_settings: Settings) -> Iterator[Database]:
    """A migrated, empty SQLite database."""
    database = Database(migrated_settings)
    yield database
    database.dispose()


@pytest.fixture
def small_app(small_database: Database) -> Flask:
    """The application on it, with all the people."""
    for name in ROLES:
        hire(small_database, name)
    return create_app(small_database.settings, small_database)


@pytest.fixture
def anonymous(small_app: Flask) -> FlaskClient:
    """A browser in which nobody is signed in."""
    return small_app.test_client()


@pytest.fixture
def admin(small_app: Flask) -> FlaskClient:
    """Ada's browser."""
    return sign_in(small_app.test_client(), "ada")
