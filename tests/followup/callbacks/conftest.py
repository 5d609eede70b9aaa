"""Anna at her desk, for every test over HTTP."""

from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from core import clock
from core.auth.models import User
from core.db import Database
from followup.jobs import tick
from tests import people as staff
from tests.followup import factories as make

START = datetime.fromisoformat("2026-11-18T10:00+08:00")


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Set the clock of the server."""
    return lambda moment: monkeypatch.setattr(clock, "now", lambda: moment)


@pytest.fixture
def desk(app: Flask, database: Database, at: Callable[[datetime], None]) -> FlaskClient:
    """Anna, signed in, with two callbacks ready."""
    at(START)
    staff.anna(database)
    staff.amir(database)
    staff.sven(database)
    with database.begin() as session:
        make.new_rule(session, make.by_phone(), now=START)
        for _n in range(2):
            make.closed_case(session, now=START)
    tick(database, now=START)
    tick(database, now=START)
    return staff.sign_in(app.test_client(), "anna")


@pytest.fixture
def hired(app: Flask, database: Database) -> Callable[[str], FlaskClient]:
    """Return a function that signs in one of the people, who is hired where he does not work here yet."""

    def signed_in(name: str) -> FlaskClient:
        with database.read() as session:
            is_new = session.scalar(select(User.id).where(User.name == name)) is None
        if is_new:
            staff.hire(database, name)
        return staff.sign_in(app.test_client(), name)

    return signed_in
