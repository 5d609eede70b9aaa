"""What a filter leaves out must not be worked out by subtracting."""

import pytest

from analysis.complements import gives_away

X = frozenset({"x"})


@pytest.mark.parametrize(
    ("sizes", "hidden"),
    [
        ({"x": 60}, False),  # nobody is left out
        ({"x": 60, "y": 9}, True),  # everyone minus x would show nine people
        ({"x": 60, "y": 10}, False),
        ({"x": 60, "y": 35, "z": 5}, False),  # y, the smaller one, covers z
        ({"x": 35, "y": 60, "z": 5}, True),  # x covers z
        ({"x": 60, "y": 4, "z": 3}, True),  # both together are seven
        ({"x": 60, "y": 6, "z": 7}, False),  # thirteen, of whom nobody can be told apart
        ({"y": 5}, False),  # nothing inside: nothing to subtract
    ],
)
def test_one_filter(sizes, hidden):
    assert gives_away([((name,), n) for name, n in sizes.items()], [X]) == hidden


def test_two_filters_are_also_looked_at_together():
    """Within each filter nobody is left out, outside both there are three people."""
    sizes = [(("x", "e"), 50), (("y", "w"), 3)]
    assert gives_away(sizes, [X, frozenset({"e"})])
    assert not gives_away([(("x", "e"), 50), (("y", "w"), 30)], [X, frozenset({"e"})])


def test_several_values_of_a_filter_are_one_part():
    sizes = [(("a",), 20), (("b",), 20), (("c",), 4)]
    assert gives_away(sizes, [frozenset({"a", "b"})])
    assert not gives_away([*sizes, (("d",), 9)], [frozenset({"a", "b"})])
