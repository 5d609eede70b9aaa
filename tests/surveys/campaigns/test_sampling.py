"""Samples: the same list and seed give the same people everywhere, and groups get their shares."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as some

from surveys.campaigns.policy import Terms
from surveys.campaigns.sampling import Candidate, allocate, draw, place


def people(n: int, group: str = "", start: int = 0) -> list[Candidate]:
    return [Candidate(i, f"uid{i:05d}", (), group) for i in range(start, start + n)]


def test_the_order_is_the_one_anybody_can_compute() -> None:
    """Witness: for i in 0 … 9: printf uid0000$i | openssl dgst -sha256 -hmac 42, sorted."""
    first = "17c9f9d5abc69ae9a00f8a3a5b5f7fc36fb6e168fe8bdb10a6811b7a72cbdc51"
    assert place(42, "uid00003").hex() == first
    drawn = draw(people(10), Terms(sample="simple", sample_size=3), 42)
    assert [p.uid for p in drawn.people] == ["uid00003", "uid00005", "uid00001"]


def test_the_order_of_the_list_does_not_matter_and_another_seed_draws_others() -> None:
    terms = Terms(sample="simple", sample_size=50)
    first = draw(people(1000), terms, 7).people
    assert draw(reversed(people(1000)), terms, 7).people == first
    other = draw(people(1000), terms, 8).people
    assert 0 <= len(set(first) & set(other)) < 15  # 2.5 expected


def test_a_longer_list_keeps_who_was_drawn_before_unless_a_newcomer_comes_first() -> None:
    terms = Terms(sample="simple", sample_size=50)
    before, after = draw(people(1000), terms, 7).people, draw(people(1010), terms, 7).people
    newcomers = {p.contact_id for p in after if p.contact_id >= 1000}
    assert len(set(before) & set(after)) == 50 - len(newcomers)


def test_one_of_a_household_is_asked() -> None:
    flat, number = b"household", b"number"
    family = [
        Candidate(1, "a", (), "", frozenset({flat})),
        Candidate(2, "b", (), "", frozenset({flat, number})),
        Candidate(3, "c", (), "", frozenset({number})),
        Candidate(4, "d"),
    ]
    for seed in range(20):
        drawn = draw(family, Terms(), seed)
        assert drawn.population == 4
        assert 4 in {p.contact_id for p in drawn.people}
        taken = [share for p in drawn.people for share in p.shares]
        assert len(taken) == len(set(taken))
        assert {p.contact_id for p in (*drawn.people, *drawn.doubles)} == {1, 2, 3, 4}


def test_shares_by_largest_remainder() -> None:
    """Witness: the usual example of Hamilton's method, 100 000 votes for ten seats."""
    votes = {"yellow": 47_000, "white": 16_000, "red": 15_900, "green": 12_000, "blue": 6_000, "pink": 3_100}
    assert allocate(votes, 10) == {"yellow": 5, "white": 2, "red": 1, "green": 1, "blue": 1, "pink": 0}
    assert allocate({"a": 1, "b": 1, "c": 1}, 2) == {"a": 1, "b": 1, "c": 0}


@given(some.dictionaries(some.text(max_size=3), some.integers(0, 500), max_size=8), some.integers(0, 3000))
def test_shares_add_up_and_never_exceed_a_group(sizes: dict[str, int], n: int) -> None:
    shares = allocate(sizes, n)
    total = sum(sizes.values())
    assert sum(shares.values()) == min(n, total)
    for group, size in sizes.items():
        assert 0 <= shares[group] <= size
        if n <= total and total:
            assert abs(shares[group] - n * size / total) < 1


def test_groups_in_proportion_and_in_equal_numbers() -> None:
    listed = people(600, "east") + people(300, "west", 600) + people(20, "north", 900)
    by_share = draw(listed, Terms(sample="stratified", sample_size=92), 1)
    assert by_share.groups == {"east": 60, "north": 2, "west": 30}
    equal = draw(listed, Terms(sample="stratified", sample_size=50, allocation="equal"), 1)
    assert equal.groups == {"east": 50, "north": 20, "west": 50}
    assert Counter(p.group for p in equal.people[:60])["west"] > 5  # asked mixed, not one group after another
