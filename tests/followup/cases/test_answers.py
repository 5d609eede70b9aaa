"""What the customer said, on the page of the case."""

from collections.abc import Callable
from datetime import datetime, timedelta

from flask.testing import FlaskClient
from sqlalchemy import select

from core.db import Database
from followup.models import Case
from tests.followup.test_planning import BAD, answer_by_link, sent_out

SignIn = Callable[[str], FlaskClient]


def test_the_case_shows_scores_and_words_of_the_answer(
    database: Database, client_for: SignIn, now: datetime
) -> None:
    token = sent_out(database, now)
    answer_by_link(database, token, BAD, now + timedelta(hours=1))
    with database.read() as session:
        number = session.scalars(select(Case.number)).one()
    page = client_for("sven").get(f"/cases/{number}").get_data(as_text=True)
    assert page.count("Very dissatisfied") == 2  # in the line and in the list of answers
    assert "还是不热" in page
    assert "<dt>Overall satisfaction</dt>" in page
    assert "changed by the customer" not in page
    seen = client_for("aldo").get(f"/cases/{number}").get_data(as_text=True)
    assert "Very dissatisfied" in seen
    assert "还是不热" not in seen


def test_an_amended_answer_says_so(database: Database, client_for: SignIn, now: datetime) -> None:
    token = sent_out(database, now)
    answer_by_link(database, token, BAD, now + timedelta(hours=1))
    answer_by_link(database, token, BAD | {"overall": "2"}, now + timedelta(hours=2))
    with database.read() as session:
        number = session.scalars(select(Case.number)).one()
    assert "changed by the customer" in client_for("sven").get(f"/cases/{number}").get_data(as_text=True)
