"""The same trouble again: who is the same customer, what is a repeat, and what is linked and counted."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier, BrokenBarrierError

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.orm import Session

from core.db import Database
from core.errors import InputError, TransitionError
from followup.cases import actions, linking, repeats, timeline
from followup.cases.importing import import_cases
from followup.cases.models import CaseLink
from followup.cases.queries import Viewer
from followup.cases.repeats import Customer, Matter
from followup.models import Case
from tests.conftest import NOW
from tests.followup.factories import new_case, new_contact

HOME, OTHER = b"household-1", b"household-2"
MOBILE, LANDLINE = b"mobile", b"landline"
SEES_ALL = Viewer(1, "supervisor")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (Customer(HOME), Customer(HOME), True),
        (Customer(HOME), Customer(OTHER), False),
        (Customer(HOME, frozenset({MOBILE})), Customer(OTHER, frozenset({MOBILE})), False),  # a landlord
        (Customer(HOME, frozenset({MOBILE})), Customer(None, frozenset({MOBILE})), True),
        (Customer(None, frozenset({MOBILE, LANDLINE})), Customer(None, frozenset({LANDLINE})), True),
        (Customer(None, frozenset({MOBILE})), Customer(None, frozenset({LANDLINE})), False),
        (Customer(), Customer(), False),
    ],
)
def test_who_is_the_same_customer(one: Customer, other: Customer, expected: bool) -> None:
    assert repeats.is_same(one, other) is expected
    assert repeats.is_same(other, one) is expected


def matter(
    days: float, *, category: str = "供暖/停暖", kind: str = "repair", number: int = 1, state: str = "closed"
) -> Matter:
    return Matter(kind, category, NOW + timedelta(days=days), Customer(HOME), number, "", state)


@pytest.mark.parametrize(
    ("earlier", "expected"),
    [
        (matter(-1), True),
        (matter(-30), True),
        (matter(-30 - 1 / 86400), False),
        (matter(1), False),
        (matter(0), True),  # at the same moment the order of registering decides
        (matter(0, number=3), False),
        (matter(-1, category="供暖"), True),
        (matter(-1, category="供暖/停暖/夜间"), True),
        (matter(-1, category="供暖/漏水"), False),
        (matter(-1, category=""), False),
        (matter(-1, kind="complaint"), True),
        (matter(-1, kind="praise"), False),
        (matter(-1, state="cancelled"), False),
        (matter(-1, state="merged"), False),
    ],
)
def test_what_is_the_same_trouble_again(earlier: Matter, expected: bool) -> None:
    assert repeats.repeats(matter(0, number=2), earlier, 30) is expected


def registered(session: Session, at: datetime, household: str = "10-01", **given: object) -> Case:
    contact = new_contact(session, household=household, now=at)
    return new_case(session, contact.id, now=at, **({"category": "供暖/停暖"} | given))  # type: ignore[arg-type]


def links(session: Session) -> list[tuple[int, int, str, str]]:
    rows = session.scalars(select(CaseLink).order_by(CaseLink.case_id, CaseLink.other_id))
    return [(row.case_id, row.other_id, row.kind, row.actor) for row in rows]


def test_a_repeat_is_linked_when_it_is_registered(database: Database) -> None:
    with database.begin() as session:
        first = registered(session, NOW - timedelta(days=40))
        second = registered(session, NOW - timedelta(days=20))
        third = registered(session, NOW, household=" 10 01 ", category="供暖")
        registered(session, NOW, household="99-99")
        registered(session, NOW, category="供水/停水")
        fourth = registered(session, NOW + timedelta(hours=1), kind="complaint")
        assert links(session) == [
            (second.id, first.id, "repeat", "system"),
            (third.id, second.id, "repeat", "system"),
            (fourth.id, third.id, "repeat", "system"),
        ]
        earlier = repeats.earlier_than(session, repeats.matter_of(session, fourth))
        assert [found.number for found in earlier] == [third.number, second.number]
        assert repeats.counted(session, "complaint", NOW, NOW + timedelta(days=1)) == (
            repeats.RepeatFigures(cases=1, repeats=1)
        )
        told = [(e.kind, e.words) for e in timeline.timeline(session, second) if e.kind == "link"]
        assert sorted(told) == [("link", f"repeat {first.number}"), ("link", f"repeat {third.number}")]


def test_a_shared_number_tells_the_customer_where_no_household_is_known(database: Database) -> None:
    with database.begin() as session:
        first = new_case(session, new_contact(session, phones=["13800001111"], now=NOW).id, now=NOW)
        contact = new_contact(session, phones=["13900002222", "+86 138 0000 1111"], now=NOW)
        second = new_case(session, contact.id, now=NOW + timedelta(days=1))
        assert links(session) == [(second.id, first.id, "repeat", "system")]
        typed = repeats.typed(session, household="", phones=["138-0000-1111", "no number", ""])
        new = Matter("repair", "暖气不热", NOW + timedelta(days=2), typed)
        assert [found.number for found in repeats.earlier_than(session, new)] == [second.number, first.number]


def test_another_category_takes_the_programs_link_away_and_a_persons_stays(database: Database) -> None:
    with database.begin() as session:
        first, second = registered(session, NOW), registered(session, NOW + timedelta(days=1))
        third = registered(session, NOW + timedelta(days=2), category="供水")
        linking.link(session, third, first, kind="repeat", actor="olga", now=NOW)
        change(session, second, category="供水")
        assert links(session) == [(third.id, first.id, "repeat", "olga")]
        for here, there in ((first, second), (second, first)):
            told = [e.words for e in timeline.timeline(session, here) if e.kind == "unlink"]
            assert told == [f"repeat {there.number}"]
        change(session, second, category="供暖")
        assert links(session)[0] == (second.id, first.id, "repeat", "system")


def change(session: Session, case: Case, **given: object) -> None:
    values = {"kind": case.kind, "title": "暖气不热", "description": "", "severity": case.severity,
              "category": case.category, "service_type": case.service_type, "district": case.district,
              "channel": case.channel, "due_at": case.due_at} | given  # fmt: skip
    edit = actions.Edit(**values)  # type: ignore[arg-type]
    actions.edit(session, case, edit, version=case.version, actor="test", now=NOW)


def test_many_cases_are_linked_with_a_few_statements(database: Database) -> None:
    with database.begin() as session:
        cases = [registered(session, NOW + timedelta(hours=n), household=f"{n // 2 + 1}") for n in range(40)]
        for row in session.scalars(select(CaseLink)).all():
            session.delete(row)
        session.flush()
        statements: list[str] = []
        engine = session.get_bind()
        event.listen(engine, "before_cursor_execute", lambda _c, _cur, sql, *_: statements.append(sql))
        assert repeats.settle(session, cases, now=NOW) == 20
        assert len(statements) <= 10
        assert repeats.settle(session, cases, now=NOW) == 0


def test_looking_for_repeats_reads_no_whole_table(database: Database) -> None:
    with database.begin() as session:
        for n in range(200):
            registered(session, NOW, household=str(n))
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("SET LOCAL enable_seqscan = off"))
            plan = "EXPLAIN "
        else:
            plan = "EXPLAIN QUERY PLAN "
        seen: list[tuple[str, object]] = []
        engine = session.get_bind()
        event.listen(
            engine, "before_cursor_execute", lambda _c, _cur, sql, given, *_: seen.append((sql, given))
        )
        repeats.earlier_than(session, repeats.matter_of(session, registered(session, NOW)))
        asked = [pair for pair in seen if pair[0].startswith("SELECT") and "cases" in pair[0]][-3:]
        connection = session.connection()
        said = [str(connection.exec_driver_sql(plan + sql, given).all()) for sql, given in asked]  # type: ignore[arg-type]
        assert not any("SCAN cases" in s or "Seq Scan" in s for s in said), said


def test_links_are_read_from_both_sides(database: Database) -> None:
    with database.begin() as session:
        one, other = (new_case(session, None, now=NOW + timedelta(hours=n)) for n in range(2))
        linking.link(session, one, other, kind="related", actor="olga", now=NOW)
        assert links(session) == [(other.id, one.id, "related", "olga")]
        seen = [linking.links_of(session, case, SEES_ALL) for case in (one, other)]
        assert [(found[0].number, found[0].is_later) for found in seen] == [
            (other.number, True),
            (one.number, False),
        ]
        linking.link(session, other, one, kind="repeat", actor="sven", now=NOW)
        assert links(session) == [(other.id, one.id, "repeat", "sven")]
        linking.unlink(session, one, other, actor="olga", now=NOW)
        assert links(session) == []


def test_a_merge_is_a_duplicate(database: Database) -> None:
    with database.begin() as session:
        one, other = registered(session, NOW), registered(session, NOW + timedelta(hours=1))
        actions.merge(session, one, other, actor="sven", now=NOW + timedelta(hours=2))
        assert links(session) == [(other.id, one.id, "duplicate", "sven")]


def test_an_import_links_what_it_repeats(database: Database, tmp_path: Path) -> None:
    with database.begin() as session:
        first = registered(session, NOW - timedelta(days=5)).id
    rows = (
        "工单号,类型,标题,类别,户号,登记时间",
        "A1,报修,又停暖,供暖/停暖,10-01,2026-11-17 09:00",
        "A2,报修,还停暖,供暖,1001,2026-11-17 15:00",
    )
    file = tmp_path / "cases.csv"
    file.write_text("\n".join(rows), "utf-8")
    report = import_cases(database, file, source="old", now=NOW, actor="test")
    assert (report.new, report.errors) == (2, [])
    with database.read() as session:
        one, two = session.scalars(select(Case.id).where(Case.source == "old").order_by(Case.id))
        assert links(session) == [(one, first, "repeat", "system"), (two, one, "repeat", "system")]


def test_the_order_in_which_cases_come_in_does_not_matter(database: Database) -> None:
    with database.begin() as session:
        third, first, second = (
            registered(session, NOW, registered_at=NOW - timedelta(days=ago)) for ago in (1, 21, 11)
        )
        assert links(session) == [
            (third.id, second.id, "repeat", "system"),
            (second.id, first.id, "repeat", "system"),
        ]


def test_what_was_cancelled_is_repeated_by_nobody(database: Database) -> None:
    with database.begin() as session:
        first, second, third = (registered(session, NOW + timedelta(days=ago)) for ago in (0, 1, 2))
        actions.cancel(session, second, actor="sven", reason="误登记", now=NOW + timedelta(days=3))
        assert links(session) == [(third.id, first.id, "repeat", "system")]


def test_two_registered_at_once_are_linked(database: Database) -> None:
    """The days of registering differ, so that the counter of the numbers does not hold one of them up."""
    with database.begin() as session:
        contact = new_contact(session, household="10-01", now=NOW).id
    both = Barrier(2, timeout=1)

    def register(ago: int) -> None:
        at = NOW - timedelta(days=ago)
        with database.begin() as session:
            new_case(session, contact, now=NOW, registered_at=at, category="供暖/停暖")
            with suppress(BrokenBarrierError):  # where the second has to wait, the first goes on alone
                both.wait()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(register, (1, 3)))
    with database.read() as session:
        later, earlier = session.scalars(select(Case.id).order_by(Case.registered_at.desc()))
        assert links(session) == [(later, earlier, "repeat", "system")]


def test_of_two_that_are_merged_into_each_other_at_once_one_stays(database: Database) -> None:
    with database.begin() as session:
        numbers = [new_case(session, None, now=NOW).number for _n in range(2)]
    both = Barrier(2, timeout=1)

    def merge(one: str, other: str) -> bool:
        try:
            with database.begin() as session:
                case, into = (
                    session.scalars(select(Case).where(Case.number == n)).one() for n in (one, other)
                )
                with suppress(BrokenBarrierError):
                    both.wait()
                actions.merge(session, case, into, actor="sven", now=NOW)
        except (InputError, TransitionError):
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(merge, numbers, reversed(numbers)))
    assert sorted(done) == [False, True]
    with database.read() as session:
        assert sorted(session.scalars(select(Case.state))) == ["assigned", "merged"]


def test_two_who_link_the_same_cases_at_once_make_one_link(database: Database) -> None:
    with database.begin() as session:
        numbers = [new_case(session, None, now=NOW).number for _n in range(2)]
    both = Barrier(2, timeout=1)

    def press(kind: str) -> bool:
        try:
            with database.begin() as session:
                one, other = session.scalars(select(Case).where(Case.number.in_(numbers)).order_by(Case.id))
                with suppress(BrokenBarrierError):
                    both.wait()
                linking.link(session, one, other, kind=kind, actor="olga", now=NOW)
        except InputError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(press, ("related", "related"))) == [False, True]
    with database.read() as session:
        assert len(links(session)) == 1
