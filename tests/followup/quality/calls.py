"""Calls that were made: short ways to the rows that the tests of quality look at."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from core.db import Database
from followup import actions as follow_ups
from followup.callbacks.outcomes import DELIVERED, Code
from followup.jobs import tick
from followup.models import Attempt, Callback, FollowUp
from followup.quality import reviewing
from followup.quality.reviewing import Reviewer
from surveys import answering
from surveys.models import Response
from surveys.queries import load_version
from tests.followup import factories as make

ZONE = ZoneInfo("Asia/Shanghai")
GOOD = {"overall": "5", "attitude": "5", "speed": "5", "quality": "5", "result": "5", "resolved": "1"}
MIXED = GOOD | {"overall": "4", "speed": "3"}

follow_ups.listen()


def callbacks(database: Database, now: datetime, n: int = 1, **given: object) -> list[int]:
    """``n`` callbacks of as many customers."""
    with database.begin() as session:
        make.new_rule(session, make.by_phone(), now=now)
        for _n in range(n):
            make.closed_case(session, now=now, **given)
    tick(database, now=now)
    with database.read() as session:
        return list(session.scalars(select(Callback.id).order_by(Callback.id)))


def call(
    session: Session,
    callback_id: int,
    agent_id: int,
    ended_at: datetime,
    *,
    seconds: float | None = 90,
    code: Code = Code.COMPLETE,
    answers: Mapping[str, str] = GOOD,
) -> Attempt:
    """One call as the desk writes it, with its answers where it brought some."""
    callback = session.get_one(Callback, callback_id)
    follow_up = session.get_one(FollowUp, callback.follow_up_id)
    outcome = DELIVERED[code]
    if outcome.answers:
        version = load_version(session, follow_up.version_id)
        given, problems = answering.parse_form(version, MultiDict(answers), mode="phone", complete=False)
        assert not problems
        stored = answering.record(
            session, version, given, mode="phone", stratum_id=follow_up.stratum_id, handler="张师傅",
            language="zh_Hans", now=ended_at, external_id=f"callback:{callback.id}", entered_by=agent_id,
        )  # fmt: skip
        follow_up.response_id = stored.response_id
    attempt = Attempt(
        uid=uuid.uuid4().hex, callback_id=callback.id, number=1, agent_id=agent_id,
        phone_id=callback.phone_id, phone_index=callback.phone_index,
        started_at=None if seconds is None else ended_at - timedelta(seconds=seconds), ended_at=ended_at,
        local_day=ended_at.astimezone(ZONE).date(), day_part="morning", outcome=code.value,
        connected=outcome.connected, contacted=outcome.contacted, result=outcome.result,
    )  # fmt: skip
    session.add(attempt)
    session.flush()
    return attempt


def response_of(session: Session, attempt: Attempt) -> Response:
    """The answers of a call."""
    wanted = select(Response).where(Response.external_id == f"callback:{attempt.callback_id}")
    return session.scalars(wanted).one()


def staff(database: Database, now: datetime, *names: str) -> list[Reviewer]:
    """Agents who never sign in."""
    with database.begin() as session:
        made = [make.new_user(session, name, "agent", now=now) for name in names]
        return [reviewing.reviewer_of(session, user.id) for user in made]
