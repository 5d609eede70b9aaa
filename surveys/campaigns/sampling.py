"""Drawing a sample that can be drawn again: the order comes from a seed and from nothing else.

Each person's place is HMAC-SHA256(seed, uid of the contact). So the same list and the same seed give the
same sample on every machine and with every version of Python, and a longer list does not reshuffle the rest.
"""

import hmac
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from surveys.campaigns.policy import Terms


@dataclass(frozen=True, slots=True)
class Candidate:
    """One person who may be drawn."""

    contact_id: int
    uid: str
    dimensions: tuple[str, ...] = ()  # in the order of surveys.models.DIMENSIONS; empty: nothing is known
    group: str = ""  # the value of the dimension by which the sample is stratified
    shares: frozenset[bytes] = frozenset()  # household, numbers, address: who shares one is asked once


@dataclass(frozen=True, slots=True)
class Sample:
    """Who was drawn, in the order in which they are asked."""

    people: tuple[Candidate, ...]
    doubles: tuple[Candidate, ...]  # not asked, because somebody of the same household is
    population: int
    groups: Mapping[str, int]  # how many of each group were drawn


def place(seed: int, uid: str) -> bytes:
    """Return where a person stands in the order of a seed."""
    return hmac.digest(str(seed).encode(), uid.encode(), "sha256")


def draw(candidates: Iterable[Candidate], terms: Terms, seed: int) -> Sample:
    """Draw as the terms say: everybody, so many at random, or so many of each group."""
    ordered = sorted(candidates, key=lambda person: place(seed, person.uid))
    single, doubles = _one_per_household(ordered)
    if terms.sample == "all":
        people = single
    elif terms.sample == "simple":
        people, doubles = single[: terms.sample_size], []
    else:
        people, doubles = _stratified(single, terms), []
    groups = Counter(person.group for person in people)
    return Sample(tuple(people), tuple(doubles), len(ordered), dict(sorted(groups.items())))


def allocate(sizes: Mapping[str, int], n: int) -> dict[str, int]:
    """Share ``n`` among groups in proportion to their sizes, by largest remainder (Hamilton's method).

    Whole numbers only, so that no machine rounds differently. Equal remainders go to the larger group, then
    to the one whose name comes first.
    """
    total = sum(sizes.values())
    if n >= total:
        return dict(sizes)
    shares = {group: n * size // total for group, size in sizes.items()}
    by_remainder = sorted(sizes, key=lambda group: (-(n * sizes[group] % total), -sizes[group], group))
    for group in by_remainder[: n - sum(shares.values())]:
        shares[group] += 1
    return shares


def _stratified(ordered: Sequence[Candidate], terms: Terms) -> list[Candidate]:
    sizes = Counter(person.group for person in ordered)
    if terms.allocation == "equal":
        left = {group: min(terms.sample_size, size) for group, size in sizes.items()}
    else:
        left = allocate(sizes, terms.sample_size)
    people = []
    for person in ordered:
        if left[person.group]:
            left[person.group] -= 1
            people.append(person)
    return people


def _one_per_household(ordered: Iterable[Candidate]) -> tuple[list[Candidate], list[Candidate]]:
    """Keep the first of those who share a household, a number or an address."""
    taken: set[bytes] = set()
    single: list[Candidate] = []
    doubles: list[Candidate] = []
    for person in ordered:
        (doubles if person.shares & taken else single).append(person)
        taken |= person.shares
    return single, doubles
