"""Personal links: LINK-01 to LINK-09 of the safety specification."""

import logging
import math
import re
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from core import crypto
from core.db import Base, Database
from core.settings import Settings
from surveys import actions, hooks, tallies
from surveys.links import find, url_for_token
from surveys.models import Answer, AnswerRevision, Invitation, InvitationTally, Response
from tests.surveys.links import FULL, NOW, fingerprint, invite, rows, send, signature

BOTS = ("", "Mozilla/5.0 (compatible; Googlebot/2.1)", "Microsoft Office SafeLinks", "MicroMessenger/8.0")


@pytest.fixture(autouse=True)
def _at_now():
    with time_machine.travel(NOW, tick=False):
        yield


def test_link_01_tokens_have_128_bits_and_no_look_alikes():
    tokens = [crypto.new_token() for _ in range(20_000)]
    assert len(set(tokens)) == len(tokens)
    assert math.log2(len(crypto.TOKEN_ALPHABET)) * crypto.TOKEN_LENGTH >= 128
    assert not set("0O1lI_~-") & set("".join(tokens))
    seen = Counter("".join(tokens))
    assert min(seen.values()) > 0.9 * sum(seen.values()) / len(crypto.TOKEN_ALPHABET)  # no letter is rare


def test_link_01_the_token_stands_in_the_path():
    address = url_for_token(Settings(public_url="https://hf.example/"), "abc")
    assert address == "https://hf.example/s/abc"


def test_link_02_only_the_hash_is_stored(database: Database, app: Flask, caplog: pytest.LogCaptureFixture):
    token = invite(database)
    with caplog.at_level(logging.DEBUG):
        send(app.test_client(), token, **FULL)
        app.test_client().get(f"/s/{token[:-1]}")
    with database.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            for row in connection.execute(select(table)):
                assert token not in repr(tuple(row))
    assert token not in caplog.text
    assert [row.token_hash for row in rows(database, Invitation)] == [crypto.token_hash(token)]


def _end(database: Database, token: str, step: str) -> None:
    with database.begin() as session:
        ids = dict(session.execute(select(Invitation.token_hash, Invitation.id)).all())
        ended = ids[crypto.token_hash(token)]
        assert getattr(actions, step)(session, ended, actor="test", now=NOW, reason="a reason")


def test_link_03_a_revoked_link_looks_like_an_unknown_one(database: Database, app: Flask):
    revoked = invite(database, language="en")  # whoever holds it is the wrong person: not even its language
    _end(database, revoked, "revoke")
    tokens = (revoked, crypto.new_token(), "x", "a" * 5000)
    pages = [app.test_client().get(f"/s/{token}") for token in tokens]
    pages += [app.test_client().post(f"/s/{token}", data=FULL) for token in tokens]
    pages += [app.test_client().get(f"/s/{token}/{path}") for token in tokens for path in ("thanks", "stop")]
    assert {page.status_code for page in pages} == {410}
    assert len({page.data for page in pages}) == 1
    assert "400-000-0000" in pages[0].get_data(as_text=True)
    assert rows(database, Response) == []


def test_link_03_the_other_dead_links_have_the_same_status_and_say_why(database: Database, app: Flask):
    expired, replaced, withdrawn = (invite(database, days=days, language="en") for days in (-1, 14, 14))
    _end(database, replaced, "replace")
    _end(database, withdrawn, "withdraw")
    said = {
        expired: ("expired", "until Tue 17 Nov"),
        replaced: ("replaced", "use the link in the newest one"),
        withdrawn: ("withdrawn", "no rating is needed now"),
    }
    for token, (state, sentence) in said.items():
        page = app.test_client().get(f"/s/{token}")
        html = page.get_data(as_text=True)
        assert page.status_code == 410
        assert f'data-state="{state}"' in html
        assert sentence in html
        assert "王" not in html
        assert "400-000-0000" in html
        assert app.test_client().post(f"/s/{token}", data=FULL).status_code == 410
    assert rows(database, Response) == []


def test_link_03_who_opened_the_page_in_time_may_finish_writing(database: Database, app: Flask):
    token, client = invite(database, days=1), app.test_client()
    signed = signature(client.get(f"/s/{token}"))
    last = NOW + timedelta(days=1)
    with time_machine.travel(last + timedelta(minutes=61), tick=False):
        assert client.post(f"/s/{token}", data={"csrf_token": signed, **FULL}).status_code == 410
    with time_machine.travel(last + timedelta(minutes=20), tick=False):
        assert client.get(f"/s/{token}").status_code == 410  # nobody begins any more
        assert client.post(f"/s/{token}", data={"csrf_token": signed, **FULL}).status_code == 303
    assert len(rows(database, Response)) == 1


def test_link_03_a_withdrawn_link_says_that_no_rating_is_needed(database: Database, app: Flask):
    token = invite(database)
    with database.begin() as session:
        wanted = select(Invitation.id)
        assert actions.withdraw(session, session.scalars(wanted).one(), actor="t", now=NOW, reason="reopened")
    page = app.test_client().get(f"/s/{token}?lang=en")
    assert page.status_code == 410
    assert "no rating is needed now" in page.get_data(as_text=True)


def test_link_04_looking_changes_nothing(database: Database, app: Flask):
    answered, fresh, expired = invite(database), invite(database), invite(database, days=-1)
    send(app.test_client(), answered, **FULL)
    before = fingerprint(database)
    client = app.test_client()
    for token in (answered, fresh, expired, crypto.new_token()):
        for path in ("", "?score=5", "?lang=en", "?amend=1", "/thanks", "/stop", "/stop?done=1"):
            for agent in BOTS:
                headers = {"User-Agent": agent, "Purpose": "prefetch", "Sec-Purpose": "prefetch"}
                for method in (client.get, client.head, client.options):
                    assert method(f"/s/{token}{path}", headers=headers).status_code < 500
    assert fingerprint(database) == before


def test_link_05_a_score_in_the_link_only_preselects(database: Database, app: Flask):
    token = invite(database)
    page = app.test_client().get(f"/s/{token}?score=4").get_data(as_text=True)
    assert re.search(r'id="overall-4"[^>]* checked', page)
    assert len(re.findall(" checked", page)) == 1
    assert " checked" not in app.test_client().get(f"/s/{token}?score=<b>").get_data(as_text=True)
    assert rows(database, Response) == []


@pytest.mark.slow
def test_link_06_fifty_equal_presses_give_one_response(database: Database, app: Flask):
    token = invite(database)
    data = {"csrf_token": signature(app.test_client().get(f"/s/{token}")), **FULL}
    statuses: list[int] = []
    barrier = threading.Barrier(50)

    def press() -> None:
        barrier.wait()
        statuses.append(app.test_client().post(f"/s/{token}", data=data).status_code)

    threads = [threading.Thread(target=press) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [303] * 50
    (response,) = rows(database, Response)
    assert response.revision == 1
    assert len(rows(database, Answer)) == 8
    with database.read() as session:
        assert tallies.recount(session) == {}


def test_link_06_a_second_different_answer_becomes_a_revision(database: Database, app: Flask):
    token, client = invite(database), app.test_client()
    assert send(client, token, **FULL).status_code == 303
    again = send(client, token, overall="2", reason="又坏了", resolved="1")
    assert again.status_code == 303
    (response,) = rows(database, Response)
    assert response.revision == 2
    (kept,) = rows(database, AnswerRevision)
    earlier = database.vault.open(kept.answers_sealed, f"answer.revision:{response.id}:1")
    assert "师傅来得快。" in earlier
    assert "师傅来得快。".encode() not in kept.answers_sealed


def test_link_06_an_equal_answer_again_is_thanked_and_changes_nothing(database: Database, app: Flask):
    token, client = invite(database), app.test_client()
    send(client, token, **FULL)
    before = fingerprint(database)
    assert send(client, token, **FULL).status_code == 303
    assert fingerprint(database) == before
    assert client.get(f"/s/{token}").status_code == 200  # the link shows the thank-you page now


def test_link_05_the_amend_page_shows_choices_but_never_words(database: Database, app: Flask):
    token, client = invite(database), app.test_client()
    send(client, token, **FULL)
    page = client.get(f"/s/{token}?amend=1").get_data(as_text=True)
    assert re.search(r'id="overall-4"[^>]* checked', page)
    assert re.search(r'id="result-na"[^>]* checked', page)
    assert "师傅" not in page
    chosen = {key: value for key, value in FULL.items() if key != "comment"}
    before = fingerprint(database)
    assert send(client, token, **chosen).status_code == 303  # the words left empty are kept
    assert fingerprint(database) == before


def test_link_05_an_answer_locks(database: Database, app: Flask):
    token, client = invite(database), app.test_client()
    signed = signature(client.get(f"/s/{token}"))
    client.post(f"/s/{token}", data={"csrf_token": signed, **FULL})
    with time_machine.travel(NOW + timedelta(hours=25), tick=False):
        late = client.post(f"/s/{token}", data={"csrf_token": signed, **FULL, "overall": "1"})
        same = client.post(f"/s/{token}", data={"csrf_token": signed, **FULL})
        thanks = client.get(f"/s/{token}/thanks").get_data(as_text=True)
    assert (late.status_code, same.status_code) == (409, 303)
    assert "amend=1" not in thanks
    with database.begin() as session:
        assert actions.lock_due(session, now=NOW + timedelta(hours=25)) == 1
    assert rows(database, Invitation)[0].state == "locked"
    assert rows(database, Response)[0].revision == 1


def test_link_07_pages_leave_no_trace(database: Database, app: Flask):
    token, client = invite(database), app.test_client()
    pages = [client.get(f"/s/{token}"), client.get(f"/s/{token}/stop"), client.get("/s/none")]
    pages += [send(client, token, **FULL), client.get(f"/s/{token}/thanks")]
    for page in pages:
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Cache-Control"] == "no-store"
        assert "noindex" in page.headers["X-Robots-Tag"]
        assert "Set-Cookie" not in page.headers
        assert "Cookie" not in page.headers.get("Vary", "")
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', page.get_data(as_text=True))


def test_link_08_the_page_shows_a_masked_name_and_a_day_only(database: Database, app: Flask):
    page = app.test_client().get(f"/s/{invite(database)}").get_data(as_text=True)
    assert "王*" in page
    assert "11月18日" in page
    for secret in ("刘师傅", "城东区", "20261118-0042"):
        assert secret not in page


def test_link_09_guessing_is_held_up_and_valid_links_are_not(database: Database, app: Flask):
    token, client = invite(database), app.test_client()
    statuses = Counter(client.get(f"/s/{crypto.new_token()}").status_code for _ in range(100))
    assert statuses == {410: 30, 429: 70}
    assert client.get(f"/s/{token}").status_code == 200
    assert client.get(f"/s/{crypto.new_token()}", environ_base={"REMOTE_ADDR": "10.1.2.3"}).status_code == 410
    assert send(client, token, **FULL).status_code == 303


def test_opting_out_needs_the_button(database: Database, app: Flask, monkeypatch: pytest.MonkeyPatch):
    heard: list[hooks.OptedOut] = []
    monkeypatch.setattr(hooks, "opted_out", [lambda _session, event, _now: heard.append(event)])
    token, client = invite(database), app.test_client()
    page = client.get(f"/s/{token}/stop")
    assert heard == []
    assert client.post(f"/s/{token}/stop").status_code == 400  # unsigned
    done = client.post(f"/s/{token}/stop", data={"csrf_token": signature(page)})
    assert done.status_code == 303
    assert len(heard) == 1
    assert rows(database, Invitation)[0].state == "opted_out"
    assert client.get(f"/s/{token}").status_code == 200  # says that no more will come
    assert client.post(f"/s/{token}", data=FULL).status_code == 200
    assert rows(database, Response) == []


def test_opting_out_after_answering_keeps_the_answer(
    database: Database, app: Flask, monkeypatch: pytest.MonkeyPatch
):
    heard: list[hooks.OptedOut] = []
    monkeypatch.setattr(hooks, "opted_out", [lambda _session, event, _now: heard.append(event)])
    token, client = invite(database), app.test_client()
    send(client, token, **FULL)
    signed = signature(client.get(f"/s/{token}/stop"))
    assert client.post(f"/s/{token}/stop", data={"csrf_token": signed}).status_code == 303
    assert len(heard) == 1
    assert rows(database, Invitation)[0].state == "answered"


def test_a_link_answer_is_heard_in_the_same_transaction(
    database: Database, app: Flask, monkeypatch: pytest.MonkeyPatch
):
    heard: list[hooks.Answered] = []

    def listen(session, event, _now):
        assert session.scalars(select(Response.id)).one() == event.response_id
        heard.append(event)

    monkeypatch.setattr(hooks, "answered", [listen])
    token, client = invite(database), app.test_client()
    send(client, token, overall="1", resolved="1", reason="还是不热", comment="请再来")
    send(client, token, overall="1", resolved="1")
    send(client, token, overall="5", resolved="2")
    assert [event.first for event in heard] == [True, False]
    summary = heard[0].summary
    assert (summary.overall, summary.resolved, summary.dissatisfied, summary.unresolved) == (
        1,
        False,
        True,
        True,
    )
    assert summary.words == "还是不热\n请再来"


def test_the_form_is_bound_to_its_link(database: Database, app: Flask):
    token, other, client = invite(database), invite(database), app.test_client()
    foreign = signature(client.get(f"/s/{other}"))
    page = client.post(f"/s/{token}", data={"csrf_token": foreign, **FULL})
    assert page.status_code == 400
    assert "师傅来得快。" in page.get_data(as_text=True)  # nothing typed is lost
    own = {"csrf_token": signature(client.get(f"/s/{token}")), **FULL}
    cross = client.post(f"/s/{token}", data=own, headers={"Sec-Fetch-Site": "cross-site"})
    assert cross.status_code == 403
    assert rows(database, Response) == []


def test_each_invitation_counts_as_invited(database: Database):
    invite(database)
    invite(database)
    (row,) = rows(database, InvitationTally)
    assert row.n == 2


def test_a_link_closed_while_the_answer_is_on_its_way_says_so(database: Database, app: Flask):
    token, client = invite(database), app.test_client()
    data = FULL | {"csrf_token": signature(client.get(f"/s/{token}"))}
    with ThreadPoolExecutor(1) as pool:
        with database.begin() as session:
            link = find(session, token)
            assert link is not None
            actions.withdraw(session, link.id, actor="anna", now=NOW, reason="answered by phone")
            pressed = pool.submit(client.post, f"/s/{token}", data=data)
            time.sleep(0.3)
        answer = pressed.result()
    assert answer.status_code == 410
    assert "这次不需要评价了" in answer.get_data(as_text=True)
    assert rows(database, Response) == []


@pytest.mark.slow
def test_link_06_a_change_pressed_many_times_at_once_is_one_revision(database: Database, app: Flask):
    token = invite(database)
    send(app.test_client(), token, **FULL)
    page = app.test_client().get(f"/s/{token}?amend=1")
    data = {"csrf_token": signature(page), **FULL, "overall": "1"}

    def press(_time: int) -> int:
        return app.test_client().post(f"/s/{token}", data=data).status_code

    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(press, range(24))) == {303}
    (response,) = rows(database, Response)
    assert response.revision == 2
    with database.read() as session:
        assert tallies.recount(session) == {}
