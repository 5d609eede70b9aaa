"""Measures: numbers, steps, changes of two people at once, who sees which, what is owed."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from core.audit import AuditEntry
from core.errors import InputError, NotFoundError, TransitionError
from core.transitions import history
from followup.cases import actions as cases
from followup.cases.queries import Viewer
from followup.measures import actions, queries
from followup.measures.actions import StaleError
from followup.measures.models import Measure
from followup.measures.personal import holds_personal_data, small_counts
from followup.measures.queries import Filters
from tests.followup.measures.plans import WARM, planned

ANALYST = Viewer(1, "analyst")
TODAY = date(2026, 11, 18)


def test_numbers_are_unique_when_many_plan_at_once(database, now):
    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(lambda _: planned(database, now).number, range(12)))
    assert sorted(numbers) == [f"20261118-M{n:03d}" for n in range(1, 13)]


def test_a_measure_is_planned_in_force_done_and_taken_up_again_with_a_reason(database, now):
    measure = planned(database, now)
    with database.begin() as session:
        measure = session.get_one(Measure, measure.id)
        actions.take_step(session, measure, "start", day=date(2026, 10, 1), actor="olga", now=now)
        assert (measure.state, measure.starts_on) == ("under_way", date(2026, 10, 1))
        with pytest.raises(TransitionError, match="before it was in force"):
            actions.take_step(session, measure, "finish", day=date(2026, 9, 1), actor="olga", now=now)
        actions.take_step(session, measure, "finish", actor="olga", now=now)
        assert measure.done_on == TODAY
        with pytest.raises(TransitionError, match="Write why"):
            actions.take_step(session, measure, "resume", reason=" ", actor="olga", now=now)
        actions.take_step(
            session, measure, "resume", reason="Two buildings were forgotten", actor="olga", now=now
        )
        assert (measure.state, measure.done_on) == ("under_way", None)
    with database.read() as session:
        steps = [(row.event, row.old, row.new) for row in history(session, "measure", [measure.id])]
        done = set(session.scalars(select(AuditEntry.action)))
    assert steps == [
        ("plan", "", "planned"), ("start", "planned", "under_way"), ("finish", "under_way", "done"),
        ("resume", "done", "under_way"),
    ]  # fmt: skip
    assert done == {"measure.plan", "measure.start", "measure.finish", "measure.resume"}


@pytest.mark.parametrize(
    ("event", "given", "sentence"),
    [
        ("finish", {}, "not possible"),
        ("resume", {"reason": "why not"}, "not possible"),
        ("start", {"day": TODAY + timedelta(days=1)}, "still to come"),
        ("drop", {}, "Write why"),
    ],
)
def test_steps_that_cannot_be_taken_say_why(database, now, event, given, sentence):
    planned(database, now)
    with database.begin() as session, pytest.raises(TransitionError, match=sentence):
        actions.take_step(session, session.scalars(select(Measure)).one(), event, actor="x", now=now, **given)


def test_a_published_measure_is_not_dropped(database, now):
    planned(database, now)
    with database.begin() as session:
        measure = session.scalars(select(Measure)).one()
        measure.published_at = now
        with pytest.raises(TransitionError, match="public page"):
            actions.take_step(session, measure, "drop", reason="no money", actor="x", now=now)


def test_of_two_who_change_a_measure_the_second_is_told(database, now):
    number = planned(database, now).number
    with database.begin() as session:
        measure = queries.measure_for(session, number, ANALYST)
        assert actions.edit(session, measure, replace(WARM, title="A"), version=1, actor="lena", now=now)
        assert not actions.edit(session, measure, replace(WARM, title="A"), version=2, actor="lena", now=now)
    with database.begin() as session:
        measure = queries.measure_for(session, number, ANALYST)
        with pytest.raises(StaleError):
            actions.edit(session, measure, replace(WARM, title="B"), version=1, actor="sven", now=now)
    with database.read() as session:
        assert session.scalars(select(Measure.title)).one() == "A"


def test_officers_see_their_department_and_what_is_their_own(database, people, now):
    olga = people["olga"]
    viewer = Viewer(olga.id, "officer", "东区供热站")
    planned(database, now)
    other = planned(database, now, department="西区供热站")
    planned(database, now, department="西区供热站", owner_id=olga.id)
    with database.read() as session:
        seen = queries.page_of(session, viewer, Filters(), page=1, today=TODAY)
        assert [row.number[-3:] for row in seen.rows] == ["001", "003"]
        with pytest.raises(NotFoundError):
            queries.measure_for(session, other.number, viewer)
        assert queries.page_of(session, ANALYST, Filters(), page=1, today=TODAY).total == 3


def test_what_is_overdue_comes_first_and_ended_ones_owe_nothing(database, now):
    planned(database, now, title="later")
    planned(database, now, title="late", due_on=date(2026, 11, 1))
    planned(database, now, title="dropped", due_on=date(2026, 10, 1))
    with database.begin() as session:
        dropped = session.scalars(select(Measure).where(Measure.title == "dropped")).one()
        actions.take_step(session, dropped, "drop", reason="no money", actor="x", now=now)
    with database.read() as session:
        page = queries.page_of(session, ANALYST, Filters(), page=1, today=TODAY)
        assert [row.title for row in page.rows] == ["late", "later", "dropped"]
        assert (page.total, page.overdue) == (3, 1)
        late = queries.page_of(session, ANALYST, Filters(overdue=True), page=1, today=TODAY)
        assert [row.title for row in late.rows] == ["late"]
        assert [row.title for row in queries.due(session, ANALYST, TODAY)] == ["late"]
        assert len(queries.due(session, ANALYST, date(2026, 11, 24))) == 2
        with pytest.raises(InputError, match="not in the list"):
            queries.page_of(session, ANALYST, Filters(state="gone"), page=1, today=TODAY)


def test_about_names_what_touches_an_item_and_an_alert(database, now):
    first = planned(database, now, alert_id=7)
    planned(database, now, item_key="speed")
    beside = planned(database, now, item_key="manner", also=["over_all", "speed"])
    planned(database, now, questionnaire="other")
    with database.read() as session:
        assert len(queries.about(session, questionnaire="care")) == 3
        rows = queries.about(session, questionnaire="care", item_key="speed")
        assert [(row.item_key, row.number == beside.number) for row in rows] == [
            ("speed", False), ("manner", True),
        ]  # fmt: skip
        assert len(queries.about(session, questionnaire="care", limit=1)) == 1
        found = queries.about(session, questionnaire="care", item_key="overall")
        assert [(row.number, row.expected_points) for row in found] == [(first.number, 5.0)]
        assert [row.number for row in queries.of_alert(session, 7)] == [first.number]


def test_cases_are_linked_once_and_seen_from_both_sides(database, people, now):
    measure = planned(database, now)
    with database.begin() as session:
        case = cases.register(
            session, kind="repair", title="冷", actor="olga", now=now, department="西区供热站"
        )
        measure = session.get_one(Measure, measure.id)
        actions.link_case(session, measure, case, actor="lena", now=now)
        with pytest.raises(InputError, match="linked to this measure already"):
            actions.link_case(session, measure, case, actor="lena", now=now)
    officer = Viewer(people["olga"].id, "officer", "东区供热站")
    with database.begin() as session:
        assert [row.number for row in queries.of_case(session, case.id, officer)] == [measure.number]
        (seen,) = queries.cases_of(session, measure, Viewer(1, "supervisor"))
        assert (seen.number, seen.title, seen.is_visible) == (case.number, "冷", True)
        (hidden,) = queries.cases_of(session, measure, officer)  # another department's: the number alone
        assert (hidden.title, hidden.state, hidden.is_visible) == ("", "", False)
        actions.unlink_case(session, measure, case, actor="lena", now=now)
        with pytest.raises(InputError, match="not linked"):
            actions.unlink_case(session, measure, case, actor="lena", now=now)


def test_history_tells_steps_and_notes_the_latest_first(database, now):
    planned(database, now)
    with database.begin() as session:
        measure = session.scalars(select(Measure)).one()
        actions.add_note(
            session, measure, text=" Half of it is done ", actor="x", now=now + timedelta(days=1)
        )
        with pytest.raises(InputError, match="empty"):
            actions.add_note(session, measure, text=" ", actor="x", now=now)
        found, _names = queries.happenings(session, measure)
    assert [(each.event, each.words) for each in found] == [("note", "Half of it is done"), ("plan", "")]


def test_the_same_words_again_are_a_second_press_at_once_and_news_a_month_later(database, now):
    planned(database, now)
    with database.begin() as session:
        measure = session.scalars(select(Measure)).one()
        for at in (now, now + timedelta(seconds=2), now + timedelta(days=30)):
            actions.add_note(session, measure, text="As planned", actor="x", now=at)
        found, _names = queries.happenings(session, measure)
    assert sorted(each.event for each in found) == ["note", "note", "plan"]


@pytest.mark.parametrize(
    "text",
    ["致电13812345678", "身份证230102195001011234", "11010519491231002X", "mail a.b@c.cn", "0451-8765 4321",
     "6222 0200 0000 1234 567"],
)  # fmt: skip
def test_personal_numbers_are_found(text):
    assert holds_personal_data("plain", text)


@pytest.mark.parametrize(
    "text", ["2026-11-01起执行", "案件20261118-0042", "室温由15度升至20度", "12345热线", "共回访1200户"]
)
def test_plain_numbers_are_no_personal_data(text):
    assert not holds_personal_data(text)


def test_small_counts_are_found_in_digits_and_words():
    assert small_counts("有3户居民和两位老人反映，占12%，2026-11-01，共1200户，10次", 10) == ["3", "两"]


def test_the_number_is_of_the_local_day(database):
    at = datetime(2026, 11, 18, 17, 0, tzinfo=UTC)  # 01:00 on the 19th in Shanghai
    assert planned(database, at).number == "20261119-M001"
