"""The case register as people meet it: pages, forms, roles."""

import re
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select

from core.audit import AuditEntry
from core.auth.models import User
from core.db import Database
from followup.cases import actions, queries
from followup.models import Case, FollowUp, ReopenRequest
from tests.followup.cases.test_lifecycle import unhappy
from tests.followup.factories import new_case, new_contact, new_rule
from tests.people import csrf_token

SignIn = Callable[[str], FlaskClient]
XSS = "<script>alert(1)</script><img src=x onerror=alert(2)>"
REGISTER = {
    "title": "暖气不热",
    "kind": "repair",
    "severity": "normal",
    "channel": "phone",
    "language": "zh_Hans",
    "handler": "",
}


def post(client: FlaskClient, path: str, data: dict[str, object], form_on: str = "") -> object:
    page = client.get(form_on or path).get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page)
    assert token, page
    return client.post(path, data={"csrf_token": token[1], **data})


def one_case(database: Database, now: datetime, **given: object) -> str:
    with database.begin() as session:
        return new_case(session, new_contact(session, now=now).id, now=now, **given).number  # type: ignore[arg-type]


def test_who_gives_a_case_to_another_department_comes_back_to_the_list(
    client_for: SignIn, database: Database, now: datetime
) -> None:
    number = one_case(database, now, department="东区供热站")
    client = client_for("olga")
    answer = post(
        client,
        f"/cases/{number}/assign",
        {"assign-handler": "", "assign-handler_name": "马师傅", "assign-department": "西区供热站"},
        form_on=f"/cases/{number}",
    )
    assert answer.status_code == 303, answer.get_data(as_text=True)
    assert answer.headers["Location"] == "/cases"
    assert client.get("/cases").status_code == 200
    assert client.get(f"/cases/{number}").status_code == 404


def test_a_form_that_is_pressed_many_times_registers_one_case(
    app: Flask, client_for: SignIn, database: Database
) -> None:
    page = client_for("sven").get("/cases/new").get_data(as_text=True)
    hidden = dict(re.findall(r'name="(key|csrf_token)"[^>]* value="([^"]+)"', page))
    clients = [client_for("sven") for _press in range(8)]
    tokens = [csrf_token(client, "/cases/new") for client in clients]

    def press(client: FlaskClient, token: str) -> str:
        answer = client.post("/cases/new", data=REGISTER | {"key": hidden["key"], "csrf_token": token})
        assert answer.status_code == 303, answer.get_data(as_text=True)
        return str(answer.headers["Location"])

    with ThreadPoolExecutor(len(clients)) as pool:
        places = set(pool.map(press, clients, tokens))
    assert len(places) == 1
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Case)) == 1
    assert hidden["key"] not in clients[0].get(places.pop()).get_data(as_text=True)


def state_of(database: Database, number: str) -> str:
    with database.read() as session:
        return session.scalars(select(Case.state).where(Case.number == number)).one()


def test_an_officer_registers_a_case_with_its_customer(client_for: SignIn, database: Database) -> None:
    client = client_for("sven")
    answer = post(
        client, "/cases/new", REGISTER | {"name": "王小明", "phone": "138 1234 5678", "department": "东区"}
    )
    assert answer.status_code == 303
    page = client.get(answer.headers["Location"]).get_data(as_text=True)
    assert "暖气不热" in page
    assert "138****5678" in page
    assert "13812345678" not in page
    number = answer.headers["Location"].rsplit("/", 1)[1]
    for search in (number, number[:8], "13812345678", "+86 138-1234-5678"):
        found = client.get("/cases", query_string={"q": search}).get_data(as_text=True)
        assert number in found, search
    assert number not in client.get("/cases?q=13912345678").get_data(as_text=True)


def test_a_form_with_mistakes_comes_back_whole(client_for: SignIn, database: Database) -> None:
    typed = REGISTER | {"title": "", "phone": "12", "description": "客户说一直不热", "category": "温度"}
    answer = post(client_for("olga"), "/cases/new", typed)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "客户说一直不热" in page
    assert 'value="温度"' in page
    assert "not a phone number" in page
    assert "A case needs a subject" in page
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Case)) == 0


def test_extra_fields_of_a_form_change_nothing(client_for: SignIn, database: Database) -> None:
    post(
        client_for("olga"),
        "/cases/new",
        REGISTER | {"state": "closed", "number": "1", "created_by": "99", "id": "7"},
    )
    with database.read() as session:
        case = session.scalars(select(Case)).one()
    assert (case.state, case.resolution_no) == ("registered", 0)


def test_the_phone_is_shown_once_and_the_look_is_recorded(
    client_for: SignIn, database: Database, now: datetime
) -> None:
    with database.begin() as session:
        number = new_case(session, new_contact(session, phones=["13812345678"], now=now).id, now=now).number
    page = post(client_for("sven"), f"/cases/{number}/reveal", {}, f"/cases/{number}").get_data(as_text=True)
    assert "13812345678" in page
    with database.read() as session:
        seen = session.scalars(select(AuditEntry).where(AuditEntry.action == "contact.revealed")).one()
    assert (seen.actor, seen.subject) == ("sven", f"case:{number}")


def test_closing_works_while_the_mail_server_is_down(
    client_for: SignIn, database: Database, now: datetime
) -> None:
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        with database.begin() as session:
            new_rule(session, now=now)
        number = one_case(database, now)
        client = client_for("sven")
        answer = post(
            client,
            f"/cases/{number}/close",
            {"close-result": "已修好", "close-close_reason": "solved"},
            f"/cases/{number}",
        )
    assert answer.status_code == 303
    assert state_of(database, number) == "closed"
    with database.read() as session:
        assert session.scalars(select(FollowUp.state)).one() == "planned"
    assert "Follow-up planned" in client.get(f"/cases/{number}").get_data(as_text=True)


def test_the_handlers_own_closing_waits_for_another_person(
    client_for: SignIn, database: Database, people: dict[str, User], now: datetime
) -> None:
    number = one_case(database, now, handler_id=people["olga"].id, department="东区供热站")
    olga, sven = client_for("olga"), client_for("sven")
    post(olga, f"/cases/{number}/accept", {}, f"/cases/{number}")
    post(
        olga,
        f"/cases/{number}/close",
        {"close-result": "已修", "close-close_reason": "solved"},
        f"/cases/{number}",
    )
    assert state_of(database, number) == "close_review"
    refused = post(olga, f"/cases/{number}/approve", {}, f"/cases/{number}")
    assert refused.status_code == 409
    assert "ask somebody else" in refused.get_data(as_text=True)
    assert state_of(database, number) == "close_review"
    assert post(sven, f"/cases/{number}/approve", {}, f"/cases/{number}").status_code == 303
    assert state_of(database, number) == "closed"


def test_a_step_that_is_not_possible_any_more_keeps_what_was_typed(
    client_for: SignIn, database: Database, now: datetime
) -> None:
    number = one_case(database, now)
    client = client_for("sven")
    page = f"/cases/{number}"
    client.get(page)
    with database.begin() as session:
        case = session.scalars(select(Case)).one()
        actions.cancel(session, case, actor="ada", reason="重复", now=now)
    answer = post(
        client, f"{page}/close", {"close-result": "长长的说明", "close-close_reason": "solved"}, page
    )
    assert answer.status_code == 409
    assert "not possible any more: the case is now “Cancelled”" in answer.get_data(as_text=True)


def test_an_empty_result_comes_back_beside_its_field(
    client_for: SignIn, database: Database, now: datetime
) -> None:
    number = one_case(database, now)
    answer = post(
        client_for("sven"), f"/cases/{number}/close", {"close-close_reason": "solved"}, f"/cases/{number}"
    )
    assert answer.status_code == 422
    assert "Write what was done" in answer.get_data(as_text=True)
    assert state_of(database, number) == "assigned"


def facts(**given: object) -> dict[str, object]:
    plain = {"title": "暖气不热", "kind": "repair", "severity": "normal", "channel": "phone"}
    return plain | {"category": "暖气不热", "service_type": "供热", "district": "东城"} | given


def test_a_stale_save_is_refused_with_both_texts(
    client_for: SignIn, database: Database, now: datetime
) -> None:
    number = one_case(database, now)
    path = f"/cases/{number}/edit"
    sven, ada = client_for("sven"), client_for("ada")
    assert post(sven, path, facts(version="1", title="暖气漏水")).status_code == 303
    answer = post(ada, path, facts(version="1", title="暖气有噪音"))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "暖气漏水" in page
    assert 'value="暖气有噪音"' in page
    assert 'value="2"' in page
    assert post(ada, path, facts(version="2", title="暖气有噪音")).status_code == 303
    assert "暖气有噪音" in ada.get(f"/cases/{number}").get_data(as_text=True)


def test_a_supervisor_decides_about_a_reopen_request(
    client_for: SignIn, database: Database, now: datetime
) -> None:
    with database.begin() as session:
        new_rule(session, now=now)
        case = new_case(session, new_contact(session, now=now).id, now=now)
        actions.close(session, case, result="已处理", close_reason="solved", actor="x", now=now)
        request_id, number = unhappy(session, case, now).id, case.number
    olga, sven = client_for("olga"), client_for("sven")
    page, path = f"/cases/{number}", f"/cases/{number}/requests/{request_id}"
    assert post(sven, path, {"decide-answer": "decline", "decide-decision": ""}, page).status_code == 422
    assert olga.post(path, data={}).status_code in (400, 403)
    assert "还是不热" in sven.get("/").get_data(as_text=True)
    assert (
        post(sven, path, {"decide-answer": "accept", "decide-due_on": "2026-12-01"}, page).status_code == 303
    )
    with database.read() as session:
        assert session.scalars(select(ReopenRequest.state)).one() == "accepted"
        reopened = session.scalars(select(Case)).one()
    assert reopened.state == "reopened"
    assert reopened.due_at == datetime.fromisoformat("2026-12-01T18:00:00+08:00")
    assert post(sven, path, {"decide-answer": "accept"}, page).status_code == 409


def test_an_officer_of_a_department_sees_its_cases_only(
    client_for: SignIn, database: Database, now: datetime
) -> None:
    ours, theirs = (
        one_case(database, now, department="东区供热站"),
        one_case(database, now, department="西区供热站"),
    )
    olga = client_for("olga")
    listed = olga.get("/cases").get_data(as_text=True)
    assert ours in listed
    assert theirs not in listed
    for path in ("", "/edit"):
        assert olga.get(f"/cases/{theirs}{path}").status_code == 404
    page = f"/cases/{ours}"
    assert post(olga, f"/cases/{theirs}/notes", {"note-words": "x"}, page).status_code == 404
    assert post(olga, f"/cases/{theirs}/reveal", {}, page).status_code == 404


@pytest.mark.parametrize("name", ["anna", "lena"])
def test_agents_and_analysts_have_no_register(client_for: SignIn, name: str) -> None:
    client = client_for(name)
    for path in ("/cases", "/cases/new", "/cases/import", "/cases/20261118-0001"):
        assert client.get(path).status_code == 403


def test_the_auditor_reads_without_personal_data(
    client_for: SignIn, database: Database, now: datetime
) -> None:
    with database.begin() as session:
        contact = new_contact(session, name="欧阳小明", phones=["13812345678"], address="幸福路1号", now=now)
        case = new_case(session, contact.id, title="机密标题", now=now)
        actions.add_note(session, case, words="机密备注", actor="a", now=now)
        number = case.number
    aldo = client_for("aldo")
    for path in ("/cases", f"/cases/{number}"):
        page = aldo.get(path).get_data(as_text=True)
        assert number in page
        for secret in ("欧阳小明", "13812345678", "幸福路1号", "机密标题", "机密备注"):
            assert secret not in page
    assert aldo.get(f"/cases/{number}/edit").status_code == 403


def test_a_title_with_markup_is_text(client_for: SignIn, database: Database, now: datetime) -> None:
    number = one_case(database, now, title=XSS, department=XSS[:50])
    client = client_for("sven")
    for path in ("/", "/cases", f"/cases/{number}", f"/cases/{number}/edit", "/cases/new"):
        page = client.get(path).get_data(as_text=True)
        assert "<script>alert" not in page
        assert "<img src=x" not in page
    assert "&lt;script&gt;" in client.get("/cases").get_data(as_text=True)


def test_the_list_is_filtered_paged_and_found_again_by_its_address(
    client_for: SignIn, database: Database, now: datetime
) -> None:
    with database.begin() as session:
        for n in range(30):
            kind, severity = "repair" if n % 3 else "complaint", "normal" if n else "urgent"
            district, at = "东城" if n % 2 else "西城", now + timedelta(minutes=n)
            new_case(session, None, kind=kind, severity=severity, district=district, now=at)
    client = client_for("sven")

    def listed(**query: object) -> tuple[str, int]:
        page = client.get("/cases", query_string=query).get_data(as_text=True)
        return page, page.count("row-link")

    page, shown = listed()
    assert "30 cases" in page
    assert shown == 25
    assert "page=2" in page
    assert listed(page=2)[1] == 5
    assert listed(page=99)[1] == 5
    page, shown = listed(kind="complaint", district="西城", q="2026")
    assert shown == 5
    assert "kind=complaint" not in page or "page=2" not in page
    assert listed(severity="urgent")[1] == 1
    assert listed(state="open")[1] == 25
    assert listed(state="closed")[1] == 0
    assert listed(handler="张师傅")[1] == 25
    assert listed(handler="-")[1] == 0
    assert listed(since="2026-11-19")[1] == 0
    assert listed(since="2026-11-18", until="2026-11-18")[1] == 25
    assert "No case fits these filters" in listed(q="%_'\"")[0]


@pytest.mark.parametrize(
    "query", ["state=nonsense", "kind=x", "severity=%27", "since=2026-02-30", "since=yesterday", "q=%00%FF"]
)
def test_an_address_that_makes_no_sense_is_a_sentence_and_no_failure(client_for: SignIn, query: str) -> None:
    assert client_for("sven").get(f"/cases?{query}").status_code in (200, 422)


def test_the_list_shows_a_way_on_when_it_is_empty(client_for: SignIn) -> None:
    page = client_for("olga").get("/cases").get_data(as_text=True)
    assert "There are no cases yet" in page
    assert "/cases/import" in page


def test_looking_changes_nothing(client_for: SignIn, database: Database, now: datetime) -> None:
    number = one_case(database, now)
    client = client_for("sven")
    for path in ("", "/close", "/accept", "/approve", "/cancel", "/notes", "/reveal"):
        client.get(f"/cases/{number}{path}")
    assert state_of(database, number) == "assigned"


@pytest.mark.parametrize("name", ["ada", "olga", "anna", "sven", "lena", "aldo"])
def test_everybody_has_a_first_page(client_for: SignIn, database: Database, now: datetime, name: str) -> None:
    client = client_for(name)
    assert client.get("/").status_code == 200
    with database.begin() as session:
        new_rule(session, now=now)
        case = new_case(
            session, new_contact(session, now=now).id, department="东区供热站", now=now - timedelta(days=40)
        )
        late = new_case(session, None, title="迟了", department="东区供热站", now=now - timedelta(days=40))
        actions.close(session, case, result="x", close_reason="solved", actor="x", now=now)
        unhappy(session, case, now)
        number = late.number
    page = client.get("/").get_data(as_text=True)
    assert ("overdue" in page) == (name in ("ada", "olga", "sven"))
    assert ("还是不热" in page) == (name in ("ada", "sven"))
    assert (number in page) == (name in ("ada", "olga", "sven"))
    assert ('action="/callbacks/next"' in page) == (name == "anna")
    assert ("/analysis?" in page) == (name in ("ada", "lena", "sven"))


def test_the_pages_have_no_inline_script_or_style(
    app: Flask, client_for: SignIn, database: Database, now: datetime
) -> None:
    number = one_case(database, now)
    client = client_for("sven")
    for path in ("/", "/cases", f"/cases/{number}", f"/cases/{number}/edit", "/cases/new", "/cases/import"):
        page = client.get(path).get_data(as_text=True)
        assert not re.search(r"<script(?![^>]*src=)|<style| style=| on[a-z]+=", page), path


def test_the_values_in_use_are_found_without_reading_every_case(database: Database, now: datetime) -> None:
    with database.begin() as session:
        for district in ("东城", "", "西城", "b", "东城", "B", "西城/北"):
            new_case(session, None, now=now, district=district)
        plain = select(Case.district).where(Case.district != "").distinct().order_by(Case.district)
        assert queries.values_of(session, "district") == list(session.scalars(plain))
        asked: list[str] = []
        listening = session.get_bind()
        event.listen(listening, "before_cursor_execute", lambda _c, _k, said, *_: asked.append(said))
        assert queries.values_of(session, "category") == ["暖气不热"]
        assert "DISTINCT" not in asked[0]
