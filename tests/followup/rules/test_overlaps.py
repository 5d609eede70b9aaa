"""Which rules can never win, because others take all their cases."""

from dataclasses import replace
from datetime import date

import pytest

from followup.rules.overlaps import covers, shadows
from followup.rules.policy import KINDS, Terms


@pytest.mark.parametrize(
    ("wider", "narrower", "is_covered"),
    [
        (Terms(), Terms(), True),
        (Terms(), Terms(kinds=("repair",)), True),
        (Terms(kinds=("repair",)), Terms(), False),
        (Terms(kinds=("repair", "complaint")), Terms(kinds=("repair",), districts=("东城",)), True),
        (Terms(districts=("东城",)), Terms(kinds=("repair",), districts=("东城", "西城")), False),
        (Terms(categories=("供暖",)), Terms(categories=("供暖/温度不达标", "供暖")), True),
        (Terms(categories=("供暖/温度不达标",)), Terms(categories=("供暖",)), False),
        (Terms(resolution="first"), Terms(), False),
        (Terms(), Terms(resolution="repeat"), True),
        (Terms(starts_on=date(2026, 11, 1)), Terms(), False),
        (Terms(starts_on=date(2026, 11, 1)), Terms(starts_on=date(2026, 12, 1)), True),
    ],
)
def test_wider_terms_take_every_case_of_narrower_ones(
    wider: Terms, narrower: Terms, is_covered: bool
) -> None:
    assert covers(wider, narrower) is is_covered


def test_several_rules_together_can_leave_nothing() -> None:
    each = [(n, Terms(kinds=(kind,))) for n, kind in enumerate(KINDS, start=1)]
    assert shadows(each, Terms(categories=("供暖",))) == [1, 2, 3, 4, 5]
    assert shadows(each[1:], Terms(categories=("供暖",))) == []
    both = [(1, Terms(resolution="first")), (2, Terms(resolution="repeat"))]
    assert shadows(both, Terms(kinds=("praise",))) == [1, 2]
    assert shadows([(1, replace(Terms(), districts=("东城",)))], Terms()) == []
