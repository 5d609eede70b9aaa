"""A database of before the callback desk, with calls in it, is brought up to date and taken back."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import MetaData, Table, insert, select
from sqlalchemy.exc import IntegrityError

from core import schema
from core.db import Database
from core.settings import Settings

AT = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
# id: state, final code, agent, calls, and what all of them together count as afterwards
CALLBACKS: dict[int, tuple[str, str, int | None, list[str], str]] = {
    1: ("done", "COMPLETE", 1, ["NO_ANSWER", "COMPLETE"], "I"),
    2: ("done", "MAX_ATTEMPTS", 1, ["REFUSED_SOFT", "NO_ANSWER", "NO_ANSWER"], "R"),
    3: ("done", "MAX_ATTEMPTS", 1, ["APPT_SOFT", "NO_ANSWER", "BUSY"], "O"),
    4: ("done", "MAX_ATTEMPTS", 1, ["NO_ANSWER", "NOT_SELF", "VOICEMAIL"], "NC"),
    5: ("cancelled", "SELF_DONE", None, ["NO_ANSWER"], "I"),
    6: ("cancelled", "", None, ["REFUSED_SOFT"], "NE"),  # the case was opened again
    7: ("done", "DO_NOT_CONTACT", 2, ["DO_NOT_CONTACT"], "R"),
    8: ("done", "WRONG_NUMBER", 2, ["WRONG_NUMBER"], "NC"),
    9: ("claimed", "", 1, [], ""),
    10: ("in_call", "", 1, [], ""),
    11: ("claimed", "", 2, [], ""),
    12: ("claimed", "", 2, ["BUSY"], ""),
    13: ("waiting", "", None, ["NO_ANSWER"], ""),
    14: ("appointed", "", 1, ["APPT_FIXED"], ""),  # promised, and in nobody's hand
    15: ("done", "DECEASED", 2, ["DECEASED"], "O"),
}


def tables(database: Database, *names: str) -> list[Table]:
    """The tables as this database has them, whatever the models say."""
    found = MetaData()
    return [Table(name, found, autoload_with=database.engine, resolve_fks=False) for name in names]


def fill(database: Database, name: str, *rows: dict[str, Any]) -> None:
    """Put rows into a table; a column that nobody here cares about gets something that fits."""
    [table] = tables(database, name)
    with database.engine.begin() as connection:
        for row in rows:
            missing = [
                c for c in table.columns if not (c.nullable or c.name in row or c.autoincrement is True)
            ]
            filled = {c.name: filler(c.type.python_type) for c in missing if c.name != "id"}
            connection.execute(insert(table).values(**filled | row))


def filler(kind: type) -> object:
    """A value of this kind."""
    fitting: dict[type, object] = {str: "", int: 0, bool: False, bytes: b"", datetime: AT, date: AT.date()}
    return fitting.get(kind, {})


@pytest.fixture
def old(settings: Settings) -> Iterator[Database]:
    """A database of the version before, with two agents and fifteen callbacks."""
    database = Database(settings)
    schema.upgrade(database, "0004")
    fill(database, "users", *({"id": n, "name": f"u{n}", "role": "agent"} for n in (1, 2)))
    fill(database, "contacts", {"id": 1, "uid": "c1"})
    fill(database, "questionnaires", {"id": 1, "key": "return_visit"})
    fill(database, "versions", {"id": 1, "questionnaire_id": 1, "number": 1})
    fill(database, "rules", {"id": 1, "name": "all"})
    fill(database, "rule_versions", {"id": 1, "rule_id": 1, "number": 1, "questionnaire_id": 1})
    fill(database, "strata", {"id": 1})
    for n, (state, code, agent, calls, _result) in CALLBACKS.items():
        fill(database, "cases", {"id": n, "number": f"N{n}", "kind": "repair", "severity": "normal"})
        fill(database, "follow_ups", follow_up(n))
        callback = {"id": n, "follow_up_id": n, "state": state, "outcome": code, "agent_id": agent}
        fill(database, "callbacks", callback | {"attempts": len(calls), "version": 1, "priority": 50})
        for number, outcome in enumerate(calls, start=1):
            call = {"uid": f"a{n}.{number}", "callback_id": n, "number": number, "agent_id": agent or 1}
            fill(database, "attempts", call | {"outcome": outcome, "day_part": "morning"})
        if state in {"done", "cancelled"}:
            ends = (("dial", "in_call", -5), ("finish", state, n))
            fill(database, "transitions", *(moved(n, *end) for end in ends))
    yield database
    database.dispose()


def follow_up(n: int) -> dict[str, Any]:
    """The question whose callback has this number."""
    of = {"case_id": n, "rule_id": 1, "rule_version_id": 1, "version_id": 1, "stratum_id": 1}
    return {"id": n, "resolution_no": 1, "state": "call_queued", "handler_name": f"师傅{n}"} | of


def moved(n: int, event: str, new: str, minutes: int) -> dict[str, Any]:
    """A change of a callback that happened so many minutes after the beginning."""
    at = (AT + timedelta(minutes=minutes)).replace(tzinfo=None)
    return {"machine": "callback", "subject_id": n, "event": event, "old": "", "new": new, "at": at}


def test_calls_of_before_count_as_they_were_meant(old: Database) -> None:
    schema.upgrade(old)
    callbacks, attempts = tables(old, "callbacks", "attempts")
    with old.engine.connect() as connection:
        rows = {row.id: row for row in connection.execute(select(callbacks))}
        calls = connection.execute(select(attempts).order_by(attempts.c.callback_id, attempts.c.number)).all()
    assert {n: row.result for n, row in rows.items()} == {n: given[4] for n, given in CALLBACKS.items()}
    assert {row.handler_name for row in rows.values()} == {f"师傅{n}" for n in CALLBACKS}
    ended = {n: row.ended_at for n, row in rows.items() if row.ended_at is not None}
    assert set(ended) == {n for n, given in CALLBACKS.items() if given[0] in {"done", "cancelled"}}
    assert ended[4] - ended[3] == timedelta(minutes=1)  # of the last step, not of the first
    told = {call.outcome: (call.result, bool(call.connected), bool(call.contacted)) for call in calls}
    assert told == {
        "NO_ANSWER": ("NC", False, False),
        "BUSY": ("NC", False, False),
        "VOICEMAIL": ("NC", False, False),
        "NOT_SELF": ("NC", True, False),
        "WRONG_NUMBER": ("NC", True, False),
        "COMPLETE": ("I", True, True),
        "REFUSED_SOFT": ("R", True, True),
        "DO_NOT_CONTACT": ("R", True, True),
        "APPT_SOFT": ("O", True, True),
        "APPT_FIXED": ("O", True, True),
        "DECEASED": ("O", True, False),
    }


def test_an_agent_keeps_the_call_that_runs_and_the_rest_goes_back_in_sight(old: Database) -> None:
    schema.upgrade(old)
    callbacks, transitions = tables(old, "callbacks", "transitions")
    with old.engine.connect() as connection:
        found = select(callbacks.c.id, callbacks.c.state, callbacks.c.agent_id, callbacks.c.version)
        rows = connection.execute(found.where(callbacks.c.id.between(9, 14)).order_by(callbacks.c.id)).all()
        back = connection.execute(select(transitions).where(transitions.c.event == "release")).all()
    assert [tuple(row) for row in rows] == [
        (9, "ready", None, 2),
        (10, "in_call", 1, 1),
        (11, "claimed", 2, 1),
        (12, "ready", None, 2),
        (13, "waiting", None, 1),
        (14, "appointed", 1, 1),
    ]
    told = {(row.subject_id, row.old, row.new, row.actor) for row in back}
    assert told == {(9, "claimed", "ready", "system"), (12, "claimed", "ready", "system")}
    with pytest.raises(IntegrityError), old.engine.begin() as connection:
        connection.execute(callbacks.update().where(callbacks.c.id == 9).values(state="claimed", agent_id=1))


def test_the_desk_is_taken_back_with_the_calls_still_there(old: Database) -> None:
    schema.upgrade(old)
    schema.downgrade(old, "0004")
    callbacks, attempts = tables(old, "callbacks", "attempts")
    assert not {"result", "ended_at", "handler_name"} & set(callbacks.columns.keys())
    with old.engine.connect() as connection:
        states = connection.execute(select(callbacks.c.id, callbacks.c.outcome).order_by("id")).all()
        assert [tuple(row) for row in states] == [(n, given[1]) for n, given in CALLBACKS.items()]
        assert len(connection.execute(select(attempts.c.id)).all()) == sum(
            len(g[3]) for g in CALLBACKS.values()
        )
    schema.upgrade(old)
