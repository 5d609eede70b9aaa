"""The report: groups add up to the whole, small groups stay hidden, and each figure has its n."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select, update

from core.db import Database
from core.errors import InputError
from core.periods import parse_period
from followup.figures import queries
from followup.figures.definitions import CHANNELS, DEFINITIONS
from followup.figures.groups import By, Span
from followup.figures.rates import EMPTY, HIDDEN, RATES
from followup.figures.reporting import Report, report
from followup.models import Attempt, FollowUp
from surveys.models import Answer, Response
from tests.followup.figures.worlds import ZONE, World

QUARTER = parse_period("2026Q4")
Ask = Callable[..., Report]


@pytest.fixture
def world(database: Database) -> World:
    with database.begin() as session:
        world = World(session, 3, 220)
        world.fill()
    return world


@pytest.fixture
def ask(database: Database) -> Ask:
    """Return a function that asks for the report of the last quarter."""

    def asked(by: By = By.NOTHING, **more: int) -> Report:
        with database.read() as session:
            return report(session, QUARTER, by, **more)

    return asked


def test_groups_add_up_to_the_whole(world: World, ask: Ask) -> None:
    plain = ask()
    for by in (By.DEPARTMENT, By.MONTH):
        found = ask(by)
        assert found.whole.measures == plain.whole.measures
        assert found.whole.work == plain.whole.work
        for place in (
            ("attempted", ""),
            ("connected", ""),
            ("phone_reached", ""),
            ("rr2", "all"),
            ("closed", ""),
        ):
            whole = plain.whole.measure(*place)
            assert sum(group.measure(*place).n or 0 for group in found.groups) == whole.n, place
            assert sum(group.measure(*place).x or 0 for group in found.groups) == whole.x, place
        assert sum(group.work.owed for group in found.groups) == plain.whole.work.owed
    departments = ask(By.DEPARTMENT)
    assert [departments.named(group) for group in departments.groups] == ["东城所", "南城所", "西城所", ""]
    assert [found.named(group) for group in found.groups] == ["2026-10", "2026-11", "2026-12"]


def test_an_owed_follow_up_is_answered_refused_not_reached_or_under_way(world: World, ask: Ask) -> None:
    work = ask().whole.work
    ended = work.dispositions["all"]
    assert ended.base(1) + work.waiting["all"] == work.owed
    assert work.owed + sum(work.left_out.values()) == work.planned
    assert work.left_out["void"] > 0
    lines = {name: ended.base(1) + work.waiting[name] for name, ended in work.dispositions.items()}
    assert lines["phone"] + lines["link"] + lines["neither"] - work.both == lines["all"]
    assert lines["neither"] > 0 < work.both


def test_what_was_undone_counts_nowhere(database: Database, world: World, ask: Ask) -> None:
    before = ask().whole
    with database.begin() as session:
        session.execute(update(Attempt).values(undone_at=datetime(2026, 12, 1, tzinfo=UTC)))
    after = ask().whole
    assert before.work.calls > 0
    assert after.work.calls == 0
    for code in ("connected", "calls_per_complete", "talk", "wrap_up", "first_try"):
        assert after.measure(code).reason == EMPTY, code
    assert after.measure("phone_reached").x == 0


def test_an_agent_sees_one_line_and_it_is_the_own_one(world: World, ask: Ask) -> None:
    everybody = ask(By.AGENT)
    assert [everybody.named(group) for group in everybody.groups] == ["Amir", "Anna", "Axel"]
    for group in everybody.groups:
        assert isinstance(group.key, int)
        own = ask(agent_id=group.key)
        assert own.groups == ()
        assert own.whole == group
    assert ask(agent_id=4711).whole.measure("connected").n == 0
    allowed = {one.code for one in DEFINITIONS if By.AGENT in one.breakdowns} | set(RATES)
    assert {place[0] for place in everybody.groups[0].measures} <= allowed
    assert {place[1] for place in everybody.groups[0].measures if place[0] == "rr1"} == {"phone"}


def test_a_small_group_is_hidden_and_the_next_smallest_with_it(
    database: Database, world: World, ask: Ask
) -> None:
    """Seven answers in one department: whoever knows all and the others could subtract."""
    with database.begin() as session:
        rated = select(Response.id).join(Answer, Answer.response_id == Response.id)
        rated = rated.join(FollowUp, FollowUp.response_id == Response.id)
        rated = rated.where(
            Answer.item_id == world.items["overall"], Answer.value >= 0, Response.day >= QUARTER.start,
            Response.day < QUARTER.end,
        )  # fmt: skip
        session.execute(update(FollowUp).values(recovery_of_id=None, stratum_id=1))
        ids = list(session.scalars(rated.order_by(Response.id)))
        for stratum, few in ((2, ids[:7]), (3, ids[7:19])):
            session.execute(update(FollowUp).where(FollowUp.response_id.in_(few)).values(stratum_id=stratum))
    found = ask(By.DEPARTMENT)
    by_name = {found.named(group): group.measure("satisfied", "sat5.1") for group in found.groups}
    assert by_name["西城所"].reason == HIDDEN  # seven
    assert by_name["南城所"].reason == HIDDEN  # twelve: would give the seven away
    assert (by_name["西城所"].x, by_name["西城所"].n) == (None, None)
    assert by_name["东城所"].n == len(ids) - 19
    assert found.whole.measure("satisfied", "sat5.1").n == len(ids)


def test_few_answers_altogether_are_hidden_and_calls_are_not(database: Database, ask: Ask) -> None:
    with database.begin() as session:
        World(session, 5, 14).fill()
    whole = ask().whole
    assert whole.measure("satisfied", "sat5.1").reason == HIDDEN
    assert whole.measure("connected").n == whole.work.calls > 0


def test_an_empty_period_has_no_figure_and_no_zero(world: World, database: Database) -> None:
    with database.read() as session:
        found = report(session, parse_period("2025"), By.NOTHING)
    for code in {one.code for one in DEFINITIONS} - {"satisfied", "satisfied_strict", "resolved"}:
        assert (found.whole.measure(code).value, found.whole.measure(code).reason) == (None, EMPTY), code
    for channel in CHANNELS:
        assert found.whole.measure("rr1", channel).reason == EMPTY
    assert found.scales == ()


def test_a_breakdown_by_month_ends_where_nobody_could_read_it(database: Database) -> None:
    with database.read() as session, pytest.raises(InputError, match="36"):
        report(session, parse_period("2023-01-01..2026-12-31"), By.MONTH)


def test_the_page_counts_the_rows_of_the_database(database: Database, world: World, ask: Ask) -> None:
    with database.read() as session:
        calls = select(func.count()).where(
            Attempt.undone_at.is_(None), Attempt.local_day >= QUARTER.start, Attempt.local_day < QUARTER.end
        )
        assert ask().whole.measure("connected").n == session.scalar(calls)


def test_what_was_not_owed_is_in_no_figure_of_follow_ups(database: Database, world: World, ask: Ask) -> None:
    """A case was opened again after its calls had ended: they are no success and no failure."""
    with database.begin() as session:
        session.execute(update(FollowUp).values(state="void", reason="reopened", response_id=None))
    whole = ask().whole
    for code in ("attempted", "reached", "phone_reached", "first_try"):
        assert (whole.measure(code).n, whole.measure(code).reason) == (0, EMPTY), code


@pytest.mark.parametrize(("again", "counted"), [(5, 5), (-4, 1), (-2, 1)])
def test_who_rates_nothing_the_second_time_leaves_the_first_rating(
    database: Database, world: World, ask: Ask, again: int, counted: int
) -> None:
    """A recovery call in which the customer "would not say" does not wipe out why it was made."""
    overall = world.items["overall"]
    with database.begin() as session:
        first, second = session.scalars(select(FollowUp).where(FollowUp.response_id.is_not(None)).limit(2))
        session.execute(update(FollowUp).values(recovery_of_id=None))
        session.execute(update(FollowUp).where(FollowUp.id == second.id).values(recovery_of_id=first.id))
        session.execute(update(Answer).where(Answer.item_id == overall).values(value=-1))
        for one, value in ((first, 1), (second, again)):
            mine = (Answer.item_id == overall) & (Answer.response_id == one.response_id)
            session.execute(update(Answer).where(mine).values(value=value))
            session.execute(update(Response).where(Response.id == one.response_id).values(day=QUARTER.start))
    with database.read() as session:
        found = queries.ratings(session, Span(QUARTER, ZONE), By.NOTHING)
    assert found["overall", "sat5.1"][""] == {counted: 1}
