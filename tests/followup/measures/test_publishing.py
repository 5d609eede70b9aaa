"""You said, we did: frozen texts, what is refused, the public page without cookie."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, text

from core.audit import AuditEntry
from core.errors import InputError
from followup.measures import actions, hooks, publishing
from followup.measures.models import Measure
from followup.measures.publishing import SmallCountError
from tests.followup.measures.plans import planned

ZH = {"said": "高层住户反映温度不够。", "did": "十月起逐栋排气调网。"}
EN = {"said": "Upper floors stayed cold.", "did": "We vented all risers."}
TYPED = {
    f"{name}_{code}": text for code, both in (("zh_Hans", ZH), ("en", EN)) for name, text in both.items()
}


@pytest.fixture(autouse=True)
def today(now):
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def running(database, now):
    """A measure under way."""
    planned(database, now)
    with database.begin() as session:
        measure = session.scalars(select(Measure)).one()
        actions.take_step(session, measure, "start", actor="lena", now=now)
    return measure


@pytest.fixture
def send(client_for, csrf):
    clients = {}

    def sent(name, address, data=None):
        client = clients[name] = clients.get(name) or client_for(name)
        return client.post(address, data={**(data or {}), "csrf_token": csrf(client, "/account")})

    return sent


def words(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)).split())


def public(app, language="zh_Hans"):
    return app.test_client().get(f"/improvements?lang={language}")


def feedback(app):
    return app.test_client().get("/feedback?lang=zh_Hans").get_data(as_text=True)


def test_texts_are_frozen_shown_in_both_languages_and_taken_back(app, send, running, database, now):
    here, link = f"/measures/{running.number}", 'href="/improvements?lang=zh_Hans"'
    assert link not in feedback(app)  # there is nothing to read yet
    assert send("lena", f"{here}/publish", TYPED | {"step": "publish"}).status_code == 303
    with time_machine.travel(now + timedelta(minutes=5), tick=False):
        assert feedback(app).count("/improvements") == 1
    assert link not in public(app).get_data(as_text=True)  # a page does not lead to itself
    with database.begin() as session:
        session.scalars(select(Measure)).one().heard = "changed afterwards"
    assert all(text in words(public(app)) for text in ("2026年11月", "您说", *ZH.values()))
    assert all(text in words(public(app, "en")) for text in ("November 2026", "You said", *EN.values()))
    assert "changed afterwards" not in words(public(app))
    assert send("lena", f"{here}/withdraw").status_code == 303
    assert ZH["said"] not in words(public(app))
    assert send("lena", f"{here}/withdraw").status_code == 422
    with database.read() as session:
        acts = session.scalars(select(AuditEntry.action).where(AuditEntry.actor == "lena")).all()
    assert acts.count("measure.publish") == acts.count("measure.withdraw") == 1


def test_the_public_page_sets_no_cookie_and_may_be_kept_for_five_minutes(app, running):
    answer = public(app)
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert "Accept-Language" in answer.headers["Vary"]
    assert "<script" not in answer.get_data(as_text=True)
    assert 'class="note"' in answer.get_data(as_text=True)  # nothing is published yet


def test_a_look_publishes_nothing_and_shows_the_texts(app, send, running):
    answer = send("lena", f"/measures/{running.number}/publish", TYPED | {"step": "look"})
    assert answer.status_code == 200
    assert words(answer).count(ZH["did"]) == 2  # in the field and as it will look
    assert ZH["did"] not in words(public(app))


REFUSED = [
    ({}, "at least one language"),
    ({"did_en": ""}, "needs both"),
    ({"said_en": "Mr Li, 13812345678, was cold."}, "take it out"),
    ({"said_en": "3 families were cold."}, "fewer than 10 people"),
]


def test_what_may_not_be_published_is_refused_with_its_reason(app, send, running):
    for typed, sentence in REFUSED:
        data = (TYPED if typed else {}) | typed | {"step": "publish"}
        answer = send("lena", f"/measures/{running.number}/publish", data)
        assert answer.status_code == 422
        assert sentence in words(answer)
    assert 'class="note"' in public(app).get_data(as_text=True)


def test_numbers_that_count_no_people_are_confirmed_but_personal_ones_never(send, running, database, now):
    typed = TYPED | {"did_en": "We come within 2 hours.", "step": "publish"}
    here = f"/measures/{running.number}/publish"
    assert send("lena", here, typed).status_code == 422
    assert send("lena", here, typed | {"confirm": "y"}).status_code == 303
    call = {"en": EN | {"did": "Call 13812345678"}}
    with pytest.raises(InputError, match="take it out"):
        publishing.check(call, min_cell=10, confirmed=True)
    with pytest.raises(SmallCountError, match="people: 3, 两"):
        publishing.check({"zh_Hans": {"said": "3户、两位", "did": "好"}}, min_cell=10, confirmed=False)


def test_only_what_is_under_way_or_done_is_told(send, database, now, people):
    number = planned(database, now).number
    answer = send("lena", f"/measures/{number}/publish", TYPED | {"step": "publish"})
    assert answer.status_code == 422
    assert "under way or done" in words(answer)
    assert send("olga", f"/measures/{number}/publish", TYPED).status_code == 403


def test_the_measured_effect_is_frozen_as_it_stood(app, send, running, database, monkeypatch):
    monkeypatch.setattr(hooks, "effect", [lambda _session, _measure, _day, code: f"measured ({code})"])
    here = f"/measures/{running.number}/publish"
    assert send("lena", here, TYPED | {"step": "publish", "with_effect": "y"}).status_code == 303
    monkeypatch.setattr(hooks, "effect", [])
    assert "measured (zh_Hans)" in words(public(app))
    with database.read() as session:
        assert session.scalars(select(Measure)).one().published["en"] == EN | {"effect": "measured (en)"}


def test_a_text_in_one_language_is_shown_to_readers_of_the_other_and_says_so(app, running, database, now):
    with database.begin() as session:
        measure = session.scalars(select(Measure)).one()
        publishing.publish(session, measure, {"en": EN}, effect={}, confirmed=False, actor="lena", now=now)
    html = public(app).get_data(as_text=True)
    assert '<article lang="en">' in html
    assert "You said" in html


def test_pages_for_customers_are_shown_though_nobody_can_look_for_the_link(app, database):
    """The page that says so when the database is away looks for it as well."""
    with database.begin() as session:
        session.execute(text("ALTER TABLE measures RENAME TO away"))
    try:
        answer = app.test_client().get("/nowhere?lang=en")
        assert answer.status_code == 404
        assert 'href="/feedback' in answer.get_data(as_text=True)
    finally:
        with database.begin() as session:
            session.execute(text("ALTER TABLE away RENAME TO measures"))
