"""What each group adds: reference figures, laws that hold for every table, and what the draws cover."""

import csv
import json

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from analysis.why.contributions import break_down, draw
from tests.analysis.answers import DATA

SCORES = (1.0, 2.0, 3.0, 4.0, 5.0)
counts = st.lists(st.integers(0, 40), min_size=5, max_size=5)
tables = st.dictionaries(st.sampled_from("abcd"), counts, min_size=2)


def taken(before, after):
    return break_down("district", before, after, scores=SCORES, first_top=3)


def by_service():
    """Count the Friends and Family Test of two quarters by service."""
    if not DATA.is_dir():
        pytest.skip("the real data are not beside this checkout (../shared/data)")
    gold = json.loads((DATA / "gold_nhs_fft.json").read_text())["kitagawa_by_service_2021Q4_2022Q2"]
    found = {"2021Q4": {}, "2022Q2": {}}
    with (DATA / "nhs_fft_scores.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["quarter"] in found and row["service"] in gold["strata"]:
                found[row["quarter"]].setdefault(row["service"], [0] * 5)[int(row["score"]) - 1] += 1
    return gold, found["2021Q4"], found["2022Q2"]


def test_the_friends_and_family_test_is_taken_apart_as_in_r():
    """+.1316 = within +.1284, mix +.0033; the 111 service rose, community and patient transport fell."""
    gold, before, after = by_service()
    found = taken(before, after)
    assert [found.mean.total, found.mean.within, found.mean.composition] == pytest.approx(
        [gold["total"], gold["within"], gold["mix"]], rel=1e-9
    )
    by_name = {part.name: part for part in found.mean.strata}
    for name, within, mix in zip(gold["strata"], gold["within_by"], gold["mix_by"], strict=True):
        assert by_name[name].within == pytest.approx(within, rel=1e-9)
        assert by_name[name].composition == pytest.approx(mix, rel=1e-9)
    assert set(found.mean.opposed) == {"Community health services", "PTS - Patient Transport"}


def test_the_draws_agree_with_drawing_the_answers_one_by_one():
    """Witness: the plain bootstrap of single answers, slow and obvious, gives the same ends."""
    before, after = (
        {"a": [2, 3, 5, 20, 30], "b": [10, 10, 10, 15, 5]},
        {"a": [1, 2, 4, 9, 24], "b": [22, 18, 15, 30, 15]},
    )
    drawn, _mean = draw(before, after, scores=SCORES, first_top=3)
    rng = np.random.default_rng(7)
    sides = [
        np.array(
            [
                (k, score >= 3)
                for k, name in enumerate("ab")
                for score, n in enumerate(side[name])
                for _ in range(n)
            ]
        )
        for side in (before, after)
    ]
    found = []
    for _ in range(3000):
        (w1, m1), (w2, m2) = (
            (
                np.array([(picked[:, 0] == k).mean() for k in range(2)]),
                np.array([picked[picked[:, 0] == k, 1].mean() for k in range(2)]),
            )
            for picked in (side[rng.integers(0, len(side), len(side))] for side in sides)
        )
        found.append((((w1 + w2) / 2 * (m2 - m1)).sum(), ((w2 - w1) * (m1 + m2) / 2).sum()))
    ends = np.quantile(np.array(found), (0.025, 0.975), axis=0)
    assert drawn.within == pytest.approx(ends[:, 0], abs=0.012)
    assert drawn.composition == pytest.approx(ends[:, 1], abs=0.012)


def test_the_same_counts_give_the_same_interval():
    before, after = (
        {"a": [2, 3, 5, 20, 30], "b": [9, 9, 9, 9, 9]},
        {"a": [5, 5, 5, 5, 5], "b": [1, 2, 3, 4, 5]},
    )
    assert draw(before, after, scores=SCORES, first_top=3) == draw(before, after, scores=SCORES, first_top=3)
    assert draw({"a": [0] * 5}, after, scores=SCORES, first_top=3) is None


def test_simpsons_paradox_is_flagged():
    """Both districts rise, the total falls."""
    found = taken(
        {"easy": [0, 0, 30, 30, 30], "hard": [20, 0, 0, 10, 0]},
        {"easy": [0, 0, 9, 14, 7], "hard": [50, 10, 0, 30, 3]},
    )
    assert found.top.total < 0 < found.top.within
    assert found.simpson
    assert {group.name for group in found.opposed} == {"easy", "hard"}


def test_one_group_is_nothing_to_take_apart():
    assert taken({"a": [1, 2, 3, 4, 5]}, {"a": [5, 4, 3, 2, 1]}) is None
    assert taken({"a": [1] * 5, "b": [1] * 5}, {"a": [0] * 5}) is None


@given(tables, tables)
def test_the_groups_add_up_to_the_total(before, after):
    found = taken(before, after)
    assume(found is not None)
    assert sum(group.within for group in found.groups) == pytest.approx(found.top.within, abs=1e-12)
    assert sum(group.composition for group in found.groups) == pytest.approx(found.top.composition, abs=1e-12)
    overall = [
        sum(sum(table[3:]) for table in side.values()) / sum(map(sum, side.values()))
        for side in (before, after)
    ]
    assert found.top.total == pytest.approx(overall[1] - overall[0], abs=1e-12)


@given(tables, tables)
def test_swapping_the_periods_turns_every_sign(before, after):
    found, turned = taken(before, after), taken(after, before)
    assume(found is not None)
    assert turned.top.within == pytest.approx(-found.top.within, abs=1e-12)
    assert turned.mean.composition == pytest.approx(-found.mean.composition, abs=1e-12)
    assert turned.moved == pytest.approx(found.moved)


@given(tables, tables)
def test_merging_groups_keeps_the_total(before, after):
    def merged(side):
        out = {}
        for name, table in side.items():
            key = "ab" if name in "ab" else name
            out[key] = [x + y for x, y in zip(out.get(key, [0] * 5), table, strict=True)]
        return out

    found, wider = taken(before, after), taken(merged(before), merged(after))
    assume(found is not None and wider is not None)
    assert wider.top.total == pytest.approx(found.top.total, abs=1e-12)
    assert 0 <= wider.moved <= found.moved + 1e-12


def test_a_group_above_the_average_that_shrinks_takes_away():
    """By hand: the easy half becomes a quarter, (1/4 - 1/2)(.9 - average of both periods)."""
    found = taken(
        {"easy": [0, 0, 10, 0, 90], "hard": [60, 0, 0, 0, 40]},
        {"easy": [0, 0, 5, 0, 45], "hard": [90, 0, 0, 0, 60]},
    )
    average = (0.65 + 0.525) / 2
    assert {group.name: group.composition for group in found.groups} == pytest.approx(
        {"easy": -0.25 * (0.9 - average), "hard": 0.25 * (0.4 - average)}
    )
