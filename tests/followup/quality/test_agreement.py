"""How well two people agree: figures counted by hand, and against published ones."""

import csv
from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from sqlalchemy import select

from core.auth.models import User
from core.db import Database
from core.periods import parse_period
from followup.figures.rates import wilson
from followup.models import Attempt
from followup.quality import figures
from followup.quality.agreement import by_item, of_item, share, weighted_kappa
from followup.quality.models import CallReview
from tests.followup.quality.calls import GOOD, call, callbacks, response_of

Pairs = list[tuple[int, int]]
# R package irr, data set anxiety, raters 1 and 2: kappa2(anxiety[, 1:2], "squared") gives 0.297.
ANXIETY = list(
    zip(
        [3, 3, 3, 4, 5, 5, 2, 3, 5, 2, 2, 6, 1, 5, 2, 2, 1, 2, 4, 3],
        [3, 6, 4, 6, 2, 4, 2, 4, 3, 3, 2, 3, 3, 3, 2, 2, 1, 3, 3, 4],
        strict=True,
    )
)


def by_the_table(pairs: Pairs) -> float | None:
    """Kappa as the textbook writes it: observed and expected weights over the cross table."""
    n, values = len(pairs), sorted({v for pair in pairs for v in pair})
    first = {v: sum(a == v for a, _ in pairs) / n for v in values}
    second = {v: sum(b == v for _, b in pairs) / n for v in values}
    seen = sum((a - b) ** 2 for a, b in pairs) / n
    expected = sum(first[a] * second[b] * (a - b) ** 2 for a in values for b in values)
    return 1 - seen / expected if expected else None


def test_kappa_is_the_published_one() -> None:
    assert weighted_kappa(ANXIETY) == pytest.approx(0.297, abs=0.0005)


def test_kappa_by_hand() -> None:
    # Seen: 4/3. By chance, 1 2 3 against 1 2 1: (0+1+0 + 1+0+1 + 4+1+4)/9 = 4/3 as well.
    assert weighted_kappa([(1, 1), (2, 2), (3, 1)]) == pytest.approx(0)
    assert weighted_kappa([(1, 1), (5, 5)]) == 1
    assert weighted_kappa([(1, 5), (5, 1)]) == pytest.approx(-1)
    assert weighted_kappa([(5, 5)] * 40) is None  # nothing to agree about beyond chance
    assert weighted_kappa([]) is None


@given(st.lists(st.tuples(st.integers(1, 7), st.integers(1, 7)), min_size=1, max_size=60))
def test_kappa_is_that_of_the_cross_table(pairs: Pairs) -> None:
    expected = by_the_table(pairs)
    found = weighted_kappa(pairs)
    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        assert found == pytest.approx(expected, abs=1e-9)
        assert found <= 1


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_is_that_of_scipy(x_of_n: tuple[int, int]) -> None:
    expected = binomtest(*x_of_n).proportion_ci(method="wilson")
    assert wilson(*x_of_n) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_one_question_by_hand() -> None:
    # Ten calls: seven the same, one a step apart, one four steps apart, one "refused" against a score.
    pairs = [(5, 5)] * 6 + [(-4, -4), (5, 4), (5, 1), (-4, 5)]
    found = of_item(pairs, has_steps=True, min_cell=5)
    assert (found.same.x, found.same.n, found.same.p) == (7, 10, 0.7)
    assert found.near is not None
    assert (found.near.x, found.near.n) == (7, 8)
    assert found.kappa is None  # eight pairs say nothing


def test_too_few_have_no_figure() -> None:
    assert share(9, 9, 10).p is None
    assert share(9, 9, 10).ci95 is None
    assert share(0, 0, 10).p is None
    assert share(10, 10, 10).p == 1


def test_questions_are_gathered_over_calls() -> None:
    assert by_item([{"a": [5, 4], "b": [1, 1]}, {"a": [3, 3]}]) == {"a": [(5, 4), (3, 3)], "b": [(1, 1)]}


def looked_at(database: Database, now: datetime, agent_id: int, reviewer_id: int, n: int, same: int) -> None:
    """``n`` calls that were listened to, of which ``same`` agree; and one that could not be."""
    ids = callbacks(database, now, n + 1)[-n - 1 :]
    with database.begin() as session:
        for place, callback_id in enumerate(ids):
            attempt = call(session, callback_id, agent_id, now)
            marks = {key: [int(value)] * 2 for key, value in GOOD.items()}
            if same <= place < n:
                marks["overall"] = [5, 4]
            state = "not_possible" if place == n else "agrees" if place < same else "differs"
            session.add(
                CallReview(
                    attempt_id=attempt.id,
                    response_id=response_of(session, attempt).id,
                    agent_id=agent_id,
                    reviewer_id=reviewer_id,
                    state=state,
                    way="listen",
                    drawn_at=now,
                    done_at=now + timedelta(hours=1),
                    marks=None if place == n else marks,
                )
            )


def test_the_figures_of_a_period(database: Database, now: datetime, people: dict[str, User]) -> None:
    looked_at(database, now, people["anna"].id, people["amir"].id, 10, 8)
    with database.read() as session:
        found = figures.figures(session, parse_period("2026-11"), "en")
        nothing = figures.figures(session, parse_period("2026-10"), "en")
        own = figures.own_line(session, parse_period("2026-11"), people["anna"].id)
        of_amir = figures.own_line(session, parse_period("2026-11"), people["amir"].id)
    assert (found.whole.x, found.whole.n, found.not_possible, found.open) == (8, 10, 1, 0)
    assert (found.ways["listen"].n, found.ways["call"].n) == (10, 0)
    overall = next(line for line in found.items if line.key == "overall")
    assert (overall.found.same.x, overall.found.near and overall.found.near.x) == (8, 10)
    assert [(line.name, line.same.x, line.same.n, line.not_possible) for line in found.agents] == [
        ("Anna", 8, 10, 1)
    ]
    # Five questions on one scale in ten calls: 50 pairs, two of them a step apart.
    assert [(line.scale, line.pairs) for line in found.kappas] == [("sat5.1", 50)]
    assert (nothing.whole.n, nothing.items, nothing.agents) == (0, [], [])
    assert (own.same.x, own.same.n, of_amir.same.n) == (8, 10, 0)


def test_who_sees_which_figures(
    database: Database, now: datetime, people: dict[str, User], client_for: Callable[[str], FlaskClient]
) -> None:
    looked_at(database, now, people["anna"].id, people["amir"].id, 10, 8)
    path = "/callbacks/quality/agreement?period=2026-11"
    lena, anna, amir = client_for("lena"), client_for("anna"), client_for("amir")
    assert "80 %" in anna.get(path).get_data(as_text=True)
    assert "80 %" not in amir.get(path).get_data(as_text=True)
    assert "By question" not in anna.get(path).get_data(as_text=True)
    page = lena.get(path).get_data(as_text=True)
    assert "80 %" in page
    assert "Anna" in page
    answer = lena.get("/callbacks/quality/agreement.csv?period=2026-11")
    rows = list(csv.reader(StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))
    assert rows[1][:7] == ["calls", "", "", "same_throughout", "10", "8", "0.8000"]
    with database.read() as session:
        secrets = {row.uid for row in session.scalars(select(Attempt))} | {"138", "王小明"}
    assert not any(secret in answer.get_data(as_text=True) for secret in secrets)
    assert anna.get("/callbacks/quality/agreement.csv").status_code == 403
