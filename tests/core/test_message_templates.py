"""The words of messages: what may be written, what is sent then, and how long it is."""

from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import create_app
from core.audit import AuditEntry
from core.db import Database
from core.outbox import messages, rewording, wording
from core.outbox.lengths import GSM7, UCS2, Length, measure
from core.outbox.messages import LANGUAGES, Source, names, original, render
from core.outbox.models import MessageTemplate
from core.outbox.rewording import RewordedError
from core.settings import Settings, checked
from tests.conftest import SECRET

ClientFor = Callable[[str], FlaskClient]
Token = Callable[[FlaskClient, str], str]
PAGE = "/admin/messages/invite_sms/zh_Hans"
GOOD = "【{{ signature }}】您的工单已办结，请评价：{{ link }}"
WORDS = {"signature": "东城热力", "link": "https://heat.example/s/abc", "number": "7"}


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", Length(GSM7, 0, 1, 160)),
        ("a" * 160, Length(GSM7, 160, 1, 0)),
        ("a" * 161, Length(GSM7, 161, 2, 145)),
        ("a" * 306, Length(GSM7, 306, 2, 0)),
        ("a" * 307, Length(GSM7, 307, 3, 152)),
        ("[€]", Length(GSM7, 6, 1, 154)),  # escaped: two places each
        ("Zürich", Length(GSM7, 6, 1, 154)),
        ("Łódź", Length(UCS2, 4, 1, 66)),
        ("回" * 70, Length(UCS2, 70, 1, 0)),
        ("回" * 71, Length(UCS2, 71, 2, 63)),
        ("回" * 134, Length(UCS2, 134, 2, 0)),
        ("回" * 135, Length(UCS2, 135, 3, 66)),
        ("👍" * 35, Length(UCS2, 70, 1, 0)),  # two places each
        ("a" * 69 + "回", Length(UCS2, 70, 1, 0)),
    ],
)
def test_lengths_are_those_of_the_network(text: str, length: Length) -> None:
    """The limits are those of GSM 03.40: 140 octets a part, 6 of them for the header of several."""
    assert measure(text) == length


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """An application, for what says its sentences in the language of the reader; no database is asked."""
    return create_app(checked(Settings(data_dir=tmp_path_factory.mktemp("pages"), secret_key=SECRET)))


def look(app: Flask, name: str, body: str, subject: str = "", language: str = "zh_Hans") -> wording.Preview:
    with app.test_request_context("/?lang=en"):
        return wording.look_at(name, language, Source(subject, body), app.config["SETTINGS"])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", names())
def test_the_original_words_pass_their_own_check(pages: Flask, name: str, language: str) -> None:
    words = original(name, language)
    preview = look(pages, name, words.body, words.subject, language)
    assert (preview.errors, preview.warnings) == ({}, [])
    assert preview.length is None or preview.length.parts == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("【{{ signature }}】请评价", "The personal link is missing"),
        ("【{{ signature }}】{{ link }}请评价", "a space or a line end after it"),
        ("【{{ signature }}】{% if addressee %}{{ link }}{% endif %}", "The personal link is missing"),
        ("【{{ signature }}】{{ link }} {{ link }}", "more than once"),
        ("【{{ signature }}】{{ link }} https://shop.example/x", "Another link stands in the text: https://shop.example/x"),
        ("【{{ signature }}】{{ link }} WWW.shop.example", "Another link"),
        ("请评价：{{ link }}", "begins with the registered signature"),
        (GOOD + "{{ customer }}", "There is no variable customer; known are: addressee"),
        (GOOD + "{{ title }}", "There is no variable title"),
        ("{{ link", "Line 1 cannot be read"),
        ("\n{% endif %}", "Line 2 cannot be read"),
        (GOOD + "{% for n in range(100000) %}x{% endfor %}", "only variables such as {{ link }}"),
        (GOOD + "{{ link.__class__ }}", "only variables such as {{ link }}"),
        (GOOD + "{{ 'x' * 1000000000 }}", "only variables such as {{ link }}"),
        (GOOD + "{{ self }}", "There is no variable self"),
        (GOOD + "{% set x = 1 %}", "only variables such as {{ link }}"),
        (GOOD + "{% include '/etc/passwd' %}", "only variables such as {{ link }}"),
        (GOOD + "{% if number > 3 %}x{% endif %}", "These words cannot be filled in"),
        (GOOD + "很" * 500, "500 are allowed"),
    ],
)  # fmt: skip
def test_what_may_not_be_written(pages: Flask, body: str, said: str) -> None:
    [sentences] = look(pages, "invite_sms", body).errors.values()
    assert said in " ".join(sentences)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (GOOD + " " + "请" * 60, "more than 70 are paid as several"),
        (GOOD + " 参与抽奖", "“抽奖” sounds like advertising"),
    ],
)
def test_what_is_worth_a_look(pages: Flask, body: str, said: str) -> None:
    preview = look(pages, "invite_sms", body)
    assert preview.errors == {}
    assert said in " ".join(preview.warnings)


@pytest.mark.parametrize(
    ("subject", "said"),
    [("", "needs a subject"), ("{{ link }}", "No link may stand"), ("x" * 151, "more than 150 characters")],
)
def test_a_subject_is_looked_at_too(pages: Flask, subject: str, said: str) -> None:
    preview = look(pages, "invite_email", "请看 {{ link }}\n", subject)
    assert said in preview.errors["subject"][0]


def test_what_a_provider_wants_registered(pages: Flask) -> None:
    settings = pages.config["SETTINGS"]
    assert wording.to_register("invite_sms", Source("", GOOD + " {{ number }}"), settings) == (
        "您的工单已办结，请评价：http://localhost:8080/s/${token} ${number}"
    )


def test_changed_words_are_sent(database: Database, now: datetime) -> None:
    with database.begin() as session:
        rewording.change(
            session, "invite_sms", "zh_Hans", Source("", GOOD), provider_code="SMS_1", revision=0,
            actor="ada", now=now,
        )  # fmt: skip
    with database.read() as session:
        _title, body = render("invite_sms", "zh_Hans", session, **WORDS)
        assert body == "【东城热力】您的工单已办结，请评价：https://heat.example/s/abc\n"
        assert "Rate us" in render("invite_sms", "en", session, **WORDS)[1]
        assert render("invite_sms", "zh_Hans", **WORDS)[1].startswith("【东城热力】工单已办结")
        assert messages.provider_values(session, "invite_sms", "zh_Hans", WORDS) == {"token": "abc"}
    with database.begin() as session:
        assert rewording.restore(session, "invite_sms", "zh_Hans", actor="ada", now=now)
        assert not rewording.restore(session, "invite_sms", "zh_Hans", actor="ada", now=now)
    with database.read() as session:
        assert render("invite_sms", "zh_Hans", session, **WORDS)[1].startswith("【东城热力】工单已办结")
        row = session.scalars(select(MessageTemplate)).one()
        assert (row.provider_code, row.revision) == ("SMS_1", 2)  # the code outlives the words
        assert [e.action for e in session.scalars(select(AuditEntry))] == [
            "template.change",
            "template.restore",
        ]


def test_words_that_fail_do_not_keep_a_customer_from_being_asked(database: Database, now: datetime) -> None:
    with database.begin() as session:
        bad = MessageTemplate(
            name="invite_sms",
            language="zh_Hans",
            subject="",
            body="{{ gone }}",
            updated_at=now,
            updated_by="ada",
        )
        session.add(bad)
    with database.read() as session:
        assert "https://heat.example/s/abc" in render("invite_sms", "zh_Hans", session, **WORDS)[1]


def test_of_two_editors_the_second_is_told(database: Database, now: datetime) -> None:
    def change(words: str, revision: int) -> None:
        with database.begin() as session:
            rewording.change(
                session, "invite_sms", "zh_Hans", Source("", words), provider_code="", revision=revision,
                actor="ada", now=now,
            )  # fmt: skip

    change(GOOD, 0)
    with pytest.raises(RewordedError):
        change("another", 0)
    change(GOOD + " 谢谢", 1)
    with database.read() as session:
        assert messages.source(session, "invite_sms", "zh_Hans").body == GOOD + " 谢谢"


def post(client: FlaskClient, csrf: Token, **given: str) -> tuple[int, str, str]:
    page = client.get(PAGE).text
    seen = page.split('name="revision"')[1].split('value="')[1].split('"')[0]
    data = {"csrf_token": csrf(client, PAGE), "step": "save", "body": GOOD, "revision": seen} | given
    answer = client.post(PAGE, data=data)
    return answer.status_code, answer.text, answer.headers.get("Location", "")


def test_an_administrator_changes_the_words(client_for: ClientFor, csrf: Token, database: Database) -> None:
    ada = client_for("ada")
    listed = ada.get("/admin/messages").text
    assert "Invitation after a case · SMS" in listed
    assert "Changed words" not in listed
    status, page, _to = post(ada, csrf, step="preview", body=GOOD + " <b>")
    assert status == 200
    assert "您的工单已办结，请评价：http://localhost:8080/s/" in page
    assert "&lt;b&gt;" in page
    with database.read() as session:
        assert messages.edited(session, "invite_sms", "zh_Hans") is None  # a look changes nothing
    assert post(ada, csrf)[::2] == (303, PAGE)
    assert "Changed words" in ada.get("/admin/messages").text
    with database.read() as session:
        assert messages.source(session, "invite_sms", "zh_Hans").body == GOOD
    done = ada.post(f"{PAGE}/original", data={"csrf_token": csrf(ada, PAGE)})
    assert (done.status_code, done.location) == (303, PAGE)
    assert "Changed words" not in ada.get("/admin/messages").text


def test_nothing_typed_is_lost(client_for: ClientFor, csrf: Token) -> None:
    ada = client_for("ada")
    status, page, _to = post(ada, csrf, body="请评价，谢谢 {{ nobody }}", provider_code="SMS 1!")
    assert status == 422
    assert "请评价，谢谢 {{ nobody }}" in page
    assert "There is no variable nobody" in page
    assert "Letters, digits" in page
    status, page, _to = post(ada, csrf, revision="7")
    assert status == 409
    assert "Somebody else changed these words" in page
    assert GOOD in page
    assert "工单已办结，请您评价" in page  # theirs
    for odd in ("", "x", "-1", "9" * 30):
        assert post(ada, csrf, revision=odd)[0] == 409


def test_who_may_not(client_for: ClientFor, csrf: Token) -> None:
    for name in ("sven", "olga", "aldo", "lena", "anna"):
        client = client_for(name)
        data = {"csrf_token": csrf(client, "/account"), "body": GOOD, "revision": "0", "step": "save"}
        assert client.get("/admin/messages").status_code == 403
        assert client.post(PAGE, data=data).status_code == 403
        assert client.post(f"{PAGE}/original", data=data).status_code == 403
    ada = client_for("ada")
    for path in ("invite_fax/en", "invite_sms/de", "../x/en"):
        assert ada.get(f"/admin/messages/{path}").status_code == 404
    assert ada.post(PAGE, data={"body": GOOD}).status_code == 400  # without the form's token


def test_every_page_opens(admin: FlaskClient) -> None:
    for name in names():
        for language in LANGUAGES:
            assert admin.get(f"/admin/messages/{name}/{language}").status_code == 200
