"""Which columns an export has: named after what they mean, the same in every version."""

from typing import Any

import pytest

from core.db import Database
from surveys import actions, queries
from surveys.comparability import merged
from surveys.definition import from_dict
from surveys.exports.columns import META, Layout, layout
from surveys.models import DIMENSIONS
from tests.surveys.history import item, options, tell, versions
from tests.surveys.links import NOW

once = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)  # nothing here is the database's


def shape(database: Database, *definitions: dict[str, Any]) -> Layout:
    for made in definitions:
        with database.begin() as session:
            actions.publish(session, from_dict(titled(made)), key="test", actor="t", now=NOW)
    with database.read() as session:
        return layout(queries.versions(session, "test"), with_words=True)


def titled(made: dict[str, Any]) -> dict[str, Any]:
    return {"title": {"en": "T", "zh_Hans": "题"}} | made


def names(database: Database, *definitions: dict[str, Any]) -> list[str]:
    return list(shape(database, *definitions).names[len(META) :])


def multiple(*codes: int, key: str = "ways", other: int = 0) -> dict[str, Any]:
    return item(key, kind="multiple", options=options(*((code, f"o{code}") for code in codes), other=other))


@once
def test_the_columns_over_all_versions_stand_in_the_latest_order(database: Database):
    tell(database)
    found = layout(versions(database), with_words=True)
    assert list(found.names[len(META) :]) == [
        "overall", "nps", "speed", "polite", "polite__v3", "feel", "feel__hcp5_1",
        "ways__1", "ways__2", "ways__3", "ways__4", "way", "way__other",
        "contact", "contact__1", "contact__2", "contact__3", "contact__5",
        "calm", "clear", "patient", "seen", "solved", "words__written", "words", "visits",
    ]  # fmt: skip


@once
def test_a_new_version_takes_no_name_away(database: Database):
    tell(database)
    every = versions(database)
    before: dict[str, tuple[str, str, str, int]] = {}
    for number in (1, 2, 3):
        found = layout(every[:number], with_words=True)
        meant = {c.name: (c.question.key, c.question.kind, c.part, c.code) for c in found.columns}
        assert before.items() <= meant.items()
        before = meant


@once
def test_without_words_no_column_for_words_is_there_and_the_names_are_the_same(database: Database):
    tell(database)
    every = versions(database)
    with_words, without = (layout(every, with_words=each) for each in (True, False))
    assert set(with_words.names) - set(without.names) == {"words", "way__other"}


@once
def test_two_scales_never_share_a_column_and_the_first_scale_again_goes_on_with_its_own(database: Database):
    steps = [{"items": [item("q", scale=scale)]} for scale in ("sat5", "hcp5", "sat7", "sat5")]
    found = shape(database, *steps)
    assert [c.name for c in found.columns] == ["q", "q__hcp5_1", "q__sat7_1"]
    assert [sorted(c.question.members) for c in found.columns] == [[1, 4], [2], [3]]
    for column in found.columns:
        assert {each.scale for each in column.question.members.values()} == {column.question.scale}


@once
def test_single_and_multiple_stand_beside_each_other_both_ways(database: Database):
    one = item("ways", kind="single", options=options((1, "a"), (2, "b"), other=2))
    assert names(database, {"items": [multiple(1, 2, other=2)]}, {"items": [one]}) == [
        "ways__1", "ways__2", "ways__other", "ways", "ways__single__other",
    ]  # fmt: skip


@once
def test_names_of_ours_and_of_statistics_programs_are_left_free(database: Database):
    made = {"items": [item("mode", scale="sat5"), item("by", kind="number"), item("day", kind="text")]}
    assert names(database, made) == ["mode__sat5_1", "by__number", "day__written", "day__text"]


@once
def test_an_item_named_like_a_column_of_another_gets_another_name(database: Database):
    found = names(database, {"items": [multiple(1, 2), item("ways__2", scale="sat5")]})
    assert found == ["ways__1", "ways__2", "ways__2__sat5_1"]
    assert len({name.casefold() for name in (*META, *found)}) == len(META) + len(found)


@once
def test_a_break_in_the_set_of_options_leaves_the_codes_where_they_are(database: Database):
    found = shape(database, {"items": [multiple(1, 2, 3)]}, {"items": [multiple(3, 1)]})
    assert [c.name for c in found.columns] == ["ways__3", "ways__1", "ways__2"]
    assert found.questions[0].decisions == {2: "break"}


def test_no_column_leads_to_a_person():
    assert set(META) == {
        "response_id", "questionnaire", "version", "mode", "language", "day", "submitted_at", "seconds",
        "revision", "handler", *DIMENSIONS,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("orders", "expected"),
    [
        ([], []),
        ([["a", "b"]], ["a", "b"]),
        ([["a", "c"], ["a", "b", "c"]], ["a", "b", "c"]),
        ([["c", "a"], ["x", "a", "b", "c"], ["y", "b"]], ["y", "x", "c", "a", "b"]),
    ],
)
def test_what_is_gone_stands_after_its_old_neighbour(orders: list[list[str]], expected: list[str]):
    assert merged(orders) == expected
