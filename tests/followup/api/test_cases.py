"""Entering and reading cases through the API."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from core.audit import AuditEntry
from core.contacts import queries as contacts
from core.db import Database
from followup.api.models import ApiKey
from followup.cases import texts
from followup.cases.models import SeverityRule
from followup.models import Case
from tests.followup.api.conftest import CASE, MakeProgram, Program


def only_case(database: Database) -> Case:
    with database.read() as session:
        return session.scalars(select(Case)).one()


def test_a_case_is_entered_with_its_customer(erp: Program, database: Database) -> None:
    answer = erp.post("/cases", CASE)
    assert answer.status_code == 201
    assert answer.json is not None
    case = only_case(database)
    assert answer.headers["Location"] == f"/api/v1/cases/{case.number}"
    assert (case.source, case.external_id, case.kind) == ("erp", "E-1", "repair")
    assert (case.category, case.department, case.state) == ("供暖", "东城所", "registered")
    assert case.due_at is not None
    assert case.contact_id is not None
    with database.read() as session:
        assert texts.title(session, case) == "暖气不热"
        card = contacts.card(session, case.contact_id)
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "case.taken_over")).one()
    assert (card.name, card.household, len(card.phones)) == ("王小明", "H-77", 1)
    assert (entry.actor, entry.subject) == ("api:Key of erp", f"case:{case.number}")


def test_answers_hold_nothing_personal(erp: Program) -> None:
    number = erp.post("/cases", CASE).get_json()["number"]
    said = erp.get(f"/cases/{number}").get_data(as_text=True)
    told = erp.tell(number, "closed", "10:00", result="已上门").get_data(as_text=True)
    again = erp.post("/cases", CASE | {"title": "Something else"}).get_data(as_text=True)
    for secret in ("王小明", "13812345678", "H-77", "暖气不热", "Since yesterday", "已上门"):
        assert secret not in said + told + again


def test_the_rules_suggest_a_severity_that_was_not_given(erp: Program, database: Database) -> None:
    with database.begin() as session:
        session.add(SeverityRule(position=-1, kind="repair", words=["爆管"], severity="urgent"))
    erp.post("/cases", CASE | {"title": "楼道爆管"})
    assert only_case(database).severity == "urgent"


def test_text_is_normalised(erp: Program, database: Database) -> None:
    erp.post("/cases", CASE | {"title": "cafe\u0301\u202e\x00 \ud800x", "external_id": " E\u20292 "})
    case = only_case(database)
    with database.read() as session:
        assert texts.title(session, case) == "café x"
    assert case.external_id is not None
    assert case.external_id == case.external_id.strip()


def test_the_same_case_again_is_the_first_one(erp: Program, database: Database) -> None:
    first = erp.post("/cases", CASE)
    again = erp.post("/cases", CASE)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.get_json() == first.get_json()
    other = erp.post("/cases", CASE | {"title": "水管漏水", "contact": {"name": "李四"}})
    assert other.status_code == 409
    assert other.get_json()["number"] == first.get_json()["number"]
    assert "title, contact" in other.get_json()["detail"]
    only_case(database)


def test_two_sources_may_use_the_same_external_id(
    erp: Program, program_of: MakeProgram, database: Database
) -> None:
    crm = program_of("crm")
    mine = erp.post("/cases", CASE).get_json()["number"]
    theirs = crm.post("/cases", CASE)
    assert theirs.status_code == 201
    assert theirs.get_json()["number"] != mine
    assert crm.get(f"/cases/{mine}").status_code == 404
    assert crm.tell(mine, "closed", "10:00").status_code == 404
    with database.read() as session:
        assert {case.state for case in session.scalars(select(Case))} == {"registered"}


def test_a_case_of_people_does_not_exist_for_a_key(erp: Program, database: Database) -> None:
    erp.post("/cases", CASE)
    case = only_case(database)
    with database.begin() as session:
        session.get_one(Case, case.id).source = ""
    assert erp.get(f"/cases/{case.number}").status_code == 404


UNUSABLE: tuple[tuple[dict[str, Any], str], ...] = (
    ({"resolution_no": 7}, "resolution_no"),
    ({"id": 1, "state": "closed"}, "id"),
    ({"contact": {"name": "x", "do_not_contact": False}}, "contact.do_not_contact"),
    ({"kind": "joke"}, "kind"),
    ({"title": ""}, "title"),
    ({"title": "x" * 201}, "title"),
    ({"title": 7}, "title"),
    ({"registered_at": "2026-11-16T08:00:00"}, "registered_at"),
    ({"registered_at": "0001-01-01T00:00:00+08:00"}, "registered_at"),
    ({"contact": {"phones": ["1"] * 6}}, "contact.phones"),
    ({"contact": {"phones": [7]}}, "contact.phones.0"),
    ({"contact": []}, "contact"),
)


def test_what_cannot_be_used_is_named_and_nothing_is_written(erp: Program, database: Database) -> None:
    for change, field in UNUSABLE:
        answer = erp.post("/cases", CASE | change)
        assert answer.status_code == 422, change
        assert answer.mimetype == "application/problem+json"
        assert field in [each["field"] for each in answer.get_json()["errors"]]
    with database.read() as session:
        assert session.scalar(select(func.count(Case.id))) == 0


def test_what_only_the_register_refuses_is_one_sentence(erp: Program) -> None:
    refused: tuple[dict[str, Any], ...] = (
        {"contact": {"phones": ["12"]}},
        {"contact": {"email": "no address"}},
        {"title": "\x00\x01"},
        {"external_id": "\u202e"},
        {"registered_at": "2199-01-01T00:00:00Z"},
    )
    for change in refused:
        answer = erp.post("/cases", CASE | change)
        assert answer.status_code == 422, change
        assert answer.get_json()["detail"].endswith((".", "。"))


def test_fifty_equal_calls_at_once_make_one_case(app: Flask, erp: Program, database: Database) -> None:
    def send(number: int) -> tuple[int, str]:
        program = Program(app.test_client(), erp.key)
        more = {"Idempotency_Key": "one"} if number % 2 else {}
        answer = program.post("/cases", CASE, **more)
        return answer.status_code, answer.get_json()["number"]

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(send, range(50)))
    case = only_case(database)
    assert {number for _status, number in answers} == {case.number}
    assert {status for status, _number in answers} == {200, 201}
    with database.read() as session:
        assert session.scalars(select(ApiKey)).one().last_used_at is not None


def test_an_idempotency_key_gets_the_first_answer_again(erp: Program, database: Database) -> None:
    first = erp.post("/cases", CASE, Idempotency_Key="k-1")
    number = first.get_json()["number"]
    erp.tell(number, "closed", "10:00")
    again = erp.post("/cases", dict(reversed(CASE.items())), Idempotency_Key="k-1")
    assert (again.status_code, again.get_json()) == (201, first.get_json())
    assert again.headers["Idempotent-Replayed"] == "true"
    other = erp.post("/cases", CASE | {"external_id": "E-2"}, Idempotency_Key="k-1")
    assert other.status_code == 422
    only_case(database)


def test_a_call_that_failed_leaves_its_idempotency_key_free(erp: Program) -> None:
    bad = CASE | {"contact": {"phones": ["12"]}}
    assert erp.post("/cases", bad, Idempotency_Key="k-1").status_code == 422
    assert erp.post("/cases", CASE, Idempotency_Key="k-1").status_code == 201


def test_idempotency_keys_of_two_systems_are_apart(erp: Program, program_of: MakeProgram) -> None:
    crm = program_of("crm")
    assert erp.post("/cases", CASE, Idempotency_Key="k-1").status_code == 201
    assert crm.post("/cases", CASE | {"title": "水"}, Idempotency_Key="k-1").status_code == 201
