"""Which calls are drawn: by a share that nobody can foresee, once, and one of each agent's week."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from core.crypto import Vault
from core.db import Database
from core.transitions import Transition
from followup.callbacks import actions, holding, taking, undoing
from followup.callbacks.outcomes import Code
from followup.callbacks.taking import Agent
from followup.jobs import wake_callbacks
from followup.models import Attempt, Callback, FollowUp
from followup.quality import drawing
from followup.quality.jobs import draw_reviews
from followup.quality.models import CallReview
from followup.quality.policy import FINE, is_drawn, lowest, weeks_to_close
from surveys import answering
from surveys.models import Response
from surveys.queries import load_version
from tests.conftest import SECRET
from tests.followup.quality.calls import GOOD, call, callbacks, staff

SOON = timedelta(minutes=10)


Percent = Callable[[int], Database]


@pytest.fixture
def percent(database: Database) -> Iterator[Percent]:
    """The same database under another share."""
    opened: list[Database] = []

    def with_share(share: int) -> Database:
        opened.append(Database(replace(database.settings, review_percent=share)))
        return opened[-1]

    yield with_share
    for each in opened:
        each.dispose()


@pytest.fixture
def all_drawn(percent: Percent) -> Database:
    """Every completed call is drawn."""
    return percent(100)


def drawn(database: Database) -> list[tuple[int, str]]:
    """Calls that were drawn, and why."""
    with database.read() as session:
        wanted = select(CallReview.attempt_id, Transition.reason).join(
            Transition, (Transition.subject_id == CallReview.id) & (Transition.machine == "review")
        )
        return [(row[0], row[1]) for row in session.execute(wanted.order_by(CallReview.attempt_id))]


@given(st.integers(0, FINE - 1), st.integers(0, 100))
def test_a_larger_share_keeps_what_a_smaller_one_drew(number: int, share: int) -> None:
    assert not is_drawn(number, 0)
    assert is_drawn(number, 100)
    assert is_drawn(number, share) <= is_drawn(number, min(100, share + 1))


@pytest.mark.parametrize("share", [1, 5, 50])
def test_the_share_is_kept_over_many_calls(share: int) -> None:
    vault, n = Vault(SECRET), 20_000
    found = sum(
        is_drawn(int.from_bytes(vault.blind_index(f"{i:032x}", "call.review")[:8], "big"), share)
        for i in range(n)
    )
    expected, sd = n * share / 100, (n * share / 100 * (1 - share / 100)) ** 0.5
    assert abs(found - expected) < 5 * sd


def test_another_key_draws_other_calls() -> None:
    ours, theirs = Vault(SECRET), Vault("another installation with a key of its own")
    assert ours.blind_index("a" * 32, "call.review") != theirs.blind_index("a" * 32, "call.review")


@given(st.lists(st.tuples(st.integers(1, 999), st.text("abcdef", min_size=1)), unique=True, max_size=8))
def test_the_smallest_hash_of_a_week_does_not_depend_on_the_order(calls: list[tuple[int, str]]) -> None:
    def hashed(uid: str) -> int:
        return len(uid) * 7919 % 13

    assert lowest(calls, hashed) == lowest(reversed(calls), hashed)
    assert (lowest(calls, hashed) is None) == (not calls)


def test_only_weeks_that_are_over_are_closed() -> None:
    # 2026-11-18 is a Wednesday.
    assert weeks_to_close(date(2026, 11, 18)) == [
        (date(2026, 11, 9), date(2026, 11, 15)),
        (date(2026, 11, 2), date(2026, 11, 8)),
    ]


def test_a_call_is_drawn_when_it_cannot_be_undone_any_more_and_once(
    all_drawn: Database, now: datetime
) -> None:
    (callback_id,) = callbacks(all_drawn, now)
    (anna,) = staff(all_drawn, now, "anna")
    with all_drawn.begin() as session:
        attempt = call(session, callback_id, anna.id, now)
    assert draw_reviews(all_drawn, now=now + timedelta(minutes=5)) == {}
    assert draw_reviews(all_drawn, now=now + SOON) == {"drawn": 1}
    assert draw_reviews(all_drawn, now=now + SOON) == {}
    assert drawn(all_drawn) == [(attempt.id, "share")]


def test_two_ticks_at_once_draw_a_call_once(all_drawn: Database, now: datetime) -> None:
    (callback_id,) = callbacks(all_drawn, now)
    (anna,) = staff(all_drawn, now, "anna")
    with all_drawn.begin() as session:
        attempt = call(session, callback_id, anna.id, now)
    with all_drawn.begin() as session:
        (row,) = session.execute(drawing.with_answers()).all()
        assert (drawing._put(session, row, "share", now), drawing._put(session, row, "share", now)) == (1, 0)
    assert drawn(all_drawn) == [(attempt.id, "share")]


def test_what_was_undone_changed_or_brought_no_answer_is_not_drawn(
    all_drawn: Database, now: datetime
) -> None:
    one, two, three = callbacks(all_drawn, now, 3)
    (anna,) = staff(all_drawn, now, "anna")
    with all_drawn.begin() as session:
        undone = call(session, one, anna.id, now)
        session.execute(
            update(Attempt).where(Attempt.id == undone.id).values(undone_at=now, undone_by="anna")
        )
        call(session, two, anna.id, now, code=Code.NO_ANSWER)
        call(session, three, anna.id, now)
        changed = Response.external_id == f"callback:{three}"
        session.execute(update(Response).where(changed).values(revision=2))
    assert draw_reviews(all_drawn, now=now + SOON) == {}


def test_each_agent_gets_one_of_a_week_in_which_none_was_drawn(percent: Percent, now: datetime) -> None:
    database = percent(1)
    ids = callbacks(database, now, 6)
    anna, amir = staff(database, now, "anna", "amir")
    last_friday, this_monday = now - timedelta(days=5), now - timedelta(days=2)
    with database.begin() as session:
        of_anna = [call(session, each, anna.id, last_friday).id for each in ids[:3]]
        of_amir = [call(session, each, amir.id, last_friday).id for each in ids[3:5]]
        call(session, ids[5], anna.id, this_monday)  # this week is not over
        by_share = {
            a.id for a in session.scalars(select(Attempt)) if is_drawn(drawing.hashed(session, a.uid), 1)
        }
    draw_reviews(database, now=now)
    draw_reviews(database, now=now + SOON)
    by_week = [attempt_id for attempt_id, why in drawn(database) if why == "week"]
    assert {a for a, why in drawn(database) if why == "share"} == by_share
    for calls in (of_anna, of_amir):
        assert len(set(calls) & set(by_week)) == (0 if set(calls) & by_share else 1)


def test_a_share_of_nothing_draws_nothing(percent: Percent, now: datetime) -> None:
    database = percent(0)
    (callback_id,) = callbacks(database, now)
    (anna,) = staff(database, now, "anna")
    with database.begin() as session:
        call(session, callback_id, anna.id, now - timedelta(days=5))
    assert draw_reviews(database, now=now) == {}


def test_calls_from_before_the_sample_are_left_in_peace(all_drawn: Database, now: datetime) -> None:
    (callback_id,) = callbacks(all_drawn, now)
    (anna,) = staff(all_drawn, now, "anna")
    with all_drawn.begin() as session:
        call(session, callback_id, anna.id, now - timedelta(days=30))
    assert draw_reviews(all_drawn, now=now) == {}
    with all_drawn.read() as session:
        assert session.scalar(select(func.count()).select_from(CallReview)) == 0


def test_a_call_from_the_desk_that_was_undone_and_made_again_is_drawn_as_it_stands(
    all_drawn: Database, now: datetime
) -> None:
    (callback_id,) = callbacks(all_drawn, now)
    wake_callbacks(all_drawn, now=now)
    (anna,) = staff(all_drawn, now, "anna")
    agent = Agent(anna.id, anna.name)
    with all_drawn.begin() as session:
        assert taking.pull_next(session, agent, now=now)
        holding.reveal(session, callback_id, agent, now=now)
    with all_drawn.begin() as session:
        _complete(session, callback_id, agent, now=now)
        first = session.scalars(select(Attempt)).one()
    with all_drawn.begin() as session:
        undoing.undo(session, first.id, agent, now=now + timedelta(minutes=1))
    with all_drawn.begin() as session:
        _complete(session, callback_id, agent, now=now + timedelta(minutes=2))
        second = session.scalars(select(Attempt.id).where(Attempt.id != first.id)).one()
    assert draw_reviews(all_drawn, now=now + SOON) == {"drawn": 1}
    assert drawn(all_drawn) == [(second, "share")]


def _complete(session: Session, callback_id: int, agent: Agent, *, now: datetime) -> None:
    follow_up = session.get_one(FollowUp, session.get_one(Callback, callback_id).follow_up_id)
    version = load_version(session, follow_up.version_id)
    answers, problems = answering.parse_form(version, MultiDict(GOOD | {"resolved": "2"}), mode="phone")
    assert not problems
    actions.complete(session, callback_id, agent, answers, language="en", now=now)
