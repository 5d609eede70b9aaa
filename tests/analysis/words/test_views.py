"""Comments and the answers behind a bar: masked, narrowed, counted, hidden where few wrote."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from core.audit import AuditEntry
from surveys import answering
from surveys.parsing import Given
from tests import people
from tests.analysis.answers import publish
from tests.analysis.words.comments import AFTER, BEFORE, CARE, MORE, OVERALL, answered, care, numbered

COMMENTS, ANSWERS = f"/analysis/comments?{CARE}", f"/analysis/answers?{CARE}"


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


def verbatims(html):
    return [words(found) for found in re.findall(r"<blockquote>(.*?)</blockquote>", html, re.DOTALL)]


def test_the_worst_scores_come_first_with_score_item_month_and_unit(lena, database):
    version = care(database)
    answered(
        database, version, AFTER, [(5, "so warm"), (1, "ice cold"), (3, "fair"), *numbered("fine", 9)],
        district="East", department="Plant 1",
    )  # fmt: skip
    html = page(lena, COMMENTS)
    assert verbatims(html)[:2] == ["ice cold", "fair"]
    assert verbatims(html)[-1] == "so warm"
    assert "Q3 2026: 12 comments, 1 with a poor score" in words(html)
    assert "Very dissatisfied · Anything else? · August 2026 · By link · East · Plant 1" in words(html)


def test_what_identifies_somebody_is_masked_and_cannot_be_searched(lena, database):
    version = care(database)
    answered(database, version, AFTER, [(1, "call 13812345678 please"), *numbered("fine", 11)])
    html = page(lena, COMMENTS)
    assert "13812345678" not in html
    assert "call *** please" in verbatims(html)
    assert verbatims(page(lena, f"{COMMENTS}&q=13812345678")) == []
    assert verbatims(page(lena, f"{COMMENTS}&q=CALL")) == ["call *** please"]


def test_a_list_of_few_comments_is_not_shown(lena, database):
    version = care(database)
    answered(database, version, AFTER, numbered("secret", 9))
    html = page(lena, COMMENTS)
    assert "secret" not in html
    assert "a list is shown from 10 comments on" in words(html)
    assert "Fewer than 10 people" in words(html)
    answered(database, version, AFTER, ["tenth"])
    assert len(verbatims(page(lena, COMMENTS))) == 10


def test_what_a_filter_leaves_out_cannot_be_read_by_subtracting(lena, database):
    version = care(database)
    answered(database, version, AFTER, numbered("east", 12), district="East")
    answered(database, version, AFTER, numbered("west", 4), district="West")
    assert len(verbatims(page(lena, COMMENTS))) == 16
    assert verbatims(page(lena, f"{COMMENTS}&district=East")) == []
    assert verbatims(page(lena, f"{COMMENTS}&district=West")) == []
    said = re.findall(r'<p class="quiet small">(.*?)</p>', page(lena, COMMENTS), re.DOTALL)
    assert not [one for one in said if "West" in one]  # nor by reading the places beside all comments


def test_narrowing_by_score_side_and_word(lena, database):
    version = care(database)
    answered(database, version, AFTER, [(1, "cold a"), (2, "cold b"), (4, "cold c"), *numbered("warm", 10)])
    answered(database, version, BEFORE, numbered("early", 10))
    assert verbatims(page(lena, f"{COMMENTS}&score=low")) == ["cold a", "cold b"]
    assert verbatims(page(lena, f"{COMMENTS}&score=4&q=cold")) == ["cold c"]
    assert len(verbatims(page(lena, f"{COMMENTS}&side=before"))) == 10
    assert len(verbatims(page(lena, f"{COMMENTS}&word=warm"))) == 10


def test_the_list_is_paged_and_every_comment_stands_on_one_page(lena, database):
    version = care(database)
    texts = [f"text {'x' * k}" for k in range(1, 46)]
    answered(database, version, AFTER, texts)
    seen = [text for k in (1, 2, 3) for text in verbatims(page(lena, f"{COMMENTS}&page={k}"))]
    assert sorted(seen) == sorted(texts)
    assert verbatims(page(lena, f"{COMMENTS}&page=99")) == verbatims(page(lena, f"{COMMENTS}&page=3"))


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ("side=middle", "side should be one of before, after, but is middle"),
        ("score=9", "score should be one of low, 1, 2, 3, 4, 5, but is 9"),
        ("topic=77", "topic should be one of none, open, again, but is 77"),
        ("colour=red", "colour is not a filter of this page"),
    ],
)
def test_what_cannot_be_read_is_said(lena, database, more, sentence):
    answered(database, care(database), AFTER, numbered("fine", 10))
    assert sentence in words(page(lena, f"{COMMENTS}&{more}", 400))


def test_words_that_changed_lead_to_as_many_sentences_as_they_say(lena, database):
    version = care(database)
    answered(database, version, BEFORE, [*numbered("cold", 12), *numbered("friendly", 88)])
    answered(database, version, AFTER, [*numbered("cold", 48), *numbered("friendly", 52)])
    html = page(lena, COMMENTS)
    said = words(html)
    assert "changed more than chance explains" in said
    row = re.search(r'<a href="([^"]*word=cold[^"]*)">cold</a>(.*?)</tr>', html, re.DOTALL)
    assert re.findall(r"\d+%", words(row[2])) == ["12%", "48%"]
    found = words(page(lena, row[1].replace("&amp;", "&")))
    assert "48 of 100 comments fit" in found


def test_rare_words_are_never_listed(lena, database):
    version = care(database)
    for day in (BEFORE, AFTER):
        answered(database, version, day, [*numbered("fine", 20), *["Robinson again"] * 4])
    html = page(lena, COMMENTS)
    aside = html[html.index("words-aside") :]
    assert "robinson" not in aside.lower()


def test_an_amended_comment_changes_the_words_at_once(lena, database, now):
    version = care(database)
    answered(database, version, BEFORE, numbered("mild", 30))
    ids = answered(database, version, AFTER, numbered("cold", 30))
    assert ">cold</a>" in page(lena, COMMENTS)
    with database.begin() as session:
        for one in ids:
            answers = {"overall": Given(value=4), "more": Given(words="draughty room")}
            answering.amend(session, version, one, answers, now=now)
    html = page(lena, COMMENTS)
    assert ">cold</a>" not in html
    assert ">draughty</a>" in html


def test_reading_stands_in_the_trail_once_an_hour_for_the_same_choice(lena, database, now):
    version = care(database)
    answered(database, version, AFTER, numbered("fine", 12))

    def entries():
        with database.read() as session:
            wanted = select(AuditEntry.actor, AuditEntry.detail).where(AuditEntry.action == "comments.read")
            return session.execute(wanted).all()

    for _look in range(3):
        page(lena, COMMENTS)
    assert len(entries()) == 1
    page(lena, f"{COMMENTS}&q=fine")
    assert len(entries()) == 2
    assert "fine" not in entries()[1].detail  # what was searched for may be a name
    with time_machine.travel(now + timedelta(minutes=61), tick=False):
        page(people.sign_in(lena, "lena"), COMMENTS)
    assert len(entries()) == 3


class TestAnswers:
    @pytest.fixture
    def version(self, database):
        options = [
            {"code": 1, "texts": {"en": "Phone", "zh_Hans": "电话"}},
            {"code": 11, "texts": {"en": "Web", "zh_Hans": "网页"}},
        ]
        how = {
            "key": "how",
            "kind": "multiple",
            "text": {"en": "How?", "zh_Hans": "怎么联系"},
            "options": options,
        }
        version = publish(database, OVERALL, MORE, how)
        thanks = [(2, "thanks 13812345678")] * 10
        others = [(score, None) for score in [1] * 3 + [4] * 30 + [5] * 12 + [None] * 5]
        answered(database, version, AFTER, thanks + others, district="East", how=(1, 11))
        answered(database, version, AFTER, [(2, None)] * 14, district="West", mode="phone", how=(11,))
        return version

    def listed(self, client, item, more, value):
        """Return how many answers stand on all pages together, and the first page."""
        n, first = 0, ""
        for number in range(1, 5):
            chosen = f"&value={value}" if value else ""
            html = page(client, f"{ANSWERS}&item={item}{more}&page={number}{chosen}")
            start = re.search(r'<ol class="verbatims" start="(\d+)"', html)
            first = first or html
            if not start or int(start[1]) != 25 * (number - 1) + 1:
                break
            n += len(re.findall(r'<li class="verbatim">', html))
        return n, first

    @pytest.mark.parametrize("more", ["", "&district=West", "&mode=web"])
    def test_the_list_is_as_long_as_the_bar(self, lena, version, more):
        document = lena.get(f"/analysis/data.json?{CARE}{more}").get_json()
        sides = {one["item"]: one["after"] for one in document["items"]}
        overall, how = sides["overall"], sides["how"]
        bars = {("overall", value): n for value, n in overall["counts"].items()}
        bars |= {("overall", "skipped"): overall["missing"].get("skipped", 0), ("overall", ""): overall["n"]}
        bars |= {("how", value): n for value, n in how["counts"].items()} | {("how", ""): how["n"]}
        assert len(bars) == 10
        for (item, value), bar in bars.items():
            n, html = self.listed(lena, item, more, value)
            assert n == bar, (item, value)
            assert f"Q3 2026: {bar} answer" in words(html)

    @pytest.mark.parametrize("more", ["", "&item=overall&item=how", "&district=East"])
    def test_every_count_of_the_comparison_leads_to_as_many(self, lena, version, more):
        html = page(lena, f"/analysis?{CARE}{more}")
        links = re.findall(r'<a href="(/analysis/answers[^"]+)">([\d,]+)</a>', html)
        assert len(links) >= 5
        for address, n in links:
            found = words(page(lena, address.replace("&amp;", "&")))
            assert f"Q3 2026: {n} answer" in found, address

    def test_words_are_masked_and_scores_said(self, lena, version):
        html = page(lena, f"{ANSWERS}&item=overall&value=2&district=East")
        assert verbatims(html) == ["thanks ***"] * 10
        assert "Overall satisfaction Dissatisfied" in words(html)
        assert "By link · East" in words(html)

    def test_few_answers_are_not_listed(self, lena, database, version):
        answered(database, version, BEFORE, [(1, "alone")] * 9)
        html = page(lena, f"{ANSWERS}&item=overall&side=before")
        assert "hidden to protect people" in words(html)
        assert "alone" not in html

    def test_one_question_must_be_chosen(self, lena, version):
        assert "Choose one question" in words(page(lena, ANSWERS, 400))
        assert "value should be one of 1, 2, 3, 4, 5, not_asked" in words(
            page(lena, f"{ANSWERS}&item=overall&value=8", 400)
        )


@pytest.mark.parametrize(
    ("name", "status"), [("sven", 200), ("ada", 200), ("aldo", 403), ("anna", 403), ("olga", 403)]
)
def test_who_may_read(app, database, name, status):
    answered(database, care(database), AFTER, numbered("fine", 10))
    people.hire(database, name)
    client = people.sign_in(app.test_client(), name)
    assert client.get(COMMENTS).status_code == status
    assert client.get(f"{ANSWERS}&item=overall").status_code == status
