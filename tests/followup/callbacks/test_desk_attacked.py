"""The desk pressed in ways that nobody planned: at the same moment, with odd values, in odd organisations."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from core import audit
from core.auth.models import Skill, User
from core.contacts.reveals import require_reveal
from core.db import Database
from core.errors import ConflictError, ForbiddenError
from followup.callbacks import holding, pausing, reassigning, standing, taking
from followup.callbacks.outcomes import Code
from followup.jobs import release_leases, tick, wake_callbacks
from followup.models import Callback
from tests.followup import factories as make
from tests.followup.callbacks.test_actions import anna, end, in_call, pull, queued
from tests.followup.callbacks.test_holding import attempts, save, version_of
from tests.followup.callbacks.test_views import post
from tests.people import csrf_token

MINUTE = timedelta(minutes=1)
SLEPT = timedelta(minutes=16)


def test_a_finished_call_is_taken_though_it_was_handed_to_somebody_else_meanwhile(
    database: Database, now: datetime
) -> None:
    agent, callback_id = in_call(database, now)
    version = version_of(database, callback_id)
    amir = anna(database, now, "amir")
    release_leases(database, now=now + SLEPT)
    with database.begin() as session:
        given = reassigning.reassign(
            session, [callback_id], amir.id, actor="sven", reason="Anna is away", now=now + SLEPT
        )
    assert given.done == (callback_id,)
    save(database, agent, callback_id, version, now + SLEPT + MINUTE)
    assert attempts(database) == [("NO_ANSWER", agent.id)]


@pytest.mark.parametrize("change", [{"role": "officer"}, {"active": False}])
def test_who_makes_calls_no_more_holds_no_promise(
    database: Database, now: datetime, change: dict[str, object]
) -> None:
    agent, callback_id = in_call(database, now)
    amir = anna(database, now, "amir")
    end(database, agent, callback_id, Code.APPT_FIXED, now, appointment=now + 30 * MINUTE)
    with database.begin() as session:
        session.execute(update(User).where(User.id == agent.id).values(**change))
    wake_callbacks(database, now=now + 30 * MINUTE)
    assert pull(database, amir, now + 30 * MINUTE) == callback_id


@pytest.mark.parametrize("said", ["zhang wei", "Zhang  Wei", "ＺｈａｎｇＷｅｉ"])
def test_an_own_case_is_known_however_the_name_is_spelled(
    database: Database, now: datetime, said: str
) -> None:
    with database.begin() as session:
        user = make.new_user(session, "zw", "agent", now=now)
        user.display_name, agent = "Zhang Wei", taking.Agent(user.id, user.name)
        make.new_rule(session, make.by_phone(), now=now)
        case = make.new_case(session, make.new_contact(session, now=now).id, now=now)
        case.handler_name = said
        make.close(session, case, now=now)
    tick(database, now=now)
    wake_callbacks(database, now=now)
    with database.begin() as session:  # everybody may change how they are called
        session.get_one(User, agent.id).display_name = "Somebody else"
    assert pull(database, agent, now) is None
    assert pull(database, anna(database, now), now) == 1


def test_an_organisation_of_many_departments_skills_and_languages_can_call(
    database: Database, now: datetime
) -> None:
    queued(database, now)
    with database.begin() as session:
        for n in range(60):
            user = make.new_user(session, f"a{n}", "agent", now=now, department=f"站{n}")
            skills = [("skill", f"s{(n + k) % 20}") for k in range(3)]
            skills += [("language", f"l{(n + k) % 12}") for k in range(2)]
            session.add_all(Skill(user_id=user.id, kind=kind, value=value) for kind, value in skills)
        session.flush()
        agent = taking.Agent(user.id, user.name)
    assert pull(database, agent, now) == 1


@pytest.mark.parametrize("phone", ["99999999999999999999999", "2147483648"])
def test_a_number_that_there_cannot_be_is_refused(desk: FlaskClient, phone: str) -> None:
    answer = desk.post("/callbacks/next", data={"csrf_token": csrf_token(desk, "/callbacks")})
    path = answer.headers["Location"]
    data = {"csrf_token": csrf_token(desk, path), "phone": phone}
    answer = desk.post(f"{path}/number", data=data, follow_redirects=True)
    assert answer.status_code == 200
    assert "This number cannot be dialled" in answer.get_data(as_text=True)


def test_a_note_as_long_as_the_page_lets_it_be_is_taken(desk: FlaskClient) -> None:
    """Browsers count a new line as one character and send two."""
    path = post(desk, "/callbacks/next")[1]
    post(desk, f"{path}/reveal", path)
    note = "\r\n".join(["字" * 9] * 100)  # 999 characters on the page
    assert post(desk, path, path, outcome="REFUSED_SOFT", note=note)[0] == 303


def test_what_was_typed_is_not_lost_when_a_callback_is_given_back(
    desk: FlaskClient, database: Database
) -> None:
    path = post(desk, "/callbacks/next")[1]
    post(desk, f"{path}/release", path, **{"back-reason": "known", "note": "下午再打", "overall": "4"})
    with database.read() as session:
        kept = holding.draft_of(session, session.get_one(Callback, int(path.rsplit("/", 1)[1])))
    assert kept == {"note": "下午再打", "overall": "4"}


def test_the_board_shows_no_pause_of_who_left(database: Database, now: datetime) -> None:
    agent = anna(database, now)
    with database.begin() as session:
        pausing.begin(session, agent.id, "meal", now=now)
        assert [each.name for each in standing.agents(session, now)] == ["Anna"]
        session.get_one(User, agent.id).active = False
    with database.read() as session:
        assert standing.agents(session, now) == []


@pytest.mark.slow
def test_a_pause_and_a_callback_do_not_come_to_one_hand(database: Database, now: datetime) -> None:
    """Two tabs: one asks for the next callback, the other begins a pause."""
    queued(database, now, 1)
    agent = anna(database, now)
    both = 0
    for _n in range(8):
        together = Barrier(2)

        def begin(together: Barrier = together) -> None:
            together.wait()
            with suppress(ConflictError), database.begin() as session:
                pausing.begin(session, agent.id, "meal", now=now)

        def take(together: Barrier = together) -> None:
            together.wait()
            with suppress(ConflictError):
                pull(database, agent, now)

        with ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(begin), pool.submit(take)]:
                done.result()
        with database.begin() as session:
            held = taking.in_hand_of(session, agent.id)
            paused = pausing.end(session, agent.id, now=now)
            both += held is not None and paused is not None
            if held is not None:
                holding.release(session, held.id, agent, reason="known", now=now)
    assert both == 0


@pytest.mark.slow
def test_looks_at_the_same_moment_do_not_pass_the_days_limit(database: Database, now: datetime) -> None:
    limit, pressed = database.settings.reveals_per_day, 8
    with database.begin() as session:
        for n in range(limit - 2):
            audit.record(session, actor="anna", action="contact.revealed", subject=f"contact:{n}", now=now)
    together = Barrier(pressed)

    def look(n: int) -> int:
        together.wait()
        try:
            with database.begin() as session:
                require_reveal(session, "anna", now)
                audit.record(
                    session, actor="anna", action="contact.revealed", subject=f"contact:{n}", now=now
                )
        except ForbiddenError:
            return 0
        return 1

    with ThreadPoolExecutor(pressed) as pool:
        assert sum(pool.map(look, range(pressed))) == 2
