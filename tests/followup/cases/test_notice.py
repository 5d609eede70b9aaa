"""The printed notice of the result: what stands on it, for whom, and that a print is recorded."""

import html
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from core.audit import AuditEntry
from core.db import Database
from followup.cases import actions as cases
from followup.models import Case
from tests.followup.factories import close, closed_case, new_case, new_contact
from tests.people import csrf_token

ON_SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)  # the same on both kinds
SignIn = Callable[[str], FlaskClient]


def closed(database: Database, now: datetime, **given: object) -> str:
    """A case that was registered on the 16th and closed on the 18th."""
    with database.begin() as session:
        contact = new_contact(
            session, now=now, name="王小明", phones=["13812345678"], address="和平里7号", household="HF-7"
        )
        registered = now - timedelta(days=2)
        case = new_case(session, contact.id, now=registered, description="三天了\n老人在家", **given)  # type: ignore[arg-type]
        return close(session, case, now=now).number


def printed(client: FlaskClient, number: str, **given: str) -> str:
    path = f"/cases/{number}/notice"
    answer = client.post(path, data={"csrf_token": csrf_token(client, path)} | given)
    assert answer.status_code == 200
    return html.unescape(answer.get_data(as_text=True))


def test_the_notice_says_what_was_asked_and_what_was_done(
    client_for: SignIn, database: Database, now: datetime
) -> None:
    number = closed(database, now)
    client = client_for("sven")
    assert f"/cases/{number}/notice" in client.get(f"/cases/{number}").get_data(as_text=True)
    page = printed(client, number, language="en")
    for said in (
        number, "Dear 王小明,", "HF-7", "和平里7号", "138****5678", "16 November 2026", "18 November 2026",
        "东城所", "暖气不热", "三天了\n老人在家", "已上门处理", "Solved", "Repair", "(seal)",
        "Customer’s signature", database.settings.hotline,
    ):  # fmt: skip
        assert said in page, said
    assert "13812345678" not in page
    assert "closing" not in page  # the first one needs no number


def test_a_look_is_not_recorded_and_a_print_is(client_for: SignIn, database: Database, now: datetime) -> None:
    number = closed(database, now)
    client = client_for("sven")
    looked = client.get(f"/cases/{number}/notice")
    assert looked.status_code == 200
    assert "2026年11月18日" in looked.get_data(as_text=True)  # in the customer's language
    assert 'class="looking"' in looked.get_data(as_text=True)
    assert prints(database) == []
    assert 'class="printing"' in printed(client, number)
    printed(client, number, language="en")
    assert prints(database) == [("sven", f"case:{number}", "zh_Hans"), ("sven", f"case:{number}", "en")]
    page = client.get(f"/cases/{number}").get_data(as_text=True)
    assert page.count("Notice of the result printed") == 2


def prints(database: Database) -> list[tuple[str, str, str]]:
    with database.read() as session:
        wanted = select(AuditEntry).where(AuditEntry.action == "case.notice_printed").order_by(AuditEntry.seq)
        found = list(session.scalars(wanted))
    return [(e.actor, e.subject, "en" if '"en"' in e.detail else "zh_Hans") for e in found]


def test_an_open_case_has_no_notice(client_for: SignIn, database: Database, now: datetime) -> None:
    number = closed(database, now)
    client = client_for("sven")
    token = csrf_token(client, f"/cases/{number}/notice")
    with database.begin() as session:
        case = session.scalars(select(Case)).one()
        cases.reopen(session, case, actor="sven", reason="again", now=now)
    assert client.get(f"/cases/{number}/notice").status_code == 422
    answer = client.post(f"/cases/{number}/notice", data={"csrf_token": token})
    assert answer.status_code == 422
    assert "once the case is closed" in answer.get_data(as_text=True)
    assert f"/cases/{number}/notice" not in client.get(f"/cases/{number}").get_data(as_text=True)
    assert prints(database) == []
    with database.begin() as session:
        close(session, session.scalars(select(Case)).one(), now=now)
    assert "closing 2" in printed(client, number, language="en")


@ON_SQLITE
def test_only_who_may_read_the_case_gets_its_notice(
    client_for: SignIn, database: Database, now: datetime
) -> None:
    number = closed(database, now, department="西区供热站")
    assert client_for("olga").get(f"/cases/{number}/notice").status_code == 404
    for name in ("aldo", "lena", "anna"):
        assert client_for(name).get(f"/cases/{number}/notice").status_code == 403
    with database.read() as session:
        printed_by = select(func.count()).where(AuditEntry.action == "case.notice_printed")
        assert session.scalar(printed_by) == 0


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
@ON_SQLITE
def test_a_case_without_a_customer_is_printed_too(
    client_for: SignIn, database: Database, now: datetime, language: str
) -> None:
    with database.begin() as session:
        number = close(session, new_case(session, None, now=now), now=now).number
        closed_case(session, now=now)
    page = printed(client_for("sven"), number, language=language)
    assert number in page
