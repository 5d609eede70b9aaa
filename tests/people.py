"""The people of the tests, by name: what each may do is what their role may do."""

import re
from datetime import UTC, datetime

from flask.testing import FlaskClient

from core.auth import actions
from core.auth.models import User
from core.auth.roles import Role
from core.db import Database

PASSWORD = "correct horse battery staple"
HIRED = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
ROLES = {
    "ada": Role.ADMIN,
    "olga": Role.OFFICER,
    "anna": Role.AGENT,
    "amir": Role.AGENT,
    "sven": Role.SUPERVISOR,
    "lena": Role.ANALYST,
    "aldo": Role.AUDITOR,
}


def hire(database: Database, name: str) -> User:
    """Add one of the people above, with the password that all of them have."""
    with database.begin() as session:
        user, _secret = actions.add_user(
            session,
            name=name,
            role=ROLES[name],
            display_name=name.title(),
            department="东区供热站" if name == "olga" else "",
            language="en",
            password=PASSWORD,
            actor="test",
            now=HIRED,
        )
    return user


def ada(database: Database) -> User:
    """The administrator."""
    return hire(database, "ada")


def olga(database: Database) -> User:
    """The case officer."""
    return hire(database, "olga")


def anna(database: Database) -> User:
    """A callback agent."""
    return hire(database, "anna")


def amir(database: Database) -> User:
    """Another callback agent."""
    return hire(database, "amir")


def sven(database: Database) -> User:
    """The supervisor."""
    return hire(database, "sven")


def lena(database: Database) -> User:
    """The analyst."""
    return hire(database, "lena")


def aldo(database: Database) -> User:
    """The auditor."""
    return hire(database, "aldo")


def csrf_token(client: FlaskClient, path: str) -> str:
    """Return the token of the forms on a page."""
    page = client.get(path).get_data(as_text=True)
    found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page)
    assert found, f"no form with a token on {path}"
    return found.group(1)


def sign_in(client: FlaskClient, name: str, password: str = PASSWORD) -> FlaskClient:
    """Sign a test client in, through the form."""
    data = {"name": name, "password": password, "csrf_token": csrf_token(client, "/login")}
    answer = client.post("/login", data=data)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return client
