"""What the page tells about itself: a hint, at most two writes a link, and no change of state."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from core.crypto import new_token
from core.db import Database
from surveys.models import Invitation, InvitationTrace
from tests.surveys import kinds
from tests.surveys.links import FULL, NOW, fingerprint, invite, rows, send, signature


@pytest.fixture(autouse=True)
def _at_now():
    with time_machine.travel(NOW, tick=False):
        yield


def tell(app: Flask, token: str, **said: str) -> int:
    client = app.test_client()
    signed = signature(client.get(f"/s/{token}?amend=1"))
    return client.post(f"/s/{token}/seen", data={"csrf_token": signed, **said}).status_code


def test_opened_and_begun_are_noted_once_each(database: Database, app: Flask):
    token = invite(database)
    assert tell(app, token, started="0", seconds="30") == 204
    (trace,) = rows(database, InvitationTrace)
    assert (trace.opened_at, trace.started_at) == (NOW - timedelta(seconds=30), None)
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        assert tell(app, token, started="1", seconds="5") == 204
        (trace,) = rows(database, InvitationTrace)
        assert (trace.opened_at, trace.started_at) == (NOW - timedelta(seconds=30), NOW + timedelta(hours=1))
        before = fingerprint(database)
    for started in ("0", "1", "yes", ""):
        assert tell(app, token, started=started) == 204
    assert fingerprint(database) == before
    assert rows(database, Invitation)[0].state == "open"


def test_begun_at_once_is_one_write(database: Database, app: Flask):
    assert tell(app, invite(database), started="1", seconds="12") == 204
    (trace,) = rows(database, InvitationTrace)
    assert (trace.opened_at, trace.started_at) == (NOW - timedelta(seconds=12), NOW)


@pytest.mark.parametrize("seconds", ["", "-5", "1e9", "999999999", "x" * 10_000])
def test_odd_times_are_no_times(database: Database, app: Flask, seconds: str):
    assert tell(app, invite(database), started="0", seconds=seconds) == 204
    assert rows(database, InvitationTrace)[0].opened_at == NOW


def test_an_unsigned_an_unknown_and_a_looking_one_write_nothing(database: Database, app: Flask):
    token, client = invite(database), app.test_client()
    before = fingerprint(database)
    assert client.post(f"/s/{token}/seen", data={"started": "1"}).status_code == 400
    assert client.post(f"/s/{new_token()}/seen", data={"started": "1"}).status_code == 410
    for look in (client.get, client.head, client.options):
        assert look(f"/s/{token}/seen").status_code < 500
    assert fingerprint(database) == before


def test_an_anonymous_one_leaves_no_trace(database: Database, app: Flask):
    version = kinds.publish(database, kinds.all_kinds(anonymous=True))
    token, client = kinds.invite(database, version), app.test_client()
    page = client.get(f"/s/{token}")
    assert "data-seen" not in page.get_data(as_text=True)
    data = {"csrf_token": signature(page), "started": "1"}
    assert client.post(f"/s/{token}/seen", data=data).status_code == 204
    assert rows(database, InvitationTrace) == []


def test_a_sign_after_the_answer_changes_nothing_for_it(database: Database, app: Flask):
    token = invite(database)
    send(app.test_client(), token, **FULL)
    assert tell(app, token, started="1") == 204
    assert rows(database, Invitation)[0].state == "answered"
