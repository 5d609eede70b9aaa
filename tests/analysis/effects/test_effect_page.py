"""The page of a measured effect: sentence, table, chart, file; who may see it."""

import re
from io import BytesIO

import pytest
import time_machine
from PIL import Image

from analysis.charts.effect import EffectTexts, effect_alt, effect_chart
from followup.measures import actions
from followup.measures.models import Measure
from tests.analysis.effects.test_effect import START, TODAY, effect, fill, measure, rises_by
from tests.followup.measures.plans import planned

TEXTS = EffectTexts("Effect shown", "Overall: satisfied share by month", "Source: us", "城东区", "城西区")


@pytest.fixture(autouse=True)
def today(now):
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def running(database, now):
    """A measure in force since May, with answers in two districts."""
    fill(database, rises_by(0.1))
    number = planned(database, now).number
    with database.begin() as session:
        found = session.query(Measure).one()
        actions.take_step(session, found, "start", day=START, actor="x", now=now)
    return number


def words(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)).split())


def test_the_page_says_what_was_expected_and_measured_and_shows_both_groups(client_for, running):
    lena = client_for("lena")
    answer = lena.get(f"/measures/{running}/effect")
    said = words(answer)
    assert "Expected +5 points. Compared with the group" in said
    assert "reached: District: 城东区 1,200 70.0% 1,200 80.0% +10.0" in said
    picture = re.search(r'<img src="([^"]+)" width="(\d+)" height="(\d+)"', answer.get_data(as_text=True))
    image = lena.get(picture[1].replace("&amp;", "&"))
    assert "immutable" in image.headers["Cache-Control"]
    assert Image.open(BytesIO(image.data)).size == (int(picture[2]), int(picture[3]))
    table = lena.get(f"/measures/{running}/effect.csv").get_data(as_text=True).splitlines()
    assert table[0] == "\ufeffmonth,since,scope_n,scope_satisfied,control_n,control_satisfied"
    assert table[-1] == "2026-10,1,200,160,200,140"
    assert f"/measures/{running}/effect" in lena.get(f"/measures/{running}").get_data(as_text=True)


def test_officers_see_that_of_their_department_and_agents_none(client_for, running, database, now):
    assert client_for("olga").get(f"/measures/{running}/effect").status_code == 200
    other = planned(database, now, department="西区供热站").number
    assert client_for("olga").get(f"/measures/{other}/effect").status_code == 404
    assert client_for("anna").get(f"/measures/{running}/effect").status_code == 403


def test_a_measure_without_a_question_says_so(client_for, database, now):
    number = planned(database, now, questionnaire="", item_key="").number
    lena = client_for("lena")
    assert "No question was chosen" in words(lena.get(f"/measures/{number}/effect"))
    assert lena.get(f"/measures/{number}/effect.png").status_code == 404


def test_the_measured_effect_can_be_told_to_the_public(client_for, csrf, running, app):
    lena = client_for("lena")
    page = f"/measures/{running}/publish"
    assert "Satisfied customers: 70.0% before, 80.0% since." in words(lena.get(page))
    typed = {"said_en": "Cold", "did_en": "Warm", "with_effect": "y", "step": "publish"}
    assert lena.post(page, data=typed | {"csrf_token": csrf(lena, page)}).status_code == 303
    assert "Satisfied customers: 70.0% before" in words(app.test_client().get("/improvements?lang=en"))


def test_the_same_figures_give_the_same_picture(database):
    fill(database, rises_by(0.1))
    found = effect(database)
    assert effect_chart(found, TEXTS).png(110) == effect_chart(found, TEXTS).png(110)
    alone = effect(database, measure(control={}))
    for one in (found, alone):
        drawing = effect_chart(one, TEXTS)
        assert Image.open(BytesIO(drawing.png(110))).size == drawing.size(110)
        assert len(effect_alt(one)) <= 120
    assert effect_chart(alone, TEXTS).svg() != effect_chart(found, TEXTS).svg()
    assert TODAY > START
