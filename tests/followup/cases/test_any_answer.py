"""Staff read every kind of answer on the page of the case, as it was written."""

from collections.abc import Callable
from datetime import datetime
from html import unescape

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.db import Database
from core.texts import clean_text
from followup.models import Case
from tests.followup.test_planning import sent_out
from tests.surveys import kinds
from tests.surveys.links import signature

SignIn = Callable[[str], FlaskClient]
ANY = st.text(alphabet=st.characters(codec="utf-8"), max_size=60)


@pytest.fixture
def token(database: Database, now: datetime) -> str:
    """A link to the questionnaire with every kind, sent because a case was closed."""
    kinds.publish(database, key="return_visit")
    return sent_out(database, now)


def answer(app: Flask, token: str, **fields: str | list[str]) -> int:
    client = app.test_client()
    page = client.get(f"/s/{token}?amend=1")
    return client.post(
        f"/s/{token}", data={"csrf_token": signature(page), "overall": "4", **fields}
    ).status_code


def case_page(database: Database, client: FlaskClient) -> str:
    with database.read() as session:
        number = session.scalars(select(Case.number)).one()
    page = client.get(f"/cases/{number}")
    assert page.status_code == 200
    return unescape(page.get_data(as_text=True))


def test_staff_read_every_kind(
    database: Database, app: Flask, client_for: SignIn, token: str, now: datetime
) -> None:
    with time_machine.travel(now, tick=False):
        done = answer(
            app, token, nps="10", way="9", **{"way-other": "一封信"}, ways=["1", "2"], wechat="城东",
            solved="1", degrees="16.5", visit="2026-12-01", night="na",
        )  # fmt: skip
        assert done == 303
        page = case_page(database, client_for("sven"))
    for said in ("10: extremely likely", "Other: 一封信", "By phone; WeChat", ">城东<", ">16.5<"):
        assert said in page
    assert "Did not use / does not know" in page


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(comment=ANY, other=ANY)
def test_staff_read_what_was_written(
    database: Database, app: Flask, client_for: SignIn, token: str, now: datetime, comment: str, other: str
) -> None:
    with time_machine.travel(now, tick=False):
        assert answer(app, token, way="9", comment=comment, **{"way-other": other}) == 303
        page = case_page(database, client_for("sven"))
    for written in map(clean_text, (comment, other)):
        assert written in page
