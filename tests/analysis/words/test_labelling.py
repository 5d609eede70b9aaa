"""Labelling: a random sample, one label a comment, nobody's decision lost, amended comments read again."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from analysis.words import codebook, labelling, sampling
from analysis.words.models import CommentLabel, Topic
from surveys import answering, taking_back
from surveys.parsing import Given
from tests import people
from tests.analysis.words.comments import AFTER, CARE, answered, care, numbered

PAGE = "/analysis/comments/label?questionnaire=care"


@pytest.fixture(autouse=True)
def today(now):
    """The pages take their day from the clock: 2026-11-18."""
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def topics(database, now):
    """Comments of 30 people and two topics."""
    version = care(database)
    answered(database, version, AFTER, numbered("cold", 30))
    with database.begin() as session:
        for name in ("Heating", "Staff"):
            codebook.add(session, version.questionnaire_id, name, actor="test", now=now)
        return [topic.id for topic in codebook.topics(session, version.questionnaire_id)]


def signed_in(app, database, name):
    people.hire(database, name)
    return people.sign_in(app.test_client(), name)


def form_of(client, address=PAGE):
    """Return the hidden fields of the form, as a browser without scripts would send them."""
    html = client.get(address).get_data(as_text=True)
    return dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)">', html)), html


def press(client, action="save", **fields):
    form, _html = form_of(client)
    answer = client.post("/analysis/comments/label", data=form | {"action": action} | fields)
    assert answer.status_code == 303, answer.get_data(as_text=True)[:1500]
    return form


def labels(database):
    with database.read() as session:
        return session.scalars(select(CommentLabel).order_by(CommentLabel.response_id)).all()


def test_one_comment_after_the_other_until_all_are_labelled(app, database, topics):
    lena, seen = signed_in(app, database, "lena"), []
    for number in range(30):
        assert f"{number} of 30" in lena.get(PAGE).get_data(as_text=True)
        seen.append(press(lena, topic=str(topics[number % 2]), sentiment="-1")["place"])
    assert len(set(seen)) == 30
    assert "The whole sample is labelled" in lena.get(PAGE).get_data(as_text=True)
    assert all(one.drawn and one.sentiment == -1 and one.revision == 1 for one in labels(database))


def test_no_order_is_that_of_the_answers_and_two_people_start_elsewhere(app, database, topics):
    orders = []
    with database.read() as session:
        version = labelling_version(session)
        drawn = sampling.draw(session, [version])
        for user in (1, 2):
            skipped, order = [], []
            while task := labelling.next_for(session, drawn, user, skipped):
                order.append(task.place)
                skipped.append(task.place)
            orders.append(order)
    assert sorted(orders[0]) == sorted(orders[1])
    assert orders[0] not in (sorted(orders[0]), orders[1])


def labelling_version(session):
    from surveys.queries import current_version

    return current_version(session, "care")


def test_two_people_at_one_comment_and_the_first_label_stands(app, database, topics):
    lena, sven = signed_in(app, database, "lena"), signed_in(app, database, "sven")
    form, _html = form_of(lena)
    theirs, _html = form_of(sven, f"{PAGE}&at={form['place']}")
    assert theirs["place"] == form["place"]
    lena.post("/analysis/comments/label", data=form | {"topic": str(topics[0])})
    answer = sven.post(
        "/analysis/comments/label", data=theirs | {"topic": str(topics[1])}, follow_redirects=True
    )
    assert "Somebody else labelled this comment" in answer.get_data(as_text=True)
    assert [one.topic_id for one in labels(database)] == [topics[0]]


def test_pass_over_undo_and_a_choice_is_needed(app, database, topics):
    lena = signed_in(app, database, "lena")
    first, _html = form_of(lena)
    answer = lena.post("/analysis/comments/label", data=first | {"action": "skip"})
    second, _html = form_of(lena, answer.location)
    assert second["place"] != first["place"]
    assert second["skip"] == first["place"]
    assert labels(database) == []
    nothing = lena.post("/analysis/comments/label", data=first, follow_redirects=True)
    assert "Choose a topic first" in nothing.get_data(as_text=True)
    lena.post("/analysis/comments/label", data=first | {"topic": "none"})
    assert labels(database)[0].topic_id is None
    back = lena.post("/analysis/comments/label", data=second | {"action": "undo"})
    assert form_of(lena, back.location)[0]["place"] == first["place"]
    assert labels(database) == []


def test_an_undo_reaches_ten_minutes_and_the_own_labels_only(app, database, topics, now):
    lena, sven = signed_in(app, database, "lena"), signed_in(app, database, "sven")
    form = press(lena, topic=str(topics[0]))
    sven.post("/analysis/comments/label", data=form_of(sven)[0] | {"action": "undo"})
    assert len(labels(database)) == 1
    with time_machine.travel(now + timedelta(minutes=11), tick=False):
        lena.post("/analysis/comments/label", data=form_of(lena)[0] | {"action": "undo"})
    assert [sampling.mark((one.response_id, one.item_id)) for one in labels(database)] == [form["place"]]


def test_an_amended_comment_is_read_again(app, database, topics, now):
    lena = signed_in(app, database, "lena")
    form = press(lena, topic=str(topics[0]))
    place = sampling.place_of(form["place"])
    with database.begin() as session:
        answers = {"overall": Given(value=4), "more": Given(words="warm now, thank you")}
        answering.amend(session, labelling_version(session), place[0], answers, now=now)
    again, html = form_of(lena)
    assert again["place"] == form["place"]
    assert "Changed since, read again" in html
    assert "0 of 30" in html
    assert "Changed since" in lena.get(f"/analysis/comments?{CARE}&topic=again").get_data(as_text=True)
    press(lena, topic=str(topics[1]))
    assert [(one.topic_id, one.revision) for one in labels(database)] == [(topics[1], 2)]


def test_few_comments_and_foreign_topics_are_refused(app, database, now):
    version = care(database)
    ids = answered(database, version, AFTER, numbered("secret", 9))
    lena = signed_in(app, database, "lena")
    with database.begin() as session:
        topic = codebook.add(session, version.questionnaire_id, "Heating", actor="test", now=now).id
    html = lena.get(f"{PAGE}&at={ids[0]}-{version.item('more').id}").get_data(as_text=True)
    assert "secret" not in html
    assert "too few comments" in html
    answered(database, version, AFTER, ["tenth"])
    form, _html = form_of(lena)
    lena.post("/analysis/comments/label", data=form | {"topic": str(topic + 1)})
    assert labels(database) == []


def test_the_topics_are_added_renamed_moved_and_retired(app, database, topics):
    lena = signed_in(app, database, "lena")
    form, _html = form_of(lena, "/analysis/comments/topics?questionnaire=care")
    lena.post("/analysis/comments/topics", data=form | {"name": "  Bills  and   costs "})
    taken = lena.post("/analysis/comments/topics", data=form | {"name": "staff"})
    assert taken.status_code == 422
    assert "There is a topic with this name already." in taken.get_data(as_text=True)
    assert 'value="staff"' in taken.get_data(as_text=True)

    def change(topic_id, **fields):
        answer = lena.post(f"/analysis/comments/topics/{topic_id}", data=form | fields)
        assert answer.status_code == 303

    change(topics[1], action="up")
    change(topics[0], action="rename", name="Warmth")
    change(topics[1], action="retire")
    with database.read() as session:
        known = session.execute(select(Topic.name, Topic.retired).order_by(Topic.position)).all()
        assert session.scalar(select(func.count()).select_from(Topic)) == 3
    assert [tuple(one) for one in known] == [("Staff", True), ("Warmth", False), ("Bills and costs", False)]
    html = lena.get(PAGE).get_data(as_text=True)
    assert "Warmth" in html
    assert "Staff" not in html


@pytest.mark.parametrize(("name", "status"), [("sven", 200), ("aldo", 403), ("olga", 403), ("anna", 403)])
def test_who_may_label(app, database, topics, name, status):
    client = signed_in(app, database, name)
    assert client.get(PAGE).status_code == status
    assert client.get("/analysis/comments/topics?questionnaire=care").status_code == status


def test_at_one_moment_one_of_two_labels_is_kept(database, topics, now):
    with database.read() as session:
        version = labelling_version(session)
        place = sampling.draw(session, [version]).sample[0].place

    def save(number):
        with database.begin() as session:
            labelling.save(
                session, [version], place, topic=str(topics[number % 2]), sentiment=None, was="",
                user_id=None, now=now,
            )  # fmt: skip

    with ThreadPoolExecutor(4) as pool:
        pressed = [pool.submit(save, number) for number in range(4)]
    refused = [one.exception() for one in pressed if one.exception()]
    assert [type(one) for one in refused] == [labelling.LabelledMeanwhileError] * 3
    assert len(labels(database)) == 1


def test_with_the_response_its_label_goes(database, topics, now):
    with database.begin() as session:
        version = labelling_version(session)
        place = sampling.draw(session, [version]).sample[0].place
        labelling.save(
            session, [version], place, topic="none", sentiment=1, was="", user_id=None, now=now
        )  # fmt: skip
    assert len(labels(database)) == 1
    with database.begin() as session:
        taking_back.take_back(session, place[0])
    assert labels(database) == []
