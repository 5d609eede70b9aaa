"""The page of the trend: the finding first, the picture, the table, and what cannot be read."""

import csv
import re
from io import BytesIO, StringIO

import pytest
import time_machine
from PIL import Image
from sqlalchemy import select

from core.audit import AuditEntry
from tests import people
from tests.analysis.answers import count, likert, publish
from tests.analysis.trend.test_trend_queries import OTHER, TODAY, USUAL, months

TREND = "/analysis/trend?questionnaire=care&before=2025Q3&after=2026-10"
STEADY = [*[USUAL, OTHER] * 12]


@pytest.fixture(autouse=True)
def today(now):
    """The page takes its day from the clock: 2026-11-18."""
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def lena(app, database):
    people.lena(database)
    return people.sign_in(app.test_client(), "lena")


@pytest.fixture
def care(database):
    return publish(
        database, likert("overall", "Overall satisfaction", role="overall"), likert("speed", "Speed")
    )


def page(client, address, status=200):
    answer = client.get(address)
    assert answer.status_code == status, answer.get_data(as_text=True)[:2000]
    return answer.get_data(as_text=True)


def words(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_the_finding_stands_first_then_the_picture_then_the_table(lena, database, care):
    months(database, care, STEADY)
    html = page(lena, TREND)
    said = words(html)
    assert (
        "Overall satisfaction: no signal. 24 months between 77% and 80% differ as chance lets them." in said
    )
    places = [html.index(mark) for mark in ('class="filters', "<h1>", "<img", "trend-table")]
    assert places == sorted(places)
    assert "October 2026" in said
    assert "Jonckheere-Terpstra" in said


def test_a_signal_is_said_with_its_numbers_and_its_rule(lena, database, care):
    months(database, care, [*STEADY[:23], [60, 60, 30, 30, 20]])
    said = words(page(lena, TREND))
    assert re.search(r"October 2026 stands out: 25%, below what chance allows \(\d\d% to \d\d%\)", said)
    assert "outside a limit" in said


def test_few_points_have_no_limits_and_say_so(lena, database, care):
    months(database, care, [USUAL] * 5, first=(2026, 6))
    said = words(page(lena, TREND))
    assert "80% in October 2026. Limits need 12 judged points (so far 5)" in said


def test_the_picture_is_named_by_its_figures(lena, database, care):
    months(database, care, STEADY)
    address = re.search(r'<img src="([^"]+)" width="(\d+)" height="(\d+)" alt="([^"]+)"', page(lena, TREND))
    answer = lena.get(address[1].replace("&amp;", "&"))
    assert "immutable" in answer.headers["Cache-Control"]
    assert Image.open(BytesIO(answer.data)).size == (int(address[2]), int(address[3]))
    assert len(address[4]) <= 120
    months(database, care, [USUAL])
    assert re.search(r'<img src="([^"]+)"', page(lena, TREND))[1] != address[1]


def test_the_table_for_a_spreadsheet_has_counts_limits_and_no_hidden_figure(lena, database, care):
    months(database, care, [*STEADY[:-3], USUAL, [0, 0, 0, 2, 2], USUAL])
    text = lena.get(TREND.replace("/trend", "/trend/data.csv")).data.decode("utf-8-sig")
    rows = {row["period"]: row for row in csv.DictReader(StringIO(text))}
    assert len(rows) == 24
    assert rows["2024-11"]["n_5"] == "60"
    assert 0.6 < float(rows["2024-11"]["lower_limit"]) < 0.79 < float(rows["2024-11"]["upper_limit"])
    assert (rows["2026-09"]["n"], rows["2026-09"]["n_5"]) == ("", "")
    assert rows["2026-09"]["reason"] == "fewer than 10 answers"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("grain=day", "grain should be one of month, quarter, week, year, but is day"),
        ("measure=median", "measure should be one of share, mean, nps, but is median"),
        ("split=paper", "split should be one of mode, none, but is paper"),
        ("points=99", "points should be a number from 6 to 36, but is 99"),
        ("colour=red", "colour is not a filter of this page"),
        ("item=x", "An item should be one of overall, speed, but is x"),
        ("district=Est", "district should be one of East, but is Est"),
        ("measure=nps", "overall is not asked from 0 to 10"),
    ],
)
def test_what_cannot_be_read_is_said(lena, database, care, given, sentence):
    months(database, care, [USUAL] * 2, first=(2026, 9), district="East")
    assert sentence in page(lena, f"{TREND}&{given}", 400)


@pytest.mark.parametrize("path", ["/trend/chart.png", "/trend/data.csv"])
def test_the_data_refuse_what_the_page_refuses(lena, database, care, path):
    assert "grain should be one of" in page(lena, f"{TREND}&grain=day".replace("/trend", path), 400)


def test_nothing_to_show_has_a_next_step(lena, database, care):
    count(database, care, TODAY.replace(month=10), {"overall": [0, 0, 1, 1, 1]})
    said = words(page(lena, TREND))
    assert "No period has enough answers to be shown." in said
    assert "Take quarters instead" in said
    assert lena.get(TREND.replace("/trend", "/trend/chart.png")).status_code == 404


def test_every_grain_and_measure_has_a_page(lena, database, care):
    months(database, care, STEADY)
    for choice in ("grain=week", "grain=quarter", "grain=year", "measure=mean", "split=mode", "points=36"):
        html = page(lena, f"{TREND}&{choice}")
        assert "<img" in html
        picture = re.search(r'<img src="([^"]+)"', html)[1].replace("&amp;", "&")
        assert lena.get(picture).status_code == 200


@pytest.mark.parametrize(("name", "status"), [("ada", 200), ("sven", 200), ("aldo", 403), ("anna", 403)])
def test_who_may_see_it(app, database, care, name, status):
    months(database, care, STEADY)
    people.hire(database, name)
    client = people.sign_in(app.test_client(), name)
    for path in ("", "/chart.png", "/data.csv"):
        assert client.get(TREND.replace("/trend", f"/trend{path}")).status_code == status


def test_the_page_has_no_inline_style_or_script(lena, database, care):
    months(database, care, STEADY)
    assert not re.search(r"\sstyle=|\son[a-z]+=|<script(?![^>]*src=)|<style", page(lena, TREND))


def test_the_table_of_a_season_is_a_file_that_a_server_can_send(lena, database, care):
    answer = lena.get("/analysis/trend/data.csv?questionnaire=care&before=2024供暖季&after=2025供暖季")
    assert answer.status_code == 200
    answer.headers["Content-Disposition"].encode("latin-1")


def send(client, path, **given):
    return client.post(path, data={"csrf_token": people.csrf_token(client, TREND), **given})


def test_limits_are_computed_anew_by_a_named_person_with_a_note_and_that_can_be_taken_back(
    lena, database, care
):
    """Nothing is deleted: who did what, when and why stands on the page, in the trail and in the chart."""
    months(database, care, [*[USUAL, OTHER] * 5, *[[9, 9, 10, 12, 20], [9, 9, 10, 13, 20]] * 7])
    assert "in a row" in page(lena, TREND)
    add = "/analysis/trend/limits" + TREND.partition("trend")[2]
    mark = {"questionnaire": "care", "of": "overall", "month": "2025-09"}
    refused = send(lena, add, **mark, note="")
    assert refused.status_code == 422
    assert "Say what changed in that month" in words(refused.get_data(as_text=True))
    assert send(lena, add, **mark | {"month": "2026-12"}, note="x").status_code == 422
    assert send(lena, add, **mark, note="New tariff").status_code == 303
    assert send(lena, add, **mark, note="Twice").status_code == 409
    said = words(page(lena, TREND))
    assert "From September 2025 on: Lena had the limits computed anew on 2026-11-18: New tariff" in said
    assert "new limits from here on" in said
    assert "no signal. 14 months" in said
    assert "in a row" not in said.partition("How this chart is read")[0]
    other = page(lena, TREND + "&item=speed") if "speed" in said else ""
    assert "New tariff" not in other
    path = re.search(r'action="(/analysis/trend/limits/\d+/take-back[^"]*)"', page(lena, TREND)).group(1)
    path = path.replace("&amp;", "&")
    assert send(lena, path, reason="").status_code == 422
    assert send(lena, path, reason="Was no change").status_code == 303
    assert send(lena, path, reason="Again").status_code == 409
    said = words(page(lena, TREND))
    assert "in a row" in said
    assert "Taken back by Lena on" in said
    assert "Was no change" in said
    with database.read() as session:
        kept = session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq)).all()
    assert [one for one in kept if one.startswith("limits.")] == ["limits.mark", "limits.take_back"]


def test_a_mark_for_all_questions_moves_the_limits_of_each(lena, database, care):
    months(database, care, [*[USUAL, OTHER] * 12])
    add = "/analysis/trend/limits" + TREND.partition("trend")[2]
    assert send(lena, add, questionnaire="care", of="", month="2026-03", note="New form").status_code == 303
    assert "The limits begin anew in March 2026 and need 12 judged points (so far 8)" in words(
        page(lena, TREND)
    )
    rows = list(csv.DictReader(StringIO(page(lena, TREND.replace("/trend", "/trend/data.csv"))[1:])))
    assert {row["new_limits"] for row in rows if row["period"] == "2026-03"} == {"yes"}
    assert send(lena, add, questionnaire="none", of="", month="2026-03", note="x").status_code == 400


@pytest.mark.parametrize("more", ["&grain=day", "&endpoint=x", "&_anchor=x", "&district=nowhere"])
def test_a_step_from_an_address_that_cannot_be_read_says_so(lena, database, care, more):
    months(database, care, [USUAL])
    add = "/analysis/trend/limits" + TREND.partition("trend")[2] + more
    mark = {"questionnaire": "care", "of": "overall", "month": "2026-05"}
    assert send(lena, add, **mark, note="").status_code == 400
    done = send(lena, add, **mark, note="New tariff")
    assert (done.status_code, done.headers["Location"]) == (303, f"{TREND}{more}")
