"""The page: sentences with numbers, small tables, what they cannot say; nothing that gives a person away."""

import csv
import re
from io import BytesIO, StringIO

import pytest
import time_machine
from PIL import Image

from tests import people
from tests.analysis.answers import AFTER, BEFORE, FALL, STEADY, count, likert, publish, two_periods
from tests.analysis.test_views import page, words

WHY = "/analysis/why?questionnaire=care&before=2025Q3&after=2026Q3"
EASY, HARD = [0, 0, 10, 50, 40], [30, 30, 20, 15, 5]


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


def shifted(database):
    """Two districts that stay as they are, of which the harder one answers more: the total falls by mix."""
    version = publish(database, likert("overall", "Overall satisfaction", role="overall"), likert("speed"))
    for day, easy, hard in ((BEFORE, 3, 1), (AFTER, 1, 3)):
        for district, mode, counts, times in (("East", "web", EASY, easy), ("West", "phone", HARD, hard)):
            answers = {"overall": [n * times for n in counts], "speed": STEADY[0]}
            count(database, version, day, answers, mode=mode, district=district, service_type="heat")
    return version


def test_a_change_of_mix_is_said_first_with_its_numbers(lena, database):
    shifted(database)
    said = words(page(lena, WHY))
    assert "Overall satisfaction: why it changed" in said
    assert "Of the change of -35.0 points, -35.0 (-" in said
    assert "within the groups it was 0." in said
    assert "The dimensions overlap, so their mixes must not be added up." in said


def test_a_shifted_way_of_answering_gives_the_standardised_figure_first(lena, database):
    shifted(database)
    html = page(lena, WHY)
    card = words(html[html.index('id="mode"') : html.index('id="constant"')])
    places = [
        card.index(text)
        for text in (
            "With the way of answering held constant the change is 0", "The way of answering shifted:",
            "more than 10 points: do not join", "not the effect of the way itself",
        )
    ]  # fmt: skip
    assert places == sorted(places)


def test_another_question_has_an_address_of_its_own(lena, database):
    shifted(database)
    html = page(lena, WHY)
    address = re.search(r'href="(/analysis/why[^"]*item=speed[^"]*)"', html).group(1).replace("&amp;", "&")
    assert "Speed: no clear change to explain" in words(page(lena, address))


def test_the_picture_has_the_size_that_the_page_reserves(lena, database):
    shifted(database)
    found = re.search(r'<img src="([^"]+)" width="(\d+)" height="(\d+)" alt="([^"]+)"', page(lena, WHY))
    address, width, height, alt = found.groups()
    answer = lena.get(address.replace("&amp;", "&"))
    assert Image.open(BytesIO(answer.data)).size == (int(width), int(height))
    assert 0 < len(alt) <= 120
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"


def test_too_few_answers_are_said_and_nothing_is_shown(lena, database):
    version = publish(database, likert("overall", role="overall"))
    for day in (BEFORE, AFTER):
        count(database, version, day, {"overall": {5: 8}})
    said = words(page(lena, WHY))
    assert "There is nothing to take apart: fewer than 10 answers." in said
    assert "<table" not in page(lena, WHY)
    assert lena.get(WHY.replace("/why", "/why/chart.png")).status_code == 404


def test_one_group_cannot_be_taken_apart(lena, database):
    two_periods(database, FALL)
    assert "All who answered are one group" in words(page(lena, WHY))


def test_a_small_group_is_not_to_be_had_from_two_tables(lena, database):
    """Central is the east and the five of the west: with both tables the five would be the difference."""
    version = two_periods(database, FALL, district="East", department="Central")
    for day in (BEFORE, AFTER):
        count(database, version, day, {"overall": {4: 15}}, district="North", department="North station")
        count(database, version, day, {"overall": {1: 5}}, district="West", department="Central")
    html = page(lena, WHY)
    cards = html[html.index('id="mix"') :]
    assert "West" not in cards
    assert "Small groups together" not in cards
    assert "Not shown, because a small group could be worked out from it: District." in words(cards)


def test_a_filter_holds_and_a_wrong_address_is_mended(lena, database):
    shifted(database)
    said = words(page(lena, f"{WHY}&mode=web"))
    assert "Way of answering: By link" in said
    assert "is not a filter of this page" in words(page(lena, f"{WHY}&color=red", 400))


def test_an_open_period_is_provisional(lena, database):
    shifted(database)
    assert "Provisional." in words(page(lena, WHY.replace("2026Q3", "2026")))


def test_the_main_page_may_say_why_in_a_sentence(lena, database, app, now):
    """The block that the main page includes; two districts, of which the harder one answers more."""
    from flask import g, render_template

    shifted(database)
    said = []

    def look():
        from analysis import views_asked
        from analysis.presenting import headline_item
        from analysis.queries import comparison
        from analysis.why.summary import summary

        def show(session, opened):
            compared = comparison(
                session, questionnaire="care", before=opened.asked.before, after=opened.asked.after,
                today=views_asked.today(), loaded=opened.versions,
            )  # fmt: skip
            found = summary(session, opened, compared, headline=headline_item(compared, "overall"))
            said.append(render_template("analysis/_summary_why.html", why=found))
            return ""

        return views_asked.data(show)

    with app.test_request_context(f"{WHY}&lang=en"):
        g.now = now
        look()
    assert "Of the change of -35.0 points, -35.0 come from a changed mix" in words(said[0])
    assert "item=overall" in said[0]


def test_the_groups_can_be_had_as_a_table(lena, database):
    version = shifted(database)
    count(database, version, AFTER, {"overall": {5: 20}}, mode="paper", district="=1+1", service_type="heat")
    address = re.search(r'href="(/analysis/why/data.csv[^"]*)"', page(lena, WHY)).group(1)
    rows = list(csv.DictReader(StringIO(lena.get(address.replace("&amp;", "&")).data.decode("utf-8-sig"))))
    east = next(row for row in rows if row["group"] == "East")
    assert [east[name] for name in ("n_before", "satisfied_before", "n_after", "satisfied_after")] == [
        "300", "270", "100", "90",
    ]  # fmt: skip
    assert "'=1+1" in {row["group"] for row in rows}
    total = sum(
        float(row["within"]) + float(row["composition"]) for row in rows if row["dimension"] == "mode"
    )
    assert total == pytest.approx((90 + 60 + 20) / 420 - (270 + 20) / 400)


@pytest.mark.parametrize(("name", "status"), [("sven", 200), ("aldo", 403), ("anna", 403)])
def test_who_may_see_it(app, database, name, status):
    shifted(database)
    people.hire(database, name)
    client = people.sign_in(app.test_client(), name)
    for path in ("/analysis/why", "/analysis/why/chart.png", "/analysis/why/data.csv"):
        assert client.get(WHY.replace("/analysis/why", path)).status_code == status


def test_the_page_has_no_inline_style_or_script(lena, database):
    shifted(database)
    assert not re.search(r"\sstyle=|\son[a-z]+=|<script(?![^>]*src=)|<style", page(lena, WHY))
