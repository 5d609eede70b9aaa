"""Who may open what: the whole table of routes and roles, pinned in routes.txt and then really requested.

After a wanted change write the table anew with ``python -m tests.test_routes``, and read the difference.
"""

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from app import create_app
from core.auth.navigation import ELSEWHERE, WORK, entries
from core.auth.roles import PUBLIC, Role
from core.auth.routes import BACKGROUND, BEFORE_PASSWORD_CHANGE, ROUTES
from core.db import Database
from core.settings import Settings, checked
from tests import people
from tests.conftest import SECRET

TABLE = Path(__file__).with_name("routes.txt")
SAFE = {"GET", "HEAD", "OPTIONS"}
SAMPLE = {"int": "1", "string": "2026-11-21", "default": "x", "path": "x", "uuid": "x"}
BY_ROLE = {role: name for name, role in people.ROLES.items()}  # one person for each role


def table(app: Flask) -> str:
    """Return the table that a person can read: path, methods, endpoint and one column for each role."""
    lines = []
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, sorted(methods_of(rule)))):
        roles = ROUTES.get(rule.endpoint)
        who = "everybody" if roles is PUBLIC else " ".join(r.value for r in Role if r in (roles or ()))
        lines.append(f"{rule.rule:<52} {'/'.join(sorted(methods_of(rule))):<9} {rule.endpoint:<28} {who}")
    return "\n".join(lines) + "\n"


def methods_of(rule: Rule) -> set[str]:
    return (rule.methods or set()) - {"HEAD", "OPTIONS"}


def path_of(rule: Rule) -> str:
    """Return an address that fits a rule: number 1, a plain word, the first of the words it takes."""
    one_of = re.sub(r"<any\((\w+)[^)]*\):\w+>", r"\1", rule.rule)
    one_of = re.sub(r"<string\(length=(\d+)\):\w+>", lambda found: "0" * int(found[1]), one_of)
    return re.sub(r"<(?:(\w+)(?:\([^)]*\))?:)?(\w+)>", lambda found: SAMPLE[found[1] or "default"], one_of)


def rules(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint not in {"static", "bootstrap.static"}]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Iterator[Flask]:
    """One application with all the people: nothing here depends on the kind of database."""
    settings = checked(Settings(data_dir=tmp_path_factory.mktemp("routes"), secret_key=SECRET))
    shutil.copyfile(migrated_file, settings.data_dir / "huifang.db")
    database = Database(settings)
    for name in people.ROLES:
        people.hire(database, name)
    yield create_app(settings, database)
    database.dispose()


@pytest.fixture(scope="module")
def clients(house: Flask) -> dict[str, FlaskClient]:
    """One signed-in browser for each role, and one that is not."""
    found = {role.value: people.sign_in(house.test_client(), name) for role, name in BY_ROLE.items()}
    return found | {"anonymous": house.test_client()}


def test_the_table_is_the_one_that_was_agreed(house: Flask) -> None:
    assert table(house) == TABLE.read_text("utf-8"), "read the difference, then: python -m tests.test_routes"


def test_every_route_stands_in_the_role_table_and_the_other_way_round(house: Flask) -> None:
    endpoints = {rule.endpoint for rule in house.url_map.iter_rules()}
    assert endpoints == set(ROUTES)
    assert endpoints >= BACKGROUND | BEFORE_PASSWORD_CHANGE


def test_a_route_without_roles_is_refused_to_everybody(house: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(ROUTES, "admin.calendar")
    client = people.sign_in(house.test_client(), "ada")
    assert client.get("/admin/calendar").status_code == 403


@pytest.mark.parametrize("who", ["anonymous", *(role.value for role in Role)])
def test_each_page_opens_for_its_roles_only(house: Flask, clients: dict[str, FlaskClient], who: str) -> None:
    wrong = []
    for rule in rules(house):
        if "GET" not in (rule.methods or ()):
            continue
        answer = clients[who].get(path_of(rule))
        roles = ROUTES[rule.endpoint]
        is_sent_to_login = answer.status_code == 303 and answer.location.startswith("/login")
        if roles is PUBLIC:
            is_right = answer.status_code not in {403, 500} and not is_sent_to_login
        elif who == "anonymous":
            is_right = is_sent_to_login
        elif who in roles:
            is_right = answer.status_code not in {403, 500} and not is_sent_to_login
        else:
            is_right = answer.status_code == 403
        if not is_right:
            wrong.append(f"{rule.rule}: {answer.status_code} {answer.location or ''}")
    assert wrong == []


@pytest.mark.parametrize("who", ["anonymous", *(role.value for role in Role)])
def test_each_unsafe_route_is_refused_to_other_roles(
    house: Flask, clients: dict[str, FlaskClient], who: str
) -> None:
    wrong = []
    for rule in rules(house):
        for method in sorted(methods_of(rule) - SAFE):
            roles = ROUTES[rule.endpoint]
            if roles is PUBLIC or who in roles:
                continue
            answer = clients[who].open(path_of(rule), method=method)
            expected = 303 if who == "anonymous" else 403
            if answer.status_code != expected:
                wrong.append(f"{method} {rule.rule}: {answer.status_code}")
    assert wrong == []


def unsafe(app: Flask) -> list[tuple[str, Rule]]:
    return [(method, rule) for rule in rules(app) for method in sorted(methods_of(rule) - SAFE)]


def allowed_client(clients: dict[str, FlaskClient], rule: Rule) -> FlaskClient:
    roles = ROUTES[rule.endpoint]
    return clients["anonymous"] if roles is PUBLIC else clients[next(r.value for r in Role if r in roles)]


def test_every_form_without_its_token_is_refused(house: Flask, clients: dict[str, FlaskClient]) -> None:
    wrong = []
    for method, rule in unsafe(house):
        if rule.endpoint.startswith(("respond.", "open_page.")):  # they sign their own forms: tests/surveys
            continue
        if rule.endpoint.startswith(("receipts.", "api.")):  # for machines, which prove themselves otherwise
            continue
        status = allowed_client(clients, rule).open(path_of(rule), method=method).status_code
        if status != 400:
            wrong.append(f"{method} {rule.rule}: {status}")
    assert wrong == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
    ],
)
def test_every_form_sent_from_another_site_is_refused(
    house: Flask, clients: dict[str, FlaskClient], headers: dict[str, str]
) -> None:
    wrong = []
    for method, rule in unsafe(house):
        answer = allowed_client(clients, rule).open(path_of(rule), method=method, headers=headers)
        if answer.status_code != 403:
            wrong.append(f"{method} {rule.rule}: {answer.status_code}")
    assert wrong == []


def test_the_navigation_shows_each_role_what_it_may_open(
    house: Flask, clients: dict[str, FlaskClient]
) -> None:
    for role in Role:
        with house.test_request_context("/"):
            shown = [entry.path for entry in entries(house, role)]
        opens = [path for path, _label in WORK if clients[role].get(path).status_code in {200, 303}]
        reached = [path for path in opens if ELSEWHERE.get(path) not in opens]
        assert shown == reached, role


@pytest.mark.parametrize(
    ("here", "current"),
    [
        ("/", ["/"]),
        ("/questionnaires/new", ["/questionnaires"]),
        ("/paper/sheets/100001-5", ["/questionnaires"]),
        ("/invitations", ["/questionnaires"]),
        ("/contacts/7", ["/cases"]),
        ("/account", []),
    ],
)
def test_the_navigation_says_where_one_is(house: Flask, here: str, current: list[str]) -> None:
    with house.test_request_context(here):
        assert [entry.path for entry in entries(house, Role.ADMIN, here) if entry.is_current] == current


if __name__ == "__main__":
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        application = create_app(checked(Settings(data_dir=Path(folder), secret_key="x" * 32)))
        TABLE.write_text(table(application), "utf-8")
    sys.stdout.write(f"{TABLE} was written.\n")
