"""A published return visit, personal links to it, and what a browser does with them."""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from core.db import Base, Database
from surveys import actions, queries, seeds

NOW = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
FULL = {
    "overall": "4", "attitude": "5", "speed": "3", "quality": "4", "result": "na", "resolved": "2",
    "comment": "师傅来得快。",
}  # fmt: skip


def publish(database: Database) -> queries.LoadedVersion:
    """Publish the return visit."""
    with database.begin() as session:
        seeds.seed(session, NOW)
    with database.read() as session:
        return queries.current_version(session, seeds.RETURN_VISIT)


def invite(
    database: Database, *, days: int = 14, language: str = "zh_Hans", at: datetime = NOW, **about: str
) -> str:
    """Send one personal link; return its token."""
    version = publish(database)
    with database.begin() as session:
        stratum = actions.stratum_id(session, service_type="供暖", district="城东区")
        _invitation, token = actions.invite(
            session,
            version_id=version.id,
            contact_id=None,
            stratum_id=stratum,
            handler="刘师傅",
            reference="20261118-0042",
            about=about or {"addressee": "王*", "on": "2026-11-18"},
            language=language,
            channel="sms",
            answer_by=at + timedelta(days=days),
            now=at,
        )
    return token


def signature(page: TestResponse) -> str:
    """Return the signature in a page's form."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.get_data(as_text=True))
    assert found, "the page has no signed form"
    return found.group(1)


def send(client: FlaskClient, token: str, **answers: str) -> TestResponse:
    """Open the link and send answers, as a browser would."""
    page = client.get(f"/s/{token}?amend=1")
    return client.post(f"/s/{token}", data={"csrf_token": signature(page), **answers})


def rows(database: Database, model: Any) -> list[Any]:
    """Return all rows of a table."""
    with database.read() as session:
        return list(session.execute(select(*model.__table__.c)))


def fingerprint(database: Database) -> str:
    """Hash every row of every table."""
    found = []
    with database.read() as session:
        for table in Base.metadata.sorted_tables:
            found += [(table.name, *map(repr, row)) for row in session.execute(select(table))]
    return hashlib.sha256(repr(sorted(found)).encode()).hexdigest()
