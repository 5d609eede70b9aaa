"""What the open desk asks over HTTP, and what becomes of what was typed when the callback is gone."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select, update
from werkzeug.datastructures import MultiDict

from core.db import Database, vault_of
from followup.callbacks import typed_words
from followup.cases import actions as cases
from followup.jobs import tick
from followup.models import Attempt, Callback, Case
from tests import people as staff
from tests.followup.callbacks.test_views import ALL, START, post, taken, version_on
from tests.surveys import kinds

SLEPT = timedelta(minutes=16)


def heard(client: FlaskClient, where: str, version: str) -> dict[str, object]:
    """What the open desk hears."""
    answer = client.get(f"{where}/state?version={version}")
    found: dict[str, object] = answer.get_json()
    return found


def reopen(database: Database, where: str, now: datetime) -> None:
    """The case of a callback is opened again."""
    with database.begin() as session:
        number = session.get_one(Callback, int(where.rsplit("/", 1)[1])).follow_up_id
        case = session.scalars(select(Case).where(Case.id == number)).one()
        cases.reopen(session, case, actor="sven", now=now, reason="water again")


def test_the_open_desk_hears_that_it_is_its_own_and_gets_a_fresh_token(
    desk: FlaskClient, database: Database
) -> None:
    where = taken(desk)
    version = version_on(desk, where)
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    found = heard(desk, where, version)
    asked = [s for s in statements if "callbacks" in s or "transitions" in s]
    assert (found["state"], found["seconds"], len(asked)) == ("yours", 900, 1)
    assert post(desk, where, "/callbacks", outcome="BUSY")[0] == 303  # the token is the session's
    data = {"csrf_token": str(found["token"]), "outcome": "BUSY"}
    assert desk.post(where, data=data).status_code == 409


def test_asking_does_not_keep_a_session_alive(
    desk: FlaskClient, at: Callable[[datetime], None], database: Database
) -> None:
    where = taken(desk)
    version = version_on(desk, where)
    for minute in range(0, 35, 5):
        at(START + timedelta(minutes=minute))
        answer = desk.get(f"{where}/state?version={version}")
    assert answer.status_code == 303
    assert "/login" in answer.headers["Location"]


def test_others_hear_nothing(desk: FlaskClient, app: Flask) -> None:
    where = taken(desk)
    amir = staff.sign_in(app.test_client(), "amir")
    answer = amir.get(f"{where}/state?version=1")
    assert (answer.status_code, answer.get_json()["state"]) == (403, "over")
    assert amir.get("/callbacks/999/state").status_code == 404


def test_what_was_typed_is_kept_as_a_note_of_the_call_that_ended(
    desk: FlaskClient, database: Database
) -> None:
    where = taken(desk)
    version = version_on(desk, where)
    reopen(database, where, START)
    found = heard(desk, where, version)
    assert (found["state"], found["may_note"]) == ("reopened", True)
    status, _where, page = post(desk, where, "/callbacks", version=version, note="楼上也漏水", **ALL)
    assert status == 409
    assert "Keep what I typed as a note" in page
    assert "Try again" not in page
    assert post(desk, f"{where}/note", "/callbacks", note="楼上也漏水", **ALL)[0] == 303
    with database.read() as session:
        attempt = session.scalars(select(Attempt)).one()
        assert attempt.note_sealed is not None
        note = vault_of(session).open(attempt.note_sealed, f"attempt.note:{attempt.uid}")
    assert note.startswith("楼上也漏水\nOverall satisfaction: Very satisfied\n")
    assert post(desk, f"{where}/note", "/callbacks", note="x")[0] == 409


def test_a_conflict_keeps_every_field_and_can_be_sent_again(
    desk: FlaskClient, app: Flask, database: Database, at: Callable[[datetime], None]
) -> None:
    where = taken(desk)
    version = version_on(desk, where)
    at(START + SLEPT)
    tick(database, now=START + SLEPT)
    with database.begin() as session:  # only this one is left, and Amir calls
        session.execute(
            update(Callback).where(Callback.state == "ready").values(state="waiting")
            .where(Callback.id != int(where.rsplit("/", 1)[1]))
        )  # fmt: skip
    amir = staff.sign_in(app.test_client(), "amir")
    assert taken(amir) == where
    given = ALL | {"note": "家里有老人", "comment": "还行"}
    status, _where, page = post(desk, where, "/callbacks", version=version, outcome="COMPLETE", **given)
    assert status == 409
    assert "Amir has been calling since 10:16." in page
    again = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    assert again | {"outcome": "COMPLETE", "version": version} == again
    assert again | given == again
    assert post(amir, f"{where}/release", where, **{"back-reason": "known"})[0] == 303
    again.pop("csrf_token")
    assert post(desk, where, "/callbacks", **again)[0] == 303
    with database.read() as session:
        assert session.scalars(select(Attempt.outcome)).all() == ["COMPLETE"]


def test_a_page_older_than_the_last_sign_in_loses_nothing(desk: FlaskClient, database: Database) -> None:
    where = taken(desk)
    version = version_on(desk, where)
    old = staff.csrf_token(desk, where)
    with desk.session_transaction() as cookie:  # the cookie of a new sign-in has a new secret
        cookie["csrf_token"] = "another secret"
    data = ALL | {"csrf_token": old, "version": version, "outcome": "COMPLETE", "note": "家里有老人"}
    answer = desk.post(where, data=data)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Please send it once more" in page
    assert "家里有老人" in page
    again = dict(re.findall(r'<input type="hidden" name="(\w+)"[^>]* value="([^"]*)">', page))
    assert desk.post(where, data=again).status_code == 303
    with database.read() as session:
        assert session.scalars(select(Attempt.outcome)).all() == ["COMPLETE"]


def test_who_opens_a_call_of_somebody_else_reads_who_has_it_since_when(desk: FlaskClient, app: Flask) -> None:
    where = taken(desk)
    amir = staff.sign_in(app.test_client(), "amir")
    answer = amir.get(where)
    assert answer.status_code == 409
    assert "Anna has been calling since 10:00." in answer.get_data(as_text=True)


def test_a_supervisor_takes_over_and_the_agent_hears_of_it(
    desk: FlaskClient, app: Flask, database: Database
) -> None:
    where = taken(desk)
    version = version_on(desk, where)
    token = staff.csrf_token(desk, where)
    assert desk.post(f"{where}/heartbeat", data={"csrf_token": token, "note": "很生气"}).status_code == 200
    sven = staff.sign_in(app.test_client(), "sven")
    assert post(desk, f"{where}/take-over", where, reason="x")[0] == 403  # not for agents
    status, back, _text = post(sven, f"{where}/take-over", "/callbacks")
    assert (status, back) == (303, "/callbacks/board?view=in_hand")  # without a reason
    status, there, _text = post(sven, f"{where}/take-over", "/callbacks", reason="customer asks")
    assert (status, there) == (303, where)
    page = sven.get(where).get_data(as_text=True)
    assert "很生气" in page
    assert heard(desk, where, version)["message"] == "Sven has taken this call over at 10:00."
    assert post(desk, where, "/callbacks", version=version, outcome="BUSY")[0] == 409


def test_all_kinds_of_answers_are_told_in_words(database: Database) -> None:
    version = kinds.publish(database)
    given = MultiDict(
        {"overall": "4", "warm": "na", "nps": "10", "way": "9", "way-other": "托人", "note": "老客户"}
    )
    given.setlist("ways", ["1", "2"])
    with database.read() as session:
        said = dict(typed_words.in_words(session, version, given, "en"))
        note = typed_words.as_note(session, version, given, "zh_Hans")
    assert list(said.values()) == [
        "Satisfied", "N/A", "10: extremely likely", "Other, 托人", "By phone, WeChat", "老客户",
    ]  # fmt: skip
    assert note.splitlines()[:2] == ["老客户", "总体满意度: 满意"]


def test_a_mistake_after_a_lost_lease_can_be_mended_on_the_desk(
    desk: FlaskClient, database: Database, at: Callable[[datetime], None]
) -> None:
    where = taken(desk)
    version = version_on(desk, where)
    at(START + SLEPT)
    tick(database, now=START + SLEPT)
    given = {key: value for key, value in ALL.items() if key != "overall"}
    status, _where, page = post(desk, where, "/callbacks", version=version, outcome="COMPLETE", **given)
    assert (status, "Overall satisfaction" in page) == (422, True)
    version = version_on(desk, where)
    assert post(desk, where, where, version=version, outcome="COMPLETE", **ALL)[0] == 303


def test_every_press_on_a_lost_callback_keeps_what_was_typed(desk: FlaskClient, app: Flask) -> None:
    where = taken(desk)
    version = version_on(desk, where)
    sven = staff.sign_in(app.test_client(), "sven")
    assert post(sven, f"{where}/take-over", "/callbacks", reason="customer asks")[0] == 303
    for path in ("", "/reveal", "/number", "/release"):
        given = {"version": version, "outcome": "BUSY", "note": "半句", "back-reason": "known"}
        status, _where, page = post(desk, where + path, "/callbacks", **given)
        assert status == 409
        assert "半句" in page
    amir = staff.sign_in(app.test_client(), "amir")  # in the same browser, a page of Anna's still open
    status, _where, page = post(amir, where, "/callbacks", version=version, outcome="BUSY", note="半句")
    assert (status, "半句" in page, "Try again" in page) == (409, True, False)
