"""Questionnaires as values: reading, checking, hashing, comparing versions; scales."""

import copy
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select

from core.db import Database, cache_of
from surveys import actions, queries, seeds
from surveys.checking import check
from surveys.comparability import changes, decisions
from surveys.definition import DefinitionError, content_hash, from_dict, to_dict
from surveys.models import Item, Version
from surveys.scales import HCP5, SAT5, ScaleError, scale_named, why_not_pooled
from tests.surveys.links import NOW, publish


def said(**changes: Any) -> dict[str, Any]:
    """A small questionnaire with one item of nearly each kind."""
    text = {"en": "?", "zh_Hans": "？"}
    options = [{"code": code, "texts": {"en": f"o{code}", "zh_Hans": f"选{code}"}} for code in (3, 1, 7)]
    return {
        "title": {"en": "All kinds", "zh_Hans": "各种题型"},
        "items": [
            {"key": "overall", "scale": "sat5", "role": "overall", "required": True, "text": text},
            {"key": "nps", "kind": "rating", "not_applicable": True, "text": text},
            {"key": "way", "kind": "single", "options": options, "text": text},
            {"key": "ways", "kind": "multiple", "options": options, "text": text},
            {"key": "solved", "kind": "yesno", "role": "resolved", "text": text},
            {"key": "days", "kind": "number", "minimum": 0, "maximum": 365, "text": text},
            {"key": "words", "kind": "text", "role": "open", "limit": 2000, "text": text},
        ],
    } | changes  # fmt: skip


def test_a_definition_survives_writing_and_reading():
    definition = from_dict(said())
    assert from_dict(to_dict(definition)) == definition
    assert definition.items[5].minimum == 0


def test_the_hash_does_not_depend_on_the_order_of_keys():
    turned = dict(reversed(list(said().items())))
    assert content_hash(from_dict(turned)) == content_hash(from_dict(said()))


def test_the_hash_changes_with_any_word():
    changed = copy.deepcopy(said())
    changed["items"][0]["text"]["en"] = "??"
    assert content_hash(from_dict(changed)) != content_hash(from_dict(said()))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"key": "Overall"}, "key of small letters"),
        ({"key": "csrf_token"}, "none of csrf_token"),
        ({"kind": "slider"}, "kind out of"),
        ({"scale": "sat9"}, "The scale should be one of sat5.1"),
        ({"text": {"en": "only English"}}, "a text in en, zh_Hans"),
        ({"text": {"en": " ", "zh_Hans": " "}}, "not empty"),
        ({"show_if": {"item": "words", "at_most": 2}}, "condition on an earlier item"),
        ({"limit": 2001}, "limit from 1 to 2000"),
        ({"role": "boss"}, "role out of"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(change: dict[str, Any], sentence: str):
    broken = said()
    broken["items"][0] = broken["items"][0] | change
    with pytest.raises((DefinitionError, ScaleError), match=sentence):
        check(from_dict(broken))


def test_a_questionnaire_speaks_a_language_of_the_pages():
    french = json.loads(json.dumps(said()).replace('"en"', '"fr"').replace('"zh_Hans"', '"de"'))
    with pytest.raises(DefinitionError, match="at least one of the languages zh_Hans, en"):
        check(from_dict(french))


@pytest.mark.parametrize("broken", [{}, {"title": {"en": "x"}}, {"title": {}, "items": []}, {"items": 3}])
def test_a_thing_that_is_no_questionnaire_is_refused(broken: dict[str, Any]):
    with pytest.raises(DefinitionError):
        check(from_dict(broken))


def test_a_changed_scale_breaks_the_series_and_changed_words_need_a_decision():
    old = from_dict(said())
    new = copy.deepcopy(said(changes={"solved": "same"}))
    new["items"][0]["scale"] = "hcp5"
    new["items"][4]["text"] = {"en": "Solved?", "zh_Hans": "解决了？"}
    new["items"][6]["text"] = {"en": "Anything?", "zh_Hans": "还有？"}
    found = decisions(old, from_dict(new))
    assert (found["overall"], found["solved"], found["words"], found["nps"]) == (
        "break",
        "same",
        "reworded",
        "same",
    )


def rich() -> dict[str, Any]:
    """A questionnaire that uses everything a definition can say."""
    text = {
        "en": {"text": "?", "hint": "h", "spoken": "s", "short": "n"},
        "zh_Hans": {"text": "？", "hint": "提示"},
    }
    both = {"en": "t", "zh_Hans": "题"}
    options = [
        {"code": 1, "texts": both},
        {"code": 2, "texts": {"en": "u", "zh_Hans": "甲"}},
        {"code": 9, "texts": {"en": "Other", "zh_Hans": "其他"}, "other": True},
    ]
    row = {"kind": "likert", "scale": "sat7", "matrix": "m", "section": "s", "texts": text}
    condition = {"any": [{"item": "way", "is": "has", "value": 9}, {"item": "row1", "is": "answered"}]}
    return {
        "title": both,
        "anonymous": True,
        "sections": {
            "s": {"en": {"title": "S", "text": "about"}, "zh_Hans": {"title": "段", "text": "说明"}}
        },
        "matrices": {"m": both},
        "items": [
            {"key": "way", "kind": "multiple", "options": options, "texts": text},
            {"key": "row1", **row},
            {"key": "row2", **row},
            {"key": "on", "kind": "date", "minimum": 739000, "only": "web", "texts": text},
            {"key": "days", "kind": "number", "maximum": 30, "soft": True, "only": "phone", "texts": text},
            {"key": "name", "kind": "text", "single_line": True, "show_if": condition, "texts": text},
        ],
    }


def test_everything_that_can_be_said_survives_writing_and_reading():
    definition = from_dict(rich())
    check(definition)
    assert from_dict(to_dict(definition)) == definition
    assert to_dict(definition)["items"][5]["show_if"] == rich()["items"][5]["show_if"]


def test_versions_published_before_there_were_sections_keep_their_hash():
    """The hash of the return visit as the first release published it."""
    published = "0588925dcadb3f86bd92c112b8ae6edf37488124e49694451f721ff1849367fc"
    opening = {
        "zh_Hans": "您好，我是{organisation}的回访员。您反映的事项已经办结，想请您评价，大约一分钟，方便吗？",
        "en": "Hello, I am calling from {organisation}. Your case has been closed and we would like to hear "
        "how it went. It takes about a minute. Is this a good time?",
    }
    assert content_hash(replace(seeds.return_visit(), opening=opening)) == published


@pytest.mark.parametrize(
    ("place", "change", "sentence"),
    [
        (1, {"section": ""}, "same answers offered in each of its rows"),
        (1, {"scale": "sat5"}, "same answers offered"),
        (3, {"matrix": "m"}, "same answers offered"),
        (4, {"section": "s"}, "items of each section next to each other"),
        (2, {"section": "gone"}, "each section that its items name"),
        (5, {"show_if": {"all": [{"item": "days", "is": "answered"}]}}, "asked wherever this one is asked"),
        (5, {"show_if": {"all": [{"item": "way", "is": "=", "value": 9}]}}, "fits how way is answered"),
        (5, {"show_if": {"all": [{"item": "way", "is": "has", "value": 4}]}}, "fits how way is answered"),
        (5, {"show_if": {"all": [{"item": "row1", "is": "like", "value": 4}]}}, "fits how row1"),
        (5, {"show_if": {"all": [{"item": "name", "is": "answered"}]}}, "condition on an earlier item"),
        (3, {"minimum": 9, "maximum": 8}, "smallest value that is not above the largest"),
        (3, {"only": "paper"}, "only place where it is asked"),
        (
            3,
            {"texts": {"en": {"text": "?", "hint": "h"}, "zh_Hans": {"text": "？"}}},
            "a hint in en, zh_Hans",
        ),
    ],
)
def test_parts_that_do_not_fit_together_are_refused(place: int, change: dict[str, Any], sentence: str):
    broken = rich()
    broken["items"][place] = broken["items"][place] | change
    with pytest.raises(DefinitionError, match=sentence):
        check(from_dict(broken))


def test_each_change_of_an_item_is_named_with_what_it_means():
    old = rich()
    new = copy.deepcopy(old)
    way, row1, row2, on, days, name = new["items"]
    way["options"] = [way["options"][1], way["options"][0], way["options"][2]]
    row1["scale"] = "sat5"
    row2["kind"], row2["scale"], row2["matrix"] = "single", "", ""
    row2["options"] = way["options"]
    on["only"] = ""
    days["key"] = "weeks"
    name["texts"] = {"en": {"text": "!"}, "zh_Hans": {"text": "！"}}
    found = {c.item_key: (set(c.what), c.decision, c.free) for c in changes(from_dict(old), from_dict(new))}
    assert found == {
        "way": ({"order"}, "same", True),
        "row1": ({"scale"}, "break", False),
        "row2": ({"kind", "scale", "options", "stem"}, "break", False),
        "on": ({"asked"}, "same", True),
        "weeks": ({"new"}, "break", False),
        "name": ({"texts"}, "reworded", True),
        "days": ({"gone"}, "break", False),
    }


@pytest.mark.parametrize(
    ("options", "decision"),
    [
        ([(1, "t"), (2, "u"), (9, "Other")], "same"),
        ([(9, "Other"), (2, "u"), (1, "t")], "same"),  # the order alone
        ([(1, "t, renamed"), (2, "u"), (9, "Other")], "reworded"),
        ([(1, "t"), (9, "Other")], "break"),
        ([(1, "t"), (2, "u"), (3, "new"), (9, "Other")], "break"),
    ],
)
def test_options_are_told_apart_by_their_codes(options: list[tuple[int, str]], decision: str):
    new = rich()
    new["items"][0]["options"] = [
        {"code": code, "texts": {"en": said, "zh_Hans": "甲" if code == 2 else "其他" if code == 9 else "题"},
         **({"other": True} if code == 9 else {})}
        for code, said in options
    ]  # fmt: skip
    assert decisions(from_dict(rich()), from_dict(new))["way"] == decision


def test_scales_know_what_counts_as_satisfied():
    assert [s for s in SAT5.scores if SAT5.is_satisfied(s)] == [5, 4]
    assert [s for s in HCP5.scores if HCP5.is_satisfied(s)] == [5, 4, 3]
    assert SAT5.word(3, "zh_Hans") == "一般"
    assert HCP5.word(3, "zh_Hans") == "基本满意"
    assert scale_named("sat5") is SAT5


def test_two_scales_are_never_pooled():
    assert why_not_pooled("sat5.1", "sat5.1") is None
    assert "different words" in (why_not_pooled("sat5.1", "hcp5.1") or "")


def test_publishing_the_same_again_makes_no_version(database: Database):
    first = publish(database)
    with database.begin() as session:
        again = actions.publish(session, seeds.return_visit(), key="return_visit", actor="t", now=NOW)
        assert (again.id, again.number) == (first.id, 1)


def test_a_new_wording_is_a_new_version_and_the_old_one_stays(database: Database):
    with database.begin() as session:
        actions.publish(session, from_dict(said()), key="k", actor="t", now=NOW)
        actions.publish(
            session, from_dict(said(title={"en": "New", "zh_Hans": "新"})), key="k", actor="t", now=NOW
        )
    with database.read() as session:
        first, second = queries.versions(session, "k")
        assert queries.current_version(session, "k").number == 2
    assert (first.title["en"], second.title["en"]) == ("All kinds", "New")
    assert not {item.id for item in first.items} & {item.id for item in second.items}


def test_a_published_version_refuses_change(database: Database):
    publish(database)
    with pytest.raises(actions.PublishedError):
        _reword(database)
    with pytest.raises(actions.PublishedError):
        _delete(database)


def _reword(database: Database) -> None:
    with database.begin() as session:
        session.scalars(select(Item)).first().kind = "text"  # type: ignore[union-attr]


def _delete(database: Database) -> None:
    with database.begin() as session:
        session.delete(session.scalars(select(Version)).one())


def test_a_forged_version_is_noticed(database: Database):
    version = publish(database)
    with database.begin() as session:
        forged = {**to_dict(version.definition), "title": {"en": "forged", "zh_Hans": "伪"}}
        session.connection().execute(
            Version.__table__.update().where(Version.__table__.c.id == version.id).values(definition=forged)
        )
    database._sessions.kw["info"]["cache"].clear()  # another process has not read it yet
    with database.read() as session, pytest.raises(queries.VersionChangedError):
        queries.load_version(session, version.id)


def test_a_version_that_was_rolled_back_is_not_remembered(database: Database):
    with database._sessions() as session:  # closed without a commit
        made = actions.publish(session, from_dict(said()), key="k", actor="t", now=NOW)
        queries.load_version(session, made.id)
        gone = [actions.stratum_id(session, district="东") for _ in range(2)]
        assert gone[0] == gone[1]
    with database.begin() as session:
        with pytest.raises(queries.NotFoundError):
            queries.current_version(session, "k")
        other = actions.stratum_id(session, district="西")
        assert actions.stratum_id(session, district="西") == other
        assert ("stratum", ("", "东", "", "", "", "")) not in cache_of(session)
        assert ("version", made.id) not in cache_of(session)


@pytest.mark.parametrize("before", [0, 1])
def test_two_who_publish_at_once_make_two_versions(database: Database, before: int):
    definition, both = from_dict(said()), Barrier(2)
    for _version in range(before):
        with database.begin() as session:
            actions.publish(session, definition, key="k", actor="t", now=NOW)

    def press(title: str) -> int:
        both.wait()
        with database.begin() as session:
            changed = replace(definition, title={**definition.title, "en": title})
            return actions.publish(session, changed, key="k", actor=title, now=NOW).number

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(press, ("one", "two"))) == [before + 1, before + 2]
