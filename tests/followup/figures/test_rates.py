"""The formulas against the published ones, written out independently, and against SciPy."""

import statistics
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from followup.figures.comparing import Change, change
from followup.figures.definitions import Unit
from followup.figures.rates import (
    EMPTY,
    RATES,
    Dispositions,
    hidden,
    median,
    outcome_rate,
    ratio,
    share,
    wilson,
)

COUNT = st.integers(0, 5000)


def published(counts: tuple[int, ...], e: float) -> dict[str, float | None]:
    """The formulas as AAPOR prints them; None where the denominator is empty."""
    i, p, r, nc, o, uh, uo = counts

    def over(top: float, bottom: float) -> float | None:
        return top / bottom if bottom else None

    return {
        "rr1": over(i, (i + p) + (r + nc + o) + (uh + uo)),
        "rr2": over(i + p, (i + p) + (r + nc + o) + (uh + uo)),
        "rr3": over(i, (i + p) + (r + nc + o) + e * (uh + uo)),
        "rr4": over(i + p, (i + p) + (r + nc + o) + e * (uh + uo)),
        "rr5": over(i, (i + p) + (r + nc + o)),
        "rr6": over(i + p, (i + p) + (r + nc + o)),
        "coop1": over(i, (i + p) + r + o),
        "coop2": over(i + p, (i + p) + r + o),
        "coop3": over(i, (i + p) + r),
        "coop4": over(i + p, (i + p) + r),
        "con1": over((i + p) + r + o, (i + p) + r + o + nc + uh + uo),
        "ref1": over(r, (i + p) + (r + nc + o) + uh + uo),
    }


@given(st.tuples(*[COUNT] * 7), st.floats(0, 1))
def test_each_rate_is_the_published_one(counts: tuple[int, ...], e: float) -> None:
    expected = published(counts, e)
    assert set(expected) == set(RATES)
    for name, value in expected.items():
        found = outcome_rate(name, Dispositions(*counts), e)
        assert found.value == (None if value is None else pytest.approx(value, rel=1e-12)), name
        assert found.reason == (EMPTY if value is None else "")


@given(st.tuples(*[COUNT] * 7))
def test_without_unknown_eligibility_e_changes_nothing(counts: tuple[int, ...]) -> None:
    given_ = Dispositions(*counts[:5])
    for one, other in (("rr1", "rr5"), ("rr2", "rr6"), ("rr3", "rr5"), ("rr4", "rr6")):
        assert outcome_rate(one, given_, 0.3) == outcome_rate(other, given_)
    whole = Dispositions(*counts)
    assert outcome_rate("rr3", whole, 0.0) == outcome_rate("rr5", whole)
    assert outcome_rate("rr3", whole, 1.0) == outcome_rate("rr1", whole)


@pytest.mark.parametrize("name", RATES)
def test_nothing_is_no_rate_and_not_zero(name: str) -> None:
    found = outcome_rate(name, Dispositions())
    assert (found.value, found.n, found.low, found.reason) == (None, 0, None, EMPTY)


def test_the_refusals_of_a_survey_counted_by_hand() -> None:
    """60 complete, 4 partial, 16 refused, 15 never reached, 5 other."""
    ended = Dispositions(60, 4, 16, 15, 5)
    assert outcome_rate("rr1", ended).value == 0.60
    assert outcome_rate("rr2", ended).value == 0.64
    assert outcome_rate("coop1", ended).value == pytest.approx(60 / 85)
    assert outcome_rate("coop3", ended).value == 0.75
    assert outcome_rate("con1", ended).value == 0.85
    assert outcome_rate("ref1", ended).value == 0.16


@pytest.mark.parametrize("e", [-0.1, 1.01])
def test_e_is_a_share(e: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        outcome_rate("rr3", Dispositions(1), e)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_is_that_of_scipy(drawn: tuple[int, int]) -> None:
    x, n = drawn
    expected = binomtest(x, n).proportion_ci(0.95, method="wilson")
    assert wilson(x, n) == pytest.approx((expected.low, expected.high), abs=1e-12)
    found = share(x, n)
    assert found.low is not None
    assert found.high is not None
    assert found.value is not None
    assert 0 <= found.low <= found.value <= found.high <= 1


@given(st.lists(st.integers(0, 4000), min_size=2, max_size=60))
def test_the_quartiles_are_those_of_the_single_values(seconds: list[int]) -> None:
    found = median(Counter(seconds))
    expected = statistics.quantiles(seconds, n=4, method="inclusive")
    assert (found.low, found.value, found.high) == pytest.approx(tuple(expected))
    assert found.n == len(seconds)


def test_no_call_has_no_median() -> None:
    assert (median({}).value, median({}).reason) == (None, EMPTY)
    assert median({42: 1}).value == 42


def test_the_interval_of_a_difference_is_newcombes() -> None:
    """Newcombe 1998, table II (a), method 10: 56 of 70 against 48 of 80."""
    found = change(share(56, 70), share(48, 80), Unit.SHARE)
    assert found == Change(
        pytest.approx(0.2), pytest.approx(0.0524, abs=5e-5), pytest.approx(0.3339, abs=5e-5)
    )
    assert change(ratio(3, 2), ratio(1, 2), Unit.RATIO) == Change(1.0)
    assert change(share(1, 2), hidden(), Unit.SHARE) is None
