"""Registering as people meet it: the tree, the suggested severity, earlier cases, links on the page."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from core.db import Database
from core.transitions import Transition
from followup.cases import categorising, severity_rules
from followup.cases.models import CaseLink
from followup.models import Case
from tests.followup.cases.test_pages import REGISTER, one_case, post
from tests.followup.factories import new_case, new_contact

SignIn = Callable[[str], FlaskClient]
COLD = REGISTER | {"category": "供暖/停暖", "severity": "", "title": "停暖两天了，家里有老人"}


@pytest.fixture
def seeded(database: Database) -> Database:
    """The usual tree and the usual rules."""
    with database.begin() as session:
        categorising.seed_categories(session)
        severity_rules.seed_severity_rules(session)
    return database


def only_case(database: Database) -> Case:
    with database.read() as session:
        return session.scalars(select(Case)).one()


def test_the_rules_choose_a_severity_where_nobody_does(client_for: SignIn, seeded: Database) -> None:
    client = client_for("sven")
    answer = post(client, "/cases/new", COLD)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    assert only_case(seeded).severity == "urgent"
    page = client.get(answer.headers["Location"]).get_data(as_text=True)
    assert "was registered as “Urgent”" in page
    assert "Urgent, as suggested: 供暖/停暖 · “老人”" in page


def test_what_a_person_chooses_stands(client_for: SignIn, seeded: Database) -> None:
    post(client_for("sven"), "/cases/new", COLD | {"severity": "minor"})
    assert only_case(seeded).severity == "minor"


def test_looking_first_tells_and_saves_nothing(client_for: SignIn, seeded: Database, now: datetime) -> None:
    with seeded.begin() as session:
        contact = new_contact(session, household="10-01", now=now - timedelta(days=3))
        known = new_case(session, contact.id, category="供暖/停暖", now=now - timedelta(days=3)).number
    client = client_for("sven")
    answer = post(client, "/cases/new", COLD | {"household": "1001", "step": "look"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "“老人”" in page
    assert f'href="/cases/{known}"' in page
    assert "Case 2 of this household about this within 30 days." in page
    assert 'value="停暖两天了，家里有老人"' in page
    assert re.search(r'<option selected value="供暖/停暖">', page)
    only_case(seeded)
    page = post(client, "/cases/new", COLD | {"category": "", "step": "look"}).get_data(as_text=True)
    assert "Choose a category, and enter a household number" in page


def test_a_category_outside_the_tree_is_refused_and_kept_in_the_form(
    client_for: SignIn, seeded: Database
) -> None:
    answer = post(client_for("sven"), "/cases/new", COLD | {"category": "自己编的"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Choose a category from the list." in page
    assert '<option selected value="自己编的">' in page


def test_an_old_category_and_an_old_channel_stay_with_the_case(
    client_for: SignIn, seeded: Database, now: datetime
) -> None:
    number = one_case(seeded, now, category="别的系统的类别", channel="wechat")
    client = client_for("sven")
    page = client.get(f"/cases/{number}/edit").get_data(as_text=True)
    assert '<option selected value="别的系统的类别">' in page
    assert '<option selected value="wechat">' in page
    facts = REGISTER | {"version": "1", "title": "新标题", "category": "别的系统的类别", "channel": "wechat"}
    assert post(client, f"/cases/{number}/edit", facts).status_code == 303
    assert (only_case(seeded).category, only_case(seeded).channel) == ("别的系统的类别", "wechat")
    refused = post(client, "/cases/new", COLD | {"channel": "wechat"})
    assert refused.status_code == 422


def test_the_list_takes_a_category_with_all_below_it(
    client_for: SignIn, seeded: Database, now: datetime
) -> None:
    numbers = {
        path: one_case(seeded, now, category=path) for path in ("供暖", "供暖/停暖", "供水/停水", "别的")
    }
    client = client_for("sven")

    def listed(category: str) -> set[str]:
        page = client.get("/cases", query_string={"category": category}).get_data(as_text=True)
        return {path for path, number in numbers.items() if number in page}

    assert listed("供暖") == {"供暖", "供暖/停暖"}
    assert listed("供暖/停暖") == {"供暖/停暖"}
    assert listed("别的") == {"别的"}
    assert listed("没有") == set()


def household_twice(database: Database, now: datetime, department: str = "东城所") -> list[str]:
    """Two cases of one household, the later one a repeat."""
    with database.begin() as session:
        numbers = []
        for at in (now - timedelta(days=2), now):
            contact = new_contact(session, household="10-01", now=at)
            given = {"category": "供暖/停暖", "department": department if at < now else "东区供热站"}
            numbers.append(new_case(session, contact.id, now=at, **given).number)  # type: ignore[arg-type]
    return numbers


def test_the_page_says_how_often_and_links_both_ways(
    client_for: SignIn, seeded: Database, now: datetime
) -> None:
    first, second = household_twice(seeded, now)
    client = client_for("sven")
    page = client.get(f"/cases/{second}").get_data(as_text=True)
    assert "Case 2 of this household about this within 30 days." in page
    assert f"Repeat · {first}" in page
    assert f'href="/cases/{second}"' in client.get(f"/cases/{first}").get_data(as_text=True)
    repeats = client.get("/cases?state=repeat").get_data(as_text=True)
    assert second in repeats
    assert first not in repeats


def test_another_departments_case_is_counted_and_not_shown(
    client_for: SignIn, seeded: Database, now: datetime
) -> None:
    first, second = household_twice(seeded, now, department="西区供热站")
    page = client_for("olga").get(f"/cases/{second}").get_data(as_text=True)
    assert "Case 2 of this household" in page
    assert "A case of another department" in page
    assert f'href="/cases/{first}"' not in page


def test_a_link_is_set_and_taken_away_on_the_page(
    client_for: SignIn, database: Database, now: datetime
) -> None:
    one, other = one_case(database, now), one_case(database, now)
    theirs = one_case(database, now, department="西区供热站")
    client = client_for("sven")

    def press(path: str, **data: str) -> tuple[int, str]:
        answer = post(client, f"/cases/{one}/{path}", data, f"/cases/{one}")
        return answer.status_code, answer.get_data(as_text=True)

    assert press("links", **{"link-number": other, "link-kind": "related"})[0] == 303
    status, page = press("links", **{"link-number": other, "link-kind": "related"})
    assert (status, "linked in this way already" in page) == (422, True)
    status, page = press("links", **{"link-number": one, "link-kind": "related"})
    assert (status, "cannot be linked to itself" in page) == (422, True)
    status, page = press("links", **{"link-number": "20200101-0001", "link-kind": "related"})
    assert (status, "There is no case 20200101-0001" in page) == (422, True)
    assert press("links", **{"link-number": other, "link-kind": "made up"})[0] == 422
    assert press(f"links/{other}/remove")[0] == 303
    assert press(f"links/{other}/remove")[0] == 404
    with database.read() as session:
        assert session.scalars(select(CaseLink)).all() == []
        told = set(session.scalars(select(Transition.event).where(Transition.reason == f"related {other}")))
    assert told == {"link", "unlink"}
    mine = one_case(database, now, department="东区供热站")
    theirs_too = {"link-number": theirs, "link-kind": "related"}
    refused = post(client_for("olga"), f"/cases/{mine}/links", theirs_too, f"/cases/{mine}")
    assert refused.status_code == 422
    assert f"There is no case {theirs}" in refused.get_data(as_text=True)
