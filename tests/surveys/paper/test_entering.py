"""Sheets that came back: stored once, under their day, with what could not be read told apart."""

from dataclasses import replace
from datetime import UTC, date, datetime
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from core.audit import AuditEntry
from core.auth.models import User
from core.db import Base, Database
from core.errors import SettingsError
from core.settings import checked
from surveys import anonymity
from surveys.models import Ballot, Missing, Response, Stratum
from surveys.paper import entering, keying
from surveys.paper.models import PaperEntry
from surveys.parsing import Given, parse_form
from tests.surveys.links import rows
from tests.surveys.paper import examples as ex
from tests.surveys.paper import typing as t

People = dict[str, User]


def test_a_sheet_is_stored_with_its_day_place_version_and_typist(database: Database, people: People) -> None:
    version = ex.publish(database)
    [sheet] = t.printed(database, version)
    ex.publish(database, ex.EIGHT[1:])  # a newer version changes nothing for a printed sheet
    answers = t.read(version, **t.FULL)
    late = datetime(2026, 11, 25, 3, tzinfo=UTC)
    assert t.enter(database, sheet, people["anna"], answers, now=late, district="城东区", department="一站")
    with database.read() as session:
        response = session.scalars(select(Response)).one()
        stratum = session.get_one(Stratum, response.stratum_id)
        assert (response.mode, response.day, response.version_id) == ("paper", date(2026, 11, 18), version.id)
        assert response.external_id == f"paper:{sheet.serial}"
        assert (response.entered_by, response.language) == (people["anna"].id, "zh_Hans")
        assert (stratum.district, stratum.department) == ("城东区", "一站")
        assert session.scalars(
            select(AuditEntry.subject).where(AuditEntry.action == "paper.enter")
        ).all() == [f"paper:{sheet.serial}"]
    found = t.stored(database, sheet)
    assert found["channels"] == Given(codes=(1, 9), words="邻居转告")
    assert found["since"].day == date(2026, 11, 16)
    assert found["heard"].missing is Missing.NOT_ASKED


def test_what_counts_today_counts_from_now(database: Database, people: People) -> None:
    version = ex.publish(database)
    [sheet] = t.printed(database, version)
    t.enter(database, sheet, people["anna"], t.read(version, overall="5"))
    with database.read() as session:
        assert session.scalars(select(Response.submitted_at)).one() == ex.NOW


def test_blank_unreadable_and_does_not_apply_are_three_things(database: Database, people: People) -> None:
    version = ex.publish(database)
    [sheet] = t.printed(database, version)
    answers = t.read(version, overall="dont_know", warmth__missing="na", comment__missing="dont_know",
                     channels__missing="dont_know")  # fmt: skip
    t.enter(database, sheet, people["anna"], answers)
    kinds = {key: given.missing for key, given in t.stored(database, sheet).items()}
    assert kinds == {
        "heard": Missing.NOT_ASKED, "overall": Missing.DONT_KNOW, "reason": Missing.NOT_ASKED,
        "home": Missing.SKIPPED, "channels": Missing.DONT_KNOW, "warmth": Missing.NOT_APPLICABLE,
        "since": Missing.SKIPPED, "recommend": Missing.SKIPPED, "comment": Missing.DONT_KNOW,
    }  # fmt: skip


def test_an_empty_sheet_can_be_stored_although_the_overall_rating_is_required(
    database: Database, people: People
) -> None:
    version = ex.publish(database)
    [sheet] = t.printed(database, version)
    t.enter(database, sheet, people["anna"], t.read(version))
    assert t.stored(database, sheet)["overall"].missing is Missing.SKIPPED


def test_pressing_twice_stores_once_and_other_answers_are_refused(database: Database, people: People) -> None:
    version = ex.publish(database)
    [sheet] = t.printed(database, version)
    answers = t.read(version, **t.FULL)
    assert t.enter(database, sheet, people["anna"], answers)
    assert not t.enter(database, sheet, people["anna"], answers)
    with pytest.raises(entering.UsedError):
        t.enter(database, sheet, people["anna"], t.read(version, overall="5"))
    with pytest.raises(entering.UsedError):
        t.enter(database, sheet, people["amir"], answers)
    assert len(rows(database, Response)) == len(rows(database, PaperEntry)) == 1


def test_two_people_who_type_the_same_sheet_at_once_store_one(database: Database, people: People) -> None:
    version = ex.publish(database)
    [sheet] = t.printed(database, version)
    both, outcomes = Barrier(2), list[str]()

    def type_in(name: str) -> None:
        both.wait()
        try:
            t.enter(database, sheet, people[name], t.read(version, overall="4"))
            outcomes.append("stored")
        except entering.UsedError:
            outcomes.append("refused")

    threads = [Thread(target=type_in, args=(name,)) for name in ("anna", "amir")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused", "stored"]
    assert len(rows(database, Response)) == 1


def test_typed_shortcuts() -> None:
    version = ex.loaded(ex.EIGHT)
    found = t.read(version, overall="5", since="20261116", comment="好", comment__missing="dont_know",
                   channels=["2", "1"], channels__missing="dont_know", warmth="１８")  # fmt: skip
    assert found["since"].day == date(2026, 11, 16)
    assert found["comment"] == Given(words="好")
    assert found["channels"] == Given(codes=(1, 2))
    assert found["warmth"] == Given(number=18.0)


def test_a_sheet_read_back_as_a_form_is_the_same_sheet() -> None:
    version = ex.loaded(ex.EIGHT)
    for typed in (
        t.FULL,
        {},
        {"overall": "dont_know", "warmth-missing": "na", "warmth": ""},
        {"warmth": "17.25"},
    ):
        answers = t.read(version, **typed)
        again, problems = parse_form(version, keying.as_form(version, answers), mode="paper", complete=False)
        assert problems == {}
        assert again == answers


def test_about_the_wanted_share_is_picked_and_the_number_alone_decides(database: Database) -> None:
    version = ex.publish(database)
    sheets = t.printed(database, version, 200) + t.printed(database, version, 200)
    with database.read() as session:
        picked = [entering.is_picked(session, sheet.serial) for sheet in sheets]
        assert picked == [entering.is_picked(session, sheet.serial) for sheet in sheets]
        session.info["settings"] = replace(database.settings, paper_check_percent=0)
        assert not any(entering.is_picked(session, sheet.serial) for sheet in sheets)
        session.info["settings"] = replace(database.settings, paper_check_percent=100)
        assert all(entering.is_picked(session, sheet.serial) for sheet in sheets)
    assert 20 <= sum(picked) <= 62  # 40 expected of 400; beyond once in ten thousand installations


def test_the_share_is_a_setting_between_none_and_all(database: Database) -> None:
    for wrong in (-1, 101):
        with pytest.raises(SettingsError, match="HUIFANG_PAPER_CHECK_PERCENT"):
            checked(replace(database.settings, paper_check_percent=wrong))


def test_an_anonymous_sheet_leaves_its_number_and_the_day(database: Database, people: People) -> None:
    version = ex.publish(database, anonymous=True)
    [sheet] = t.printed(database, version)
    with database.read() as session:
        session.info["settings"] = replace(database.settings, paper_check_percent=100)
    answers = t.read(version, **t.FULL)
    assert t.enter(database, sheet, people["anna"], answers, district="城东区")
    assert not t.enter(database, sheet, people["anna"], answers)
    found = t.entry(database, sheet)
    assert (found.state, found.response_id) == ("entered", None)
    with database.read() as session:
        assert found.entered_at == anonymity.day_only(session, ex.NOW)
        actions = set(session.scalars(select(AuditEntry.action)))
    assert "paper.enter" not in actions  # its minute would be a time
    [ballot] = rows(database, Ballot)
    assert ballot.day == date(2026, 11, 18)
    assert rows(database, Response) == []


def test_nothing_joins_an_anonymous_sheet_to_what_was_said(database: Database, people: People) -> None:
    """Six sheets are typed; when the ballots are opened no value of an entry stands in a response."""
    version = ex.publish(database, anonymous=True)
    for sheet in t.printed(database, version, 6):
        t.enter(database, sheet, people["anna"], t.read(version, overall="5"), day=date(2026, 10, 1))
    later = datetime(2026, 11, 20, 2, tzinfo=UTC)
    with database.begin() as session:
        assert anonymity.ripe(session, now=ex.NOW) == []  # not on the day they were typed
        assert anonymity.open_ballots(session, version.id, "paper", now=later) == 6
    entries, responses = rows(database, PaperEntry), rows(database, Response)
    assert len(responses) == 6
    assert all(response.external_id is None and response.entered_by is None for response in responses)
    assert {response.day for response in responses} == {date(2026, 11, 18)}
    serials = {row.serial for row in entries}
    with database.read() as session:
        for table in Base.metadata.sorted_tables:
            if table.name in {"paper_entries", "audit_entries"}:
                continue
            for row in session.execute(select(table)):
                assert not serials & {str(value) for value in row}, table.name
