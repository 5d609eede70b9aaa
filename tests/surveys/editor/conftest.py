"""A desk for the editor's tests."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from core.db import Database
from surveys.definition import Definition
from surveys.editor import queries
from tests.surveys.editor.desk import Desk


@pytest.fixture
def desk(client_for: Callable[[str], FlaskClient]) -> Desk:
    """Lena, the analyst, with an empty questionnaire that nobody published."""
    return Desk(client_for("lena")).begin()


@pytest.fixture
def draft_of(database: Database) -> Callable[[], Definition]:
    """Return a function that reads the draft as it is stored."""

    def read() -> Definition:
        with database.read() as session:
            return queries.draft(session, "visit").definition

    return read
