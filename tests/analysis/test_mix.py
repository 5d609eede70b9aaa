"""A change of means is taken apart exactly, and small parts of a breakdown stay hidden."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.mix import Stratum, kitagawa, stratum
from analysis.suppression import hidden_parts

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"

# MASS::housing (Madsen 1976) by dwelling type, low against high contact; figures from R base arithmetic.
HOUSING_BEFORE = {
    "Apartment": Stratum(317, 1.94006309148265),
    "Atrium": Stratum(82, 2.04878048780488),
    "Terrace": Stratum(95, 1.90526315789474),
    "Tower": Stratum(219, 2.15981735159817),
}
HOUSING_AFTER = {
    "Apartment": Stratum(448, 2.11160714285714),
    "Atrium": Stratum(157, 2.17834394904459),
    "Terrace": Stratum(182, 1.7032967032967),
    "Tower": Stratum(181, 2.3646408839779),
}

tables = st.dictionaries(
    st.sampled_from("abcde"), st.lists(st.integers(0, 50), min_size=5, max_size=5), min_size=1
)


def test_housing_is_taken_apart_as_in_r():
    mix = kitagawa(HOUSING_BEFORE, HOUSING_AFTER)
    assert mix.total == pytest.approx(0.0775474366255953, rel=1e-9)
    assert mix.within == pytest.approx(0.11395159022598, rel=1e-9)
    assert mix.composition == pytest.approx(-0.0364041536003843, rel=1e-9)
    assert mix.opposed == ("Terrace",)
    assert not mix.reversed


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data with the reference figures is not here")
@pytest.mark.parametrize(
    ("name", "key"),
    [("gold_nhs_fft.json", "kitagawa_by_service_2021Q4_2022Q2"), ("gold_housing.json", "kitagawa_by_type")],
)
def test_all_reference_figures(name, key):
    gold = json.loads((DATA / name).read_text())[key]
    before, after = (
        {
            part: Stratum(n, m)
            for part, n, m in zip(gold["strata"], gold["n" + p], gold["mean" + p], strict=True)
        }
        for p in "12"
    )
    mix = kitagawa(before, after)
    assert [mix.total, mix.within, mix.composition] == pytest.approx(
        [gold["total"], gold["within"], gold["mix"]], rel=1e-9
    )
    assert [part.within for part in mix.strata] == pytest.approx(gold["within_by"], rel=1e-9)
    assert [part.composition for part in mix.strata] == pytest.approx(gold["mix_by"], rel=1e-9)


def test_a_part_that_is_new_counts_as_composition_only():
    mix = kitagawa({"old": Stratum(50, 4.0)}, {"old": Stratum(50, 4.0), "new": Stratum(50, 2.0)})
    assert (mix.total, mix.within, mix.composition) == (-1.0, 0.0, -1.0)
    assert mix.one_sided == ("new",)


def test_every_part_may_rise_while_the_total_falls():
    mix = kitagawa(
        {"easy": Stratum(90, 4.5), "hard": Stratum(40, 3.0)},
        {"easy": Stratum(40, 4.6), "hard": Stratum(90, 3.1)},
    )
    assert mix.total < 0 < mix.within
    assert mix.reversed
    assert mix.opposed == ("easy", "hard")


def test_a_period_without_answers_has_no_mix():
    assert kitagawa({}, {"a": Stratum(3, 2.0)}) is None


@given(tables, tables)
def test_the_two_parts_add_up_to_the_change_of_the_overall_mean(before, after):
    mix = kitagawa({k: stratum(t) for k, t in before.items()}, {k: stratum(t) for k, t in after.items()})
    overall = [
        stratum([sum(column) for column in zip(*side.values(), strict=True)]).mean for side in (before, after)
    ]
    if mix is None:
        assert None in overall
    else:
        assert mix.total == mix.within + mix.composition
        assert mix.total == pytest.approx(overall[1] - overall[0], abs=1e-12)


@pytest.mark.parametrize(
    ("sizes", "hidden"),
    [
        ([40, 50, 60], [False, False, False]),
        ([40, 5, 60], [True, True, False]),  # one alone could be worked out from the total
        ([4, 5, 60, 30], [True, True, False, True]),  # two together still say what nine people answered
        ([8, 7, 60], [True, True, False]),
        ([0, 50, 60], [False, False, False]),  # nobody is no person to protect
        ([5], [True]),
    ],
)
def test_hidden_parts_cannot_be_worked_out_from_the_total(sizes, hidden):
    assert hidden_parts(sizes) == hidden
