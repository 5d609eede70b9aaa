"""The suggested severity: the first rule whose conditions all hold."""

import pytest

from followup.cases.models import SeverityRule
from followup.cases.severity import first_fit, found_word


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
