"""The page of drivers and scales: what it says, what it hides, and that page, picture and figures agree."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import event

from analysis.drivers import jobs
from core.db import Database
from surveys import queries
from tests.analysis.answers import likert, publish
from tests.analysis.drivers.stock import JULY, LAST_JULY, QUESTIONS, answer, draw, questionnaire

SUMMER = "questionnaire=care&after=2026Q3&before=2025Q3"
ClientFor = Callable[[str], FlaskClient]


def see(client_for: ClientFor, query: str = SUMMER, status: int = 200) -> str:
    page = client_for("lena").get(f"/analysis/drivers?{query}&lang=en")
    assert page.status_code == status, page.get_data(as_text=True)
    return " ".join(page.get_data(as_text=True).split())


def figures(client_for: ClientFor, query: str = SUMMER) -> dict[str, Any]:
    page = client_for("lena").get(f"/analysis/drivers/data.json?{query}")
    assert page.status_code == 200
    return dict(page.json or {})


@pytest.fixture
def asked(database: Database) -> queries.LoadedVersion:
    """A questionnaire answered by 600 people in one summer and by 500 in the one before."""
    version = questionnaire(database)
    answer(database, version, draw(600, 1), district="城东")
    answer(database, version, draw(500, 2), LAST_JULY, district="城东")
    return version


def test_the_first_sentence_names_the_driver_with_its_share(asked, client_for: ClientFor):
    page, found = see(client_for), figures(client_for)
    first = found["drivers"][0]
    share, (low, high) = first["importance"]["share"], first["importance"]["ci95"]
    assert first["item"] == "result"
    assert f"<h1>Result goes together with Overall satisfaction most: {share:.0%} of what" in page
    assert f"(plausible range {low:.0%} to {high:.0%})</h1>" in page
    assert f"explain {found['importance']['r2']:.0%} of the differences in Overall satisfaction" in page
    assert "Association, not effect." in page
    assert sum(one["importance"]["share"] for one in found["drivers"]) == pytest.approx(1)
    assert "significant" not in page


def test_the_figures_are_those_of_the_answers(asked, client_for: ClientFor):
    """R² and correlations by least squares on the scores themselves; satisfied shares by counting."""
    scores, found = draw(600, 1), figures(client_for)
    design = np.column_stack([np.ones(600), scores[:, 1:]])
    left = scores[:, 0] - design @ np.linalg.lstsq(design, scores[:, 0], rcond=None)[0]
    assert found["importance"]["r2"] == pytest.approx(1 - left.var() / scores[:, 0].var(), rel=1e-9)
    assert found["importance"]["n"] == 600
    for one in found["drivers"]:
        column = scores[:, 1 + QUESTIONS.index(one["item"])]
        r = np.corrcoef(scores[:, 0], column)[0, 1]
        assert one["importance"]["correlation"] == pytest.approx(r, rel=1e-9)
        assert one["after"]["satisfied"]["p"] == pytest.approx((column >= 4).mean())
    (scale,) = found["scales"]
    variances, total = scores[:, 1:].var(axis=0, ddof=1).sum(), scores[:, 1:].sum(axis=1).var(ddof=1)
    assert scale["after"]["alpha"] == pytest.approx(4 / 3 * (1 - variances / total), rel=1e-9)


def test_both_periods_stand_side_by_side_on_demand(asked, client_for: ClientFor):
    later = figures(client_for)
    assert "earlier" not in later
    both = figures(client_for, f"{SUMMER}&both=1")
    alone = figures(client_for, "questionnaire=care&after=2025Q3&before=2024Q3")
    assert both["earlier"]["importance"] == alone["importance"]
    first = both["drivers"][0]
    gap = first["importance"]["share"] - first["earlier"]["share"]
    assert first["moved"]["diff"] == pytest.approx(gap)
    assert first["moved"]["ci95"][0] < gap < first["moved"]["ci95"][1]
    page = see(client_for, f"{SUMMER}&both=1")
    assert "Only the later period" in page
    assert "Cronbach’s alpha, Q3 2025" in page


def test_the_picture_is_drawn_once_and_belongs_to_its_figures(asked, client_for: ClientFor):
    page = see(client_for)
    address = page.split('<img src="')[1].split('"')[0].replace("&amp;", "&")
    picture = client_for("lena").get(address)
    assert "immutable" in picture.headers["Cache-Control"]
    size = Image.open(BytesIO(picture.data)).size
    assert f'width="{size[0]}" height="{size[1]}"' in page
    alt = page.split('alt="Points')[1].split('"')[0]
    assert "First Result" in alt
    assert len("Points" + alt) <= 120


def test_too_few_answers_are_said_and_the_scale_stands(database: Database, client_for: ClientFor):
    answer(database, questionnaire(database), draw(99, 3))
    page = see(client_for)
    assert "Too few answers for drivers: n = 99" in page
    assert "<img" not in page
    assert "Cronbach’s alpha" in page


def test_nobody_and_a_handful_are_hidden(database: Database, client_for: ClientFor):
    version = questionnaire(database)
    assert "Nobody has answered in this period." in see(client_for)
    answer(database, version, draw(9, 3))
    page, found = see(client_for), figures(client_for)
    assert "Fewer than 10 answers in this period" in page
    assert "Question by question" not in page
    assert found["importance"] is None
    assert found["scales"][0]["after"]["n"] is None


def test_a_filter_that_leaves_a_handful_out_shows_nothing(asked, database: Database, client_for: ClientFor):
    """All 605 answers minus the 600 of one district would be the answers of five people."""
    answer(database, asked, draw(5, 4), district="城西")
    found = figures(client_for, f"{SUMMER}&district=城东")
    assert found["importance"] is None
    assert {one["after"]["n"] for one in found["drivers"]} == {None}
    assert all(one["importance"] is None for one in found["drivers"])
    assert figures(client_for)["importance"]["n"] == 605


def test_a_filter_counts_its_own_answers(asked, database: Database, client_for: ClientFor):
    answer(database, asked, draw(300, 5, np.array([0.0, 0.0, 0.3, 0.8])), district="城西", mode="phone")
    for query in ("district=城西", "mode=phone"):
        found = figures(client_for, f"{SUMMER}&{query}")
        assert (found["importance"]["n"], found["drivers"][0]["item"]) == (300, "price")
    assert "District: 城西" in see(client_for, f"{SUMMER}&district=城西")


def test_kept_months_and_raw_answers_give_the_same_figures(asked, database: Database, client_for: ClientFor):
    before = figures(client_for, f"{SUMMER}&both=1")
    for minute in range(30):
        jobs.keep_moments(database, now=datetime(2026, 11, 1, 0, minute, tzinfo=UTC))
    assert figures(client_for, f"{SUMMER}&both=1") == before


def test_a_driver_for_few_stands_below_with_its_reason(asked, database: Database, client_for: ClientFor):
    later = draw(400, 6)
    later[60:, 4] = 0
    answer(database, asked, later, JULY + timedelta(days=100))
    page = see(client_for, "questionnaire=care&after=2026-10&before=2026-07")
    assert "too few answers together with the others (100 are needed)" in page
    found = figures(client_for, "questionnaire=care&after=2026-10&before=2026-07")
    assert found["drivers"][-1]["item"] == "price"
    assert (found["drivers"][-1]["importance"], found["importance"]["n"]) == (None, 400)


def test_drivers_alike_are_named_together_and_none_is_first(database: Database, client_for: ClientFor):
    answer(database, questionnaire(database), draw(400, 11, np.full(4, 0.3)))
    page = see(client_for)
    assert "No question stands out: any of the 4 may go together with Overall satisfaction most" in page
    assert page.count("1 to 4") == 4


def test_of_several_first_ones_the_weakest_is_named(database: Database, client_for: ClientFor):
    scores = draw(800, 12, np.array([0.6, 0.6, 0.0, 0.0]))
    scores[::3, 2] = np.maximum(scores[::3, 2] - 1, 1)
    answer(database, questionnaire(database), scores)
    page = see(client_for)
    assert "and Speed go together" in page or "Speed and Result go together" in page
    assert f"Of these, Speed has the fewest satisfied: {(scores[:, 2] >= 4).mean():.0%}" in page


def test_twins_are_named_with_what_to_do(database: Database, client_for: ClientFor):
    scores = draw(300, 13)
    scores[:, 3] = scores[:, 1]
    answer(database, questionnaire(database), scores)
    page = see(client_for)
    assert "Two questions are answered alike (Result and Manner)" in page
    assert "answered like another question" in page
    page = see(client_for, f"{SUMMER}&item=result&item=speed&item=price")
    assert "Result goes together with Overall satisfaction most" in page


def test_a_handful_behind_a_pair_is_not_counted_out(database: Database, client_for: ClientFor):
    """Each question was answered by many, two of them together by five people."""
    scores = draw(300, 14)
    scores[:150, 1], scores[155:, 2] = 0, 0
    answer(database, questionnaire(database), scores)
    page = see(client_for)
    assert "Too few answers: n = &lt;10, and it takes 30." in page
    assert figures(client_for)["scales"][0]["after"]["n"] is None


def test_questions_for_some_are_left_out_and_named(database: Database, client_for: ClientFor):
    version = questionnaire(
        database,
        likert("mended", role="driver", show_if={"item": "overall", "at_most": 2}),
        likert("voice", role="driver", only="phone"),
    )
    answer(database, version, draw(200, 7))
    page = see(client_for)
    assert "Left out, because they are not asked of everybody: Mended and Voice." in page
    assert 'id="driver-mended"' not in page


def test_without_drivers_the_other_scales_count(database: Database, client_for: ClientFor):
    version = publish(
        database, likert("overall", role="overall"), likert("a"), likert("b"),
        {"key": "solved", "kind": "yesno", "role": "resolved", "text": {"en": "Solved?", "zh_Hans": "?"}},
    )  # fmt: skip
    answer(database, version, draw(200, 8)[:, :3], keys=("overall", "a", "b"))
    assert {one["item"] for one in figures(client_for)["drivers"]} == {"a", "b"}


def test_a_questionnaire_without_a_rating_says_so(database: Database, client_for: ClientFor):
    answer(database, publish(database, likert("a"), likert("b")), draw(200, 8)[:, :2], keys=("a", "b"))
    page = see(client_for)
    assert "asks for no overall rating" in page
    assert "Cronbach’s alpha" in page


def test_answers_before_a_break_are_left_out(asked, database: Database, client_for: ClientFor):
    later = questionnaire(database, changes={"speed": "break"})
    answer(database, later, draw(300, 9), JULY + timedelta(days=20))
    found = {one["item"]: one for one in figures(client_for)["drivers"]}
    assert found["speed"]["after"]["n"] == 300
    assert found["result"]["after"]["n"] == 900
    assert figures(client_for)["importance"]["n"] == 300
    assert "so answers to earlier versions are left out" in see(client_for)


def test_an_open_period_gets_no_verdict(asked, database: Database, client_for: ClientFor):
    answer(database, asked, draw(200, 10), JULY + timedelta(days=1))
    page = see(client_for, "questionnaire=care&after=2026-07-01..2039-12-31&before=2025Q3")
    assert "<h1>Provisional, 800 answers so far: which question is first is not said" in page
    assert "goes together with" not in page
    assert "not over; these figures will still move" in page
    ranks = [cell.split("</td>")[0] for cell in page.split('data-label="Rank">')[1:]]
    assert ranks == ["–"] * 4


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("both=2", "both should be 1"),
        ("sort=up", "sort is not a filter"),
        ("item=nosuch", "An item should be"),
    ],
)
def test_what_cannot_be_read_is_said(asked, client_for: ClientFor, query: str, said: str):
    assert said in see(client_for, f"{SUMMER}&{query}", status=400)


def test_only_these_questions_are_weighed(asked, client_for: ClientFor):
    found = figures(client_for, f"{SUMMER}&item=speed&item=price")
    assert [one["item"] for one in found["drivers"]] == ["speed", "price"]


def test_the_page_takes_few_statements(asked, database: Database, client_for: ClientFor):
    for minute in range(30):
        jobs.keep_moments(database, now=datetime(2026, 11, 1, 0, minute, tzinfo=UTC))
    client, seen = client_for("lena"), list[str]()
    client.get(f"/analysis/drivers?{SUMMER}")

    def note(_conn: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    assert client.get(f"/analysis/drivers?{SUMMER}").status_code == 200
    event.remove(database.engine, "before_cursor_execute", note)
    assert len(seen) <= 22  # the comparison and the frame take most of them
    assert sum("moments" in statement for statement in seen) == 1
    assert not any("FROM responses" in statement for statement in seen)
