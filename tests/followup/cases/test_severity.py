"""The suggested severity: the first rule whose conditions all hold."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from core.db import Database
from followup.cases import severity_rules
from followup.cases.models import SeverityRule
from followup.cases.severity import first_fit, found_word, suggested
from tests.conftest import NOW
from tests.people import csrf_token

SignIn = Callable[[str], FlaskClient]


def rule(severity: str, *, kind: str = "", category: str = "", words: tuple[str, ...] = ()) -> SeverityRule:
    return SeverityRule(severity=severity, kind=kind, category=category, words=list(words))


RULES = [
    rule("urgent", words=("漏气", "爆管", "gas leak")),
    rule("serious", kind="repair", category="供暖", words=("老人", "婴儿")),
    rule("minor", kind="praise"),
]


@pytest.mark.parametrize(
    ("kind", "category", "words", "severity", "word"),
    [
        ("inquiry", "", "厨房好像漏气了", "urgent", "漏气"),
        ("repair", "供暖/温度不达标", "家里有老人，爆管了", "urgent", "爆管"),
        ("repair", "供暖/温度不达标", "家里有老人", "serious", "老人"),
        ("repair", "供暖", "有婴儿", "serious", "婴儿"),
        ("repair", "供暖服务", "有婴儿", None, None),
        ("complaint", "供暖", "有婴儿", None, None),
        ("praise", "", "师傅很好", "minor", ""),
        ("repair", "供暖", "", None, None),
        ("repair", "", "A Gas Leak in the kitchen", "urgent", "gas leak"),
    ],
)
def test_the_first_rule_whose_conditions_all_hold_wins(
    kind: str, category: str, words: str, severity: str | None, word: str | None
) -> None:
    found = first_fit(RULES, kind=kind, category=category, words=words)
    assert (found.severity if found else None, found.word if found else None) == (severity, word)


def test_a_latin_word_is_found_where_a_word_begins() -> None:
    assert found_word(["gas"], "Vegas") is None
    assert found_word(["gas"], "闻到gas味") == "gas"
    assert found_word(["gas"], "GASES") == "gas"
    assert found_word(["a.b"], "a+b") is None
    assert found_word([], "anything") == ""


@pytest.mark.parametrize(
    ("kind", "category", "words", "severity"),
    [
        ("repair", "供暖/停暖", "停暖两天，家里有老人和婴儿", "urgent"),
        ("repair", "供暖/停暖", "停暖了", "serious"),
        ("inquiry", "", "厨房有煤气味", "urgent"),
        ("complaint", "供水/漏水与爆管", "路口爆管", "urgent"),
        ("repair", "供暖/温度不达标", "客厅15度，老人怕冷", "serious"),
        ("praise", "服务/服务态度", "师傅对老人很好", "minor"),
        ("inquiry", "供暖/缴费与计量", "热费怎么算", None),
    ],
)
def test_the_usual_rules(database: Database, kind: str, category: str, words: str, severity: str) -> None:
    with database.begin() as session:
        assert severity_rules.seed_severity_rules(session) > 5
        assert severity_rules.seed_severity_rules(session) == 0
        found = suggested(session, kind=kind, category=category, words=words)
        assert (found.severity if found else None) == severity


def test_the_page_of_rules(client_for: SignIn, database: Database) -> None:
    client = client_for("sven")
    assert "There is no rule yet" in client.get("/admin/severity").get_data(as_text=True)

    def press(path: str, **data: str) -> str:
        token = csrf_token(client, "/admin/severity/new")
        answer = client.post(path, data={"csrf_token": token, **data}, follow_redirects=True)
        return str(answer.get_data(as_text=True))

    any_case = {"kind": "", "category": "", "severity": "urgent"}
    assert "The rule was saved" in press("/admin/severity/new", **any_case, words="漏气、爆管，漏气\n gas")
    assert "too long" in press("/admin/severity/new", **any_case, words="长" * 31)
    assert "Not a valid choice" in press("/admin/severity/new", **(any_case | {"category": "没有"}), words="")
    with database.read() as session:
        rule = session.scalars(select(SeverityRule)).one()
        assert (rule.words, rule.severity) == (["漏气", "爆管", "gas"], "urgent")
    page = press("/admin/severity", words="厨房漏气")
    assert "Suggested:" in page
    assert "“漏气”" in page
    press(f"/admin/severity/{rule.id}/switch", active="no")
    assert "No rule fits" in press("/admin/severity", words="厨房漏气")
    assert "taken out" in press(f"/admin/severity/{rule.id}/remove")
    assert client_for("olga").get("/admin/severity").status_code == 403


def test_rules_change_places(database: Database) -> None:
    with database.begin() as session:
        said = {"kind": "", "category": "", "actor": "test", "now": NOW}
        first = severity_rules.save(session, None, words=["水"], severity="minor", **said)  # type: ignore[arg-type]
        severity_rules.save(session, None, words=["水"], severity="urgent", **said)  # type: ignore[arg-type]
        assert getattr(suggested(session, words="停水"), "severity", "") == "minor"
        severity_rules.move(session, first, up=False, actor="test", now=NOW)
        assert getattr(suggested(session, words="停水"), "severity", "") == "urgent"
