"""The pages of campaigns: make, look, start, pause, end; a list from a file; nobody else may."""

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from core.contacts.models import Contact
from core.db import Database
from surveys import seeds
from surveys.campaigns import actions
from surveys.campaigns.models import Campaign, Member
from surveys.models import Questionnaire, Stratum
from tests.people import csrf_token
from tests.surveys.campaigns import people as make
from tests.surveys.campaigns.people import DAY, tick

Sign = Callable[[str], FlaskClient]
AFTERWARDS = datetime(2100, 1, 4, 2, tzinfo=UTC)  # after any press in these tests
CSV = "姓名,手机,邮箱,户号,区域\n{rows}"


def form_of(database: Database, now: datetime, **changes: str) -> dict[str, str]:
    """A form as a browser sends it untouched, but for some fields."""
    with database.begin() as session:
        seeds.seed(session, now)
        number = session.scalars(select(Questionnaire.id).where(Questionnaire.key == "return_visit")).one()
    plain = {
        "title": "秋季调查", "questionnaire": str(number), "audience": "contacts", "source": "",
        "language": "", "household": "", "reach": "", "sample": "all", "sample_size": "300",
        "group_by": "district",
        "allocation": "proportional", "schedule": "once", "starts_on": "", "hour": "9", "answer_days": "14",
        "reminders": "1", "reminder_days": "3", "channels": "sms,email", "pace": "300", "cap_days": "0",
        "closed_cases_days": "90",
    }  # fmt: skip
    return plain | changes


def post(client: FlaskClient, path: str, data: dict[str, str], page: str = "/account") -> TestResponse:
    return client.post(path, data=data | {"csrf_token": csrf_token(client, page)})


def made(client: FlaskClient, database: Database, now: datetime, **changes: str) -> str:
    """Make a draft through the form; return its address."""
    answer = post(client, "/campaigns/new", form_of(database, now, **changes))
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return str(answer.location)


def upload(client: FlaskClient, path: str, rows: str) -> TestResponse:
    file = (io.BytesIO(CSV.format(rows=rows).encode()), "list.csv")
    data = {"file": file, "csrf_token": csrf_token(client, path)}
    return client.post(path, data=data, content_type="multipart/form-data")


def start(database: Database, path: str, now: datetime) -> None:
    """Start a campaign at the time of the test; a press would start it at the time of the clock."""
    with database.begin() as session:
        assert actions.start(session, int(path.rsplit("/", 1)[1]), actor="lena", now=now)


def text_of(answer: TestResponse) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)).split())


def test_a_draft_shows_whom_it_would_reach_and_starts_once(
    database: Database, client_for: Sign, now: datetime
) -> None:
    make.contacts(database, 3, now=now)
    lena = client_for("lena")
    path = made(lena, database, now)
    page = text_of(lena.get(path))
    assert "3 people on the list" in page
    assert "3 reached by SMS" in page
    assert "Nobody has to be left out today." in page
    assert "one message, 4 left" in page
    assert post(lena, f"{path}/start", {}, path).status_code == 303
    assert post(lena, f"{path}/start", {}).status_code == 303
    assert "Running" in text_of(lena.get(path))
    tick(database, AFTERWARDS)
    page = text_of(lena.get(path))
    assert "Invited 3" in page
    assert "A rate is shown from 10 invited people." in page
    assert lena.get(f"{path}/edit").status_code == 409


def test_what_was_typed_wrong_is_said_and_nothing_is_lost(
    database: Database, client_for: Sign, now: datetime
) -> None:
    lena = client_for("lena")
    form = form_of(database, now, title="", pace="0", reminders="2", reminder_days="9")
    answer = post(lena, "/campaigns/new", form)
    assert answer.status_code == 422
    assert 'value="9"' in answer.get_data(as_text=True)
    answer = post(lena, "/campaigns/new", form | {"title": "x", "pace": "10"})
    assert "The last reminder would come after the last day to answer" in text_of(answer)
    with database.read() as session:
        assert session.scalars(select(Campaign)).all() == []


def test_a_list_is_checked_row_by_row_and_taken_over_as_a_whole(
    database: Database, client_for: Sign, now: datetime
) -> None:
    lena = client_for("lena")
    path = made(lena, database, now, audience="list")
    assert path.endswith("/list")
    answer = upload(lena, path, "张三,13912345678,,8001,东区\n李四,12,li@x,,\n王五,,,8003,\n")
    page = text_of(lena.get(answer.location))
    assert "3 things have to be mended first" in page
    assert "a phone number or an e-mail address." in page
    assert "li@x" not in page  # personal data is masked
    failed = lena.get(f"{answer.location}/errors.csv").get_data(as_text=True)
    assert "李四" in failed
    with database.read() as session:
        assert session.scalars(select(Contact)).all() == []
    good = upload(lena, path, "张三,13912345678,,8001,东区\n赵六,13812340000,zhao@example.org,,西区\n")
    page = text_of(lena.get(good.location))
    assert "2 people on the list" in page
    assert "2 new contacts" in page
    with database.read() as session:
        assert session.scalars(select(Contact)).all() == []  # looking saves nothing
    assert post(lena, good.location, {}, good.location).status_code == 303
    with database.read() as session:
        assert set(session.scalars(select(Contact.source))) == {"campaign"}
        wanted = select(Stratum.district).join(Member, Member.stratum_id == Stratum.id)
        assert sorted(session.scalars(wanted)) == ["东区", "西区"]
    again = upload(lena, path, "张三,13912345678,,8001,东区\n")
    assert "1 known already" in text_of(lena.get(again.location))


def test_a_list_of_another_person_or_campaign_is_not_found(
    database: Database, client_for: Sign, now: datetime
) -> None:
    lena, sven = client_for("lena"), client_for("sven")
    first = made(lena, database, now, audience="list")
    second = made(lena, database, now, audience="list", title="b")
    uid = upload(lena, first, "张三,13912345678,,,\n").location.rsplit("/", 1)[1]
    assert lena.get(f"{first}/{uid}").status_code == 200
    assert lena.get(f"{second}/{uid}").status_code == 404
    assert sven.get(f"{first}/{uid}").status_code == 404


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [("", "The file has no rows"), ("张三,13912345678,,,,extra\n", "mended")],
)
def test_a_file_that_says_nothing_or_too_much(
    database: Database, client_for: Sign, now: datetime, rows: str, sentence: str
) -> None:
    lena = client_for("lena")
    path = made(lena, database, now, audience="list")
    answer = upload(lena, path, rows)
    page = answer if answer.status_code == 422 else lena.get(answer.location)
    assert sentence in text_of(page)


def test_people_are_masked_and_can_be_filtered(database: Database, client_for: Sign, now: datetime) -> None:
    ids = make.contacts(database, 2, now=now, name="欧阳小明")
    make.contacts(database, 1, now=now, phones=["010-62345678"], name="司马光")
    lena = client_for("lena")
    path = made(lena, database, now)
    start(database, path, now)
    tick(database, now)
    make.answer(database, ids[0], now=now)
    tick(database, now)
    page = lena.get(f"{path}/people").get_data(as_text=True)
    assert "欧*" in page
    assert "小明" not in page
    assert "62345678" not in page
    assert "1 person" in text_of(lena.get(f"{path}/people?state=answered"))
    assert "司*" in text_of(lena.get(f"{path}/people?reason=no_contact"))
    assert "Nobody fits these filters" in text_of(lena.get(f"{path}/people?state=failed&page=9"))


def test_pausing_ending_and_pressing_twice(database: Database, client_for: Sign, now: datetime) -> None:
    make.contacts(database, 3, now=now)
    lena = client_for("lena")
    path = made(lena, database, now, pace="30")
    start(database, path, now)
    tick(database, now)
    for act, said in (("pause", "Paused"), ("resume", "Running"), ("end", "Ended")):
        for _press in range(2):
            assert post(lena, f"{path}/{act}", {}).status_code == 303
        assert said in text_of(lena.get(path))
    assert post(lena, f"{path}/resume", {}).status_code == 303
    assert "Ended" in text_of(lena.get(path))
    page = text_of(lena.get(path))
    assert "The campaign was ended." in page


def test_the_rates_stand_with_their_definitions_and_another_e(
    database: Database, client_for: Sign, now: datetime
) -> None:
    ids = make.contacts(database, 12, now=now)
    make.contacts(database, 4, now=now, phones=[], address="和平路 1 号")
    lena = client_for("lena")
    path = made(lena, database, now, pace="20000")
    start(database, path, now)
    tick(database, now)
    for number in ids[:6]:
        make.answer(database, number, now=now)
    tick(database, now + 15 * DAY)
    page = text_of(lena.get(path))
    assert "SMS 12 12 50.0%" in page
    assert "All together 12 16 37.5% 37.5% 37.5% 37.5% 50.0% 50.0%" in page  # e is 1: all known are eligible
    assert "AAPOR, Standard Definitions" in page
    half = text_of(lena.get(f"{path}?e=0.5"))
    assert "All together 12 16 37.5% 37.5% 42.9% 42.9% 50.0% 50.0%" in half  # 6 of 12 + 0.5 * 4
    assert lena.get(f"{path}?e=nonsense&wave=99").status_code == 200
    listed = text_of(lena.get("/campaigns"))
    assert "12 6 50%" in listed


def test_an_address_that_is_none(database: Database, client_for: Sign) -> None:
    lena = client_for("lena")
    for path in ("/campaigns/99", "/campaigns/99/edit", "/campaigns/99/people", "/campaigns/99/list"):
        assert lena.get(path).status_code == 404
    assert post(lena, "/campaigns/99/start", {}).status_code == 404
    assert post(lena, "/campaigns/99/end", {}).status_code == 404


def test_today_names_what_is_under_way(database: Database, client_for: Sign, now: datetime) -> None:
    lena = client_for("lena")
    assert "秋季调查" not in text_of(lena.get("/"))
    made(lena, database, now)
    assert "秋季调查" in text_of(lena.get("/"))
