"""Whatever is sent to the public pages: no failure, and what is registered comes back as it was cleaned."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.db import Database
from core.texts import clean_text
from followup.cases import texts
from followup.models import Case
from tests.conftest import NOW
from tests.followup.intake.forms import MATTER, hidden, send

ANY = st.text(st.characters(codec="utf-8"), max_size=60)  # no lone surrogates: no browser can send them
FIELDS = (*MATTER, "stamp", "csrf_token", "language", "switch_language", "website")


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.dictionaries(st.sampled_from(FIELDS), ANY, max_size=4), number=ANY, digits=ANY)
def test_nothing_that_is_sent_makes_a_failure(
    app: Flask, changes: dict[str, str], number: str, digits: str
) -> None:
    client = app.test_client()
    with time_machine.travel(NOW, tick=False) as clock:
        sent = hidden(client, "/feedback")
        clock.shift(timedelta(minutes=1).total_seconds())
        assert send(client, sent | changes, **changes).status_code in {200, 303, 400, 409, 422, 429}
        asked = hidden(client, "/progress") | {"number": number, "digits": digits}
        assert client.post("/progress/look", data=asked).status_code in {400, 404, 422, 429}
        assert client.get(
            f"/feedback/sent/{number.strip('/') or 'x'}/{digits.strip('/') or 'x'}"
        ).status_code in {
            308,
            404,
        }


@pytest.mark.parametrize(
    "words",
    ["𠮷野家㐂", "👨‍👩‍👧 no heat", "a\0b\u202ec", "<script>alert(1)</script>", "é e\u0301", "x" * 2000],
)
def test_what_was_written_is_kept_as_it_was_cleaned(app: Flask, database: Database, words: str) -> None:
    client = app.test_client()
    with time_machine.travel(NOW, tick=False) as clock:
        sent = hidden(client, "/feedback")
        clock.shift(60)
        assert send(client, sent, words=words).status_code == 303
    with database.read() as session:
        case = session.scalars(select(Case)).one()
        assert texts.description(session, case) == clean_text(words)
