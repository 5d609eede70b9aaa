"""Open links of the tests, and what a browser does with them."""

import re
from dataclasses import dataclass
from datetime import date, datetime

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.db import Database
from surveys import actions as publishing
from surveys.definition import from_dict
from surveys.models import OpenLinkDay, Questionnaire
from surveys.openlinks import actions, queries
from surveys.openlinks.actions import Terms
from tests.surveys import links as personal
from tests.surveys.links import NOW, rows
from tests.surveys.test_definition import said

TODAY = date(2026, 11, 18)
KEY = "return_visit"
FULL = {key: value for key, value in personal.FULL.items() if key != "comment"}


@dataclass(frozen=True)
class Sent:
    """A page as it was opened: what its form carries."""

    once: str
    signature: str


def open_link(
    database: Database,
    *,
    key: str = KEY,
    label: str = "大厅海报",
    quota: int | None = None,
    language: str = "zh_Hans",
    answer_by: datetime | None = None,
    state: str = "open",
    now: datetime = NOW,
    **dimensions: str,
) -> str:
    """Make an open link to a questionnaire; return its slug."""
    personal.publish(database)
    with database.begin() as session:
        questionnaire = queries.questionnaire(session, key)
        terms = Terms(label, language, quota, answer_by, dimensions)
        link = actions.create(session, questionnaire, terms, actor="ada", now=now)
        if state == "closed":
            actions.close(session, link, actor="ada", now=now)
    return link.slug


def publish_anonymous(database: Database) -> str:
    """Publish an anonymous questionnaire; return its key."""
    with database.begin() as session:
        publishing.publish(session, from_dict(said(anonymous=True)), key="staff", actor="t", now=NOW)
    return "staff"


def opened(client: FlaskClient, slug: str, **query: str) -> Sent:
    """Open a link and return what the form on the page carries."""
    page = client.get(f"/o/{slug}", query_string=query)
    assert page.status_code == 200, page.text
    return carried(page)


def carried(page: TestResponse) -> Sent:
    """Return what the form on a page carries."""
    found = dict(re.findall(r'name="(once|csrf_token)" value="([^"]*)"', page.text))
    return Sent(found["once"], found["csrf_token"])


def press(client: FlaskClient, slug: str, sent: Sent, **answers: str) -> TestResponse:
    """Send a page with these answers."""
    data = {"once": sent.once, "csrf_token": sent.signature, "language": "zh_Hans", **answers}
    return client.post(f"/o/{slug}/send", data=data)


def taken(database: Database) -> dict[date, int]:
    """Return how many answers each day counts."""
    return {row.day: row.n for row in rows(database, OpenLinkDay)}


def questionnaire_of(database: Database, key: str = KEY) -> Questionnaire:
    with database.read() as session:
        return queries.questionnaire(session, key)
