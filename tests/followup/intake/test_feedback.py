"""The public form: one case for each form, limits that hold, nothing lost when something has to be mended."""

import html
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from app import create_app
from core.contacts import queries as contacts
from core.contacts.actions import find_or_save
from core.contacts.models import Contact
from core.db import Database
from followup.cases import texts
from followup.intake.policy import links_in, subject_of
from followup.models import Case
from tests.conftest import NOW
from tests.followup.factories import new_case, new_contact
from tests.followup.intake.forms import MATTER, carried, hidden, send
from tests.surveys.links import fingerprint

ON_SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)  # the same on both kinds
AGAIN = "Please press the button once more"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """Wednesday morning; time passes when a test says so."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


WithSettings = Callable[..., Flask]


@pytest.fixture
def with_settings(database: Database) -> Iterator[WithSettings]:
    """Return a function that starts one more process on the same database, with some settings changed."""
    started = []

    def start(**changes: object) -> Flask:
        started.append(Database(replace(database.settings, **changes)))  # type: ignore[arg-type]
        return create_app(started[-1].settings, started[-1])

    yield start
    for each in started:
        each.dispose()


def cases(database: Database) -> list[Case]:
    with database.read() as session:
        return list(session.scalars(select(Case).order_by(Case.id)))


def test_a_matter_becomes_a_case_with_its_customer(
    database: Database, app: Flask, clock: time_machine.Traveller
) -> None:
    with database.begin() as session:
        new_case(session, None, now=NOW - timedelta(days=9), district="东城")  # a district that is in use
    client = app.test_client()
    sent = hidden(client, "/feedback?lang=zh-CN")
    clock.shift(60)
    done = send(client, sent)
    [_other, case] = cases(database)
    assert done.status_code == 303
    assert done.location.startswith(f"/feedback/sent/{case.number}/")
    assert (case.kind, case.channel, case.source, case.state) == ("repair", "web", "feedback", "registered")
    assert (case.district, case.department, case.handler_id, case.created_by) == ("东城", "", None, None)
    assert case.due_at is not None
    with database.read() as session:
        assert texts.title(session, case) == "暖气不热，孩子发烧了"
        assert texts.description(session, case) == MATTER["words"]
        card = contacts.card(session, case.contact_id or 0)
    assert (card.name, card.address, card.household) == ("王小明", MATTER["address"], "HF-0042")
    assert ([p.number for p in card.phones], card.email, card.language) == (
        ["13812345678"],
        "wang@example.org",
        "zh_Hans",
    )
    thanks = client.get(done.location).get_data(as_text=True)
    assert case.number in thanks
    for secret in ("王小明", "13812345678", "暖气", "和平里"):
        assert secret not in thanks
    assert "Set-Cookie" not in done.headers


def test_looking_changes_nothing(database: Database, app: Flask) -> None:
    before, client = fingerprint(database), app.test_client()
    for path in ("/feedback", "/feedback?kind=repair&words=x", "/feedback/send", "/feedback/sent/1/2"):
        for method in ("GET", "HEAD", "OPTIONS"):
            client.open(path, method=method, headers={"Purpose": "prefetch"})
    assert fingerprint(database) == before


def test_one_form_is_one_case_however_often_it_is_pressed(
    database: Database, app: Flask, clock: time_machine.Traveller
) -> None:
    sent = hidden(app.test_client(), "/feedback")
    clock.shift(60)
    with ThreadPoolExecutor(8) as pool:
        places = {done.location for done in pool.map(lambda _n: send(app.test_client(), sent), range(12))}
    assert len(places) == 1
    [case] = cases(database)
    other = send(app.test_client(), sent, words="今天又不热了")  # back, changed, sent again
    assert other.status_code == 409
    assert case.number in other.get_data(as_text=True)
    assert len(cases(database)) == 1


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("kind", "", "Choose what it is"),
        ("kind", "bribe", "Choose what it is"),
        ("words", " \u200b\n ", "Write what it is about"),
        ("words", "热" * 2001, "Use at most 2000 characters"),
        ("words", "http://a.cn http://b.cn www.c.cn", "Leave out web addresses"),
        ("name", "", "Write your name"),
        ("phone", "", "Write a telephone number"),
        ("phone", "12345", "not a phone number"),
        ("email", "nobody", "not an e-mail address"),
        ("district", "东" * 61, "Use at most 60 characters"),
    ],
)
@ON_SQLITE
def test_a_mistake_keeps_everything_else(
    database: Database, app: Flask, clock: time_machine.Traveller, field: str, value: str, sentence: str
) -> None:
    client = app.test_client()
    sent = hidden(client, "/feedback?lang=en")
    clock.shift(60)
    answer = send(client, sent, **{field: value})
    page = html.unescape(answer.get_data(as_text=True))
    assert answer.status_code == 422
    assert "<title>Error: " in page
    assert page.count(sentence) == 2  # in the summary and at the field
    for name, kept in MATTER.items():
        assert name == field or name == "kind" or kept in page, name
    assert carried(page)["stamp"] == sent["stamp"]
    assert cases(database) == []
    assert send(client, carried(page)).status_code == 303


@ON_SQLITE
def test_robots_are_asked_to_press_again_and_people_may(
    database: Database, app: Flask, clock: time_machine.Traveller
) -> None:
    client = app.test_client()
    sent = hidden(client, "/feedback?lang=en")
    clock.shift(1)
    quick = send(client, sent)
    assert (quick.status_code, AGAIN in quick.get_data(as_text=True)) == (422, True)
    clock.shift(60)
    filled = send(client, sent, website="https://spam.example")
    assert (filled.status_code, AGAIN in filled.get_data(as_text=True)) == (422, True)
    assert "spam.example" not in filled.get_data(as_text=True)
    assert cases(database) == []
    assert send(client, carried(filled.get_data(as_text=True))).status_code == 303


@pytest.mark.parametrize(
    "forged",
    [
        {"csrf_token": ""},
        {"csrf_token": "0" * 32},
        {"stamp": ""},
        {"stamp": "1795000000.AAAAAAAAAAAAAAAAAAAAAA"},
        {"csrf_token": "ü\ud800"},
    ],
)
@ON_SQLITE
def test_a_form_that_is_not_ours_is_not_taken(
    database: Database, app: Flask, clock: time_machine.Traveller, forged: dict[str, str]
) -> None:
    client = app.test_client()
    sent = hidden(client, "/feedback?lang=en")
    clock.shift(60)
    safe = {name: value.encode("utf-8", "replace").decode() for name, value in forged.items()}
    answer = send(client, sent | safe)
    assert (answer.status_code, AGAIN in answer.get_data(as_text=True)) == (400, True)
    assert MATTER["words"] in answer.get_data(as_text=True)
    assert cases(database) == []


@ON_SQLITE
def test_an_old_form_is_not_taken_and_its_words_are_kept(
    database: Database, app: Flask, clock: time_machine.Traveller
) -> None:
    client = app.test_client()
    sent = hidden(client, "/feedback")
    clock.shift(timedelta(days=7, seconds=1).total_seconds())
    answer = send(client, sent)
    assert answer.status_code == 400
    again = carried(answer.get_data(as_text=True))
    clock.shift(5)
    assert send(client, again).status_code == 303


@ON_SQLITE
def test_the_language_changes_with_everything_in_place(database: Database, app: Flask) -> None:
    client = app.test_client()
    sent = hidden(client, "/feedback?lang=en")
    answer = send(client, sent, switch_language="zh_Hans", words="")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert 'lang="zh-Hans"' in page
    assert MATTER["address"] in page
    assert re.search(r'value="repair" checked', page)
    assert cases(database) == []


def test_one_number_hands_in_a_few_a_day(
    database: Database, with_settings: WithSettings, clock: time_machine.Traveller
) -> None:
    clients = [with_settings(feedback_per_phone=2).test_client() for _process in range(2)]
    statuses = []
    for n in range(4):  # two processes, the number in two spellings
        client = clients[n % 2]
        sent = hidden(client, "/feedback?lang=en")
        clock.shift(10)
        answer = send(client, sent, phone="13812345678" if n % 2 else "+86 138-1234-5678", words=f"第{n}次")
        statuses.append(answer.status_code)
    assert statuses == [303, 303, 429, 429]
    assert "Enough matters came with this telephone number today" in answer.get_data(as_text=True)
    assert "第3次" in answer.get_data(as_text=True)
    other = hidden(clients[0], "/feedback")
    clock.shift(timedelta(hours=14).total_seconds())  # past midnight
    assert send(clients[0], other, words="第二天").status_code == 303
    assert len(cases(database)) == 3


def test_one_address_hands_in_a_few_an_hour(
    database: Database, with_settings: WithSettings, clock: time_machine.Traveller
) -> None:
    client = with_settings(feedback_per_hour=2).test_client()
    statuses = []
    for n in range(3):
        sent = hidden(client, "/feedback?lang=en")
        clock.shift(10)
        answer = send(client, sent, phone=f"1381234567{n}")
        statuses.append(answer.status_code)
    assert statuses == [303, 303, 429]
    assert "Many matters came over this connection" in answer.get_data(as_text=True)
    assert len(cases(database)) == 2
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Contact)) == 2


@ON_SQLITE
def test_switched_off_the_page_names_the_hotline(database: Database, with_settings: WithSettings) -> None:
    client = with_settings(feedback_form="off").test_client()
    shown = client.get("/feedback?lang=en")
    sent = client.post("/feedback/send", data=MATTER)
    assert (shown.status_code, sent.status_code) == (404, 404)
    assert "This page is not in use" in shown.get_data(as_text=True)
    assert database.settings.hotline in shown.get_data(as_text=True)
    assert 'href="/feedback' not in client.get("/login").get_data(as_text=True)
    assert cases(database) == []


def test_a_stranger_completes_nobody_elses_contact(
    database: Database, app: Flask, clock: time_machine.Traveller
) -> None:
    with database.begin() as session:
        theirs = new_contact(session, now=NOW, name="王小明", phones=["13812345678"]).id
    client = app.test_client()
    sent = hidden(client, "/feedback")
    clock.shift(60)
    send(client, sent, email="stranger@example.org")
    with database.read() as session:
        assert contacts.card(session, theirs).email == ""
        assert contacts.card(session, theirs).address == ""


@ON_SQLITE
def test_the_thanks_are_for_who_was_sent_there(app: Flask) -> None:
    client = app.test_client()
    answer = client.get(f"/feedback/sent/20261118-0001/{'0' * 32}")
    assert answer.status_code == 404
    assert "20261118-0001" not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("暖气不热。已经三天", "暖气不热"),
        ("\n\n没热水\n第二行", "没热水"),
        ("Cold. Since Monday.", "Cold"),
        ("3.5度", "3.5度"),
        ("长" * 50, "长" * 39 + "…"),
        ("。。。", "。。。"),
    ],
)
def test_the_first_sentence_is_the_subject(text: str, subject: str) -> None:
    assert subject_of(text) == subject


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("暖气不热3.5度", 0),
        ("https://www.a.com/x?y=1", 1),
        ("看 http://a.cn，再看www.b.cn。", 2),
        ("a@b.com spam.top", 2),
        ("http://a.cn http://b.cn http://c.cn", 3),
    ],
)
def test_links_are_counted(text: str, count: int) -> None:
    assert links_in(text) == count


def test_only_a_district_in_use_is_kept_in_plain(
    database: Database, app: Flask, clock: time_machine.Traveller
) -> None:
    client = app.test_client()
    sent = hidden(client, "/feedback")
    clock.shift(60)
    assert send(client, sent, district="幸福里3号楼王秀英").status_code == 303
    [case] = cases(database)
    assert case.district == ""
    with database.read() as session:
        card = contacts.card(session, case.contact_id or 0)
    assert card.address == f"幸福里3号楼王秀英 {MATTER['address']}"


def test_who_is_registered_later_does_not_get_a_strangers_address(
    database: Database, app: Flask, clock: time_machine.Traveller
) -> None:
    client = app.test_client()
    sent = hidden(client, "/feedback")
    clock.shift(60)
    send(client, sent, email="stranger@example.org")
    person = {"name": MATTER["name"], "phones": [MATTER["phone"]], "household": MATTER["household"]}
    with database.begin() as session:
        theirs = find_or_save(session, **person, now=NOW).id  # type: ignore[arg-type]
        assert find_or_save(session, **person, now=NOW).id == theirs  # type: ignore[arg-type]
        assert contacts.card(session, theirs).email == ""


@ON_SQLITE
def test_a_line_stays_one_line(database: Database, app: Flask, clock: time_machine.Traveller) -> None:
    client = app.test_client()
    sent = hidden(client, "/feedback")
    clock.shift(60)
    send(client, sent, name="王小明\r\n【已办结】\t请汇款", words="一\n二")
    [case] = cases(database)
    with database.read() as session:
        assert contacts.card(session, case.contact_id or 0).name == "王小明 【已办结】 请汇款"
        assert texts.description(session, case) == "一\n二"
