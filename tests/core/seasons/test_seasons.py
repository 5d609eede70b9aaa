"""The seasons of the organisation: delivered, added, changed, refused, and read wherever a period is."""

import json
from datetime import date

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from app import cli
from core.audit import AuditEntry
from core.errors import ConflictError, InputError
from core.periods import PeriodError, parse_period
from core.seasons import actions
from core.seasons.models import Season
from core.seasons.policy import NamedSeason
from core.seasons.queries import seasons
from tests.analysis.answers import count, likert, publish
from tests.people import csrf_token

PAGE = "/admin/seasons"
FLOODS = {"name": "汛期", "first": "6-1", "last": "9月30日", "title_en": "flood season"}


def typed(client, page=PAGE, **changes):
    return {"csrf_token": csrf_token(client, page), **FLOODS, **changes}


def test_the_heating_season_is_there_from_the_start(database):
    with database.read() as session:
        period = parse_period("2025 heating season", seasons(session))
    assert (period.name, period.start, period.last_day) == (
        "2025供暖季", date(2025, 11, 15), date(2026, 3, 15),
    )  # fmt: skip


@pytest.mark.parametrize("name", ["Q1", "h2", "-03", "W9", "12", "..2026-01-01", "", "a/b", "3季"])
def test_a_name_that_could_be_another_period_is_refused(database, now, name):
    with database.begin() as session, pytest.raises(InputError):
        actions.add(session, NamedSeason(name, (6, 1), (9, 30)), actor="ada", now=now)


def test_two_seasons_never_share_a_name(database, now):
    other = NamedSeason("暖", (11, 1), (3, 1), {"en": "Heating Season"})
    with database.begin() as session, pytest.raises(ConflictError, match="供暖季"):
        actions.add(session, other, actor="ada", now=now)


def test_an_administrator_adds_changes_and_removes_a_season(client_for, database):
    ada = client_for("ada")
    assert ada.post(PAGE, data=typed(ada)).status_code == 303
    assert "汛期" in ada.get(PAGE).text
    with database.read() as session:
        number = session.scalar(select(Season.id).where(Season.name == "汛期"))
        assert parse_period("2026 flood season", seasons(session)).last_day == date(2026, 9, 30)
    page = f"{PAGE}/{number}"
    assert "also one that was saved" in ada.get(page).text
    assert ada.post(page, data=typed(ada, page, last="8-31")).status_code == 303
    with database.read() as session:
        assert parse_period("2026汛期", seasons(session)).last_day == date(2026, 8, 31)
    assert ada.post(f"{page}/remove", data={"csrf_token": csrf_token(ada, page)}).status_code == 303
    with database.read() as session, pytest.raises(PeriodError):
        parse_period("2026汛期", seasons(session))
    with database.read() as session:
        done = session.scalars(select(AuditEntry.action).where(AuditEntry.action.like("season.%"))).all()
    assert done == ["season.add", "season.change", "season.remove"]
    assert ada.get(page).status_code == 404


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"first": "31-12"}, "no day 12 in month 31"), ({"last": "soon"}, "Write month and day"),
     ({"name": ""}, "Enter the name"), ({"name": "Q3"}, "another period"), ({"name": "供暖季"}, "already")],
)  # fmt: skip
def test_what_is_wrong_is_said_and_what_was_typed_stays(client_for, changes, words):
    ada = client_for("ada")
    response = ada.post(PAGE, data=typed(ada, **changes))
    assert response.status_code == 422
    assert words in response.text
    assert 'value="flood season"' in response.text


def test_a_supervisor_reads_and_an_analyst_does_not_see_the_page(client_for):
    sven = client_for("sven")
    page = sven.get(PAGE)
    assert ("供暖季" in page.text, "Add a season" in page.text) == (True, False)
    assert sven.post(PAGE, data={"csrf_token": csrf_token(sven, "/account")}).status_code == 403
    assert client_for("lena").get(PAGE).status_code == 403


def test_a_season_is_a_period_of_the_figures_of_the_desk(client_for):
    sven = client_for("sven")
    page = sven.get("/callbacks/figures?period=2025供暖季")
    assert page.status_code == 200
    assert "heating season 2025–26" in page.text
    file = sven.get("/callbacks/figures/figures.csv?period=2025供暖季")
    assert file.status_code == 200
    assert "filename*=UTF-8''figures_2025" in file.headers["Content-Disposition"]


def test_a_season_is_a_period_of_the_analysis(client_for, database, settings):
    version = publish(database, likert("overall", role="overall"))
    for day in (date(2024, 12, 20), date(2026, 1, 20)):
        count(database, version, day, {"overall": [5, 5, 10, 30, 30]})
    lena = client_for("lena")
    address = "questionnaire=care&after=2025 Heating Season"
    page = lena.get(f"/analysis?{address}").text
    assert "heating season 2025–26 compared with heating season 2024–25" in page
    assert '<option value="2025供暖季">' in page
    document = lena.get(f"/analysis/data.json?{address}").get_json()
    assert [document[side]["period"] for side in ("before", "after")] == ["2024供暖季", "2025供暖季"]
    file = lena.get(f"/analysis/data.csv?{address}")
    assert "filename*=UTF-8''counts_care_2024" in file.headers["Content-Disposition"]
    env = {"HUIFANG_DATABASE_URL": settings.database_url, "HUIFANG_DATA_DIR": str(settings.data_dir),
           "HUIFANG_SECRET_KEY": settings.secret_key}  # fmt: skip
    words = ["compare", "care", "--before", "2024供暖季", "--after", "2025供暖季", "--json"]
    result = CliRunner().invoke(cli, words, env=env)
    assert json.loads(result.stdout)["after"]["end"] == "2026-03-16"
