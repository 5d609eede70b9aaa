"""More than eight edits over three versions: every count stays, nothing changes its meaning or its place."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

import pytest

from analysis.compare import Comparison, ItemComparison
from analysis.periods import parse_period
from analysis.queries import comparison
from core.db import Database
from surveys import actions, answering, queries, tallies
from surveys.comparability import changes
from surveys.definition import from_dict
from surveys.models import Missing
from surveys.parsing import Given
from tests.surveys.exports import files
from tests.surveys.history import (
    EACH,
    KEY,
    QUARTERS,
    Told,
    item,
    options,
    tell,
    version_one,
    version_three,
    version_two,
    versions,
)
from tests.surveys.links import NOW

YEAR = (date(2026, 1, 1), date(2027, 1, 1))
WRITTEN = {"visits", "seen", "words"}


def counted(told: Iterable[Told]) -> Counter[tuple[int, str, int]]:
    """Count by hand what the tally should hold: (version, item, value)."""
    counts: Counter[tuple[int, str, int]] = Counter()
    for one in told:
        for key, given in one.answers.items():
            counts.update((one.version, key, value) for value in _values(key, given))
    return counts


def _values(key: str, given: Given) -> list[int]:
    if given.missing is not None:
        return [int(given.missing)]
    if given.codes:
        return [tallies.PEOPLE, *given.codes]
    return [tallies.ANSWERED if key in WRITTEN else int(given.value or 0)]


def test_the_edits_are_what_they_are_meant_to_be():
    one, two, three = (from_dict(made()) for made in (version_one, version_two, version_three))
    first = {change.item_key: (set(change.what), change.decision) for change in changes(one, two)}
    then = {change.item_key: (set(change.what), change.decision) for change in changes(two, three)}
    assert first["ways"] == ({"options"}, "same")
    assert first["way"] == ({"order"}, "same")
    assert first["contact"] == ({"kind"}, "break")
    assert first["feel"] == ({"scale"}, "break")
    assert first["speed"] == ({"texts"}, "reworded")
    assert first["polite"] == ({"texts"}, "same")
    assert first["nps"] == first["patient"] == ({"new"}, "break")
    assert first["visits"] == ({"gone"}, "break")
    assert then["way"] == ({"option_texts"}, "same")
    assert then["polite"] == ({"texts"}, "break")
    assert then["contact"] == ({"options"}, "same")
    assert then["visits"] == ({"new"}, "break")


def test_every_answer_stays_in_the_tally_of_its_version(database: Database):
    told = tell(database)
    with database.read() as session:
        rows = tallies.counts(session, KEY, *YEAR)
        assert tallies.recount(session) == {}
        assert tallies.responses(session, KEY, *YEAR, by="district") == {"区0": 90, "区1": 90}
    assert {(row.version, row.item_key, row.value): row.n for row in rows} == counted(told)


def test_stored_answers_read_as_they_were_given(database: Database):
    told = tell(database)
    by_number = {version.number: version for version in versions(database)}
    with database.read() as session:
        for one in told:
            assert answering.stored_answers(session, by_number[one.version], one.number) == one.answers


def compared(database: Database, before: int, after: int, *, labels: str = "en") -> Comparison:
    with database.read() as session:
        return comparison(
            session, questionnaire=KEY, before=parse_period(QUARTERS[before]),
            after=parse_period(QUARTERS[after]), today=date(2026, 11, 18), language=labels,
        )  # fmt: skip


def by_key(found: Comparison) -> dict[str, ItemComparison]:
    return {one.item.item_key: one for one in found.items}


def wanted(told: list[Told], number: int, key: str) -> tuple[dict[object, int], dict[str, int]]:
    """Count one item of one version by hand: values, and kinds of missing."""
    given = [one.answers[key] for one in told if one.version == number and key in one.answers]
    missing = Counter(each.missing.key for each in given if each.missing is not None)
    answered = [each for each in given if each.missing is None]
    if key == "words":
        return {}, dict(missing)
    values = [each.codes or (each.number if each.number is not None else each.value,) for each in answered]
    return dict(Counter(value for several in values for value in several)), dict(missing)


def assert_side(one: ItemComparison, which: str, expected: tuple[dict[object, int], dict[str, int]]) -> None:
    side = getattr(one, which)
    assert {k: n for k, n in (side.counts or {}).items() if n} == expected[0], one.item.item_key
    assert {k: n for k, n in (side.missing or {}).items() if n} == expected[1], one.item.item_key


SAME = ("overall", "speed", "polite", "ways", "way", "calm", "clear", "solved")
NOTHING: tuple[dict[object, int], dict[str, int]] = ({}, {})


def test_a_comparison_of_the_first_two_versions_counts_what_may_be_compared(database: Database):
    told = tell(database)
    found = compared(database, 1, 2)
    items = by_key(found)
    assert (found.before.responses, found.after.responses) == (EACH, EACH)
    for key in SAME:
        assert_side(items[key], "before", wanted(told, 1, key))
        assert_side(items[key], "after", wanted(told, 2, key))
    for key in ("feel", "contact", "nps", "patient"):  # another scale, another kind, new
        assert_side(items[key], "before", NOTHING)
        assert_side(items[key], "after", wanted(told, 2, key))
    assert_side(items["visits"], "before", wanted(told, 1, "visits"))
    assert_side(items["visits"], "after", NOTHING)


def test_a_comparison_says_why_it_leaves_answers_out(database: Database):
    tell(database)
    items = by_key(compared(database, 1, 2))
    notes = {key: " ".join(note.say() for note in items[key].notes) for key in items}
    assert "another scale (hcp5.1 instead of sat5.1)" in notes["feel"]
    assert "Version 2 asks something else" in notes["contact"]
    assert "wording changed with version 2" in notes["speed"]
    assert {notes[key] for key in ("overall", "way", "ways", "calm", "polite")} == {""}


def test_a_break_is_never_crossed_and_what_was_the_same_is(database: Database):
    told = tell(database)
    items = by_key(compared(database, 1, 3))
    for key in ("overall", "speed", "ways", "way", "calm", "clear", "solved"):
        assert_side(items[key], "before", wanted(told, 1, key))
        assert_side(items[key], "after", wanted(told, 3, key))
    for key in ("polite", "feel", "contact", "nps", "patient"):
        assert_side(items[key], "before", NOTHING)
        assert_side(items[key], "after", wanted(told, 3, key))
    then = by_key(compared(database, 2, 3))
    for key in ("contact", "feel", "nps"):
        assert_side(then[key], "before", wanted(told, 2, key))
        assert_side(then[key], "after", wanted(told, 3, key))


def test_a_removed_option_keeps_its_count_and_a_renamed_one_its_code(database: Database):
    told = tell(database)
    items = by_key(compared(database, 1, 3))
    counts = items["ways"].before.counts
    assert counts is not None
    assert counts[2] == sum(2 in one.answers["ways"].codes for one in told if one.version == 1) > 0
    way = items["way"].item
    assert dict(zip(way.categories, way.category_labels, strict=True)) == {
        9: "another way", 2: "by letter", 1: "by telephone",
    }  # fmt: skip


def test_every_count_of_every_export_is_the_count_of_the_tally(database: Database, tmp_path: Path):
    """What a reader counts in each file is what was given, value by value."""
    told = tell(database)
    for kind, read in READERS.items():
        files.export(database, tmp_path / f"a.{kind}", language="en")
        counts = Counter(
            (name, str(value)) for row in read(tmp_path / f"a.{kind}") for name, value in row.items()
        )
        assert counts == expected_counts(told), kind


def expected_counts(told: list[Told]) -> Counter[tuple[str, str]]:
    return Counter(
        (name, value.key if isinstance(value, Missing) else str(_whole(value)))
        for row in files.expected(told).values()
        for name, value in row.items()
    )


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _from_csv(path: Path) -> list[dict[str, object]]:
    return [{name: row[name] for name in files.COLUMNS} for row in files.read_csv(path)]


def _from_xlsx(path: Path) -> list[dict[str, object]]:
    rows = files.read_answers(path)
    return [{n: row[n].date() if hasattr(row[n], "date") else row[n] for n in files.COLUMNS} for row in rows]


def _from_json(path: Path) -> list[dict[str, object]]:
    rows = files.read_json(path)["responses"]
    return [{n: _whole((row["answers"] | row["missing"])[n]) for n in files.COLUMNS} for row in rows]


def _from_sav(path: Path) -> list[dict[str, object]]:
    rows, meta = files.read_sav(path, disable_datetime_conversion=True)
    kinds = {"Not asked": "not_asked", "Skipped": "skipped", "Did not use / does not know": "not_applicable",
             "Refused": "refused", "Does not know": "dont_know"}  # fmt: skip

    def said(name: str, value: float) -> object:
        [declared] = meta.missing_ranges[name]
        if declared["lo"] <= value <= declared["hi"]:
            return kinds[meta.variable_value_labels[name][value]]
        return date.fromordinal(577_735 + int(value) // 86_400) if name == "seen" else _whole(value)

    return [{name: said(name, row[name]) for name in files.COLUMNS} for row in rows]


READERS: dict[str, Callable[[Path], list[dict[str, object]]]] = {
    "csv": _from_csv, "xlsx": _from_xlsx, "sav": _from_sav, "json": _from_json,
}  # fmt: skip


def test_the_ordinal_day_at_which_the_calendar_of_spss_begins():
    assert date(1582, 10, 14).toordinal() == 577_735


@pytest.mark.parametrize("removed", [1, 2, 3])
def test_a_removed_option_shifts_no_column(database: Database, tmp_path: Path, removed: int):
    """The trap of kobotoolbox/kpi#2089: after an option was removed, later columns held the wrong answers."""
    ways = ((1, "a"), (2, "b"), (3, "c"))
    kept = tuple(pair for pair in ways if pair[0] != removed)
    numbers = []
    for offered in (ways, kept):
        made = {"title": {"en": "T"}, "items": [
            item("ways", kind="multiple", options=options(*offered)), item("after", scale="sat5"),
        ]}  # fmt: skip
        with database.begin() as session:
            actions.publish(session, from_dict(made), key="trap", actor="t", now=NOW)
        with database.begin() as session:
            version, blank = queries.current_version(session, "trap"), actions.blank_stratum(session)
            answers = {"ways": Given(codes=(kept[-1][0],)), "after": Given(value=5)}
            stored = answering.record(
                session, version, answers, mode="web", stratum_id=blank, handler="", language="en", now=NOW
            )
            numbers.append(str(stored.response_id))
    files.export(database, tmp_path / "a.csv", key="trap")
    rows = {row["response_id"]: row for row in files.read_csv(tmp_path / "a.csv")}
    chosen = f"ways__{kept[-1][0]}"
    for number, absent in zip(numbers, ("0", "not_asked"), strict=True):
        row = rows[number]
        assert (row[chosen], row[f"ways__{removed}"], row["after"]) == ("1", absent, "5")
    assert sum(name.startswith("ways") for name in rows[numbers[0]]) == 3
