"""Each statement against a loop over all rows in Python, for random small worlds on both databases."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db import Database
from core.periods import Period, parse_period
from followup.callbacks.models import Pause
from followup.figures import queries
from followup.figures.groups import By, Key, Span
from followup.figures.standing import Traits
from followup.models import Attempt, Callback, Case, FollowUp
from surveys.models import Answer, Item, Response, Stratum
from tests.followup.figures.worlds import ZONE, World

PERIODS = ("2026Q3", "2026Q4", "2026-10", "2026-09-10..2026-10-20", "2025")


class Plain:
    """All rows of a world in memory, counted with loops."""

    def __init__(self, session: Session, period: Period, by: By) -> None:
        self.period, self.by = period, by
        self.follow_ups = {row.id: row for row in session.scalars(select(FollowUp))}
        self.responses = {row.id: row for row in session.scalars(select(Response))}
        self.callbacks = {row.id: row for row in session.scalars(select(Callback))}
        self.attempts = [row for row in session.scalars(select(Attempt)) if row.undone_at is None]
        self.departments = {row.id: row.department for row in session.scalars(select(Stratum))}
        self.answers = list(session.scalars(select(Answer)))
        self.items = {row.id: row.item_key for row in session.scalars(select(Item))}
        self.pauses = list(session.scalars(select(Pause)))
        self.cases = list(session.scalars(select(Case)))

    def has(self, day: date) -> bool:
        return self.period.start <= day < self.period.end

    def month(self, day: date) -> int:
        first = self.period.start
        return (day.year - first.year) * 12 + day.month - first.month

    def key(self, day: date, follow_up: FollowUp, agent: int | None) -> Key:
        return {
            By.NOTHING: "", By.DEPARTMENT: self.departments[follow_up.stratum_id], By.AGENT: agent,
            By.MONTH: self.month(day),
        }[self.by]  # fmt: skip

    def calls_of(self, callback_id: int) -> list[Attempt]:
        return sorted((a for a in self.attempts if a.callback_id == callback_id), key=lambda a: a.id)

    def census(self) -> dict[Key, Counter[Traits]]:
        found: dict[Key, Counter[Traits]] = defaultdict(Counter)
        called = {callback.follow_up_id: callback for callback in self.callbacks.values()}
        for one in self.follow_ups.values():
            day = one.created_at.astimezone(ZONE).date()
            if not self.has(day):
                continue
            callback = called.get(one.id)
            calls = self.calls_of(callback.id) if callback else []
            days, parts = {a.local_day for a in calls}, {a.day_part for a in calls}
            traits = Traits(
                one.state, one.reason, self.responses[one.response_id].mode if one.response_id else "",
                one.invitation_id is not None, callback.state if callback else "",
                callback.outcome if callback else "", callback.result if callback else "", min(len(calls), 2),
                any(a.contacted for a in calls), any(a.result == "R" for a in calls),
                len(days) > 1 and len(parts) > 1,
            )  # fmt: skip
            found[self.key(day, one, calls[-1].agent_id if calls else None)][traits] += 1
        return found

    def made(self) -> Iterator[tuple[Key, Attempt]]:
        for a in self.attempts:
            if self.has(a.local_day):
                follow_up = self.follow_ups[self.callbacks[a.callback_id].follow_up_id]
                yield self.key(a.local_day, follow_up, a.agent_id), a

    def calls(self) -> dict[Key, queries.Calls]:
        found: dict[Key, queries.Calls] = defaultdict(queries.Calls)
        for key, a in self.made():
            found[key].made += 1
            found[key].connected += a.connected
            found[key].complete += a.outcome == "COMPLETE"
            if a.connected and a.started_at:
                found[key].talks[int((a.ended_at - a.started_at).total_seconds())] += 1
        return found

    def wrap_ups(self) -> dict[Key, Counter[int]]:
        found: dict[Key, Counter[int]] = defaultdict(Counter)
        days: dict[tuple[int, date], list[tuple[Key, Attempt]]] = defaultdict(list)
        for key, a in self.made():
            days[a.agent_id, a.local_day].append((key, a))
        for calls in days.values():
            ordered = sorted(calls, key=lambda pair: (pair[1].ended_at, pair[1].id))
            for (key, one), (_key, following) in pairwise(ordered):
                if following.started_at is None:
                    continue
                wait = following.started_at - one.ended_at
                rested = any(
                    p.agent_id == one.agent_id and p.began_at < following.started_at
                    and (p.ended_at is None or p.ended_at > one.ended_at) for p in self.pauses
                )  # fmt: skip
                if timedelta() <= wait < timedelta(minutes=30, seconds=1) and not rested:
                    found[key][int(wait.total_seconds())] += 1
        return found

    def ratings(self) -> dict[tuple[str, str], dict[Key, Counter[int]]]:
        found: dict[tuple[str, str], dict[Key, Counter[int]]] = defaultdict(lambda: defaultdict(Counter))
        places = {"overall": ("overall", "sat5.1"), "resolved": ("resolved", "yesno.1")}
        said = {
            (answer.response_id, places[self.items[answer.item_id]][0]) for answer in self.answers
            if self.items[answer.item_id] in places and answer.value is not None and answer.value >= 0
        }  # fmt: skip
        again = {
            (one.recovery_of_id, role) for one in self.follow_ups.values() for role in ("overall", "resolved")
            if (one.response_id, role) in said and self.responses[one.response_id or 0].day < self.period.end
        }  # fmt: skip
        for one in self.follow_ups.values():
            response = self.responses.get(one.response_id or 0)
            if response is None or not self.has(response.day):
                continue
            agent = response.entered_by if response.mode == "phone" else None
            for answer in self.answers:
                place = places.get(self.items[answer.item_id])
                if (
                    answer.response_id == response.id
                    and place
                    and (one.id, place[0]) not in again
                    and answer.value is not None
                    and answer.value >= 0
                ):
                    found[place][self.key(response.day, one, agent)][answer.value] += 1
        return found

    def registered(self) -> dict[Key, tuple[int, int]]:
        found: dict[Key, tuple[int, int]] = {}
        for case in self.cases:
            day = case.registered_at.astimezone(ZONE).date()
            if self.has(day) and case.state != "cancelled":
                keys: dict[By, Key] = {By.DEPARTMENT: case.department, By.MONTH: self.month(day)}
                key = keys.get(self.by, "")
                n, closed = found.get(key, (0, 0))
                found[key] = (n + 1, closed + (case.state == "closed"))
        return found


STATEMENTS: dict[str, tuple[Callable[..., Any], Callable[[Plain], Any]]] = {
    "census": (queries.census, Plain.census),
    "calls": (queries.calls, Plain.calls),
    "wrap_ups": (queries.wrap_ups, Plain.wrap_ups),
    "ratings": (queries.ratings, Plain.ratings),
    "registered": (queries.registered, Plain.registered),
}


@pytest.mark.parametrize("seed", [1, 2])
def test_each_statement_counts_what_a_loop_counts(database: Database, seed: int) -> None:
    with database.begin() as session:
        World(session, seed, 160).fill()
    counted = 0
    with database.read() as session:
        for name in PERIODS:
            span = Span(parse_period(name), ZONE)
            for by in By:
                plain = Plain(session, span.period, by)
                for what, (statement, loop) in STATEMENTS.items():
                    if what == "registered" and by is By.AGENT:
                        continue
                    found, expected = statement(session, span, by), loop(plain)
                    assert found == expected, (name, by, what)
                    counted += len(found)
    assert counted > 150
