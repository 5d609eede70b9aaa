"""Comments attacked: anonymous answers, two people at once, odd addresses, few people, what leaks beside."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from analysis.periods import parse_period
from analysis.series import series_of
from analysis.words import classifier, codebook, labelling, learning, reading, sampling, suggesting
from analysis.words.cells import Asking
from analysis.words.models import CommentLabel, CommentLesson, CommentModel, CommentSuggestion
from core.audit import AuditEntry
from surveys import actions, anonymity, answering, queries
from surveys.definition import from_dict
from surveys.models import Response
from surveys.parsing import Given
from tests import people
from tests.analysis.answers import publish
from tests.analysis.words.comments import AFTER, CARE, MORE, OVERALL, answered, care, learn, numbered
from tests.analysis.words.corpus import CHINESE

COMMENTS, ANSWERS = f"/analysis/comments?{CARE}", f"/analysis/answers?{CARE}"
LABEL, TOPICS = "/analysis/comments/label", "/analysis/comments/topics"


@pytest.fixture(autouse=True)
def today(now):
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def lena(app, database):
    people.lena(database)
    return people.sign_in(app.test_client(), "lena")


@pytest.fixture
def two(database):
    """Two who label, with the numbers 1 and 2."""
    assert [people.lena(database).id, people.sven(database).id] == [1, 2]


def anonymous(database, texts, *, version=None):
    """Cast and open ballots; their responses have random negative numbers."""
    made = from_dict({"title": {"en": "Care"}, "items": [OVERALL, MORE], "anonymous": True})
    at = datetime(AFTER.year, AFTER.month, AFTER.day, 3, tzinfo=UTC)
    with database.begin() as session:
        if version is None:
            actions.publish(session, made, key="care", actor="test", now=at)
        version = queries.current_version(session, "care")
        for text in texts:
            answers = {"overall": Given(value=4), "more": Given(words=text)}
            anonymity.cast(session, version, answers, mode="web", now=at)
        anonymity.open_ballots(session, version.id, "web", now=at + timedelta(days=2))
    return version


def said(database, wanted):
    with database.read() as session:
        return session.scalars(wanted).all()


def test_comments_of_an_anonymous_questionnaire_are_labelled_and_passed_over(lena, database, now):
    version = anonymous(database, numbered("cold", 12))
    with database.begin() as session:
        topic = codebook.add(session, version.questionnaire_id, "Heating", actor="test", now=now).id
    place = f"{said(database, select(Response.id))[0]}-{version.item('more').id}"
    assert place.startswith("-")
    form = {"questionnaire": "care", "place": place, "csrf_token": people.csrf_token(lena, LABEL)}
    answer = lena.post(LABEL, data=form | {"action": "skip"})
    assert f"skip={place}" in answer.location
    answer = lena.post(LABEL, data=form | {"topic": str(topic)})
    assert answer.status_code == 303
    assert [f"{one.response_id}-{one.item_id}" for one in said(database, select(CommentLabel))] == [place]


@pytest.mark.parametrize(
    "mark", ["", "-", "5", "5-", "-5", "--5-1", "99999999999-1", "2147483648-1", "5-32768"]
)
def test_a_place_that_is_none_is_refused(mark):
    assert sampling.place_of(mark) is None


@pytest.mark.slow
def test_new_comments_of_an_anonymous_questionnaire_get_suggestions(database, two, now):
    version = anonymous(database, [text for _code, text in CHINESE])
    code_of = {text: code for code, text in CHINESE}
    with database.begin() as session:
        for name in ("Heating", "Staff", "Bills", "Waiting"):
            codebook.add(session, version.questionnaire_id, name, actor="test", now=now)
    with database.begin() as session:
        for one in suggesting.comments(session, [version]):
            label(session, version, one.place, code_of[one.text], now)
    learn(database, version, now)
    assert said(database, select(CommentSuggestion)) == []  # everything has a label
    anonymous(database, [f"屋里冷，暖气不热{k}" for k in "一二三四五六"], version=version)
    assert suggesting.suggest_new(database, now=now) == {"suggested": 6}
    assert suggesting.suggest_new(database, now=now) == {"suggested": 0}


def label(session, version, place, topic, now, *, user=1, was=""):
    labelling.save(
        session, [version], place, topic=str(topic), sentiment=None, was=was, user_id=user, now=now
    )


@pytest.fixture
def labelled(database, two, now):
    """Sixty-four of eighty comments labelled."""
    version = care(database)
    ids = answered(database, version, AFTER, [text for _code, text in CHINESE])
    item = version.item("more").id
    with database.begin() as session:
        for name in ("Heating", "Staff", "Bills", "Waiting"):
            codebook.add(session, version.questionnaire_id, name, actor="test", now=now)
        for place, (code, _text) in enumerate(CHINESE):
            if place % 20 < 16:
                label(session, version, (ids[place], item), code, now)
    return version


@pytest.mark.slow
def test_two_rounds_at_once_and_two_presses_make_one_lesson(database, labelled, now):
    """The later lesson leaves one classifier, and the suggestions of that one only."""
    learn(database, labelled, now)
    with database.begin() as session:
        presses = [learning.ask(session, [labelled], actor=who, now=now) for who in ("lena", "sven")]
    assert presses == [True, False]
    with ThreadPoolExecutor(2) as pool:
        rounds = [*pool.map(lambda _k: learning.learn(database, now=now), range(2))]
    assert sorted(map(len, rounds)) == [0, 1]
    assert learning.learn(database, now=now) == {}
    [newest] = said(database, select(CommentModel.id))
    assert said(database, select(CommentSuggestion.model_id).distinct()) == [newest]
    assert said(database, select(func.count()).select_from(CommentSuggestion)) == [16]
    learnt = select(AuditEntry.actor).where(AuditEntry.action == "comments.trained")
    assert said(database, learnt) == ["test", "lena"]


def suggested(database, version):
    """Return the topics that the lists suggest."""
    texts = [Asking("more", series_of([version])["more"][-1], {})]
    with database.read() as session:
        found, _cut = reading.heads(session, [version], parse_period("2026Q3"), {}, texts=texts, score=None)
    return {one.suggested for one in found}


def test_who_asks_again_while_it_learns_is_not_told_a_lesson_that_does_not_come(database, labelled, now):
    with database.begin() as session:
        learning.ask(session, [labelled], actor="lena", now=now)
    with database.read() as session:
        row = session.scalars(select(CommentLesson)).one()
        about = learning.Lesson(row.id, row.questionnaire_id, row.asked_at, row.asked_by)
    with database.begin() as session:  # labels of the last minute, and a press that promises the next round
        assert not learning.ask(session, [labelled], actor="sven", now=now + timedelta(minutes=1))
    studied = learning.Studied(about, None, 64, {"right": 50, "n": 64})
    with database.begin() as session:
        assert learning.keep_lesson(session, studied, now + timedelta(minutes=1)) is None
    assert [one.due_at for one in said(database, select(CommentLesson))] == [now]
    assert said(database, select(CommentModel)) == []


@pytest.mark.slow
def test_a_retired_topic_is_not_suggested_and_an_amended_comment_is_suggested_anew(database, labelled, now):
    with database.begin() as session:
        item = labelled.item("more").id
        for place, (code, _text) in enumerate(CHINESE):
            if place % 20 >= 16:
                label(session, labelled, (place + 1, item), code, now)
        codebook.switch(session, 1, retired=True, actor="test", now=now)
    answered(database, labelled, AFTER, [f"{text}！" for _code, text in CHINESE[:10]])
    with database.read() as session:
        assert suggesting.labelled_now(session, [labelled]).total() == 60
    learn(database, labelled, now)
    found = said(database, select(CommentSuggestion))
    assert found
    assert 1 not in {one.code for one in found}
    code = found[0].code
    assert code in suggested(database, labelled)
    with database.begin() as session:
        codebook.switch(session, code, retired=True, actor="test", now=now)
    assert code not in suggested(database, labelled)  # nor what was learnt before it was retired
    with database.begin() as session:
        codebook.switch(session, code, retired=False, actor="test", now=now)
    assert code in suggested(database, labelled)
    with database.begin() as session:
        answers = {"overall": Given(value=4), "more": Given(words="发票没给，多收费")}
        answering.amend(session, labelled, found[0].response_id, answers, now=now)
    assert suggesting.suggest_new(database, now=now) == {"suggested": 1}
    again = said(database, select(CommentSuggestion).where(CommentSuggestion.revision == 2))
    assert [(one.response_id, one.code) for one in again] == [(found[0].response_id, 3)]


def test_comments_of_few_people_or_without_words_teach_nothing(lena, database, now):
    version = care(database)
    texts = ["👍", "👎", "🔥", "❄️"] * 16
    ids = answered(database, version, AFTER, texts)
    with database.begin() as session:
        topics = [
            codebook.add(session, version.questionnaire_id, name, actor="test", now=now).id
            for name in ("Good", "Bad")
        ]
        for place, one in enumerate(ids):
            label(session, version, (one, version.item("more").id), topics[place % 2], now)
    assert learn(database, version, now) == {"not_learnt": 1}
    [lesson] = said(database, select(CommentLesson))
    assert (lesson.due_at, lesson.problem["values"]) == (None, {"least": "5", "found": "4"})
    html = lena.get(f"{TOPICS}?questionnaire=care").get_data(as_text=True)
    assert "5 people in words of their own; there are 4" in html


def test_texts_without_words_are_no_reason_to_fail():
    texts = [f"{chr(0x1F600 + k)}" for k in range(40)]
    report = classifier.validate(texts, [1, 2] * 20, texts, [True] * 40)
    assert report["n"] == 40
    assert classifier.predict(classifier.fit(texts, [1, 2] * 20), ["👍", "cold"])[0].tolist()


def test_undo_takes_no_label_of_somebody_else(database, two, now):
    version = care(database)
    first = answered(database, version, AFTER, numbered("cold", 12))[0]
    place = (first, version.item("more").id)
    with database.begin() as session:
        topic = codebook.add(session, version.questionnaire_id, "Heating", actor="test", now=now).id
        label(session, version, place, topic, now, user=1)
    with database.begin() as session:
        answering.amend(
            session, version, first, {"overall": Given(value=4), "more": Given(words="warm now")}, now=now
        )
        was = labelling.task(session, place).was
    undone = []

    def undo():
        with database.begin() as session:
            undone.append(labelling.undo(session, [version], user_id=1, now=now))

    with database.begin() as session:
        label(session, version, place, "none", now, user=2, was=was)
        session.flush()
        other = threading.Thread(target=undo)
        other.start()
        other.join(0.3)  # it waits for this transaction
    other.join()
    assert undone == [None]
    assert [one.labelled_by for one in said(database, select(CommentLabel))] == [2]


@pytest.mark.parametrize("value", ["--5", "-", "9" * 5000, "５"])
def test_an_odd_value_is_refused_and_no_failure(lena, database, value):
    answered(database, care(database), AFTER, numbered("fine", 12))
    assert lena.get(f"{ANSWERS}&item=overall&value={value}").status_code == 400


def test_behind_a_bar_stand_no_comments_that_the_page_of_comments_hides(lena, database):
    version = care(database)
    answered(database, version, AFTER, [*numbered("secret", 4), *[None] * 12], district="East")
    html = lena.get(f"{ANSWERS}&item=overall").get_data(as_text=True)
    assert html.count('<li class="verbatim">') == 16
    assert "secret" not in html
    answered(database, version, AFTER, numbered("west", 8), district="West")
    answered(database, version, AFTER, [None] * 9, district="West")
    pages = [lena.get(f"{ANSWERS}&item=overall&page={k}").get_data(as_text=True) for k in (1, 2)]
    rows = [row for one in pages for row in one.split('<li class="verbatim">')[1:]]
    with_words = [one for one in rows if "<blockquote>" in one]
    assert len(with_words) == 12
    assert not [one for one in with_words if "West" in one or "East" in one]  # few wrote there
    assert [one for one in rows if "West" in one]


def test_a_word_that_was_asked_for_is_not_written_down(lena, database):
    answered(database, care(database), AFTER, [*numbered("fine", 12), "Robinson"])
    assert "Robinson" in lena.get(f"{COMMENTS}&word=robinson").get_data(as_text=True)
    details = said(database, select(AuditEntry.detail).where(AuditEntry.action == "comments.read"))
    assert details
    assert not [one for one in details if "obinson" in one]


def test_a_month_that_the_comparison_keeps_back_is_no_list_either(lena, database):
    """July has 20, August 4, September 20: the quarter less July and less September is August."""
    version = care(database)
    for month, n in ((7, 20), (8, 4), (9, 20), (10, 20)):
        answered(database, version, date(2026, month, 4), numbered("fine", n), district="East")
    month = "questionnaire=care&before=2025Q3&after=2026-09"
    for address in (f"/analysis/answers?{month}&item=overall", f"/analysis/comments?{month}"):
        hidden = lena.get(address).get_data(as_text=True)
        assert '<li class="verbatim' not in hidden
        shown = lena.get(address.replace("2026-09", "2026-10")).get_data(as_text=True)
        assert shown.count('<li class="verbatim') == 20
        assert " East" in shown
        year = address.replace("before=2025Q3&after=2026-09", "before=2025&after=2026H2")
        lists = "".join(
            lena.get(f"{year}&page={k}").get_data(as_text=True).split("<ol")[1]
            for k in range(1, 5 if "comments" in address else 4)
        )
        said = {name: lists.count(f">{name}<") for name in ("October 2026", "Q3 2026", "July 2026")}
        assert said == {"October 2026": 20, "Q3 2026": 24, "July 2026": 20}  # neither August nor a day


def test_few_who_were_called_are_not_marked_in_a_list(lena, database):
    version = care(database)
    answered(database, version, AFTER, numbered("fine", 12))
    answered(database, version, AFTER, numbered("called", 3), mode="phone")
    for address in (f"{ANSWERS}&item=overall", COMMENTS):
        html = lena.get(address).get_data(as_text=True)
        assert html.count('<li class="verbatim') == 15
        assert "By phone" not in html.split("<ol")[1]
        assert "By link" not in html.split("<ol")[1]


@pytest.mark.slow
def test_labels_teach_however_many_comments_came_since(database, labelled, now, monkeypatch):
    answered(database, labelled, AFTER, [f"{text}！" for _code, text in CHINESE[:30]])
    short = suggesting.comments
    monkeypatch.setattr(suggesting, "comments", lambda *given, **more: short(*given, **{"limit": 70} | more))
    assert learn(database, labelled, now) == {"learnt": 1}
    assert said(database, select(CommentModel.labels)) == [64]


def test_behind_a_bar_a_day_is_a_day_and_a_long_number_is_whole(lena, database):
    items = [OVERALL, {"key": "day", "kind": "date", "text": {"en": "When?", "zh_Hans": "哪天？"}},
             {"key": "meter", "kind": "number", "text": {"en": "Meter?", "zh_Hans": "表数？"}}]  # fmt: skip
    version = publish(database, *items)
    day = datetime(2026, 3, 5, tzinfo=UTC).date()
    with database.begin() as session:
        for _k in range(12):
            answers = {"overall": Given(value=4), "day": Given(number=float(day.toordinal())),
                       "meter": Given(number=1234567.25)}  # fmt: skip
            answering.record(
                session, version, answers, mode="web", stratum_id=actions.stratum_id(session), handler="",
                language="en", now=datetime(AFTER.year, AFTER.month, AFTER.day, 3, tzinfo=UTC),
            )  # fmt: skip
    html = lena.get(f"{ANSWERS}&item=overall").get_data(as_text=True)
    assert "2026-03-05" in html
    assert "1234567.25" in html
