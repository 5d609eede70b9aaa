"""The moments always equal the answers: after any history, from the table, from the answers and from both."""

import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import func, select

from analysis.drivers import jobs, moments, sums
from analysis.drivers.models import Moments as KeptMoments
from analysis.drivers.moments import Moments
from analysis.periods import Period, parse_period
from core.db import Database
from surveys import actions, anonymity, answering, bulk, queries, tallies
from surveys.answering import Given
from surveys.bulk import Filled
from surveys.definition import from_dict
from surveys.models import Answer, Missing, Response, Stratum
from surveys.queries import LoadedItem, LoadedVersion
from surveys.taking_back import take_back
from tests.surveys.test_definition import said

NOW = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
FIRST = datetime(2026, 6, 10, 2, 0, tzinfo=UTC)
PERIODS = ("2026Q3", "2026-08", "2026", "2026-07-15..2026-09-04", "2026-08-03..2026-08-20", "2025")
FILTERS: tuple[dict[str, tuple[str, ...]], ...] = (
    {}, {"mode": ("phone",)}, {"mode": ("web", "paper")}, {"district": ("东",)},
    {"district": ("东", "西"), "mode": ("phone", "import")},
)  # fmt: skip


@pytest.fixture
def version(database: Database) -> LoadedVersion:
    """A questionnaire with items of every kind; three have a scale."""
    with database.begin() as session:
        actions.publish(session, from_dict(said()), key="kinds", actor="t", now=FIRST)
    with database.read() as session:
        return queries.current_version(session, "kinds")


def any_answers(version: LoadedVersion, chance: random.Random) -> dict[str, Given]:
    def one(item: LoadedItem) -> Given:
        if chance.random() < 0.2:
            return Given(missing=chance.choice(list(Missing)))
        if item.kind == "multiple":
            return Given(codes=(1, 7))
        if item.kind in {"number", "date"}:
            return Given(number=3.0)
        if item.kind == "text":
            return Given(words="words")
        return Given(value=chance.choice(item.definition.values()))

    return {item.item_key: one(item) for item in version.items}


class History:
    """Whatever can happen to answers, in any order."""

    def __init__(self, database: Database, version: LoadedVersion, seed: int) -> None:
        self.database, self.version, self.chance = database, version, random.Random(seed)
        self.steps = 0

    def step(self) -> None:
        self.steps += 1
        doings = [self.answer] * 5 + [self.amend] * 4 + [self.take_back] * 2
        self.chance.choice([*doings, self.bring_in, self.cast, self.keep, self.keep, self.rebuild])()

    def answer(self) -> None:
        with self.database.begin() as session:
            place = actions.stratum_id(session, district=self.chance.choice("东西南"))
            answering.record(
                session, self.version, any_answers(self.version, self.chance), stratum_id=place, handler="h",
                language="zh_Hans", now=NOW, mode=self.chance.choice(["web", "phone", "paper"]),
                external_id=f"e{self.steps}", submitted_at=self.any_time(),
            )  # fmt: skip

    def amend(self) -> None:
        if (number := self.any_response()) is not None:
            answers = any_answers(self.version, self.chance)
            with self.database.begin() as session:
                answering.amend(session, self.version, number, answers, now=NOW)

    def take_back(self) -> None:
        if (number := self.any_response()) is not None:
            with self.database.begin() as session:
                take_back(session, number)

    def bring_in(self) -> None:
        with self.database.begin() as session:
            place = actions.stratum_id(session, district="西")
            rows = [
                Filled(f"i{self.steps}-{k}", self.any_time(), "import", "zh_Hans", place, "h",
                       any_answers(self.version, self.chance))
                for k in range(5)
            ]  # fmt: skip
            bulk.record_many(session, self.version, rows)

    def cast(self) -> None:
        day = self.any_time()
        with self.database.begin() as session:
            for _each in range(anonymity.TOGETHER):
                answers = any_answers(self.version, self.chance)
                anonymity.cast(session, self.version, answers, mode="web", now=day)
        with self.database.begin() as session:
            anonymity.open_ballots(session, self.version.id, "web", now=NOW)

    def keep(self) -> None:
        at = self.any_time() + timedelta(days=70)
        jobs.keep_moments(self.database, now=at)

    def rebuild(self) -> None:
        with self.database.begin() as session:
            tallies.rebuild(session)

    def any_time(self) -> datetime:
        return FIRST + timedelta(hours=self.chance.randrange(24 * 130))

    def any_response(self) -> int | None:
        with self.database.read() as session:
            numbers = sorted(session.scalars(select(Response.id)))
        return self.chance.choice(numbers) if numbers else None


def by_hand(session: Any, version: LoadedVersion, period: Period, where: Mapping[str, Any]) -> Moments:
    """Add up one response after the other, as they are stored."""
    keys = [item.item_key for item in version.items if item.scale]
    rows, parts = [], []
    found = session.execute(
        select(Response, Stratum.district).join(Stratum, Stratum.id == Response.stratum_id)
    ).all()
    for response, district in found:
        if not period.start <= response.day < period.end:
            continue
        if response.mode not in where.get("mode", [response.mode]):
            continue
        if district not in where.get("district", [district]):
            continue
        stored = answering.stored_answers(session, version, response.id)
        values = [stored[key].value for key in keys]
        rows.append([-1 if value is None else value for value in values])
        parts.append(abs(response.id) % sums.PARTS)
    return one_by_one(keys, rows, parts)


def one_by_one(keys: list[str], rows: list[list[int]], parts: list[int]) -> Moments:
    size = (sums.PARTS, len(keys), len(keys))
    counts, added, products = (np.zeros(size, dtype=np.int64) for _ in range(3))
    for row, part in zip(rows, parts, strict=True):
        for i, x in enumerate(row):
            for j, y in enumerate(row):
                if x >= 0 and y >= 0:
                    counts[part, i, j] += 1
                    added[part, i, j] += x
                    products[part, i, j] += x * y
    return Moments(tuple(keys), counts, added, products)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_after_any_history_moments_and_tally_equal_the_answers(
    database: Database, version: LoadedVersion, seed: int
):
    history = History(database, version, seed)
    for _round in range(6):
        for _step in range(9):
            history.step()
        period, where = history.chance.choice(PERIODS), history.chance.choice(FILTERS)
        with database.read() as session:
            assert tallies.recount(session) == {}
            looks = (
                ("2026", {}),
                (period, where),
                ("2026Q3", where),
                (period, where),
            )  # the last from memory
            for asked, filtered in looks:
                found = moments.read(session, version, parse_period(asked), filtered)
                assert found == by_hand(session, version, parse_period(asked), filtered), (asked, filtered)


def fill(database: Database, version: LoadedVersion, responses: int, seed: int = 5) -> History:
    history = History(database, version, seed)
    for _each in range(responses):
        history.steps += 1
        history.answer()
    return history


def keep_all(database: Database) -> int:
    """Tick until nothing is left to do."""
    done = 0
    for minute in range(60):
        done += jobs.keep_moments(database, now=NOW + timedelta(minutes=minute)).get("kept", 0)
    return done


def test_the_job_keeps_closed_months_once(database: Database, version: LoadedVersion):
    history = fill(database, version, 12)
    with database.begin() as session:
        place = actions.stratum_id(session, district="东")
        answering.record(session, version, {"overall": Given(value=5)}, stratum_id=place, handler="h",
                         language="zh_Hans", now=NOW, mode="web", submitted_at=NOW)  # fmt: skip
    assert keep_all(database) > 0
    with database.read() as session:
        kept = list(session.scalars(select(KeptMoments)))
        assert sum(row.n for row in kept) == session.scalar(select(func.count()).select_from(Response)) - 1
    assert {row.month for row in kept} <= {date(2026, month, 1) for month in range(6, 11)}
    assert keep_all(database) == 0
    with database.begin() as session:
        number = min(session.scalars(select(Response.id)))
        day = session.get_one(Response, number).day
        changed = any_answers(version, history.chance)
        answering.amend(session, version, number, changed | {"overall": Given(value=2)}, now=NOW)
        answering.amend(session, version, number, changed | {"overall": Given(value=3)}, now=NOW)
    with database.read() as session:
        assert {month for _version, month in jobs_due(session)} == {day.replace(day=1)}


def jobs_due(session: Any) -> set[tuple[int, date]]:
    """Return what any minute of some hours would find."""
    today = NOW.date()
    return {
        each for m in range(60) for each in jobs.due(session, today=today, now=NOW + timedelta(minutes=m))
    }


def test_what_is_up_to_date_is_not_added_up_from_the_answers(database: Database, version: LoadedVersion):
    """Taking the answers away unseen by the tally shows where the figures come from."""
    fill(database, version, 10)
    keep_all(database)
    quarter, edges = parse_period("2026Q3"), parse_period("2026-07-15..2026-08-31")
    with database.read() as session:
        whole = moments.read(session, version, quarter)
        phone = moments.read(session, version, quarter, {"mode": ("phone",)})
    with database.begin() as session:
        session.execute(Answer.__table__.delete())
        assert moments.read(session, version, quarter) == whole
        assert moments.read(session, version, quarter, {"mode": ("phone",)}) == phone
        assert moments.read(session, version, quarter, {"district": ("东",)}).n == 0
        half = moments.read(session, version, edges).answered["overall"]
        assert half < whole.answered["overall"]
        tallies.rebuild(session)
        assert moments.read(session, version, quarter).n == 0
        session.rollback()


def test_a_second_look_is_from_memory_until_the_tally_is_written(database: Database, version: LoadedVersion):
    history = fill(database, version, 10)
    year, where = parse_period("2026"), {"district": ("东",)}
    with database.read() as session:
        before = moments.read(session, version, year, where)
    with database.begin() as session:
        session.execute(Answer.__table__.update().values(value=1).where(Answer.__table__.c.value > 1))
        changed = by_hand(session, version, year, where)
        assert moments.read(session, version, year, where) == changed != before  # nothing that may be undone
    with database.read() as session:
        assert moments.read(session, version, year, where) == before  # unseen by the tally
    history.rebuild()
    with database.read() as session:
        assert moments.read(session, version, year, where) == changed


def test_an_answer_that_comes_in_while_months_are_added_up_is_not_lost_to_memory(
    database: Database, version: LoadedVersion, monkeypatch: pytest.MonkeyPatch
):
    """August is read from its table, the open month from the answers; an answer to August comes between."""
    history = fill(database, version, 10)
    keep_all(database)
    period, found_in_table = parse_period("2026-07-15..2026-11-30"), moments._from_table

    def answered_meanwhile(*given: Any) -> Any:
        found = found_in_table(*given)
        monkeypatch.undo()
        history.any_time = lambda: datetime(2026, 8, 12, 2, 0, tzinfo=UTC)  # type: ignore[method-assign]
        history.steps += 1
        history.answer()
        return found

    monkeypatch.setattr(moments, "_from_table", answered_meanwhile)
    with database.read() as session:
        moments.read(session, version, period)
    with database.read() as session:
        assert moments.read(session, version, period) == by_hand(session, version, period, {})


def test_items_can_be_chosen_and_versions_added(database: Database, version: LoadedVersion):
    fill(database, version, 8)
    with database.begin() as session:
        later = from_dict(said() | {"changes": {item.item_key: "same" for item in version.items}})
        actions.publish(session, later, key="kinds", actor="t", now=NOW)
        both = queries.versions(session, "kinds")
    fill(database, both[-1], 6, seed=8)
    year = parse_period("2026")
    overall = {each.item("overall").id for each in both}
    with database.read() as session:
        apart = [moments.read(session, each, year) for each in both]
        together = moments.read(session, both, year)
        assert together == apart[0] + apart[1]
        assert moments.read(session, both, year, item_ids=overall) == together.of(["overall"])
        assert moments.read(session, both, year, item_ids={-1}) == Moments.nothing()


SCORES = some.lists(some.lists(some.integers(-1, 10), min_size=3, max_size=3), min_size=0, max_size=60)


@given(SCORES)
def test_available_cases_agree_with_pandas(rows: list[list[int]]):
    keys = ["a", "b", "c"]
    found = sums.of_scores(keys, np.array(rows, dtype=np.int64).reshape(-1, 3))
    frame = pd.DataFrame(rows, columns=keys, dtype=float).where(lambda each: each >= 0)
    assert found == one_by_one(keys, rows, [k % sums.PARTS for k in range(len(rows))])
    np.testing.assert_allclose(found.covariance(), frame.cov(min_periods=2), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(found.mean(), frame.mean(), rtol=1e-12)
    assert found.answered == dict(frame.count())


@given(SCORES, SCORES)
def test_two_lots_add_up_to_one(first: list[list[int]], second: list[list[int]]):
    keys = ["a", "b", "c"]

    def of(rows: list[list[int]]) -> Moments:
        return sums.of_scores(keys, np.array(rows, dtype=np.int64).reshape(-1, 3), np.zeros(len(rows), int))

    assert of(first) + of(second) == of(first + second)
    assert of(first) + Moments.nothing() == of(first)


def test_one_random_group_is_left_out_at_a_time():
    chance = np.random.default_rng(3)
    rows = chance.integers(1, 6, (50, 2))
    found = sums.of_scores(["a", "b"], rows)
    without = np.delete(rows, np.arange(4, 50, sums.PARTS), axis=0)
    np.testing.assert_allclose(found.left_out()[4], np.cov(without.T), rtol=1e-12)


def test_large_numbers_lose_nothing():
    """Ten million answers that differ in one score: the variance is exact, and not a rounding error."""
    n = 10_000_000
    shape = (sums.PARTS, 1, 1)
    counts, added, squares = (np.zeros(shape, dtype=np.int64) for _ in range(3))
    counts[0], added[0], squares[0] = n, 10 * n - 1, 100 * n - 19
    assert Moments(("a",), counts, added, squares).covariance()[0, 0] == pytest.approx(1 / n, rel=1e-9)
