"""The second look: another person, the same questions, and somebody who settles what differs."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.audit import AuditEntry
from core.auth.models import User
from core.db import Database
from core.errors import ForbiddenError, InputError, NotFoundError
from surveys.models import AnswerRevision, Missing, Response, Tally
from surveys.paper import entering, figures, queries, settling
from surveys.paper.comparing import compare
from surveys.paper.queries import FoundSheet
from surveys.parsing import Given
from tests.surveys.links import rows
from tests.surveys.paper import examples as ex
from tests.surveys.paper import typing as t

People = dict[str, User]
LATER = ex.NOW + timedelta(hours=3)


@pytest.fixture
def every(database: Database) -> Iterator[Database]:
    """A database in which every sheet is typed twice."""
    everything = Database(replace(database.settings, paper_check_percent=100))
    yield everything
    everything.dispose()


def typed(database: Database, people: People, **answers: str) -> FoundSheet:
    """Anna types a sheet in."""
    version = ex.publish(database)
    [sheet] = t.printed(database, version)
    t.enter(database, sheet, people["anna"], t.read(version, **(t.FULL | answers)))
    return sheet


def check(database: Database, sheet: FoundSheet, user: User, **answers: str) -> str:
    entry_id = t.entry(database, sheet).id
    with database.begin() as session:
        return settling.check(
            session, entry_id, t.read(sheet.version, **(t.FULL | answers)), typist=t.typist(user), now=LATER
        )


def settle(
    database: Database, sheet: FoundSheet, user: User, decisions: dict[str, str], **answers: str
) -> None:
    entry_id = t.entry(database, sheet).id
    with database.begin() as session:
        whole = t.read(sheet.version, **(t.FULL | answers))
        settling.settle(session, entry_id, decisions, whole, typist=t.typist(user), now=LATER)


def test_the_second_person_reads_the_same(every: Database, people: People) -> None:
    sheet = typed(every, people)
    assert t.entry(every, sheet).state == "to_check"
    assert (
        check(every, sheet, people["amir"], comment="希望快一点") == "agreed"
    )  # a full stop is no difference
    entry = t.entry(every, sheet)
    assert (entry.state, entry.checked_by, entry.differing) == ("agreed", people["amir"].id, [])
    assert entry.second_sealed is None
    assert entry.compared == [
        "overall",
        "reason",
        "home",
        "channels",
        "warmth",
        "since",
        "recommend",
        "comment",
    ]


def test_who_typed_first_is_refused(every: Database, people: People) -> None:
    sheet = typed(every, people)
    with pytest.raises(ForbiddenError):
        check(every, sheet, people["anna"])
    with every.read() as session:
        assert queries.to_check(session, people["anna"].id) == 0
        assert queries.to_check(session, people["amir"].id) == 1
        assert queries.check_rows(session, "to_check", people["anna"].id) == []
        assert len(queries.check_rows(session, "to_check", people["amir"].id)) == 1


def test_nobody_learns_which_of_the_own_sheets_were_picked(
    every: Database, database: Database, people: People
) -> None:
    picked = typed(every, people)
    [other] = t.printed(database, picked.version)
    none = Database(replace(database.settings, paper_check_percent=0))
    t.enter(none, other, people["anna"], t.read(picked.version, **t.FULL))
    none.dispose()
    for sheet in (picked, other):
        with pytest.raises(ForbiddenError):
            check(every, sheet, people["anna"])


def test_a_sheet_is_looked_at_once(every: Database, people: People) -> None:
    sheet = typed(every, people)
    check(every, sheet, people["amir"])
    with pytest.raises(settling.DoneError):
        check(every, sheet, people["sven"])


def test_a_difference_is_kept_sealed_until_it_is_settled(every: Database, people: People) -> None:
    sheet = typed(every, people)
    assert check(every, sheet, people["amir"], warmth="16", comment="希望快些。") == "differs"
    entry = t.entry(every, sheet)
    assert entry.differing == ["warmth", "comment"]
    assert entry.second_sealed is not None
    assert "希望".encode() not in entry.second_sealed
    with every.read() as session:
        assert settling.second_reading(session, entry)["warmth"] == Given(number=16.0)
        detail = session.scalars(select(AuditEntry.detail).where(AuditEntry.action == "paper.check")).one()
    assert "warmth" in detail
    assert "16" not in detail
    assert t.stored(every, sheet)["warmth"] == Given(number=15.0)


def test_settling_amends_the_response_and_keeps_the_first_reading(every: Database, people: People) -> None:
    sheet = typed(every, people)
    check(every, sheet, people["amir"], overall="1", comment="")
    settle(every, sheet, people["sven"], {"overall": "second", "comment": "second"}, overall="1", comment="")
    entry = t.entry(every, sheet)
    assert (entry.state, entry.settled_by, entry.second_sealed) == ("settled", people["sven"].id, None)
    assert entry.decisions == {"overall": "second", "comment": "second"}
    found = t.stored(every, sheet)
    assert found["overall"] == Given(value=1)
    assert found["comment"].missing is Missing.SKIPPED  # words that were never there are gone
    assert found["reason"].words == "家里 15 度，孩子冷。"
    with every.read() as session:
        assert session.scalars(select(Response.revision)).one() == 2
    assert len(rows(every, AnswerRevision)) == 1
    item = next(item for item in sheet.version.items if item.item_key == "overall")
    assert {row.value: row.n for row in rows(every, Tally) if row.item_id == item.id and row.n} == {1: 1}


def test_who_typed_either_reading_does_not_settle(every: Database, people: People) -> None:
    sheet = typed(every, people)
    check(every, sheet, people["sven"], overall="1")
    for name in ("anna", "sven"):
        with pytest.raises(ForbiddenError):
            settle(every, sheet, people[name], {"overall": "first"})
    settle(every, sheet, people["ada"], {"overall": "first"})
    assert rows(every, AnswerRevision) == []  # nothing changed


def test_every_difference_has_to_be_decided(every: Database, people: People) -> None:
    sheet = typed(every, people)
    check(every, sheet, people["amir"], overall="1", warmth="16")
    for decisions in ({}, {"overall": "first"}, {"overall": "first", "warmth": "both"}):
        with pytest.raises(InputError):
            settle(every, sheet, people["sven"], decisions)


def test_a_sheet_that_was_not_picked_and_an_anonymous_one_cannot_be_checked(
    database: Database, people: People
) -> None:
    version = ex.publish(database, anonymous=True)
    [sheet] = t.printed(database, version)
    t.enter(database, sheet, people["anna"], t.read(version, overall="5"))
    with pytest.raises(NotFoundError):
        check(database, sheet, people["amir"])


def test_what_follows_from_an_earlier_difference_is_not_counted_again() -> None:
    version = ex.loaded(ex.EIGHT)
    low, high = t.read(version, overall="2"), t.read(version, overall="4")
    found = compare(version, low, high)
    assert found.differing == ["overall"]
    assert "reason" not in found.looked_at  # left blank by one, not asked of the other
    wrote = compare(version, t.read(version, overall="2", reason="冷"), high)
    assert wrote.differing == ["overall", "reason"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("希望快一点。", "希望快一点", True),
        ("Too  cold!", "too cold", True),
        ("１５度", "15度", True),
        ("！", "", False),
        ("太冷", "不冷", False),
    ],
)
def test_how_words_are_compared(one: str, other: str, same: bool) -> None:
    version = ex.loaded(ex.EIGHT)
    found = compare(version, t.read(version, comment=one), t.read(version, comment=other))
    assert (found.differing == []) is same


def test_the_figures_count_what_two_people_looked_at(every: Database, people: People) -> None:
    """Anna: 2 sheets, both checked, 8 + 7 questions, one decided against her. Amir: one, unchecked."""
    version = ex.publish(every)
    one, two, three = t.printed(every, version, 3)
    t.enter(every, one, people["anna"], t.read(version, **t.FULL))
    t.enter(every, two, people["anna"], t.read(version, **(t.FULL | {"overall": "5", "reason": ""})))
    t.enter(every, three, people["amir"], t.read(version, overall="3"))
    check(every, one, people["amir"], warmth="16")
    check(every, two, people["amir"], overall="5", reason="")
    settle(every, one, people["sven"], {"warmth": "other"}, warmth="17")
    with every.read() as session:
        found = figures.figures(session, version.questionnaire_id)
    assert (found.printed, found.entered, found.checked, found.states["to_check"]) == (3, 3, 2, 1)
    assert (found.whole.looked_at, found.whole.same) == (15, 14)
    assert (found.items["warmth"].looked_at, found.items["warmth"].differing) == (2, 1)
    assert found.items["reason"].looked_at == 1
    anna, amir = found.people[1], found.people[0]
    assert (anna.name, anna.entered, anna.checked, anna.agreement.same, anna.decided_against) == (
        "Anna",
        2,
        2,
        14,
        1,
    )
    assert (amir.name, amir.checked, amir.agreement.percent) == ("Amir", 0, None)
    assert t.stored(every, one)["warmth"] == Given(number=17.0)


def test_a_correction_on_its_way_is_waited_for(every: Database, people: People) -> None:
    sheet = typed(every, people, overall="2")
    corrected = t.read(sheet.version, **(t.FULL | {"overall": "1"}))
    with ThreadPoolExecutor(1) as pool:
        with every.begin() as session:
            entering.correct(session, sheet, corrected, typist=t.typist(people["anna"]), now=LATER)
            second = pool.submit(check, every, sheet, people["amir"], overall="1")
            wait([second], timeout=0.5)
        assert second.result() == "agreed"
