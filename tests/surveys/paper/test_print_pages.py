"""Making sheets: numbers that are never given twice, the form, and what the pages say."""

import re
from collections.abc import Callable
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import select

from core.audit import AuditEntry
from core.db import Database
from surveys.actions import stratum_id
from surveys.models import OpenLink
from surveys.paper import actions, queries
from surveys.paper.models import PaperRun
from surveys.paper.serials import number_in, plain
from tests.surveys.paper import examples as ex

ClientFor = Callable[[str], FlaskClient]
Csrf = Callable[[FlaskClient, str], str]
PAPER = f"/questionnaires/{ex.KEY}/paper"


def open_link(database: Database, questionnaire_id: int, **more: object) -> int:
    """Hang up a poster."""
    with database.begin() as session:
        link = OpenLink(
            **{
                "slug": "k7Hq2m", "questionnaire_id": questionnaire_id, "label": "营业厅海报",
                "stratum_id": stratum_id(session), "language": "zh_Hans", "state": "open",
                "created_at": ex.NOW, "created_by": "lena",
            } | more
        )  # fmt: skip
        session.add(link)
        session.flush()
        return link.id


def make(client: FlaskClient, csrf: Csrf, **fields: str) -> str:
    """Fill in the form; return the address of the sheets."""
    data = {
        "language": "en",
        "sheets": "3",
        "size": "16",
        "link": "",
        "csrf_token": csrf(client, PAPER),
    } | fields
    answer = client.post(PAPER, data=data)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return str(answer.location)


def serials(page: str) -> list[str]:
    return re.findall(r"<b>(\d{6}-\d)</b>", page)


def test_each_sheet_has_its_own_number_on_every_page(
    database: Database, client_for: ClientFor, csrf: Csrf
) -> None:
    ex.publish(database)
    lena = client_for("lena")
    first = serials(lena.get(make(lena, csrf)).get_data(as_text=True))
    second = serials(lena.get(make(lena, csrf, sheets="2")).get_data(as_text=True))
    pages = len(first) // 3
    assert pages == 3
    assert [first.count(serial) for serial in dict.fromkeys(first)] == [pages] * 3
    assert not set(first) & set(second)
    assert all(number_in(plain(serial)) is not None for serial in (*first, *second))


def test_a_number_leads_to_its_version_also_after_a_new_one(database: Database) -> None:
    old = ex.publish(database)
    with database.begin() as session:
        run = actions.print_run(
            session, old, sheets=5, language="en", size=16, instructions=" to the desk\x00 ",
            open_link_id=None, actor="lena", now=ex.NOW,
        )  # fmt: skip
    new = ex.publish(database, ex.EIGHT[1:])
    assert new.number == 2
    with database.read() as session:
        found = session.scalars(select(PaperRun)).one()
        assert (found.version_id, found.first, found.sheets) == (old.id, run.first, 5)
        assert found.instructions == "to the desk"
        [entry] = session.scalars(select(AuditEntry).where(AuditEntry.action == "paper.print"))
        assert '"first": "100001-' in entry.detail


def test_the_sheet_shows_the_link_its_code_and_the_hotline(
    database: Database, client_for: ClientFor, csrf: Csrf
) -> None:
    version = ex.publish(database)
    link = open_link(database, version.questionnaire_id)
    lena = client_for("lena")
    page = lena.get(make(lena, csrf, link=str(link), instructions="To the box\nat the counter")).get_data(
        as_text=True
    )
    assert "http://localhost:8080/o/k7Hq2m" in page
    assert page.count('<use href="#qr"/>') == 3
    assert page.count("<symbol") == 1
    assert "400-000-0000" in page
    assert "To the box\nat the counter" in page


def test_only_links_that_still_take_answers_are_offered(database: Database, client_for: ClientFor) -> None:
    version = ex.publish(database)
    other = ex.publish(database, key="other")
    q = version.questionnaire_id
    open_link(database, q, slug="a", label="closed one", state="closed")
    open_link(database, q, slug="b", label="late one", answer_by=ex.NOW - timedelta(days=1))
    open_link(database, other.questionnaire_id, slug="c", label="foreign one")
    with database.read() as session:
        assert list(queries.open_links(session, q, now=ex.NOW)) == []
    foreign = open_link(database, other.questionnaire_id, slug="d")
    lena = client_for("lena")
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', lena.get(PAPER).get_data(as_text=True))
    assert token
    data = {"language": "en", "sheets": "3", "size": "16", "link": str(foreign), "csrf_token": token[1]}
    assert lena.post(PAPER, data=data).status_code == 422


def test_what_cannot_be_printed_is_said_and_nothing_typed_is_lost(
    database: Database, client_for: ClientFor, csrf: Csrf
) -> None:
    ex.publish(database)
    lena = client_for("lena")
    for wrong in ({"sheets": "201"}, {"sheets": "0"}, {"sheets": "many"}, {"language": "fr"}, {"size": "8"}):
        data = {
            "language": "en",
            "sheets": "3",
            "size": "16",
            "link": "",
            "instructions": "to the desk",
        } | wrong
        answer = lena.post(PAPER, data={**data, "csrf_token": csrf(lena, PAPER)})
        assert answer.status_code == 422, wrong
        assert "to the desk" in answer.get_data(as_text=True)
    with database.read() as session:
        assert session.scalars(select(PaperRun)).all() == []


def test_nothing_on_the_sheet_is_markup_of_the_questionnaire(
    database: Database, client_for: ClientFor, csrf: Csrf
) -> None:
    nasty = {**ex.COMMENT, "texts": ex.texts("<script>1</script>", "<b>\x01nothing\x01</b>")}
    ex.publish(database, [ex.OVERALL, nasty])
    lena = client_for("lena")
    page = lena.get(make(lena, csrf, instructions="<img src=x>")).get_data(as_text=True)
    assert "<script>1" not in page
    assert "<img src=x>" not in page
    assert "&lt;b&gt;" in page


def test_sheets_of_another_questionnaire_and_samples(
    database: Database, client_for: ClientFor, csrf: Csrf
) -> None:
    ex.publish(database)
    ex.publish(database, key="other")
    lena = client_for("lena")
    place = make(lena, csrf)
    assert lena.get(place.replace(ex.KEY, "other")).status_code == 404
    assert lena.get(f"{PAPER}/9999").status_code == 404
    sample = lena.get(f"{PAPER}/sample?language=zh_Hans&size=20").get_data(as_text=True)
    assert "size-20" in sample
    assert not serials(sample)
    assert "400-000-0000" in sample  # the hotline stands there without a link, too
    assert lena.get(f"{PAPER}/sample?language=xx&size=-1").status_code == 200


def test_two_hundred_sheets_are_one_page(database: Database, client_for: ClientFor, csrf: Csrf) -> None:
    ex.publish(database, ex.forty())
    lena = client_for("lena")
    answer = lena.get(make(lena, csrf, sheets="200"))
    assert len(set(serials(answer.get_data(as_text=True)))) == 200


def test_who_may_print(database: Database, client_for: ClientFor) -> None:
    ex.publish(database)
    may = {
        name: client_for(name).get(PAPER).status_code
        for name in ("ada", "sven", "lena", "anna", "olga", "aldo")
    }
    assert may == {"ada": 200, "sven": 200, "lena": 200, "anna": 403, "olga": 403, "aldo": 403}
