"""The OpenAPI document holds: hostile and odd requests get what it promises, and never a 500."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode, checks

from tests.followup.api.conftest import CASE, Program

DOCS = Path(__file__).parents[3] / "docs" / "api.md"
PROMISED = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_what_the_document_promises_holds_for_requests_made_from_it(
    app: Flask, erp: Program, mode: GenerationMode
) -> None:
    number = erp.post("/cases", CASE).get_json()["number"]
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    for found in schema.get_all_operations():
        conforms(found.ok(), mode, number, erp)


def conforms(operation: Any, mode: GenerationMode, number: str, erp: Program) -> None:
    """Send requests that fit the contract, or just do not, half of them about a case that exists."""

    @given(case=operation.as_strategy(generation_mode=mode), known=st.booleans())
    @settings(
        max_examples=20,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.generate),
        database=None,
    )
    def send(case: schemathesis.Case, known: bool) -> None:
        if known and "number" in (case.path_parameters or {}):
            case.path_parameters["number"] = number
        case.validate_response(case.call(headers=erp.headers), checks=PROMISED)

    send()


def test_the_document_names_every_call(erp: Program) -> None:
    document = erp.client.get("/api/v1/openapi.json").get_json()
    assert document["openapi"] == "3.1.0"
    assert {
        (path, method)
        for path, item in document["paths"].items()
        for method in item
        if method != "parameters"
    } == {
        ("/api/v1/cases", "post"),
        ("/api/v1/cases/{number}", "get"),
        ("/api/v1/cases/{number}/events", "post"),
    }
    assert document["components"]["schemas"]["CaseIn"]["additionalProperties"] is False


ODD = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=200)
NAMES = st.sampled_from(
    ["Authorization", "Idempotency-Key", "If-Match", "Accept-Language", "Content-Type", "Accept", "Cookie",
     "Origin", "X-Forwarded-For", "Content-Encoding", "Range", "Accept-Encoding", "If-None-Match",
     "Sec-Fetch-Site"]
)  # fmt: skip


@given(headers=st.dictionaries(NAMES, ODD, max_size=4), body=st.binary(max_size=60))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_odd_headers_are_no_trouble(erp: Program, headers: dict[str, str], body: bytes) -> None:
    latin = [
        (name, value.strip()) for name, value in ({"Authorization": f"Bearer {erp.key}"} | headers).items()
    ]
    for path in ("/api/v1/cases", "/api/v1/cases/20261116-0001/events"):
        for sent in (json.dumps(CASE).encode(), body):
            answer = erp.client.post(path, data=sent, headers=latin)
            assert answer.status_code < 500, (answer.status_code, answer.get_data())


def test_hostile_bodies_are_refused_in_one_sentence(erp: Program) -> None:
    bodies: tuple[tuple[bytes, int], ...] = (
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"[" * 100_000, 400),
        (b'{"external_id": NaN}', 400),
        (b'{"a": ' + b"9" * 5000 + b"}", 400),
        (b'{"a":' * 9 + b"1" + b"}" * 9, 422),
        (b"null", 422),
        (b'"text"', 422),
        (b"[]", 422),
        (json.dumps(CASE | {"contact": {"phones": ["1"] * 60_000}}).encode(), 413),
    )
    headers = erp.headers | {"Content-Type": "application/json"}
    for body, status in bodies:
        answer = erp.client.post("/api/v1/cases", data=body, headers=headers)
        assert answer.status_code == status, (body[:40], answer.get_data())
        assert answer.mimetype == "application/problem+json"
        assert answer.get_json()["detail"]
    form = erp.client.post("/api/v1/cases", data={"kind": "repair"}, headers=erp.headers)
    assert form.status_code == 415


def test_the_example_of_the_documentation_checks_a_signature() -> None:
    code = re.search(r"```python\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    assert code is not None
    names: dict[str, Any] = {}
    exec(code[1], names)
    from core.outbox.channels.signing import sign

    headers = sign("secret", b'{"a":1}', datetime.now(UTC))
    assert names["is_from_huifang"]("secret", headers, b'{"a":1}')
    assert not names["is_from_huifang"]("secret", headers, b'{"a":2}')
    assert not names["is_from_huifang"]("other", headers, b'{"a":1}')
    old = sign("secret", b"", datetime(2020, 1, 1, tzinfo=UTC))
    assert not names["is_from_huifang"]("secret", old, b"")
