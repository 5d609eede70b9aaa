"""A key of another system, and a program that uses it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.db import Database
from followup.api import keys

MADE = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass
class Program:
    """Another system: it sends its key with every request, and nothing that a browser would."""

    client: FlaskClient
    key: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def post(self, path: str, body: Any, **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(f"/api/v1{path}", json=body, headers=self.headers | named)

    def get(self, path: str) -> TestResponse:
        return self.client.get(f"/api/v1{path}", headers=self.headers)

    def tell(self, number: str, event: str, at: str, event_id: str = "", **more: Any) -> TestResponse:
        """Tell an event of 2026-11-16 at a time such as ``10:00``."""
        told = {"event_id": event_id or f"{event}-{at}", "event": event, "at": f"2026-11-16T{at}:00+08:00"}
        return self.post(f"/cases/{number}/events", told | more)


MakeProgram = Callable[..., Program]


@pytest.fixture
def program_of(app: Flask, database: Database) -> MakeProgram:
    """Return a function that makes a key and the program that has it."""

    def make(source: str = "erp", scopes: tuple[str, ...] = keys.SCOPES, name: str = "") -> Program:
        with database.begin() as session:
            _key, text = keys.make(
                session, name=name or f"Key of {source}", source=source, scopes=list(scopes),
                expires_at=None, actor="test", now=MADE,
            )  # fmt: skip
        return Program(app.test_client(), text)

    return make


@pytest.fixture
def erp(program_of: MakeProgram) -> Program:
    """The program of the source ``erp`` that may do everything."""
    return program_of()


CASE = {
    "external_id": "E-1",
    "kind": "repair",
    "title": "暖气不热",
    "description": "Since yesterday",
    "category": "供暖",
    "department": "东城所",
    "registered_at": "2026-11-16T08:00:00+08:00",
    "contact": {"name": "王小明", "phones": ["13812345678"], "household": "H-77"},
}
