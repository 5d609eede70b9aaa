"""The fingerprint of a report: the same data, the same hash; what differs is named."""

from dataclasses import replace

import pytest

from analysis.queries import Thresholds, versions_of
from analysis.reports.fingerprint import PARTS, differing, fingerprint, whole
from core.crypto import Vault
from tests.analysis.answers import AFTER, BEFORE, count, likert, publish
from tests.analysis.reports.asked import asked, every_kind, made

USUAL = Thresholds()


def parts(database, thresholds=USUAL, **given):
    with database.read() as session:
        question = asked(**given)
        return fingerprint(session, question, versions_of(session, "care"), thresholds)


def test_the_same_data_give_the_same_fingerprint_and_the_same_figures(database):
    every_kind(database)
    first, again = made(database, by="district"), made(database, by="district")
    assert first == again
    assert set(first.fingerprint) == set(PARTS)
    assert whole(first.fingerprint) == whole(again.fingerprint)


def test_it_does_not_depend_on_the_database(database):
    """The same answers in SQLite and PostgreSQL; other row numbers, as another installation has."""
    publish(database, likert("first"), key="another")
    every_kind(database)
    found = whole(parts(database, by="district", district="East"))
    assert found == "019e4beca85eb732834482b32682cb5fe25512bcdf5e67d2f7137aea789846af"


@pytest.mark.parametrize(("day", "part"), [(BEFORE, "before"), (AFTER, "after")])
def test_an_amended_answer_changes_the_part_of_its_period(database, day, part):
    version = every_kind(database)
    before = parts(database)
    count(database, version, day, {"overall": {1: -1, 5: 1}}, district="East")
    after = parts(database)
    assert differing(before, after) == [part]
    assert whole(before) != whole(after)


def test_without_the_key_nobody_finds_a_hidden_group_by_trying(database):
    """Another key, another hash, from the same counts: who knows all counts but one cannot try them all."""
    every_kind(database)
    with database.read() as session:
        question = asked(district="West")
        versions = versions_of(session, "care")
        mine = fingerprint(session, question, versions, USUAL)
        session.info["vault"] = Vault("another secret, as long as the one of this installation")
        theirs = fingerprint(session, question, versions, USUAL)
    assert differing(mine, theirs) == ["before", "after"]


def test_rules_and_versions_have_parts_of_their_own(database):
    every_kind(database)
    before = parts(database)
    assert differing(before, parts(database, thresholds=replace(USUAL, min_cell=12))) == ["rules"]
    publish(database, likert("overall", "Overall now", role="overall"), changes={"overall": "reworded"})
    assert "questionnaire" in differing(before, parts(database))


def test_days_that_sum_to_the_same_month_are_the_same_data(database):
    """Where an answer stands inside the period does not matter to any figure of the comparison."""
    version = every_kind(database)
    before = parts(database)
    count(database, version, BEFORE, {"overall": {3: -2}}, district="East")
    count(database, version, BEFORE.replace(day=9), {"overall": {3: 2}}, district="East")
    assert parts(database) == before
