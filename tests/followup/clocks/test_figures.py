"""In time or not: the figures against a hand count, over reopening, pauses and what does not count."""

from datetime import datetime

from sqlalchemy.orm import Session

from core.db import Database
from followup.cases import actions
from followup.cases.queries import Viewer
from followup.clocks.figures import OnTime, answered_on_time, closed_on_time, closed_on_time_by
from followup.models import Case
from tests.followup.factories import new_case

SVEN = Viewer(0, "supervisor")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}+08:00")


def closed(session: Session, case: Case, moment: str) -> None:
    actions.close(session, case, result="好", close_reason="solved", actor="rita", now=at(moment))


def test_the_figures_count_what_the_definition_says(database: Database, now: datetime) -> None:
    """Every case is registered on Wednesday the 18th at ten: to be closed by the 25th at ten."""
    with database.begin() as session:
        cases = [new_case(session, None, now=now) for _count in range(8)]
        closed(session, cases[0], "11-25T10:00")  # at the very limit: in time
        closed(session, cases[1], "11-25T10:01")  # late
        # the third stays open: late
        actions.cancel(session, cases[3], actor="olga", reason="误登", now=now)
        actions.merge(session, cases[4], cases[0], actor="olga", now=now)
        actions.accept(session, cases[5], actor="olga", now=now)
        actions.wait(session, cases[5], actor="olga", reason="等", now=at("11-24T10:00"))  # stands still
        closed(session, cases[6], "11-24T10:00")  # in time, opened again, then late
        actions.reopen(session, cases[6], actor="sven", reason="又坏", now=at("11-24T11:00"))
        closed(session, cases[6], "12-01T11:01")
        cases[7].due_at = None
    start, end = at("11-20T00:00"), at("12-02T00:00")
    with database.read() as session:
        found = closed_on_time(session, SVEN, start, end)
        assert (found.due, found.kept, found.late) == (5, 2, 3)
        assert closed_on_time(session, SVEN, start, at("11-25T10:00")) == OnTime(0, 0)  # half-open
        assert closed_on_time(session, SVEN, at("11-25T10:00"), at("11-25T10:01")) == OnTime(4, 2)
        assert closed_on_time(session, SVEN, at("12-02T00:00"), end).share is None
        answers = answered_on_time(session, SVEN, start, end)
    # By the 23rd at ten nobody had answered the first, second and last; the sixth was asked on the 24th.
    # The seventh was closed a day late the first time, and had no answer by the 27th the second time.
    assert (answers.due, answers.kept) == (7, 0)


def test_people_see_the_figures_of_their_own_department(database: Database, now: datetime) -> None:
    with database.begin() as session:
        for department in ("东城所", "西城所", "西城所"):
            closed(session, new_case(session, None, now=now, department=department), "11-20T10:00")
    span = (at("11-20T00:00"), at("12-02T00:00"))
    with database.read() as session:
        assert closed_on_time(session, SVEN, *span) == OnTime(3, 3)
        assert closed_on_time(session, Viewer(0, "officer", "西城所"), *span) == OnTime(2, 2)
        assert answered_on_time(session, Viewer(0, "officer", "东城所"), *span) == OnTime(1, 1)
        assert closed_on_time(session, Viewer(0, "analyst"), *span) == OnTime(0, 0)
        by_department = closed_on_time_by(session, *span, lambda _due_at: Case.department)
        assert by_department == {"东城所": OnTime(1, 1), "西城所": OnTime(2, 2)}
