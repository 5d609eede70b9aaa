"""On PostgreSQL who ends a customer's things and who answers lock in one order, and nobody is broken off."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from time import sleep

import pytest
from sqlalchemy import select, text

from core.db import Database
from core.errors import ConflictError, TransitionError
from core.outbox.models import Message
from followup import actions
from followup.cases import actions as cases
from followup.jobs import send_due
from followup.models import Callback, Case, FollowUp
from followup.suppression.actions import suppress
from surveys.answering import ClosedError
from surveys.models import Invitation
from tests.followup import factories as make
from tests.followup.callbacks.test_actions import fill, in_call
from tests.followup.test_planning import BAD, GOOD, answer_by_link

WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")


def until_waiting(database: Database, n: int) -> None:
    """Wait until so many connections wait for a lock."""
    for _try in range(200):
        with database.look() as session:
            if session.scalar(WAITING) == n:
                return
        sleep(0.02)
    raise AssertionError(f"there are not {n} who wait")


@pytest.mark.parametrize("how", ["stop", "reopen"])
def test_an_answer_and_the_end_of_all_questions_do_not_block_each_other(
    database: Database, now: datetime, how: str
) -> None:
    if database.settings.is_sqlite:
        pytest.skip("SQLite has one writer at a time: nobody waits for two locks")
    with database.begin() as session:
        make.new_rule(session, make.ASK_ALL, now=now)
        make.closed_case(session, now=now)
    send_due(database, now=now)
    token, later = make.link_token(database), now + timedelta(minutes=1)

    def end() -> None:
        with database.begin() as session:
            case = session.scalars(select(Case)).one()
            if how == "reopen":
                cases.reopen(session, case, actor="sven", reason="did not hold", now=later)
            else:
                actions.stop_contact(session, case.contact_id or 0, actor="customer", now=later)

    def answer() -> None:
        with pytest.raises(ClosedError):
            answer_by_link(database, token, GOOD, later)

    with ThreadPoolExecutor(2) as pool:
        with database.begin() as session:
            session.scalars(select(Message).with_for_update()).one()
            ending = pool.submit(end)
            until_waiting(database, 1)
            answering = pool.submit(answer)
            until_waiting(database, 2)
        ending.result()
        answering.result()
    with database.read() as session:
        expected = {"stop": "closed_no_response", "reopen": "void"}[how]
        assert session.scalars(select(FollowUp.state)).one() == expected
        assert session.scalars(select(Invitation.state)).one() == "withdrawn"


@pytest.mark.parametrize("how", ["suppress", "reopen"])
def test_a_call_that_is_saved_and_who_leads_lock_in_one_order(
    database: Database, now: datetime, how: str
) -> None:
    if database.settings.is_sqlite:
        pytest.skip("SQLite has one writer at a time: nobody waits for two locks")
    agent, callback_id = in_call(database, now)
    later = now + timedelta(minutes=1)

    def lead() -> None:
        with database.begin() as session:
            if how == "suppress":
                follow_up_id = make.only_follow_up(session).id
                who = {"actor": "sven", "actor_id": 99, "is_supervisor": True}
                suppress(session, follow_up_id, reason="dispute", words="", now=later, **who)  # type: ignore[arg-type]
            else:
                case = session.scalars(select(Case)).one()
                cases.reopen(session, case, actor="sven", reason="did not hold", now=later)

    with ThreadPoolExecutor(2) as pool:
        with database.begin() as session:
            row = Callback if how == "suppress" else FollowUp
            session.scalars(select(row.id).with_for_update()).one()
            saving = pool.submit(fill, database, agent, callback_id, BAD, later)
            until_waiting(database, 1)
            leading = pool.submit(lead)
            until_waiting(database, 2)
        saving.result()
        with pytest.raises((ConflictError, TransitionError)):
            leading.result()
    with database.read() as session:
        assert make.only_follow_up(session).state == "remedy"
        assert session.scalars(select(Case.state)).one() == "reopen_requested"
