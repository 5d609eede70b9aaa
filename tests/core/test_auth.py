"""Signing in: sessions that end when they should, guesses that are slowed down, nothing told to guessers."""

import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from core.auth import actions, passwords, sessions, throttle
from core.auth.models import LoginSession, User
from core.auth.routes import BACKGROUND
from core.db import Database
from core.errors import ConflictError, InputError
from tests.people import PASSWORD, ada, csrf_token, sign_in

MORNING = datetime(2026, 11, 18, 1, 0, tzinfo=UTC)


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def post(client: FlaskClient, path: str, form: str, **data: str) -> TestResponse:
    return client.post(path, data={"csrf_token": csrf_token(client, form), **data})


def try_password(client: FlaskClient, name: str, password: str) -> tuple[int, str]:
    answer = client.post(
        "/login",
        data={"name": name, "password": password, "csrf_token": csrf_token(client, "/login")},
    )
    return answer.status_code, answer.get_data(as_text=True)


# --- sessions ------------------------------------------------------------------------------------


def test_a_session_gets_a_new_secret_at_sign_in_and_keeps_none_from_before(
    app: Flask, database: Database, people: dict[str, User]
) -> None:
    client = app.test_client()
    client.set_cookie("huifang", "planted")
    with client.session_transaction() as cookie:
        cookie["sid"] = "chosen by somebody else"
    sign_in(client, "anna")
    with client.session_transaction() as cookie:
        secret = cookie["sid"]
    assert secret != "chosen by somebody else"
    with database.read() as session:
        stored = session.scalars(select(LoginSession.id_hash)).one()
    assert secret.encode() not in stored
    assert len(secret) >= 32  # 24 random bytes


@pytest.mark.parametrize(
    ("later", "lives"),
    [
        (timedelta(minutes=29, seconds=59), True),
        (timedelta(minutes=30), False),
        (timedelta(minutes=31), False),
    ],
)
def test_an_idle_session_ends_after_half_an_hour(
    app: Flask, people: dict[str, User], later: timedelta, lives: bool
) -> None:
    with time_machine.travel(MORNING, tick=False):
        client = sign_in(app.test_client(), "anna")
    with time_machine.travel(MORNING + later, tick=False):
        assert is_signed_in(client) is lives


def test_a_session_in_use_ends_after_twelve_hours(app: Flask, people: dict[str, User]) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        client = sign_in(app.test_client(), "anna")
        for _twenty_minutes in range(35):
            clock.shift(timedelta(minutes=20))
            assert is_signed_in(client)
        clock.move_to(MORNING + timedelta(hours=11, minutes=59, seconds=59))
        assert is_signed_in(client)
        clock.move_to(MORNING + timedelta(hours=12))
        assert not is_signed_in(client)


def test_what_browsers_fetch_by_themselves_keeps_no_session_alive(
    app: Flask, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.auth.signin.BACKGROUND", BACKGROUND | {"auth.password"})
    with time_machine.travel(MORNING, tick=False) as clock:
        client = sign_in(app.test_client(), "anna")
        clock.shift(timedelta(minutes=20))
        assert client.get("/account/password").status_code == 200
        clock.shift(timedelta(minutes=11))
        assert not is_signed_in(client)


def test_use_is_written_at_most_once_a_minute(
    app: Flask, database: Database, people: dict[str, User]
) -> None:
    def seen_at() -> datetime:
        with database.read() as session:
            return session.scalars(select(LoginSession.seen_at)).one()

    with time_machine.travel(MORNING, tick=False) as clock:
        client = sign_in(app.test_client(), "anna")
        clock.shift(timedelta(seconds=59))
        client.get("/account")
        assert seen_at() == MORNING
        clock.shift(timedelta(seconds=1))
        client.get("/account")
        assert seen_at() == MORNING + timedelta(minutes=1)


def test_signing_out_ends_the_session_on_the_server(client_for: Callable[[str], FlaskClient]) -> None:
    client = client_for("anna")
    stolen = client.get_cookie("huifang").value
    post(client, "/logout", "/account")
    assert not is_signed_in(client)
    client.set_cookie("huifang", stolen)
    assert not is_signed_in(client)


@pytest.mark.parametrize("act", ["reset", "disable", "role"])
def test_what_an_administrator_changes_signs_the_person_out_everywhere(
    client_for: Callable[[str], FlaskClient], people: dict[str, User], act: str
) -> None:
    admin, desk, phone = client_for("ada"), client_for("anna"), client_for("anna")
    user = people["anna"].id
    answer = post(admin, f"/admin/users/{user}/{act}", f"/admin/users/{user}", role="analyst")
    assert answer.status_code in {200, 303}
    assert not is_signed_in(desk)
    assert not is_signed_in(phone)
    assert is_signed_in(admin)


def test_a_new_password_signs_out_the_other_browsers_and_keeps_this_one(
    client_for: Callable[[str], FlaskClient],
) -> None:
    here, elsewhere = client_for("anna"), client_for("anna")
    new = "violet tram seven lakes"
    post(here, "/account/password", "/account/password", old=PASSWORD, new=new, again=new)
    assert is_signed_in(here)
    assert not is_signed_in(elsewhere)
    assert try_password(elsewhere, "anna", PASSWORD)[0] == 422
    assert try_password(elsewhere, "anna", new)[0] == 303


def test_a_cookie_signed_with_another_key_is_nobody(app: Flask, people: dict[str, User]) -> None:
    client = sign_in(app.test_client(), "anna")
    value = client.get_cookie("huifang").value
    client.set_cookie("huifang", value[:-3] + ("abc" if not value.endswith("abc") else "xyz"))
    assert not is_signed_in(client)


# --- the password and the guesser ----------------------------------------------------------------


def test_passwords_are_kept_as_argon2id_and_hashed_anew_when_the_parameters_rise(
    app: Flask, database: Database, people: dict[str, User]
) -> None:
    def stored() -> str:
        with database.read() as session:
            return session.scalars(select(User.password_hash).where(User.name == "anna")).one()

    weak = passwords._Hashing.hasher
    assert stored().startswith("$argon2id$")
    before = stored()
    sign_in(app.test_client(), "anna")
    assert stored() == before
    passwords.use(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    try:
        sign_in(app.test_client(), "anna")
        assert "m=16,t=2" in stored()
    finally:
        passwords.use(weak)


def test_the_parameters_in_the_product_are_owasps_floor_or_above() -> None:
    assert (passwords.MEMORY_KIB, passwords.PASSES, passwords.LANES) >= (19_456, 2, 1)


def test_a_wrong_name_and_a_wrong_password_get_the_same_page(app: Flask, people: dict[str, User]) -> None:
    def page(name: str) -> tuple[int, str]:
        status, text = try_password(app.test_client(), name, "not the password")
        text = re.sub(r'(csrf_token" value=")[^"]+', r"\1", text)
        return status, text.replace(f'value="{name}"', "")

    assert page("anna") == page("nobody")


def test_an_unknown_name_takes_a_hash_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []
    verify = PasswordHasher.verify
    monkeypatch.setattr(
        PasswordHasher,
        "verify",
        lambda self, stored, given: compared.append(stored) or verify(self, stored, given),
    )
    assert passwords.matches("anything at all", None) is False
    assert compared[0].startswith("$argon2id$")


def test_guesses_wait_longer_and_longer_and_never_for_good() -> None:
    waits = [throttle.wait_after(n, 5).total_seconds() for n in (1, 4, 5, 6, 10, 14, 200)]
    assert waits == [0, 0, 2, 4, 64, 900, 900]


def test_the_right_password_is_refused_during_the_wait_and_taken_after_it(
    app: Flask, people: dict[str, User]
) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        for _guess in range(throttle.FREE_PER_ACCOUNT):
            assert try_password(app.test_client(), "anna", "a wrong password")[0] == 422
        status, page = try_password(app.test_client(), "anna", PASSWORD)
        assert status == 429
        assert "2" in page
        clock.shift(timedelta(seconds=3))
        assert try_password(app.test_client(), "anna", PASSWORD)[0] == 303


def test_the_wait_says_when_to_try_again(app: Flask, people: dict[str, User]) -> None:
    with time_machine.travel(MORNING, tick=False):
        client = app.test_client()
        for _guess in range(throttle.FREE_PER_ACCOUNT):
            try_password(client, "anna", "a wrong password")
        token = csrf_token(client, "/login")
        answer = client.post("/login", data={"name": "anna", "password": "x" * 12, "csrf_token": token})
    assert answer.headers["Retry-After"] == "2"


def test_one_address_is_slowed_down_over_many_accounts(database: Database) -> None:
    refused = []
    for n in range(throttle.FREE_PER_ADDRESS + 1):
        with database.begin() as session:
            refused.append(throttle.take_turn(session, f"name{n}", "203.0.113.7", now=MORNING) is not None)
    assert refused == [False] * throttle.FREE_PER_ADDRESS + [True]
    with database.begin() as session:
        assert throttle.take_turn(session, "name0", "203.0.113.8", now=MORNING) is None


def test_a_day_later_failures_are_forgotten(database: Database) -> None:
    def turn(at: datetime) -> timedelta | None:
        with database.begin() as session:
            return throttle.take_turn(session, "anna", "203.0.113.7", now=at)

    for _guess in range(throttle.FREE_PER_ACCOUNT):
        turn(MORNING)
    assert turn(MORNING) == timedelta(seconds=2)
    next_day = MORNING + throttle.FORGET_AFTER + timedelta(seconds=10)
    assert [turn(next_day) for _guess in range(throttle.FREE_PER_ACCOUNT)] == [
        None
    ] * throttle.FREE_PER_ACCOUNT


def test_parallel_guesses_cannot_slip_past_the_limit(database: Database) -> None:
    allowed: list[bool] = []

    def guess() -> None:
        for _n in range(5):
            with database.begin() as session:
                allowed.append(throttle.take_turn(session, "anna", "203.0.113.7", now=MORNING) is None)

    threads = [threading.Thread(target=guess) for _n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(allowed) == 40
    assert sum(allowed) == throttle.FREE_PER_ACCOUNT


def test_a_successful_sign_in_forgets_the_failures(app: Flask, people: dict[str, User]) -> None:
    with time_machine.travel(MORNING, tick=False):
        for _round in range(4):
            for _guess in range(throttle.FREE_PER_ACCOUNT - 1):
                assert try_password(app.test_client(), "anna", "a wrong password")[0] == 422
            assert try_password(app.test_client(), "anna", PASSWORD)[0] == 303


# --- new passwords -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "password",
    ["short", "x" * 129, "aaaaaaaaaaaaaaaa", "password1234", "Password2026!", "123456789012", "qwertyuiop12",
     "huifang123456", "anna is the best", "ANNA-is-the-best", "abcabcabcabcabc", "admin1234567"],
)  # fmt: skip
def test_passwords_that_are_tried_first_are_refused(password: str) -> None:
    assert passwords.objection(password, "anna")


@pytest.mark.parametrize(
    "password",
    ["violet tram seven", "correct horse battery", "紫罗兰电车七个湖泊今天下雨了", "🜁🜂🜃🜄 four elements"],
)
def test_long_passwords_of_any_letters_are_taken(password: str) -> None:
    assert passwords.objection(password, "anna") is None


def test_a_password_is_the_same_however_its_letters_are_composed() -> None:
    composed, taken_apart = "caf\u00e9 au lait chaud", "cafe\u0301 au lait chaud"
    assert passwords.matches(taken_apart, passwords.hashed(composed))


def test_an_endless_password_is_refused_before_it_is_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PasswordHasher, "verify", lambda *_: pytest.fail("it was hashed"))
    assert passwords.matches("x" * 10_000, None) is False


def test_a_one_time_password_must_be_changed_before_anything_else(app: Flask, database: Database) -> None:
    with database.begin() as session:
        _user, secret = actions.add_user(
            session, name="new.person", role="auditor", actor="test", now=MORNING
        )
    client = sign_in(app.test_client(), "new.person", secret)
    assert client.get("/account").location == "/account/password"
    assert client.get("/admin").location == "/account/password"
    new = "violet tram seven lakes"
    wrong = post(
        client, "/account/password", "/account/password", old=secret, new=new, again="another one here"
    )
    assert wrong.status_code == 422
    post(client, "/account/password", "/account/password", old=secret, new=new, again=new)
    assert is_signed_in(client)


# --- administration ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a", "x" * 41, "li min", "李敏", "-ada", "ada;drop"])
def test_names_that_nobody_can_type_are_refused(database: Database, name: str) -> None:
    with pytest.raises(InputError), database.begin() as session:
        actions.add_user(session, name=name, role="agent", actor="test", now=MORNING)


def test_two_people_cannot_have_one_name_whatever_its_case(database: Database) -> None:
    ada(database)
    with pytest.raises(InputError, match="ada"), database.begin() as session:
        actions.add_user(session, name="ADA", role="agent", actor="test", now=MORNING)


@pytest.mark.parametrize("act", ["disable", "role"])
def test_the_last_administrator_stays(
    client_for: Callable[[str], FlaskClient], people: dict[str, User], act: str
) -> None:
    client, user = client_for("ada"), people["ada"].id
    answer = post(client, f"/admin/users/{user}/{act}", f"/admin/users/{user}", role="agent")
    assert answer.status_code == 409
    assert is_signed_in(client)


def test_of_two_administrators_who_leave_at_once_one_stays(database: Database) -> None:
    with database.begin() as session:
        for name in ("one", "two"):
            actions.add_user(
                session, name=f"admin.{name}", role="admin", password=PASSWORD, actor="test", now=MORNING
            )
    outcomes: list[str] = []

    def leave(name: str) -> None:
        try:
            with database.begin() as session:
                user = session.scalars(select(User).where(User.name == name)).one()
                actions.set_active(session, user, False, actor=name, now=MORNING)
            outcomes.append("left")
        except ConflictError:
            outcomes.append("stayed")

    threads = [threading.Thread(target=leave, args=(f"admin.{name}",)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["left", "stayed"]


def test_a_new_person_signs_in_with_the_secret_that_is_shown_once(
    app: Flask, client_for: Callable[[str], FlaskClient], people: dict[str, User]
) -> None:
    admin = client_for("ada")
    page = post(
        admin, "/admin/users/add", "/admin/users/add", name="Li.Min", role="analyst", display_name="李敏"
    )
    secret = re.search(r'id="one-time-secret">([^<]+)<', page.get_data(as_text=True)).group(1)
    assert secret not in admin.get("/admin/users").get_data(as_text=True)
    assert try_password(app.test_client(), "li.min", secret)[0] == 303


def test_a_field_that_the_form_does_not_have_changes_nothing(
    client_for: Callable[[str], FlaskClient], database: Database, people: dict[str, User]
) -> None:
    client = client_for("anna")
    post(
        client, "/account", "/account", display_name="Anna", language="en", role="admin", id="1", name="root"
    )
    with database.read() as session:
        anna = session.get_one(User, people["anna"].id)
    assert (anna.role, anna.name, anna.shortcuts) == ("agent", "anna", False)


def test_sessions_that_ran_out_are_cleared_away(database: Database) -> None:
    user = ada(database)
    with database.begin() as session:
        sessions.open_session(session, user.id, now=MORNING)
        sessions.open_session(session, user.id, now=MORNING + timedelta(hours=1))
        assert len(session.scalars(select(LoginSession.id_hash)).all()) == 1


def test_a_fresh_installation_has_no_account(database: Database) -> None:
    with database.read() as session:
        assert session.scalars(select(User)).all() == []
