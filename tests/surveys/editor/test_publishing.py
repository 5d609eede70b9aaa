"""Publishing, throwing away, going back: what the editor does at the end of a draft."""

from collections.abc import Callable

from sqlalchemy import func, select

from core.db import Database
from surveys import queries as published
from surveys.definition import Definition
from surveys.models import Questionnaire, Version
from tests.surveys.editor.desk import Desk, question

DraftOf = Callable[[], Definition]


def test_publishing_asks_what_a_change_means_and_keeps_the_answer(desk: Desk, database: Database) -> None:
    desk.add("scale", role="overall")
    desk.add("scale", key="q2")
    desk.publish()
    desk.post("/edit")
    desk.post("/edit/items/q1", question("scale", text__en="Overall?", role="overall"))
    desk.post("/edit/items/q2", question("scale", scale="sat7.1"))
    page = desk.get("/publish")
    assert "<del>How was it?</del>" in page
    assert "<ins>Overall?</ins>" in page
    assert 'value="reworded" checked' in page
    assert "decision.q2" not in page  # another scale: nobody may choose
    desk.publish(q1="break", q2="same", nobody="same")
    with database.read() as session:
        version = published.current_version(session, "visit")
    assert version.definition.changes == {"q1": "break"}
    page = desk.get("/versions/1/2")
    assert page.count("new start") >= 2
    assert "Overall?" in page


def test_pressing_publish_twice_publishes_once(desk: Desk, database: Database) -> None:
    desk.add("scale")
    revision = desk.revision()
    desk.post("/publish", {"revision": revision})
    second = desk.post("/publish", {"revision": revision})
    assert second.headers["Location"] == "/questionnaires/visit"
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Version)) == 1


def test_a_draft_without_a_change_is_not_published(desk: Desk, database: Database) -> None:
    desk.add("scale")
    desk.publish()
    desk.post("/edit")
    assert "nothing new to publish" in desk.get("/publish")
    desk.post("/publish", status=422)


def test_a_draft_is_thrown_away_after_asking(desk: Desk, database: Database) -> None:
    desk.add("scale")
    assert "Throw this draft away?" in desk.get("/edit/discard")
    desk.post("/edit/discard")
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Questionnaire)) == 0
    assert desk.client.get("/questionnaires/visit").status_code == 404


def test_a_draft_thrown_away_leaves_what_was_published(desk: Desk) -> None:
    desk.add("scale")
    desk.publish()
    desk.post("/edit")
    desk.post("/edit/discard")
    assert "Version 1" in desk.get("")
    answer = desk.client.get("/questionnaires/visit/edit")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/questionnaires/visit")


def test_an_old_version_is_started_from_and_the_draft_can_come_back(desk: Desk, draft_of: DraftOf) -> None:
    desk.add("scale")
    desk.publish()
    desk.post("/edit")
    desk.add("long", key="q2")
    desk.publish()
    desk.post("/edit")
    desk.add("long", key="q3")
    desk.post("/edit/from/1")
    assert [item.key for item in draft_of().items] == ["q1"]
    desk.post("/edit/undo")
    assert [item.key for item in draft_of().items] == ["q1", "q2", "q3"]


def test_anonymity_is_chosen_at_the_first_publishing_and_stays(desk: Desk, database: Database) -> None:
    desk.add("scale")
    assert "not even the administrator" in desk.get("/publish")
    desk.post("/publish", {"anonymous": "yes"})
    desk.post("/edit")
    desk.add("long", key="q2")
    assert "not even the administrator" not in desk.get("/publish")
    desk.post("/publish", {"anonymous": "no"})
    with database.read() as session:
        version = published.current_version(session, "visit")
    assert (version.number, version.definition.anonymous) == (2, True)


def test_versions_far_apart_show_the_greatest_step(desk: Desk) -> None:
    desk.add("scale", role="overall")
    desk.publish()
    for text, made in (("Two", "break"), ("Three", "same")):
        desk.post("/edit")
        desk.post("/edit/items/q1", question("scale", text__en=text, role="overall"))
        desk.publish(q1=made)
    assert "new start" in desk.get("/versions/1/3")
    assert "same question</span>" in desk.get("/versions/2/3")
    assert desk.client.get("/questionnaires/visit/versions/3/1").headers["Location"].endswith("/versions/1/3")
    assert desk.client.get("/questionnaires/visit/versions?a=1&b=3").headers["Location"].endswith("/1/3")
    for path in ("/versions/1/1", "/versions/1/9", "/versions/0/2"):
        assert desk.client.get(f"/questionnaires/visit{path}").status_code == 404
