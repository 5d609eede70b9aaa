"""Who takes a call over, and what becomes of what was typed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import select

from core import audit
from core.audit import AuditEntry
from core.contacts.actions import set_do_not_contact
from core.contacts.reveals import reveals_left
from core.db import Database
from core.errors import ConflictError, ForbiddenError, InputError
from core.settings import Settings
from followup.callbacks import actions, holding, takeover, taking
from followup.callbacks.holding import LeaseLostError
from followup.callbacks.outcomes import Code
from followup.callbacks.taking import Agent
from followup.jobs import release_leases
from followup.models import Callback
from tests.followup import factories as make
from tests.followup.callbacks.test_actions import anna, in_call, pull, queued, state
from tests.followup.callbacks.test_holding import (
    MINUTE,
    SLEPT,
    attempts,
    lost,
    reopen,
    save,
    told,
    version_of,
)


def test_a_wish_for_no_contact_from_elsewhere_is_told_before_anything_ends(
    database: Database, now: datetime
) -> None:
    agent, callback_id = in_call(database, now)
    with database.begin() as session:
        contact_id = make.only_follow_up(session).contact_id
        assert contact_id is not None
        set_do_not_contact(session, contact_id, actor="olga", channel="phone", reason="said so", now=now)
    found = told(database, agent, callback_id, now, version_of(database, callback_id))
    assert (found.state, found.may_save) == ("stopped", True)


def test_a_supervisor_takes_a_call_over_with_what_was_typed(database: Database, now: datetime) -> None:
    agent, callback_id = in_call(database, now)
    version = version_of(database, callback_id)
    with database.begin() as session:
        sven = make.new_user(session, "sven", "supervisor", now=now)
        boss = Agent(sven.id, sven.name)
        holding.keep(session, callback_id, agent, {"note": "很生气"}, now=now)
    with pytest.raises(InputError), database.begin() as session:
        takeover.take_over(session, callback_id, boss, reason=" ", now=now)
    with database.begin() as session:
        callback = takeover.take_over(session, callback_id, boss, reason="要找领导", now=now + MINUTE)
        assert holding.draft_of(session, callback) == {"note": "很生气"}
        logged = session.execute(select(AuditEntry.action, AuditEntry.actor).order_by(AuditEntry.seq)).all()
    assert [tuple(row) for row in logged][-2:] == [
        ("callback.take_over", "sven"),
        ("callback.reveal", "sven"),
    ]
    heard = told(database, agent, callback_id, now + MINUTE, version)
    assert (heard.state, heard.message, heard.may_save) == (
        "taken", "Sven has taken this call over at 10:01.", False,
    )  # fmt: skip
    with pytest.raises(LeaseLostError, match="Sven has taken this call over"):
        save(database, agent, callback_id, version, now + MINUTE)
    save(database, boss, callback_id, version_of(database, callback_id), now + 2 * MINUTE)
    assert attempts(database) == [("NO_ANSWER", boss.id)]


def test_a_supervisor_with_another_call_or_an_own_case_takes_nothing_over(
    database: Database, now: datetime
) -> None:
    queued(database, now, n=2)
    agent = anna(database, now)
    callback_id = pull(database, agent, now)
    assert callback_id is not None
    with database.begin() as session:
        sven = make.new_user(session, "sven", "supervisor", now=now)
        boss = Agent(sven.id, sven.name)
        other = session.scalars(select(Callback).where(Callback.id != callback_id)).one()
        assert taking.claim(session, other.id, boss, now=now)
    with pytest.raises(ConflictError, match="in your hands first"), database.begin() as session:
        takeover.take_over(session, callback_id, boss, reason="urgent", now=now)
    with database.begin() as session:
        holding.release(session, other.id, boss, reason="known", now=now)
        session.get_one(Callback, callback_id).handler_id = boss.id
    with pytest.raises(ForbiddenError), database.begin() as session:
        takeover.take_over(session, callback_id, boss, reason="urgent", now=now)
    with pytest.raises(ConflictError, match="Nobody holds"), database.begin() as session:
        takeover.take_over(session, other.id, boss, reason="urgent", now=now)


def test_numbers_are_shown_up_to_the_cap_of_the_day(
    database: Database, now: datetime, settings: Settings
) -> None:
    cap = settings.reveals_per_day
    with database.begin() as session:
        assert reveals_left(session, "anna", now) == cap
        for action in ("callback.reveal", "contact.revealed", "callback.take_over"):
            audit.record(session, actor="anna", action=action, subject="callback:1", now=now)
        audit.record(session, actor="amir", action="callback.reveal", subject="callback:1", now=now)
        assert reveals_left(session, "anna", now) == cap - 2
        assert reveals_left(session, "anna", now + timedelta(days=1)) == cap


def test_a_draft_that_nobody_kept_is_forgotten_after_the_hour(database: Database, now: datetime) -> None:
    agent, callback_id = in_call(database, now)
    with database.begin() as session:
        holding.keep(session, callback_id, agent, {"note": "楼上也漏水"}, now=now)
    reopen(database, agent, now)
    release_leases(database, now=now + timedelta(minutes=59))
    with database.read() as session:
        assert make.only_callback(session).draft_sealed is not None
    assert release_leases(database, now=now + timedelta(minutes=61)) == {"forgotten": 1}
    with database.read() as session:
        assert make.only_callback(session).draft_sealed is None


def test_of_two_who_save_at_once_one_writes_the_call(database: Database, now: datetime) -> None:
    agent, callback_id, version = lost(database, now)
    amir = anna(database, now, "amir")
    pull(database, amir, now + SLEPT)
    theirs = version_of(database, callback_id)
    together = Barrier(2)

    def press(who: Agent, page: int) -> str:
        together.wait()
        try:
            with database.begin() as session:
                if who is amir:
                    holding.reveal(session, callback_id, amir, now=now + SLEPT)
                actions.record_outcome(session, callback_id, who, Code.BUSY, version=page, now=now + SLEPT)
        except LeaseLostError:
            return "lost"
        return "saved"

    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(press, (agent, amir), (version, theirs)))
    assert sorted(said) == ["lost", "saved"]
    winner = agent if said[0] == "saved" else amir
    assert attempts(database) == [("BUSY", winner.id)]


def test_a_sign_of_life_takes_nothing_up_that_was_given_back(database: Database, now: datetime) -> None:
    agent, callback_id = in_call(database, now)
    version = version_of(database, callback_id)
    with database.begin() as session:
        holding.take_away(session, callback_id, actor="sven", reason="went home", now=now)
    heard = told(database, agent, callback_id, now, version)
    assert (heard.may_keep, heard.may_save) == (False, True)
    with pytest.raises(LeaseLostError), database.begin() as session:
        holding.keep(session, callback_id, agent, {}, version=version, now=now)
    assert state(database)[0] == "ready"
    save(database, agent, callback_id, version, now)  # the call took place, its outcome counts
