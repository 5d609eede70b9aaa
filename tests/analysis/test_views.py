"""The page: every choice in the address, figures before the picture, sentences for what is missing."""

import csv
import json
import re
import subprocess
import sys
from datetime import date
from io import BytesIO, StringIO

import pytest
import time_machine
from PIL import Image
from sqlalchemy import event

from tests import people
from tests.analysis.answers import AFTER, BEFORE, FALL, STEADY, count, likert, publish, two_periods

CARE = "/analysis?questionnaire=care&before=2025Q3&after=2026Q3"


@pytest.fixture(autouse=True)
def today(now):
    """The page takes its day from the clock: 2026-11-18."""
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def lena(app, database):
    """The analyst, signed in."""
    people.lena(database)
    return people.sign_in(app.test_client(), "lena")


def page(client, address, status=200):
    answer = client.get(address)
    assert answer.status_code == status, answer.get_data(as_text=True)[:2000]
    return answer.get_data(as_text=True)


def words(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_the_verdict_stands_first_then_base_picture_and_table(lena, database):
    two_periods(database)
    html = page(lena, CARE)
    said = words(html)
    assert "Overall satisfaction: 75%, 15 points lower than in Q3 2025 (plausible range -20 to -10)" in said
    places = [
        html.index(mark)
        for mark in ('class="filters', "<h1>", 'class="table-wrap base"', "<img", "compare-table")
    ]
    assert places == sorted(places)
    assert "n = 400" in said


def test_without_parameters_it_compares_the_last_complete_quarter_with_a_year_before(lena, database):
    two_periods(database)
    said = words(page(lena, "/analysis"))
    assert "Q3 2026 compared with Q3 2025" in said


def test_it_starts_with_the_last_quarter_that_has_answers(lena, database):
    version = publish(database, likert("overall"))
    count(database, version, BEFORE, {"overall": FALL[0]})
    assert "Q3 2025 compared with Q3 2024" in words(page(lena, "/analysis"))


def test_the_address_without_empty_choices_is_the_one_to_share(lena, database):
    two_periods(database, district="East")
    answer = lena.get(f"{CARE}&by=&district=East&service_type=&mode=")
    assert answer.status_code == 303
    assert answer.location.endswith("?questionnaire=care&before=2025Q3&after=2026Q3&district=East")


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("/analysis?after=2026Q5", "“2026Q5”|&#34;2026Q5&#34; is not a period; write 2026, 2026H1"),
        ("/analysis?color=red", "color is not a filter of this page; there are questionnaire, before"),
        ("/analysis?questionnaire=car", "A questionnaire should be one of care, but is car"),
        (f"{CARE}&item=x", "An item should be one of overall, but is x"),
        (f"{CARE}&district=Est", "district should be one of East, but is Est"),
        (f"{CARE}&by=age", "A dimension should be one of"),
        ("/analysis?before=2026-08&after=2026Q3", "share days"),
    ],
)
def test_what_cannot_be_read_is_said_and_the_form_is_kept(lena, database, address, sentence):
    two_periods(database, district="East")
    html = page(lena, address, 400)
    assert re.search(sentence, html)
    for typed in re.findall(r"(?:after|before)=([^&]+)", address):
        assert f'value="{typed}"' in html


@pytest.mark.parametrize("path", ["chart.png", "data.json", "data.csv"])
def test_the_data_refuse_what_the_page_refuses(lena, database, path):
    two_periods(database)
    for given, sentence in (("after=2026Q5", "is not a period"), ("color=red", "color is not a filter")):
        assert sentence in page(lena, f"/analysis/{path}?{given}", 400)


def test_few_and_hidden_answers_are_said_in_words(lena, database):
    version = publish(database, likert("few"), likert("hidden"))
    for day in (BEFORE, AFTER):
        count(database, version, day, {"few": [1, 2, 3, 4, 5], "hidden": {5: 9, -3: 6}})
    said = words(page(lena, CARE))
    assert "9 of 15" in said
    assert "few answers" in said
    assert "fewer than 10 answers" in said
    assert "Too few answers to show; the figures are hidden to protect people." in said


def test_what_is_hidden_says_why_and_leads_to_what_is_shown(lena, database):
    """Four answers of November wait; without August, which had three, the quarter is shown and no month."""
    version = publish(database, likert("overall", "Overall satisfaction", role="overall"))
    for year in (2025, 2026):
        for month in range(1, 11):
            count(database, version, date(year, month, 3), {"overall": {5: 3 if month == 8 else 20}})
    count(database, version, date(2026, 11, 3), {"overall": {5: 4}})
    for after, instead in (("2026", "2026-01-01..2026-10-31"), ("2026-09", "2026Q3")):
        before = after.replace("2026", "2025")
        html = page(lena, f"/analysis?questionnaire=care&before={before}&after={after}")
        assert "fewer than 10 people, and their answers could be worked out" in words(html)
        [link] = re.findall(rf'href="([^"]*after={re.escape(instead)})"', html)
        assert f"before={instead.replace('2026', '2025')}" in link
        assert "to protect people." not in words(page(lena, link.replace("&amp;", "&")))


def test_an_open_period_is_provisional(lena, database):
    version = two_periods(database)
    count(database, version, AFTER.replace(month=10), {"overall": FALL[1]})
    said = words(page(lena, "/analysis?questionnaire=care&before=2025Q3&after=2026Q4"))
    assert "not over, as of 2026-11-18" in said
    assert "Provisional" in said
    assert "unlikely to be chance" not in said


def test_a_changed_way_of_answering_is_pointed_at(lena, database):
    version = two_periods(database)
    count(database, version, AFTER, {"overall": STEADY[0]}, mode="phone")
    html = page(lena, CARE)
    assert "The way of answering changed." in html
    link = re.search(r'href="([^"]+adjust=mode[^"]*)"', html).group(1).replace("&amp;", "&")
    said = words(page(lena, link))
    assert "Held constant: Way of answering" in said
    assert "The way of answering changed." not in said


def test_the_breakdown_names_what_moved_against_the_total(lena, database):
    version = two_periods(database, FALL, district="East")
    count(database, version, BEFORE, {"overall": STEADY[0]}, district="West")
    count(database, version, AFTER, {"overall": [1, 2, 3, 100, 154]}, district="West")
    said = words(page(lena, f"{CARE}&by=district"))
    assert "Of the change of " in said
    assert "Moved against the total: West." in said


def test_no_answers_name_the_next_step(lena, database):
    two_periods(database)
    html = page(lena, "/analysis?questionnaire=care&before=2024Q1&after=2024Q2")
    assert "Nobody has answered in these two periods." in html
    assert "Show Q3 2026, the last one with answers" in html
    assert "<img" not in html


def test_no_questionnaire_names_the_next_step(lena):
    assert "Publish a questionnaire first" in page(lena, "/analysis")


class TestPicture:
    def test_it_has_the_size_that_the_page_reserves(self, lena, database):
        two_periods(database)
        html = page(lena, CARE)
        found = re.search(r'<img src="([^"]+)" width="(\d+)" height="(\d+)" alt="([^"]+)"', html)
        address, width, height, alt = found.groups()
        picture = Image.open(BytesIO(lena.get(address.replace("&amp;", "&")).data))
        assert picture.size == (int(width), int(height))
        assert 0 < len(alt) <= 120

    def test_it_may_be_kept_by_the_reader_alone_and_only_under_its_name(self, lena, database):
        version = two_periods(database)
        address = re.search(r'<img src="([^"]+)"', page(lena, CARE)).group(1).replace("&amp;", "&")
        named, plain = lena.get(address), lena.get(CARE.replace("/analysis", "/analysis/chart.png"))
        assert named.headers["Cache-Control"] == "private, max-age=31536000, immutable"
        assert plain.headers["Cache-Control"] == "private, no-cache"
        again = lena.get(address, headers={"If-None-Match": named.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        count(database, version, AFTER, {"overall": {5: 1}})
        assert re.search(r'<img src="([^"]+)"', page(lena, CARE)).group(1).replace("&amp;", "&") != address
        assert lena.get(address).data == named.data  # its name still says what it shows
        unknown = address.replace(re.search("v=[0-9a-f]+", address).group(0), "v=0")
        assert lena.get(unknown).headers["Cache-Control"] == "private, no-cache"
        assert lena.get(unknown).data != named.data

    def test_a_kept_picture_costs_no_figures(self, lena, database):
        two_periods(database)
        address = re.search(r'<img src="([^"]+)"', page(lena, CARE)).group(1).replace("&amp;", "&")
        lena.get(address)
        statements = []
        event.listen(database.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
        assert lena.get(address).status_code == 200
        assert statements
        assert not [said for said in statements if "tally" in said]

    def test_it_is_drawn_once(self, lena, database, monkeypatch):
        two_periods(database)
        address = CARE.replace("/analysis", "/analysis/chart.png")
        first = lena.get(address).data
        monkeypatch.setattr("analysis.charts.sheet.Drawing.png", None)  # a second drawing would call it
        assert lena.get(address).data == first

    def test_it_can_be_kept_as_svg_under_a_name_that_says_what_it_is(self, lena, database):
        two_periods(database)
        html = page(lena, f"{CARE}&mode=web&mode=phone")
        name, address = re.search(r'<a href="([^"]+format=svg)" download="(sat[^"]+)"', html).group(2, 1)
        assert re.fullmatch(r"satisfied_care_2025Q3_2026Q3_mode-web-phone_\d{4}-\d\d-\d\d\.svg", name)
        answer = lena.get(address.replace("&amp;", "&"))
        assert answer.mimetype == "image/svg+xml"
        assert "Satisfied: the top answers" in answer.text  # the method goes with the picture
        assert "<script" not in answer.text
        assert "style=" not in answer.text

    def test_nothing_to_draw_is_said(self, lena, database):
        two_periods(database)
        address = "/analysis/chart.png?questionnaire=care&before=2024Q1&after=2024Q2"
        assert lena.get(address).status_code == 404


class TestData:
    def test_json_is_the_document_of_the_command(self, lena, database):
        two_periods(database)
        found = json.loads(lena.get(CARE.replace("/analysis", "/analysis/data.json")).data)
        assert found["items"][0]["before"]["counts"] == {"1": 5, "2": 10, "3": 25, "4": 200, "5": 160}
        assert found["items"][0]["verdict"]["code"] == "lower"

    def test_csv_holds_the_counts_and_no_formula(self, lena, database):
        version = publish(database, likert("overall", "=HYPERLINK(1)"))
        for day in (BEFORE, AFTER):
            count(database, version, day, {"overall": {5: 20, 4: 30, -3: 2}})
        text = lena.get(CARE.replace("/analysis", "/analysis/data.csv")).data.decode("utf-8-sig")
        rows = list(csv.DictReader(StringIO(text)))
        assert rows[4] == {
            "item": "overall", "label": "'=HYPERLINK(1)", "scale": "sat5.1", "period": "2025Q3",
            "category": "5", "category_label": "Very satisfied", "n": "20", "missing": "", "reason": "",
            "open": "", "start": "2025-07-01", "end": "2025-09-30", "responses": "52", "invited": "0",
            "where": "", "method": rows[0]["method"],
        }  # fmt: skip
        assert "docs/statistics.md" in rows[0]["method"]
        assert [(row["missing"], row["n"]) for row in rows if row["missing"]] == [("not_applicable", "2")] * 2

    def test_the_method_is_the_documentation(self, lena):
        html = page(lena, "/analysis/method")
        assert "Brunner-Munzel" in html
        assert html.count("<table>") > 5
        assert "style=" not in html  # the content policy would drop it


@pytest.mark.parametrize(
    ("name", "status"), [("ada", 200), ("sven", 200), ("aldo", 403), ("anna", 403), ("olga", 403)]
)
def test_who_may_see_it(app, database, name, status):
    two_periods(database)
    people.hire(database, name)
    client = people.sign_in(app.test_client(), name)
    for path in ("/analysis", "/analysis/chart.png", "/analysis/data.json", "/analysis/data.csv"):
        assert client.get(CARE.replace("/analysis", path)).status_code == status


def test_looking_changes_nothing_and_needs_a_sign_in(app, database):
    two_periods(database)
    answer = app.test_client().get("/analysis/chart.png?after=2026Q3")
    assert answer.status_code == 303


def test_the_page_has_no_inline_style_or_script(lena, database):
    two_periods(database, district="East")
    html = page(lena, f"{CARE}&by=district&adjust=mode")
    assert not re.search(r"\sstyle=|\son[a-z]+=|<script(?![^>]*src=)|<style", html)


def test_a_worker_does_not_load_matplotlib_before_a_chart_is_asked_for():
    """It costs half a second and 50 MB; most workers only take answers."""
    program = "import sys, app; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_what_was_not_clear_says_how_many_answers_it_takes(lena, database):
    two_periods(database, ([5, 10, 15, 30, 40], [4, 9, 15, 32, 40]))
    said = words(page(lena, CARE))
    assert "Two periods of 100 and 100 answers show changes from about 19 points on" in said
    assert "To see a change of 3 points, about 3,700 answers a period are needed." in said
    two_clear = page(lena, CARE.replace("2025Q3", "2024Q3"))
    assert "To see a change" not in two_clear


def test_another_time_of_the_year_is_said_where_two_quarters_follow_each_other(lena, database):
    version = two_periods(database)
    count(database, version, BEFORE.replace(year=2026, month=5), {"overall": FALL[0]})
    assert "Another time of the year." in page(lena, CARE.replace("2025Q3", "2026Q2"))
    assert "Another time of the year." not in page(lena, CARE)


def test_nps_stands_beside_the_mean_of_a_scale_to_ten(lena, database):
    version = publish(database, likert("recommend", kind="rating", scale="rating10"), likert("other"))
    for day, top in ((BEFORE, 40), (AFTER, 60)):
        count(database, version, day, {
            "recommend": {3: 20, 8: 100 - top - 20, 10: top}, "other": [5, 5, 10, 30, 40],
        })  # fmt: skip
    html = page(lena, CARE)
    assert "NPS +20 → +40" in words(html)
    assert "difference of NPS" in html
    document = json.loads(lena.get(CARE.replace("/analysis", "/analysis/data.json")).text)
    assert document["items"][0]["difference"]["nps"]["diff"] == pytest.approx(0.2)
    assert "NPS" not in words(page(lena, CARE + "&item=other"))  # a net score of 1 to 5 is none


@pytest.mark.parametrize("after", ["2026-W47", "2026-11-01..2026-11-30", "2026-11", "2026Q4", "2026"])
def test_every_kind_of_open_period_is_provisional_everywhere(lena, database, after):
    version = two_periods(database)
    count(database, version, BEFORE.replace(year=2026, month=11, day=17), {"overall": FALL[1]})
    address = f"/analysis?questionnaire=care&before=2025Q3&after={after}"
    html = page(lena, address)
    assert "not over, as of 2026-11-18" in words(html)
    assert "Provisional, no verdict yet" in html  # the chart's alternative text is its title
    document = json.loads(lena.get(address.replace("/analysis", "/analysis/data.json")).text)
    assert (document["after"]["provisional"], document["after"]["as_of"]) == (True, "2026-11-18")
    assert document["items"][0]["verdict"]["code"] == "provisional"
    text = lena.get(address.replace("/analysis", "/analysis/data.csv")).data.decode("utf-8-sig")
    assert {row["open"] for row in csv.DictReader(StringIO(text))} == {"", "as of 2026-11-18"}


def test_the_other_pages_say_their_sentence_in_the_order_of_the_design(lena, database):
    two_periods(database)
    html = page(lena, CARE)
    marks = ['class="table-wrap base"', 'class="summary-trend"', "compare-table", 'class="summary-measures"']
    places = [html.index(mark) for mark in (*marks, 'class="method"')]
    assert places == sorted(places)


def test_a_count_leads_to_the_answers_behind_it_with_the_same_filter(lena, database):
    two_periods(database, district="East")
    html = page(lena, CARE + "&district=East")
    links = re.findall(r'href="(/analysis/answers[^"]*value=1&amp;side=(?:before|after))"', html)
    assert len(links) == 2
    assert all("district=East" in link and "item=overall" in link for link in links)
    assert lena.get(links[1].replace("&amp;", "&")).status_code == 200
    two_small = page(lena, CARE.replace("2026Q3", "2026Q2"))
    assert "/analysis/answers?" not in two_small.partition("compare-table")[2].partition("<td")[0]
