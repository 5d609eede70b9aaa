"""No card gives a small group away, neither alone nor together with the others: tried by subtracting."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.breakdown import HIDDEN
from analysis.why.pooling import grouped, pools

NAMES = ("district", "department", "mode")


def shown(sizes, found, names=NAMES):
    """Return what a reader sees of one period: dimension, group and answers."""
    tables = {place: [n] for place, n in sizes.items()}
    return [
        (name, group, counts[0])
        for name in found
        for group, counts in grouped(tables, names.index(name), found[name]).items()
    ]


def attack(sizes, found, min_cell=10, names=NAMES):
    """Find what somebody who knows which cells exist can work out, by solving the equations exactly.

    Every group of up to two cells, every value of a dimension and every difference of two shown groups
    with 1 to 9 answers is a target.
    """
    cells = [place for place, n in sizes.items() if n]
    rows = [
        [
            float((HIDDEN if cell[names.index(name)] in found[name] else cell[names.index(name)]) == group)
            for cell in cells
        ]
        for name, group, _ in shown(sizes, found, names)
    ]
    if not rows:
        return []
    known = np.array(rows)
    targets = {frozenset([place]) for place in cells} | {frozenset(two) for two in combinations(cells, 2)}
    for k, _name in enumerate(names):
        targets |= {frozenset(c for c in cells if c[k] == value) for value in {c[k] for c in cells}}
    out = []
    for target in targets:
        n = sum(sizes[place] for place in target)
        if not 0 < n < min_cell:
            continue
        wanted = np.array([float(cell in target) for cell in cells])
        solution = np.linalg.lstsq(known.T, wanted, rcond=None)[0]
        if np.abs(known.T @ solution - wanted).max() < 1e-6:
            out.append((sorted(target), n))
    return out


def test_a_station_that_is_the_whole_of_a_hidden_district_is_hidden_too():
    """West has 5 answers and hides behind North; North's only station would give both away."""
    sizes = {
        ("West", "West 1", "web"): 5, ("North", "North 1", "web"): 15, ("East", "East 1", "web"): 40,
        ("East", "East 2", "web"): 12,
    }  # fmt: skip
    found = pools(NAMES, [sizes])
    assert found["district"] == {"West", "North"}
    assert "North 1" in found["department"]
    assert attack(sizes, found) == []


def test_two_groups_that_differ_by_a_few_are_not_both_shown():
    """All of station A lies in the east; the three others of the east would be the difference."""
    sizes = {
        ("East", "A", "web"): 50, ("East", "B", "web"): 3, ("West", "B", "web"): 40, ("West", "C", "web"): 40,
    }  # fmt: skip
    found = pools(NAMES, [sizes])
    assert attack(sizes, found) == []
    assert "A" in found.get("department", {"A"}) or "East" in found.get("district", {"East"})


def test_nothing_is_hidden_where_all_groups_are_large():
    sizes = dict.fromkeys(product(("East", "West"), ("A", "B"), ("web", "phone")), 20)
    assert pools(NAMES, [sizes, sizes]) == {name: frozenset() for name in NAMES}


def test_a_value_that_is_small_in_one_period_is_hidden_in_both():
    before = {("East", "A", "web"): 40, ("West", "A", "web"): 40, ("North", "A", "web"): 40}
    after = before | {("North", "A", "web"): 4}
    found = pools(NAMES, [before, after])
    assert "North" in found["district"]
    assert len(found["district"]) == 2


def test_what_a_filter_leaves_out_of_a_group_counts():
    """Without the filter the west has 45 answers, with it 40: the five could be worked out."""
    inside = {("East", "A", "web"): 40, ("West", "A", "web"): 40, ("North", "A", "web"): 40}
    outside = {("East", "A", "phone"): 40, ("West", "A", "phone"): 5, ("North", "A", "phone"): 40}
    assert "West" in pools(NAMES, [inside], outside=[outside])["district"]


small = st.dictionaries(
    st.tuples(st.sampled_from("EWN"), st.sampled_from("ABCD"), st.sampled_from(("web", "phone"))),
    st.integers(1, 40),
    min_size=1,
    max_size=9,
)


@settings(max_examples=150)
@given(small)
def test_no_small_group_can_be_worked_out(sizes):
    assert attack(sizes, pools(NAMES, [sizes])) == []


@settings(max_examples=40)
@given(small, small)
def test_neither_of_two_periods_gives_the_other_away(before, after):
    found = pools(NAMES, [before, after])
    assert attack(before, found) == []
    assert attack(after, found) == []


@given(small)
def test_pooling_keeps_the_sum(sizes):
    for _name, group in ((name, shown(sizes, {name: pool})) for name, pool in pools(NAMES, [sizes]).items()):
        assert sum(n for *_, n in group) == sum(sizes.values())


@pytest.mark.parametrize("cells", [2000])
def test_it_is_quick_with_many_cells(cells):
    rng = np.random.default_rng(5)
    values = [rng.integers(0, k, cells) for k in (4, 10, 12, 8, 4, 5, 3)]
    sizes = {tuple(str(column[row]) for column in values): int(rng.integers(1, 60)) for row in range(cells)}
    found = pools(tuple("abcdefg"), [sizes, sizes])
    assert len(found) == 7
