"""Suppressing a follow-up: who may, what stops, what stays open, and that it is counted."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit import AuditEntry
from core.db import Database
from core.errors import ConflictError, ForbiddenError, HuifangError, InputError
from core.outbox.models import Message
from followup import jobs
from followup.actions import listen
from followup.callbacks.holding import reveal
from followup.callbacks.taking import pull_next
from followup.models import Callback, CaseNote, FollowUp
from followup.rules.policy import Terms
from followup.suppression import actions, queries
from surveys.models import Invitation
from tests import people as staff
from tests.followup import factories as make
from tests.followup.test_planning import GOOD, answer_by_link

listen()


def ask(database: Database, terms: Terms, now: datetime) -> None:
    """One closed case and what the rule says about it."""
    with database.begin() as session:
        make.new_rule(session, terms, now=now)
        make.closed_case(session, now=now)


def suppress(session: Session, now: datetime, **changes: object) -> FollowUp:
    said: dict[str, object] = {
        "reason": "dispute", "words": "", "actor": "sven", "actor_id": 99, "is_supervisor": True,
    }  # fmt: skip
    follow_up_id = make.only_follow_up(session).id
    return actions.suppress(session, follow_up_id, now=now, **(said | changes))  # type: ignore[arg-type]


def test_what_is_planned_is_never_asked_and_is_counted_with_a_name(database: Database, now: datetime) -> None:
    ask(database, make.ASK_ALL, now)
    with database.begin() as session:
        suppress(session, now, words="客户来电说正在打官司")
    jobs.tick(database, now=now)
    with database.read() as session:
        follow_up = make.only_follow_up(session)
        assert (follow_up.state, follow_up.reason) == ("skipped", "suppressed")
        assert list(session.scalars(select(Message))) == []
        assert b"\xe5\xae\xa2" not in session.scalars(select(CaseNote.words_sealed)).one()
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "follow_up.suppress")).one()
        assert entry.actor == "sven"
        assert "官司" not in str(entry.detail)
        lately = queries.lately(session, now + timedelta(days=29))
        assert (lately.total, lately.by) == (1, (("sven", 1),))
        assert queries.lately(session, now + timedelta(days=31)).total == 0


def test_a_message_that_waits_is_taken_back_with_its_link(database: Database, now: datetime) -> None:
    ask(database, make.ASK_ALL, now)
    jobs.send_due(database, now=now)
    with database.begin() as session:
        suppress(session, now)
        assert make.only_follow_up(session).state == "skipped"
        assert session.scalars(select(Message.state)).one() == "cancelled"
        assert session.scalars(select(Invitation.state)).one() == "withdrawn"


def test_what_is_on_its_way_or_out_cannot_be_suppressed(database: Database, now: datetime) -> None:
    ask(database, make.ASK_ALL, now)
    jobs.send_due(database, now=now)
    jobs.deliver(database, now=now)
    with database.begin() as session, pytest.raises(ConflictError, match="on its way"):
        suppress(session, now)
    jobs.settle_sent(database, now=now)
    with database.begin() as session, pytest.raises(ConflictError, match="not waiting"):
        suppress(session, now)


def test_a_call_is_taken_out_of_the_queue_but_not_out_of_a_conversation(
    database: Database, now: datetime
) -> None:
    ask(database, make.by_phone(), now)
    for _n in range(2):
        jobs.tick(database, now=now)
    with database.begin() as session:
        anna = make.agent(session, "anna", now=now)
        taken = pull_next(session, anna, now=now)
        assert taken is not None
        reveal(session, taken.id, anna, now=now)
        with pytest.raises(ConflictError, match="calling"):
            suppress(session, now)
        taken.state = "ready"
        session.flush()
        assert suppress(session, now).state == "skipped"
        assert session.scalars(select(Callback.state)).one() == "cancelled"


def test_a_link_that_is_out_stays_open_when_the_call_is_suppressed(database: Database, now: datetime) -> None:
    ask(database, replace(make.ASK_ALL, reminder_after_workdays=None, phone_after_workdays=1), now)
    later = now + timedelta(days=1, minutes=1)
    for at in (now, now, later, later):
        jobs.tick(database, now=at)
    with database.begin() as session:
        assert suppress(session, later).state == "closed_no_response"
    answer_by_link(database, make.link_token(database), GOOD, now + timedelta(days=2))
    with database.read() as session:
        assert make.only_follow_up(session).state == "answered"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"reason": ""}, InputError),
        ({"reason": "because"}, InputError),
        ({"reason": "other"}, InputError),
        ({"reason": "other", "words": "  "}, InputError),
    ],
)
def test_a_reason_is_needed(
    database: Database, now: datetime, changes: dict[str, object], error: type[HuifangError]
) -> None:
    ask(database, make.ASK_ALL, now)
    with database.begin() as session, pytest.raises(error):
        suppress(session, now, **changes)


def test_who_handled_the_case_cannot_spare_himself_the_question(database: Database, now: datetime) -> None:
    with database.begin() as session:
        make.new_rule(session, now=now)
        lead = make.new_user(session, "lead", "supervisor", now=now)
        make.closed_case(session, now=now, handler_id=lead.id)
        with pytest.raises(ForbiddenError):
            suppress(session, now, actor="lead", actor_id=lead.id)


def test_after_a_remedy_only_a_supervisor_may_and_with_words(database: Database, now: datetime) -> None:
    with database.begin() as session:
        make.new_rule(session, now=now)
        make.closed_case(session, now=now)
        follow_up = make.only_follow_up(session)
        follow_up.recovery_of_id = follow_up.id
        session.flush()
        with pytest.raises(ForbiddenError):
            suppress(session, now, is_supervisor=False, words="已向客户道歉")
        with pytest.raises(InputError):
            suppress(session, now)
        assert suppress(session, now, words="已向客户道歉").state == "skipped"


@pytest.fixture
def page(app: Flask, database: Database, now: datetime) -> tuple[str, int]:
    """The address of a case with a planned follow-up, and the follow-up."""
    for name in ("sven", "olga", "ada"):
        staff.hire(database, name)
    with database.begin() as session:
        make.new_rule(session, Terms(delay_hours=8), now=now)
        case = make.closed_case(session, now=now)
        return f"/cases/{case.number}", make.only_follow_up(session).id


def post(client: FlaskClient, page: tuple[str, int], **data: str) -> tuple[int, str]:
    path, follow_up_id = page
    data = {f"suppress-{follow_up_id}-{name}": value for name, value in data.items()}
    data["csrf_token"] = staff.csrf_token(client, "/")
    answer = client.post(f"{path}/follow-ups/{follow_up_id}/suppress", data=data)
    return answer.status_code, answer.get_data(as_text=True)


def test_the_page_keeps_what_was_typed_and_everybody_who_leads_sees_the_count(
    app: Flask, page: tuple[str, int]
) -> None:
    sven = staff.sign_in(app.test_client(), "sven")
    assert "Suppress this follow-up" in sven.get(page[0]).get_data(as_text=True)
    status, shown = post(sven, page, reason="", words="打官司中")
    assert status == 422
    assert "打官司中" in shown
    assert "Choose one of the reasons." in shown
    assert post(sven, page, reason="dispute", words="打官司中")[0] == 303
    shown = sven.get(page[0]).get_data(as_text=True)
    assert "In dispute or before a court" in shown
    assert "Suppress this follow-up" not in shown
    ada = staff.sign_in(app.test_client(), "ada")
    for path in ("/", "/rules"):
        assert "1 follow-up suppressed in the last 30 days" in ada.get(path).get_data(as_text=True)


def test_an_officer_cannot_suppress_and_a_foreign_number_finds_nothing(
    app: Flask, page: tuple[str, int]
) -> None:
    olga = staff.sign_in(app.test_client(), "olga")
    assert post(olga, page, reason="dispute")[0] == 403
    sven = staff.sign_in(app.test_client(), "sven")
    assert post(sven, (page[0], page[1] + 7), reason="dispute")[0] == 404
