"""The editor through its pages, on both databases: from nothing to a published version, without scripts."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from core.audit import AuditEntry
from core.db import Database
from core.web import CSP
from surveys import queries as published
from surveys.definition import Definition
from surveys.editor.models import Draft
from tests.surveys.editor.desk import Desk, options, question

DraftOf = Callable[[], Definition]


def test_from_nothing_to_a_published_questionnaire(desk: Desk, draft_of: DraftOf, database: Database) -> None:
    desk.add("scale", role="overall", required="1")
    desk.add("long", key="q2")
    desk.post(
        "/edit/rules/q2", {"join": "all", "c0.item": "q1", "c0.is": "<=", "c0.value": "2", "do": "save"}
    )
    assert draft_of().items[1].show_if.low == ("q1", 2)  # type: ignore[union-attr]
    answer = desk.publish()
    assert answer.headers["Location"] == "/questionnaires/visit"
    with database.read() as session:
        version = published.current_version(session, "visit")
        assert session.scalar(select(func.count()).select_from(Draft)) == 0
        actions = list(session.scalars(select(AuditEntry.action).where(AuditEntry.actor == "lena")))
    assert [item.item_key for item in version.items] == ["q1", "q2"]
    assert version.title == {"zh_Hans": "服务评价", "en": "Service rating"}
    assert "questionnaire.create" in actions
    assert "questionnaire.publish" in actions
    assert "Overall rating" in desk.get("")


@pytest.mark.parametrize("start", ["return_visit", "hcp", "nps", "ces"])
@pytest.mark.parametrize(
    "title", [{"zh_Hans": "评价"}, {"en": "Rating"}, {"zh_Hans": "评价", "en": "Rating"}]
)
def test_every_template_can_be_published_at_once(
    client_for: Callable[[str], FlaskClient], database: Database, start: str, title: dict[str, str]
) -> None:
    desk = Desk(client_for("lena")).begin(start, **title)
    desk.publish()
    with database.read() as session:
        assert published.current_version(session, "visit").definition.languages == tuple(title)


@pytest.mark.parametrize("key", ["return visit", "1st", "new", "import", "", "中文", "x" * 41])
def test_a_key_that_is_none_is_refused_and_everything_typed_stays(desk: Desk, key: str) -> None:
    data = {"csrf_token": desk.token, "key": key, "start": "empty", "title.en": "Kept title"}
    answer = desk.client.post("/questionnaires/new", data=data)
    assert answer.status_code == 422
    assert "Kept title" in answer.get_data(as_text=True)


def test_a_key_is_used_once(desk: Desk) -> None:
    data = {"csrf_token": desk.token, "key": "visit", "start": "empty", "title.en": "Another"}
    assert desk.client.post("/questionnaires/new", data=data).status_code == 422


def test_editing_leaves_the_published_version_in_use(desk: Desk, database: Database) -> None:
    desk.add("scale", role="overall")
    desk.publish()
    desk.post("/edit")
    desk.post("/edit")  # pressed twice: the same draft
    desk.post("/edit/items/q1", question("scale", text__en="Overall?", role="overall"))
    with database.read() as session:
        assert published.current_version(session, "visit").number == 1
        assert (
            published.current_version(session, "visit").items[0].definition.said("en").text == "How was it?"
        )


def test_two_tabs_never_overwrite_each_other_silently(desk: Desk, draft_of: DraftOf) -> None:
    desk.add("scale")
    old = desk.revision()
    desk.post("/edit/items/q1", question("scale", text__en="The first one"))
    second = question("scale", text__en="The second one") | {"revision": old}
    answer = desk.post("/edit/items/q1", second, status=409)
    page = answer.get_data(as_text=True)
    assert "changed this draft in the meantime" in page
    assert "The second one" in page  # what was typed
    assert "The first one" in page  # what is stored
    assert draft_of().items[0].texts["en"].text == "The first one"
    newer = re.search(r'name="revision" value="(\d+)"', page)
    assert newer
    desk.post("/edit/items/q1", second | {"revision": newer.group(1)})
    assert draft_of().items[0].texts["en"].text == "The second one"


def test_two_people_are_told_of_each_other(
    client_for: Callable[[str], FlaskClient], draft_of: DraftOf
) -> None:
    lena, sven = Desk(client_for("lena")).begin(), Desk(client_for("sven"))
    lena.add("scale")
    lena.add("long", key="q2")
    old = lena.revision()
    sven.post("/edit/items/q2/act", {"do": "up"})
    answer = lena.post("/edit/items/q2/act", {"do": "delete", "revision": old})
    assert "sven changed this draft" in lena.client.get(answer.headers["Location"]).get_data(as_text=True)
    assert [item.key for item in draft_of().items] == ["q2", "q1"]


@pytest.mark.parametrize(
    "path", ["/edit/title", "/edit/translations", "/edit/add-heading", "/edit/add/matrix"]
)
def test_every_form_keeps_what_was_typed_when_it_comes_late(desk: Desk, path: str) -> None:
    desk.add("scale")
    old = desk.revision()
    desk.post("/edit/items/q1/act", {"do": "duplicate"})
    typed = {"title.en": "Typed late", "title:en": "Typed late", "stem.en": "Typed late", "r0.id": "",
             "r0.en": "Row", "kind": "scale", "scale": "sat5.1", "do": "save", "revision": old}  # fmt: skip
    answer = desk.post(path, typed, status=409)
    assert "Typed late" in answer.get_data(as_text=True)


def test_a_question_that_somebody_removed_is_not_lost_to_who_was_writing_it(
    desk: Desk, draft_of: DraftOf
) -> None:
    desk.add("scale")
    old = desk.revision()
    desk.post("/edit/items/q1/act", {"do": "delete"})
    answer = desk.post("/edit/items/q1", question("scale", text__en="Mine") | {"revision": old}, status=409)
    assert "Mine" in answer.get_data(as_text=True)
    desk.post("/edit/items/q1", question("scale", text__en="Mine"))
    assert [item.texts["en"].text for item in draft_of().items] == ["Mine"]


def test_what_was_removed_can_be_brought_back_once(desk: Desk, draft_of: DraftOf) -> None:
    desk.add("scale")
    desk.add("long", key="q2")
    desk.post("/edit/rules/q2", {"c0.item": "q1", "c0.is": "<=", "c0.value": "2", "do": "save"})
    before = draft_of()
    desk.post("/edit/items/q1/act", {"do": "delete"})
    assert draft_of().items[0].show_if is None
    assert "was taken away" in desk.get()
    desk.post("/edit/undo")
    assert draft_of() == before
    assert "was taken away" not in desk.get()


def test_a_removed_option_never_gives_its_code_to_another_over_three_versions(
    desk: Desk, draft_of: DraftOf
) -> None:
    desk.post("/edit/add/single", question("single") | options("red", "green", "blue"))
    desk.publish()
    desk.post("/edit")
    desk.post("/edit/items/q1", question("single") | options("red", "green", codes=("1", "2")))
    desk.publish(q1="break")
    desk.post("/edit")
    desk.post("/edit/items/q1", question("single") | options("green", "rose", "black", codes=("2", "1")))
    codes = {option.texts["en"]: option.code for option in draft_of().items[0].options}
    assert codes == {"green": 2, "rose": 1, "black": 4}  # moved and renamed keep theirs; 3 was blue
    desk.publish(q1="same")
    desk.post("/edit")
    lines = options("green", "rose", "black", "blue", codes=("2", "1", "4"))
    desk.post("/edit/items/q1", question("single") | lines)
    assert draft_of().items[0].options[-1].code == 3  # blue came back


def test_a_published_key_is_frozen_and_an_old_one_is_not_taken_again(desk: Desk, draft_of: DraftOf) -> None:
    desk.add("scale")
    desk.add("long", key="q2")
    desk.publish()
    desk.post("/edit")
    desk.post("/edit/items/q1", question("scale", key="other"))
    assert draft_of().items[0].key == "q1"
    desk.post("/edit/items/q2/act", {"do": "delete"})
    desk.add("long", key="q2", status=422)
    assert 'value="q3"' in desk.get("/edit/add/long")


def test_lines_are_pasted_moved_and_dropped_without_being_saved(desk: Desk, draft_of: DraftOf) -> None:
    data = question("single") | options("red", "green") | {"o-lines": "蓝 | blue\n\n黑", "do": "o-lines"}
    page = desk.post("/edit/add/single", data, status=200).get_data(as_text=True)
    assert re.findall(r'name="o\d\.zh_Hans" id="[^"]+" value="([^"]+)"', page) == [
        "red项",
        "green项",
        "蓝",
        "黑",
    ]
    data |= {"do": "o-up-1", "o-lines": ""}
    page = desk.post("/edit/add/single", data, status=200).get_data(as_text=True)
    assert re.findall(r'name="o\d\.en" id="[^"]+" value="([^"]+)"', page) == ["green", "red"]
    page = desk.post("/edit/add/single", data | {"do": "o-drop-0"}, status=200).get_data(as_text=True)
    assert re.findall(r'name="o\d\.en" id="[^"]+" value="([^"]+)"', page) == ["green"]
    assert draft_of().items == ()


def test_another_kind_shows_what_fits_without_saving(desk: Desk, draft_of: DraftOf) -> None:
    page = desk.post("/edit/add/scale", question("number") | {"do": "kind"}, status=200).get_data(
        as_text=True
    )
    assert '<div class="ed-pair" data-kinds="number date">' in page
    assert re.search(r'data-kinds="scale" hidden', page)
    assert draft_of().items == ()


def test_other_has_a_line_and_keeps_its_code(desk: Desk, draft_of: DraftOf) -> None:
    desk.post("/edit/add/single", question("single", other="1") | options("red", "green"))
    assert [(o.code, o.other) for o in draft_of().items[0].options] == [(1, False), (2, False), (3, True)]
    desk.publish()
    desk.post("/edit")
    desk.post("/edit/items/q1", question("single") | options("red", "green", codes=("1", "2")))
    assert draft_of().items[0].other is None
    desk.post("/edit/items/q1", question("single", other="1") | options("red", "green", codes=("1", "2")))
    assert draft_of().items[0].other == 3


def test_a_matrix_is_entered_once_and_becomes_items(desk: Desk, draft_of: DraftOf) -> None:
    rows = {"r0.id": "", "r0.zh_Hans": "态度", "r0.en": "Attitude", "r-lines": "速度 | Speed\n结果 | Result"}
    shared = {
        "stem.zh_Hans": "您满意吗？",
        "stem.en": "How satisfied?",
        "kind": "scale",
        "scale": "sat5.1",
        "do": "save",
    }
    desk.post("/edit/add/matrix", rows | shared | {"not_applicable": "1"})
    made = draft_of()
    assert [(i.key, i.matrix, i.scale, i.said("en").text) for i in made.items] == [
        ("q1", "m1", "sat5.1", "Attitude"), ("q2", "m1", "sat5.1", "Speed"), ("q3", "m1", "sat5.1", "Result"),
    ]  # fmt: skip
    assert made.matrices == {"m1": {"zh_Hans": "您满意吗？", "en": "How satisfied?"}}
    changed = {
        "r0.id": "q2",
        "r0.zh_Hans": "快慢",
        "r0.en": "Speed",
        "r1.id": "q1",
        "r1.zh_Hans": "态度",
        "r1.en": "Attitude",
    }
    desk.post("/edit/matrices/m1", changed | shared | {"scale": "sat7.1"})
    assert [(i.key, i.scale) for i in draft_of().items] == [("q2", "sat7.1"), ("q1", "sat7.1")]
    desk.publish()


def test_headings_group_questions_and_can_be_taken_away(desk: Desk, draft_of: DraftOf) -> None:
    for key in ("q1", "q2", "q3"):
        desk.add("scale", key=key)
    desk.post("/edit/add-heading", {"title.en": "Staff", "title.zh_Hans": "人员", "at": "q2", "do": "save"})
    assert [item.section for item in draft_of().items] == ["", "s1", "s1"]
    desk.post("/edit/items/q1/act", {"do": "place", "before": "q3"})
    assert [(item.key, item.section) for item in draft_of().items] == [
        ("q2", "s1"),
        ("q1", "s1"),
        ("q3", "s1"),
    ]
    desk.post("/edit/headings/s1/act", {"do": "delete"})
    assert {item.section for item in draft_of().items} == {""}


def test_a_language_is_added_translated_and_removed(desk: Desk, draft_of: DraftOf) -> None:
    desk.add("scale")
    desk.post("/edit/languages", {"drop": "zh_Hans"})
    assert draft_of().languages == ("en",)
    assert set(draft_of().items[0].texts) == {"en"}
    desk.post("/edit/languages", {"add": "zh_Hans"})
    page = desk.get("/edit/translations")
    assert page.count("ed-missing") == 2  # title and question
    assert "stands in the way" in desk.get("/publish")
    desk.post("/publish", status=422)
    desk.post("/edit/translations", {"title:zh_Hans": "评价", "item/q1/text:zh_Hans": "怎么样？"})
    assert draft_of().languages == ("en", "zh_Hans")
    desk.publish()


def test_a_rule_offers_and_takes_only_what_fits(desk: Desk, draft_of: DraftOf) -> None:
    desk.post("/edit/add/multiple", question("multiple") | options("red", "green"))
    desk.add("long", key="q2")
    data = {"c0.item": "q1", "c0.is": "<=", "c0.value": "1"}
    page = desk.post("/edit/rules/q2", data | {"do": "refresh"}, status=200).get_data(as_text=True)
    assert 'value="has"' in page
    assert 'value="&lt;="' not in page
    desk.post("/edit/rules/q2", data | {"do": "save"}, status=422)
    desk.post("/edit/rules/q2", data | {"c0.is": "has", "c0.value": "7", "do": "save"}, status=422)
    desk.post("/edit/rules/q2", data | {"c0.is": "has", "do": "save"})
    assert "“How was it?” includes “red”" in desk.get("/edit/rules")
    desk.post("/edit/rules/q1", {"c0.item": "q2", "c0.is": "answered", "do": "save"}, status=422)
    desk.post("/edit/rules/q2", {"do": "save"})
    assert draft_of().items[1].show_if is None


def test_only_the_preview_may_be_framed_and_only_by_us(desk: Desk) -> None:
    desk.add("scale")
    frame = desk.client.get("/questionnaires/visit/edit/frame")
    assert frame.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in frame.headers["Content-Security-Policy"]
    assert "frame-src" not in frame.headers["Content-Security-Policy"]
    page = desk.client.get("/questionnaires/visit/edit")
    assert page.headers["X-Frame-Options"] == "DENY"
    assert page.headers["Content-Security-Policy"] == f"{CSP}; frame-src 'self'"


def test_the_preview_follows_what_is_typed_and_stores_nothing(desk: Desk, draft_of: DraftOf) -> None:
    desk.add("scale")
    before = draft_of()
    answer = desk.post(
        "/edit/items/q1/frame?lang=en", question("scale", text__en="Typed just now"), status=200
    )
    assert "Typed just now" in answer.get_data(as_text=True)
    new = desk.post("/edit/items/q9/frame?lang=en", question("long", text__en="A new one"), status=200)
    assert "A new one" in new.get_data(as_text=True)
    assert draft_of() == before


def test_the_preview_names_what_the_desk_fills_in(desk: Desk) -> None:
    desk.add("scale", text__en="How was it?", spoken__en="{customer}, how was {name}?")
    page = desk.get("/edit/preview?lang=en")
    assert (
        '<span class="quiet">[name of the customer]</span>, how was <span class="quiet">[{name}]</span>?'
        in page
    )


def test_who_may_only_read_sees_versions_and_no_button(
    desk: Desk, client_for: Callable[[str], FlaskClient]
) -> None:
    desk.add("scale")
    desk.publish()
    anna = client_for("anna")
    page = anna.get("/questionnaires/visit/versions")
    assert page.status_code == 200
    assert "/edit/from/" not in page.get_data(as_text=True)
    assert anna.get("/questionnaires/visit/edit").status_code == 403
    assert "/questionnaires/new" not in anna.get("/questionnaires").get_data(as_text=True)


def test_the_list_shows_drafts_and_the_whole_hash_is_printed(desk: Desk, database: Database) -> None:
    desk.add("scale")
    assert "not published" in desk.client.get("/questionnaires").get_data(as_text=True)
    assert "Nothing is published yet" in desk.get("")
    desk.publish()
    with database.read() as session:
        version = published.current_version(session, "visit")
    assert version.content_hash in desk.get("")
