"""Personal links for staff: how each stands, who may end one, and what nobody sees."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from core.audit import AuditEntry
from core.contacts.actions import save_contact
from core.crypto import token_hash
from core.db import Database
from surveys import actions as surveys
from surveys.models import Invitation, InvitationTrace, Partial
from tests.surveys.links import FULL, NOW, fingerprint, invite, publish, rows, send

ClientFor = Callable[[str], FlaskClient]
Token = Callable[[FlaskClient, str], str]
ENDED = ("answered", "locked", "revoked", "replaced", "withdrawn", "opted_out")


@pytest.fixture(autouse=True)
def _at_now():
    with time_machine.travel(NOW, tick=False):
        yield


def id_of(database: Database, token: str) -> int:
    with database.read() as session:
        return session.scalars(select(Invitation.id).where(Invitation.token_hash == token_hash(token))).one()


def one_of_each(database: Database) -> dict[str, int]:
    """An invitation in every state; return their ids."""
    ids = {standing: id_of(database, invite(database)) for standing in ("open", "partial", "expired", *ENDED)}
    with database.begin() as session:
        for state in ENDED:
            session.execute(update(Invitation).where(Invitation.id == ids[state]).values(state=state))
        session.execute(update(Invitation).where(Invitation.id == ids["expired"]).values(answer_by=NOW))
        session.add(Partial(invitation_id=ids["partial"], saved_at=NOW, answers_sealed=b"x"))
        session.add(InvitationTrace(invitation_id=ids["open"], opened_at=NOW))
    return ids


def test_every_state_has_its_word_and_its_filter(database: Database, client_for: ClientFor) -> None:
    ids = one_of_each(database)
    sven = client_for("sven")
    page = sven.get("/invitations").text
    assert "9 links, newest first" in page
    words = ("open", "saved in part", "answered", "answered, final", "expired", "revoked", "replaced",
             "withdrawn", "opted out")  # fmt: skip
    for word in words:
        assert f"</span>{word}</span>" in page
    for standing, invitation_id in ids.items():
        found = sven.get(f"/invitations?state={standing}").text
        assert "1 link, newest first" in found, standing
        assert f"/invitations/{invitation_id}" in found
    assert ">opened<" in sven.get("/invitations?state=open").text


def test_links_are_found_by_reference_and_questionnaire(database: Database, client_for: ClientFor) -> None:
    invite(database)
    lena = client_for("lena")
    for query, count in [
        ("reference=20261118-0042", 1), ("reference=20261118", 1), ("reference=0042", 0),
        ("reference=%25", 0),
        ("questionnaire=return_visit", 1), ("questionnaire=other", 0), ("state=nonsense", 1), ("page=999", 1),
        ("reference=%00&page=x", 1),
    ]:  # fmt: skip
        page = lena.get(f"/invitations?{query}").text
        assert (f"{count} link" in page) if count else "No link fits these filters" in page, query


def test_who_may_look_and_who_may_end_a_link(database: Database, client_for: ClientFor, csrf: Token) -> None:
    invitation_id = id_of(database, invite(database))
    statuses = {
        "ada": (200, 200),
        "sven": (200, 200),
        "lena": (200, 403),
        "olga": (403, 403),
        "anna": (403, 403),
    }
    for name, (listed, opened) in statuses.items():
        client = client_for(name)
        assert client.get("/invitations").status_code == listed
        assert client.get(f"/invitations/{invitation_id}").status_code == opened
        if opened == 403:
            data = {"csrf_token": csrf(client, "/account"), "reason": "x"}
            assert client.post(f"/invitations/{invitation_id}/revoke", data=data).status_code == 403
    assert f"/invitations/{invitation_id}" not in client_for("lena").get("/invitations").text
    assert client_for("ada").get("/invitations/999").status_code == 404


def test_revoking_needs_a_reason_and_is_recorded(
    database: Database, client_for: ClientFor, csrf: Token, app: Flask
) -> None:
    token = invite(database)
    path, sven = f"/invitations/{id_of(database, token)}", client_for("sven")
    data = {"csrf_token": csrf(sven, path)}
    assert sven.post(f"{path}/revoke", data=data | {"reason": " "}).status_code == 422
    assert app.test_client().get(f"/s/{token}").status_code == 200
    assert sven.post(f"{path}/revoke", data=data | {"reason": "发错号码"}).status_code == 303
    assert app.test_client().get(f"/s/{token}").status_code == 410
    page = sven.get(path).text
    assert "发错号码" in page
    assert "takes no answers any more" in page
    assert sven.post(f"{path}/revoke", data=data | {"reason": "again"}).status_code == 409
    with database.read() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "invitation.revoke")).one()
        assert entry.actor == "sven"


def test_looking_at_a_link_changes_nothing(database: Database, client_for: ClientFor) -> None:
    invitation_id, ada = id_of(database, invite(database)), client_for("ada")
    ada.get("/invitations")
    before = fingerprint(database)
    for path in ("", "/revoke", "/replace"):
        ada.get(f"/invitations/{invitation_id}{path}")
    assert fingerprint(database) == before


def test_a_link_that_nobody_sends_on_stays_as_it_was(
    database: Database, client_for: ClientFor, csrf: Token, app: Flask
) -> None:
    """No contact, no follow-up, no campaign: there is nobody to send a new link to."""
    token = invite(database)
    path, ada = f"/invitations/{id_of(database, token)}", client_for("ada")
    before = [tuple(row) for row in rows(database, Invitation)]
    data = {"csrf_token": csrf(ada, path), "reason": "lost"}
    answer = ada.post(f"{path}/replace", data=data)
    assert answer.status_code == 422
    assert "There is no number" in answer.text
    with database.begin() as session:
        contact = save_contact(session, name="王秀英", phones=["13812345678"], now=NOW)
        session.execute(update(Invitation).values(contact_id=contact.id))
    answer = ada.post(f"{path}/replace", data=data)
    assert answer.status_code == 422
    assert "Nobody sends this link on" in answer.text
    assert [row.state for row in rows(database, Invitation)] == ["open"]
    assert len(before) == 1
    assert app.test_client().get(f"/s/{token}").status_code == 200


def test_a_forwarded_link_shows_nothing_personal(database: Database, app: Flask, now: datetime) -> None:
    """Before, after and while changing the answer: no name, number, address, nor what was written."""
    version = publish(database)
    secrets = (
        "王秀英",
        "13812345678",
        "138****5678",
        "wang@example.org",
        "东街",
        "HX1001",
        "刘师傅",
        "城东区",
    )
    with database.begin() as session:
        contact = save_contact(
            session, name=secrets[0], phones=[secrets[1]], email=secrets[3], address="东街 1 号",
            household="HX1001", now=now,
        )  # fmt: skip
        stratum = surveys.stratum_id(session, district="城东区", department="东城所")
        _invitation, token = surveys.invite(
            session, version_id=version.id, contact_id=contact.id, stratum_id=stratum, handler="刘师傅",
            reference="20261118-0042", about={"addressee": "王*", "on": "2026-11-18"}, language="zh_Hans",
            channel="sms", answer_by=now + timedelta(days=14), now=now,
        )  # fmt: skip
    client = app.test_client()
    pages = [client.get(f"/s/{token}").text, client.get(f"/s/{token}/stop").text]
    assert send(client, token, **(FULL | {"comment": "我家住三楼，漏水的事别告诉邻居"})).status_code == 303
    stranger = app.test_client()
    pages += [stranger.get(f"/s/{token}{rest}").text for rest in ("", "/thanks", "?amend=1", "/stop")]
    for page in pages:
        for secret in (*secrets, "漏水", "邻居"):
            assert secret not in page
    assert "王*" in pages[0]
