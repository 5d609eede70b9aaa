"""Open links for staff: who may, what is asked for, what the pages show, and what is recorded."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from core.audit import AuditEntry
from core.db import Database
from surveys.models import OpenLink, Stratum
from tests.surveys.links import NOW, rows
from tests.surveys.openlinks.links import FULL, KEY, open_link, opened, press, publish_anonymous

ClientFor = Callable[[str], FlaskClient]
Token = Callable[[FlaskClient, str], str]
INDEX = f"/questionnaires/{KEY}/links"


@pytest.fixture(autouse=True)
def _at_now():
    with time_machine.travel(NOW, tick=False):
        yield


def only(database: Database) -> OpenLink:
    [row] = rows(database, OpenLink)
    return row  # type: ignore[no-any-return]


def make(client: FlaskClient, csrf: Token, **given: str):  # type: ignore[no-untyped-def]
    values = {"label": "东城营业厅", "language": "", "daily_quota": "", "last_day": ""} | given
    return client.post(f"{INDEX}/new", data=values | {"csrf_token": csrf(client, f"{INDEX}/new")})


def test_a_link_is_made_with_all_it_stands_for(
    database: Database, client_for: ClientFor, csrf: Token
) -> None:
    open_link(database, label="other")
    lena = client_for("lena")
    done = make(
        lena, csrf, district=" 城东区 ", department="东城所", daily_quota="50", last_day="2026-12-31",
        language="zh_Hans",
    )  # fmt: skip
    assert done.status_code == 303
    link = rows(database, OpenLink)[-1]
    assert (link.label, link.language, link.daily_quota, link.created_by) == (
        "东城营业厅", "zh_Hans", 50, "lena",
    )  # fmt: skip
    assert link.answer_by == datetime(2026, 12, 31, 16, tzinfo=UTC)  # midnight after it, in Shanghai
    [stratum] = [row for row in rows(database, Stratum) if row.id == link.stratum_id]
    assert (stratum.district, stratum.department, stratum.category) == ("城东区", "东城所", "")
    page = lena.get(done.location).text
    assert f"/o/{link.slug}" in page
    assert "东城所" in page
    with database.read() as session:
        actions = session.scalars(select(AuditEntry.action).where(AuditEntry.actor == "lena"))
        assert "open_link.create" in list(actions)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"label": " "}, "Say where it hangs"),
        ({"label": "x" * 81}, "at most 80 characters"),
        ({"daily_quota": "0"}, "from 1 to 100000"),
        ({"daily_quota": "many"}, "from 1 to 100000"),
        ({"last_day": "2026-11-17"}, "Choose today or a later day"),
        ({"last_day": "soon"}, "Enter a date such as"),
        ({"language": "fr"}, "Not a valid choice"),
        ({"district": "x" * 61}, "at most 60 characters"),
    ],
)
def test_a_mistake_is_named_and_nothing_is_lost(
    database: Database, client_for: ClientFor, csrf: Token, given: dict[str, str], words: str
) -> None:
    open_link(database)
    sven = client_for("sven")
    answer = make(sven, csrf, **({"department": "东城所"} | given))
    assert answer.status_code == 422
    assert words in answer.text
    assert "东城所" in answer.text
    only(database)


def test_who_may_see_and_make_links(database: Database, client_for: ClientFor) -> None:
    open_link(database)
    for name, status in {"ada": 200, "sven": 200, "lena": 200, "olga": 403, "anna": 403, "aldo": 403}.items():
        assert client_for(name).get(INDEX).status_code == status
        assert client_for(name).get(f"{INDEX}/new").status_code == status
    ada = client_for("ada")
    assert ada.get("/questionnaires/unknown/links").status_code == 404
    assert ada.get(f"{INDEX}/999").status_code == 404
    publish_anonymous(database)
    assert ada.get(f"/questionnaires/staff/links/{only(database).id}").status_code == 404


def test_the_list_counts_today_and_in_all(database: Database, client_for: ClientFor, app: Flask) -> None:
    slug, client = open_link(database, quota=2, district="城东区"), app.test_client()
    press(client, slug, opened(client, slug), **FULL)
    sven = client_for("sven")
    page = sven.get(INDEX).text
    assert "1 / 2" in page
    assert "takes answers" in page
    assert "城东区" in page
    press(client, slug, opened(client, slug), **FULL)
    assert "full for today" in sven.get(INDEX).text


def test_closing_and_opening_again_keeps_address_and_answers(
    database: Database, client_for: ClientFor, csrf: Token, app: Flask
) -> None:
    slug, client, ada = open_link(database), app.test_client(), client_for("ada")
    press(client, slug, opened(client, slug), **FULL)
    path = f"{INDEX}/{only(database).id}"
    token = {"csrf_token": csrf(ada, path)}
    assert ada.post(f"{path}/close", data=token).status_code == 303
    assert client.get(f"/o/{slug}").status_code == 410
    assert ada.post(f"{path}/close", data=token).status_code == 409  # somebody was faster
    assert ada.post(f"{path}/reopen", data=token).status_code == 303
    assert client.get(f"/o/{slug}").status_code == 200
    with database.read() as session:
        wanted = select(AuditEntry.action).where(AuditEntry.action.startswith("open_link."))
        assert list(session.scalars(wanted.order_by(AuditEntry.seq))) == [
            "open_link.create", "open_link.close", "open_link.reopen",
        ]  # fmt: skip


def test_a_link_is_changed_and_what_came_before_stays(
    database: Database, client_for: ClientFor, csrf: Token, app: Flask
) -> None:
    slug, client, lena = (
        open_link(database, quota=1, district="城东区"),
        app.test_client(),
        client_for("lena"),
    )
    press(client, slug, opened(client, slug), **FULL)
    path = f"{INDEX}/{only(database).id}/edit"
    assert "城东区" in lena.get(path).text
    given = {
        "label": "西城营业厅",
        "daily_quota": "5",
        "last_day": "",
        "language": "en",
        "district": "西城区",
    }
    assert lena.post(path, data=given | {"csrf_token": csrf(lena, path)}).status_code == 303
    assert (only(database).label, only(database).daily_quota, only(database).slug) == ("西城营业厅", 5, slug)
    assert client.get(f"/o/{slug}").status_code == 200
    press(client, slug, opened(client, slug), **FULL)
    districts = {row.id: row.district for row in rows(database, Stratum)}
    from surveys.models import Response

    assert [districts[row.stratum_id] for row in rows(database, Response)] == ["城东区", "西城区"]


def test_an_anonymous_questionnaire_asks_for_no_place(
    database: Database, client_for: ClientFor, csrf: Token
) -> None:
    key = publish_anonymous(database)
    ada = client_for("ada")
    path = f"/questionnaires/{key}/links/new"
    assert 'name="district"' not in ada.get(path).text
    given = {"label": "A", "language": "", "district": "城东区", "csrf_token": csrf(ada, path)}
    assert ada.post(path, data=given).status_code == 303
    assert "城东区" not in [row.district for row in rows(database, Stratum)]


def test_the_qr_code_is_a_picture_to_show_and_to_keep(database: Database, client_for: ClientFor) -> None:
    slug, lena = open_link(database), client_for("lena")
    path = f"{INDEX}/{only(database).id}"
    svg, png = lena.get(f"{path}/qr.svg"), lena.get(f"{path}/qr.png?keep=1")
    assert svg.mimetype == "image/svg+xml"
    assert "Content-Disposition" not in svg.headers
    assert png.data.startswith(b"\x89PNG")
    assert png.headers["Content-Disposition"] == f'attachment; filename="qr-{slug}.png"'
    assert lena.get(f"{path}/qr.gif").status_code == 404


def test_the_sheet_names_title_address_hotline_and_last_day_in_both_languages(
    database: Database, client_for: ClientFor
) -> None:
    slug = open_link(database, answer_by=datetime(2026, 12, 31, 16, tzinfo=UTC))
    sven = client_for("sven")
    path = f"{INDEX}/{only(database).id}/sheet"
    english, chinese = sven.get(f"{path}?lang=en").text, sven.get(f"{path}?lang=zh_Hans").text
    for page in (english, chinese):
        assert f"http://localhost:8080/o/{slug}" in page
        assert "400-000-0000" in page
    assert "Return visit" in english
    assert "Huifang Demo Heating" in english
    assert "Thu 31 Dec" in english
    assert "服务回访" in chinese
    assert "回访示范供热公司" in chinese
