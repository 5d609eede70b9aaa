"""The page behind an open link: one answer for each page, never beyond the quota, every state its page."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app import create_app
from core.db import Database
from core.settings import checked
from surveys import actions as publishing
from surveys import anonymity, jobs, seeds
from surveys.definition import from_dict, to_dict
from surveys.models import Answer, Ballot, Invitation, OpenLink, Response, Stratum, Tally
from surveys.openlinks import once
from surveys.openlinks.models import SpentPage
from surveys.queries import load_version
from tests.surveys.links import NOW, fingerprint, rows
from tests.surveys.openlinks.links import (
    FULL,
    KEY,
    TODAY,
    Sent,
    carried,
    open_link,
    opened,
    press,
    publish_anonymous,
    questionnaire_of,
    taken,
)


@pytest.fixture(autouse=True)
def _at_now():
    with time_machine.travel(NOW, tick=False):
        yield


def test_an_answer_is_stored_with_its_link_and_its_place(database: Database, app: Flask) -> None:
    slug, client = open_link(database, district="城东区", department="东城所"), app.test_client()
    done = press(client, slug, opened(client, slug), **FULL, seconds="42")
    assert (done.status_code, done.location) == (303, f"/o/{slug}/thanks?lang=zh_Hans")
    assert "data-forget-draft" in client.get(done.location).text
    [response], [link] = rows(database, Response), rows(database, OpenLink)
    assert (response.mode, response.open_link_id, response.invitation_id) == ("web", link.id, None)
    assert (response.seconds, response.day, response.language) == (42, TODAY, "zh_Hans")
    [stratum] = [row for row in rows(database, Stratum) if row.id == response.stratum_id]
    assert (stratum.district, stratum.department, stratum.service_type) == ("城东区", "东城所", "")
    assert len(rows(database, Answer)) == len(load_version_of(database, response.version_id).items)
    assert taken(database) == {TODAY: 1}


def load_version_of(database: Database, version_id: int):  # type: ignore[no-untyped-def]
    with database.read() as session:
        return load_version(session, version_id)


def test_looking_changes_nothing(database: Database, app: Flask) -> None:
    slug, client = open_link(database), app.test_client()
    before = fingerprint(database)
    for path in (f"/o/{slug}", f"/o/{slug}?overall=1&lang=en", f"/o/{slug}/thanks", "/o/zzzzzzzz"):
        for method in ("GET", "HEAD", "OPTIONS"):
            client.open(path, method=method, headers={"Purpose": "prefetch"})
    assert fingerprint(database) == before


def test_one_page_is_one_answer_however_often_it_is_pressed(database: Database, app: Flask) -> None:
    slug = open_link(database, quota=5)
    sent = opened(app.test_client(), slug)
    with ThreadPoolExecutor(12) as pool:
        pressed = [pool.submit(press, app.test_client(), slug, sent, **FULL) for _n in range(24)]
        statuses = [each.result().status_code for each in pressed]
    assert set(statuses) == {303}
    assert len(rows(database, Response)) == 1
    assert taken(database) == {TODAY: 1}


def test_the_address_of_the_form_leads_to_the_page(database: Database, app: Flask) -> None:
    slug, client = open_link(database), app.test_client()
    assert client.get(f"/o/{slug}/send").location == f"/o/{slug}"
    assert f'action="/o/{slug}/send"' in client.get(f"/o/{slug}").text
    sent = opened(client, slug)
    data = {"once": sent.once, "csrf_token": sent.signature, **FULL}
    assert client.post(f"/o/{slug}", data=data).status_code == 303


def test_two_pages_are_two_answers(database: Database, app: Flask) -> None:
    slug, client = open_link(database), app.test_client()
    for sent in (opened(client, slug), opened(client, slug)):
        assert press(client, slug, sent, **FULL).status_code == 303
    assert len(rows(database, Response)) == 2


def test_other_answers_on_a_page_that_was_sent_are_refused_and_said_so(
    database: Database, app: Flask
) -> None:
    slug, client = open_link(database), app.test_client()
    sent = opened(client, slug)
    press(client, slug, sent, **FULL)
    before = fingerprint(database)
    again = press(client, slug, sent, **(FULL | {"overall": "1"}))
    assert again.status_code == 409
    assert 'data-state="sent"' in again.text
    assert fingerprint(database) == before


@pytest.mark.parametrize("quota", [1, 20])
def test_fifty_at_once_store_exactly_the_quota(database: Database, app: Flask, quota: int) -> None:
    slug = open_link(database, quota=quota)
    pages = [opened(app.test_client(), slug) for _n in range(50)]
    with ThreadPoolExecutor(16) as pool:
        pressed = [pool.submit(press, app.test_client(), slug, page, **FULL) for page in pages]
        answers = [each.result() for each in pressed]
    assert sorted(each.status_code for each in answers) == [303] * quota + [409] * (50 - quota)
    assert len(rows(database, Response)) == quota
    assert taken(database) == {TODAY: quota}
    assert sum(row.n for row in rows(database, Tally)) % quota == 0  # what was refused left no trace
    refused = next(each for each in answers if each.status_code == 409)
    assert "data-forget-draft" not in refused.text
    assert app.test_client().get(f"/o/{slug}").status_code == 409


def test_the_quota_begins_anew_at_local_midnight(database: Database, app: Flask) -> None:
    slug, client = open_link(database, quota=1), app.test_client()
    evening, page = datetime(2026, 11, 18, 15, 59, tzinfo=UTC), opened(client, slug)
    with time_machine.travel(evening, tick=False):
        assert press(client, slug, page, **FULL).status_code == 303
        assert press(client, slug, page, **FULL).status_code == 303  # pressed twice on a day that is full
        assert client.get(f"/o/{slug}").status_code == 409
    with time_machine.travel(evening + timedelta(minutes=1), tick=False):  # midnight in Shanghai
        assert press(client, slug, opened(client, slug), **FULL).status_code == 303
    assert taken(database) == {TODAY: 1, date(2026, 11, 19): 1}


def test_an_answer_belongs_to_the_version_that_was_shown(database: Database, app: Flask) -> None:
    slug, client = open_link(database), app.test_client()
    shown = opened(client, slug)
    plain = to_dict(seeds.return_visit())
    plain["title"] = {"zh_Hans": "新版", "en": "New"}
    with database.begin() as session:
        newer = publishing.publish(session, from_dict(plain), key=KEY, actor="ada", now=NOW)
    assert press(client, slug, shown, **FULL).status_code == 303
    assert press(client, slug, opened(client, slug), **FULL).status_code == 303
    versions = [row.version_id for row in rows(database, Response)]
    assert len(set(versions)) == 2
    assert versions[1] == newer.id


def test_an_anonymous_answer_is_one_ballot_without_a_place(database: Database, app: Flask) -> None:
    key = publish_anonymous(database)
    slug, client = open_link(database, key=key, quota=9, language="en", district="城东区"), app.test_client()
    sent = opened(client, slug)
    for _n in range(3):
        done = press(client, slug, sent, overall="2", words="nothing")
        assert done.status_code == 303
    assert len(rows(database, Ballot)) == 1
    assert len(rows(database, SpentPage)) == 1
    assert rows(database, Response) == []
    assert taken(database) == {TODAY: 1}
    [link] = rows(database, OpenLink)
    with database.begin() as session:
        assert link.stratum_id == publishing.blank_stratum(session)
    for _n in range(anonymity.TOGETHER - 1):
        press(client, slug, opened(client, slug), overall="4")
    jobs.ballots(database, now=NOW + timedelta(days=1))
    assert [row.open_link_id for row in rows(database, Response)] == [None] * anonymity.TOGETHER


def test_what_an_anonymous_page_left_is_forgotten(database: Database, app: Flask) -> None:
    key = publish_anonymous(database)
    slug, client = open_link(database, key=key), app.test_client()
    press(client, slug, opened(client, slug), overall="2")
    with time_machine.travel(NOW + timedelta(days=61), tick=False):
        press(client, slug, opened(client, slug), overall="3")
    assert len(rows(database, SpentPage)) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"once": ""},
        {"once": "1.1.x"},
        {"once": "999999999.9999999.2222222222222222222222"},
        {"signature": ""},
        {"signature": "签"},
        {"signature": "0" * 32},
    ],
)
def test_a_page_that_was_not_made_here_is_asked_to_press_again(
    database: Database, app: Flask, change: dict[str, str]
) -> None:
    slug, client = open_link(database), app.test_client()
    page = press(client, slug, replace(opened(client, slug), **change), **FULL)
    assert page.status_code == 400
    assert 'id="speed-3"' in page.text
    assert page.text.count(" checked") == len(FULL)  # nothing that was chosen is lost
    assert rows(database, Response) == []
    assert press(client, slug, carried(page), **FULL).status_code == 303


def test_a_page_of_another_link_or_of_last_month_does_not_count(database: Database, app: Flask) -> None:
    slug, other, client = open_link(database), open_link(database, label="B"), app.test_client()
    assert press(client, other, opened(client, slug), **FULL).status_code == 400
    old = opened(client, slug)
    with time_machine.travel(NOW + once.LASTS + timedelta(days=1), tick=False):
        assert press(client, slug, old, **FULL).status_code == 400
    assert rows(database, Response) == []


def test_another_version_cannot_be_chosen_by_hand(database: Database, app: Flask) -> None:
    slug, client = open_link(database), app.test_client()
    sent = opened(client, slug)
    _version, rest = sent.once.split(".", 1)
    assert press(client, slug, Sent(f"999.{rest}", sent.signature), **FULL).status_code == 400


def test_a_mistake_keeps_everything_and_the_page_stays_the_same_one(database: Database, app: Flask) -> None:
    slug, client = open_link(database, language="en"), app.test_client()
    sent = opened(client, slug)
    page = press(client, slug, sent, **(FULL | {"overall": "", "comment": "Kept, please."}), language="en")
    assert page.status_code == 422
    assert "Kept, please." in page.text
    assert carried(page) == sent
    assert press(client, slug, carried(page), **FULL).status_code == 303


def test_the_language_is_switched_with_everything_in_place(database: Database, app: Flask) -> None:
    slug, client = open_link(database), app.test_client()
    sent = opened(client, slug)
    page = press(client, slug, sent, **FULL, switch_language="en")
    assert page.status_code == 200
    assert '<html lang="en">' in page.text
    assert carried(page) == sent
    assert rows(database, Response) == []


def test_the_language_is_the_one_asked_for_then_the_links_then_the_browsers(
    database: Database, app: Flask
) -> None:
    client = app.test_client()
    english = {"Accept-Language": "en-GB"}
    fixed, free = open_link(database), open_link(database, language="")
    assert '<html lang="zh-Hans">' in client.get(f"/o/{fixed}", headers=english).text
    assert '<html lang="en">' in client.get(f"/o/{fixed}?lang=en").text
    assert '<html lang="en">' in client.get(f"/o/{free}", headers=english).text
    assert '<html lang="zh-Hans">' in client.get(f"/o/{free}").text


@pytest.mark.parametrize(
    ("given", "status", "words"),
    [
        ({"state": "closed"}, 410, "This survey is closed"),
        ({"answer_by": NOW}, 410, "This survey has ended"),
        ({"answer_by": NOW + timedelta(seconds=1)}, 200, "Please rate our service"),
    ],
)
def test_every_state_has_its_own_page_with_the_hotline(
    database: Database, app: Flask, given: dict[str, object], status: int, words: str
) -> None:
    slug = open_link(database, **given)  # type: ignore[arg-type]
    page = app.test_client().get(f"/o/{slug}?lang=en")
    assert page.status_code == status
    assert words in page.text
    assert "tel:400-000-0000" in page.text
    if status != 200:
        assert press(app.test_client(), slug, Sent("", ""), **FULL).status_code == status


def test_the_last_day_counts_whole_and_is_named(database: Database, app: Flask) -> None:
    midnight = datetime(2026, 11, 18, 16, 0, tzinfo=UTC)  # the 19th begins in Shanghai
    slug, client = open_link(database, answer_by=midnight), app.test_client()
    with time_machine.travel(midnight - timedelta(seconds=1), tick=False):
        assert client.get(f"/o/{slug}").status_code == 200
    with time_machine.travel(midnight, tick=False):
        assert "Wed 18 Nov" in client.get(f"/o/{slug}?lang=en").text


@pytest.mark.parametrize(
    "slug", ["22222222", "short", "toolong-toolong", "%00", "1111lllO", "王王王王王王王王"]
)
def test_an_address_that_nobody_knows(database: Database, app: Flask, slug: str) -> None:
    open_link(database)
    for path in (f"/o/{slug}", f"/o/{slug}/thanks"):
        page = app.test_client().get(path, headers={"Accept-Language": "en"})
        assert page.status_code == 404
        assert "There is no survey at this address" in page.text
    assert app.test_client().post(f"/o/{slug}", data=FULL).status_code == 404


def test_who_tries_many_addresses_is_held_up_and_nobody_else(database: Database, app: Flask) -> None:
    slug, client = open_link(database), app.test_client()
    statuses = [client.get(f"/o/{n:08d}".replace("0", "2").replace("1", "3")).status_code for n in range(60)]
    assert statuses[:30] == [404] * 30
    assert set(statuses[30:]) == {429}
    assert press(client, slug, opened(client, slug), **FULL).status_code == 303


def test_many_answers_from_one_place_wait_and_presses_do_not_count(database: Database) -> None:
    app = create_app(checked(replace(database.settings, open_answers_per_hour=2)), database)
    slug, client = open_link(database, quota=9), app.test_client()
    first = opened(client, slug)
    for _n in range(5):
        assert press(client, slug, first, **FULL).status_code == 303
        assert press(client, slug, opened(client, slug), overall="").status_code == 422
    assert press(client, slug, opened(client, slug), **FULL).status_code == 303
    third = opened(client, slug)
    held = press(client, slug, third, **FULL)
    assert held.status_code == 429
    assert held.text.count(" checked") == len(FULL)
    assert len(rows(database, Response)) == 2
    assert taken(database) == {TODAY: 2}  # no place of the day is lost to it
    assert press(client, slug, first, **FULL).status_code == 303  # who was stored is thanked
    elsewhere = {"REMOTE_ADDR": "127.0.0.9"}
    data = {"once": third.once, "csrf_token": third.signature, **FULL}
    assert client.post(f"/o/{slug}", data=data, environ_base=elsewhere).status_code == 303


def test_the_page_offers_nothing_personal(database: Database, app: Flask) -> None:
    slug = open_link(database)
    page = app.test_client().get(f"/o/{slug}")
    assert "/stop" not in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "private, no-cache"
    assert "Set-Cookie" not in page.headers
    assert rows(database, Invitation) == []


def test_a_link_without_a_published_version_is_not_there(database: Database, app: Flask) -> None:
    slug = open_link(database)
    with database.begin() as session:
        found = session.get(type(questionnaire_of(database)), questionnaire_of(database).id)
        assert found is not None
        found.current_version_id = None
    assert app.test_client().get(f"/o/{slug}").status_code == 404


def test_text_of_every_kind_is_kept_as_it_was_written(database: Database, app: Flask) -> None:
    slug, client = open_link(database), app.test_client()
    words = "师傅👨\u200d👩\u200d👧 <b>&amp;</b> \u202eabc\r\nend"
    sent = opened(client, slug)
    for _n in range(2):  # the same words again are the same answers
        assert press(client, slug, sent, **FULL, comment=words).status_code == 303
    with database.read() as session:
        sealed = session.scalars(select(Answer.words).where(Answer.words.is_not(None))).all()
    assert len(sealed) == 1
