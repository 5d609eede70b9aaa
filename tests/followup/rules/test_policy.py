"""Which cases a rule asks about, and which of them are in the sample."""

from dataclasses import replace
from datetime import date

import pytest

from core.errors import InputError
from followup.rules.policy import Snapshot, Terms, checked, first_fitting, matches, sampled

REPAIR = Snapshot(
    kind="repair", severity="serious", category="暖气不热", department="东城所", service_type="供热",
    district="东城", close_reason="solved", closed_on=date(2026, 11, 18),
)  # fmt: skip


@pytest.mark.parametrize(
    ("terms", "fits"),
    [
        (Terms(), True),
        (Terms(kinds=("complaint", "repair")), True),
        (Terms(kinds=("complaint",)), False),
        (Terms(severities=("serious",)), True),
        (Terms(severities=("urgent",)), False),
        (Terms(categories=("漏水",)), False),
        (Terms(categories=("暖气不热",)), True),
        (Terms(resolution="first"), True),
        (Terms(resolution="repeat"), False),
        (Terms(departments=("东城所",), districts=("东城",)), True),
        (Terms(departments=("东城所",), districts=("西城",)), False),
        (Terms(service_types=("供水",)), False),
        (Terms(close_reasons=("solved", "explained")), True),
        (Terms(close_reasons=("withdrawn",)), False),
        (Terms(starts_on=date(2026, 11, 18)), True),
        (Terms(starts_on=date(2026, 11, 19)), False),
    ],
)
def test_an_empty_condition_fits_everything(terms: Terms, fits: bool) -> None:
    assert matches(terms, REPAIR) is fits


def test_a_category_stands_for_everything_below_it() -> None:
    below = replace(REPAIR, category="供暖/温度不达标")
    assert matches(Terms(categories=("供暖",)), below)
    assert matches(Terms(categories=("供暖/温度不达标",)), below)
    assert not matches(Terms(categories=("供",)), below)
    assert not matches(Terms(categories=("供暖/温度不达标",)), replace(REPAIR, category="供暖"))


def test_a_later_closing_is_a_repeat() -> None:
    again = replace(REPAIR, resolution_no=2)
    assert not matches(Terms(resolution="first"), again)
    assert matches(Terms(resolution="repeat"), again)
    assert matches(Terms(), again)


def test_how_a_case_reached_us_counts() -> None:
    by_hotline = replace(REPAIR, channel="hotline")
    assert matches(Terms(came_by=("hotline",)), by_hotline)
    assert not matches(Terms(came_by=("hotline",)), replace(REPAIR, channel="web"))


def test_a_kind_may_have_a_rate_of_its_own() -> None:
    terms = Terms(sampling_rate=0, kind_rates=(("complaint", 100.0),))
    facts = {"case_number": "20261118-0001", "resolution_no": 1, "rule_id": 7}
    assert sampled(terms, **facts, kind="complaint")  # type: ignore[arg-type]
    assert not sampled(terms, **facts, kind="repair")  # type: ignore[arg-type]


def test_the_draw_of_stored_rules_never_changes() -> None:
    assert draw(10, 60) == [0, 4, 6, 13, 34, 37, 42]  # as drawn by the first release


def test_the_first_fitting_rule_wins() -> None:
    ordered = [("c", Terms(kinds=("complaint",))), ("r", Terms(kinds=("repair",))), ("all", Terms())]
    assert first_fitting(ordered, REPAIR) == "r"
    assert first_fitting(ordered, replace(REPAIR, kind="praise")) == "all"
    assert first_fitting(ordered[:2], replace(REPAIR, kind="praise")) is None


def draw(rate: float, n: int = 2000) -> list[int]:
    terms = Terms(sampling_rate=rate)
    return [
        i for i in range(n) if sampled(terms, case_number=f"20261118-{i:04d}", resolution_no=1, rule_id=7)
    ]


def test_sampling_is_the_same_when_asked_again() -> None:
    assert draw(30) == draw(30)


def test_sampling_meets_its_rate() -> None:
    assert draw(0) == []
    assert len(draw(100)) == 2000
    assert 520 <= len(draw(30)) <= 680  # 600, give or take four standard deviations


def test_a_higher_rate_only_adds_cases() -> None:
    assert set(draw(10)) <= set(draw(30))


def test_another_closing_is_another_draw() -> None:
    terms = Terms(sampling_rate=50)
    draws = [sampled(terms, case_number="20261118-0001", resolution_no=k, rule_id=7) for k in range(1, 40)]
    assert len(set(draws)) == 2


def test_terms_survive_the_database() -> None:
    terms = Terms(
        kinds=("repair",), starts_on=date(2026, 11, 1), reminder_after_workdays=None, sampling_rate=30,
        resolution="first", written=("email", "sms"), agents="热线组", uncapped=("urgent",),
        kind_rates=(("complaint", 100.0), ("repair", 30.0)), basis="办结后两个工作日内回访",
    )  # fmt: skip
    assert Terms.from_json(terms.to_json()) == terms


def test_a_younger_field_has_its_default_in_older_versions() -> None:
    assert Terms.from_json({"channel": "phone", "gone": 1}) == Terms(channel="phone")


@pytest.mark.parametrize(
    ("terms", "named"),
    [
        (Terms(channel="fax"), "channel"),
        (Terms(kinds=("rant",)), "kinds"),
        (Terms(sampling_rate=101), "sampling_rate"),
        (Terms(phone_after_workdays=0), "phone_after_workdays"),
        (Terms(delay_hours=-1), "delay_hours"),
        (Terms(max_attempts=0), "max_attempts"),
        (Terms(resolution="second"), "resolution"),
        (Terms(written=()), "written"),
        (Terms(written=("sms", "sms")), "written"),
        (Terms(written=("pigeon",)), "written"),
        (Terms(uncapped=("all",)), "uncapped"),
        (Terms(kind_rates=(("repair", 120.0),)), "repair"),
    ],
)
def test_impossible_terms_are_refused_by_name(terms: Terms, named: str) -> None:
    with pytest.raises(InputError, match=named):
        checked(terms)
