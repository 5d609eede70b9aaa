"""Whom a campaign can ask: contacts that fit, and customers whose case was closed lately."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from core.db import Database
from followup import audiences
from surveys.campaigns.audiences import kinds, population
from surveys.campaigns.policy import Terms
from surveys.models import Stratum
from tests.followup import factories as make

CLOSED = Terms(audience="closed_cases", options={"days": 30})


def asked(database: Database, terms: Terms, now: datetime) -> list[int]:
    """The contacts that a campaign with these terms has on its list."""
    with database.read() as session:
        return [person.contact_id for person in population(session, 1, terms, now=now)]


def test_customers_of_closed_cases_are_on_the_list_once(database: Database, now: datetime) -> None:
    assert "closed_cases" in kinds()
    assert audiences.DAYS == 90
    with database.begin() as session:
        twice = make.new_contact(session, now=now)
        make.closed_case(session, now=now - timedelta(days=20), contact=twice, district="西城")
        make.closed_case(session, now=now - timedelta(days=2), contact=twice, district="东城")
        old = make.closed_case(session, now=now - timedelta(days=40)).contact_id
        make.new_case(session, make.new_contact(session, now=now).id, now=now)
    assert asked(database, CLOSED, now) == [twice.id]
    assert asked(database, replace(CLOSED, options={"days": 60}), now) == [twice.id, old]
    with database.read() as session:
        [person] = population(session, 1, replace(CLOSED, group_by="district"), now=now)
        assert person.group == "东城"  # the latest case says where
        assert person.dimensions[:2] == ("供热", "东城")


@pytest.mark.parametrize(
    ("options", "n"),
    [
        ({"kinds": ["complaint"]}, 1),
        ({"kinds": ["complaint", "repair"], "districts": ["西城"]}, 1),
        ({"service_types": ["供水"]}, 0),
        ({"kinds": [], "districts": []}, 2),
    ],
)
def test_only_cases_that_fit_every_condition(
    database: Database, now: datetime, options: dict[str, list[str]], n: int
) -> None:
    with database.begin() as session:
        make.closed_case(session, now=now, kind="complaint", district="东城")
        make.closed_case(session, now=now, kind="repair", district="西城")
    assert len(asked(database, replace(CLOSED, options=options | {"days": 30}), now)) == n


def test_contacts_are_narrowed_by_what_is_known_of_them(database: Database, now: datetime) -> None:
    with database.begin() as session:
        plain = make.new_contact(session, now=now, source="import").id
        english = make.new_contact(session, now=now, language="en", household="1001").id
        mail = make.new_contact(session, now=now, phones=[], email="wang@example.org").id
        fixed = make.new_contact(session, now=now, phones=["010-62345678"]).id
    for changes, expected in (
        ({}, [plain, english, mail, fixed]),
        ({"source": "import"}, [plain]),
        ({"language": "en"}, [english]),
        ({"household": "yes"}, [english]),
        ({"household": "no"}, [plain, mail, fixed]),
        ({"reach": "mobile"}, [plain, english]),
        ({"reach": "email"}, [mail]),
        ({"reach": "either"}, [plain, english, mail]),
    ):
        assert asked(database, replace(Terms(), **changes), now) == expected, changes  # type: ignore[arg-type]
    with database.read() as session:
        assert session.scalars(select(Stratum)).all() == []
