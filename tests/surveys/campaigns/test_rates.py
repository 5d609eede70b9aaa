"""Response rates against numbers that were not computed here, and which disposition who has."""

import pytest

from surveys.campaigns.rates import Standing, count, disposition, eligible_share, response_rates

TWELVE = {"I": 4, "P": 2, "R": 1, "NC": 1, "O": 1, "UH": 1, "UO": 1, "NE": 1}


def test_the_example_of_the_r_package_outcomerate() -> None:
    """Witness: README of ropensci/outcomerate, outcomerate(freq, e = eligibility_rate(freq))."""
    rates = response_rates(TWELVE)
    assert eligible_share(TWELVE) == pytest.approx(0.9)
    found = [rates.rr1, rates.rr2, rates.rr3, rates.rr4, rates.rr5, rates.rr6]
    assert [round(rate or 0, 3) for rate in found] == [0.364, 0.545, 0.370, 0.556, 0.444, 0.667]


def test_the_example_of_the_r_package_responserates() -> None:
    """Witness: README of leeper/responserates, rates(list(i = 100, nc = 20)): all six are 83.3 %."""
    rates = response_rates({"I": 100, "NC": 20})
    assert {round(100 * (r or 0), 1) for r in (rates.rr1, rates.rr2, rates.rr3, rates.rr5, rates.rr6)} == {
        83.3
    }


def test_counted_by_hand_with_a_given_e() -> None:
    counts = {"I": 300, "P": 20, "R": 60, "NC": 400, "O": 20, "UH": 150, "UO": 50}
    rates = response_rates(counts, e=0.5)
    assert rates.n == 1000
    assert (rates.rr1, rates.rr2) == (0.3, 0.32)
    assert (rates.rr3, rates.rr4) == (pytest.approx(1 / 3), pytest.approx(320 / 900))
    assert (rates.rr5, rates.rr6) == (0.375, 0.4)
    assert response_rates(counts, e=0).rr3 == rates.rr5
    assert response_rates(counts, e=1).rr3 == rates.rr1


def test_nothing_to_divide_by_is_no_rate() -> None:
    assert response_rates({}).rr1 is None
    only_unknown = response_rates({"UH": 5})
    assert (only_unknown.rr1, only_unknown.rr5) == (0.0, None)


@pytest.mark.parametrize(("counts", "e"), [({"I": -1}, None), ({"I": 1}, 1.1), ({"I": 1}, -0.1)])
def test_what_is_no_count_or_share_is_refused(counts: dict[str, int], e: float | None) -> None:
    with pytest.raises(ValueError, match="must"):
        response_rates(counts, e)


@pytest.mark.parametrize(
    ("person", "code"),
    [
        (Standing("answered", link="answered"), "I"),
        (Standing("sent", link="answered"), "I"),  # the tick has not settled it yet
        (Standing("stopped", "opted_out", "opted_out"), "R"),
        (Standing("skipped", "dnc"), "R"),
        (Standing("expired", "no_answer", "open", saved=True), "P"),
        (Standing("expired", "no_answer", "open", started=True), "R"),
        (Standing("expired", "no_answer", "open"), "NC"),
        (Standing("sent", "uncertain", "open"), "NC"),
        (Standing("failed", "undeliverable", "open"), "UO"),
        (Standing("skipped", "cap"), "UH"),
        (Standing("skipped", "no_contact"), "UH"),
        (Standing("skipped", "too_late", "withdrawn"), "UH"),
        (Standing("stopped", "ended"), "UH"),
        (Standing("planned"), "UH"),
        (Standing("expired", "withdrawn", "withdrawn"), "O"),
        (Standing("expired", "withdrawn", "revoked"), "NE"),
        (Standing("skipped", "household"), ""),
    ],
)
def test_the_disposition_of_each_state(person: Standing, code: str) -> None:
    assert disposition(person) == code


def test_who_stands_for_another_is_in_no_rate() -> None:
    counts = count({Standing("answered"): 7, Standing("skipped", "household"): 2, Standing("planned"): 1})
    assert counts == {"I": 7, "P": 0, "R": 0, "NC": 0, "O": 0, "UH": 1, "UO": 0, "NE": 0}
