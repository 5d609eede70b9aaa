"""Answers of every kind: parsing, storing, missing kinds, amending, and the tally that follows."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from core.db import Database
from surveys import actions, answering, queries, tallies
from surveys.answering import Given, parse_form
from surveys.definition import from_dict
from surveys.models import Answer, Missing, Response, Tally
from surveys.parsing import MISSING_CODES, text_length
from tests.surveys.links import NOW, rows
from tests.surveys.test_definition import said

JANUARY = (date(2026, 1, 1), date(2027, 1, 1))


@pytest.fixture
def version(database: Database) -> queries.LoadedVersion:
    """The questionnaire with one item of each kind, published."""
    with database.begin() as session:
        actions.publish(session, from_dict(said()), key="kinds", actor="t", now=NOW)
    with database.read() as session:
        return queries.current_version(session, "kinds")


def parse(
    version: queries.LoadedVersion, mode: str = "web", **fields: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Parse a form given as keyword arguments."""
    return parse_form(version, MultiDict(fields), mode=mode)


def test_each_kind_is_read(version: queries.LoadedVersion):
    answers, problems = parse(
        version, overall="5", nps="0", way="7", ways=["1", "3"], solved="1", days="１２.5", words=" a\r\nb "
    )
    assert problems == {}
    assert answers == {
        "overall": Given(value=5), "nps": Given(value=0), "way": Given(value=7), "ways": Given(codes=(1, 3)),
        "solved": Given(value=1), "days": Given(number=12.5), "words": Given(words="a\nb"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ({"nps": "11"}, "unknown"), ({"way": "2"}, "unknown"), ({"ways": ["1", "9"]}, "unknown"),
        ({"solved": "0"}, "unknown"), ({"days": "abc"}, "number"), ({"days": "nan"}, "number"),
        ({"days": "1_0"}, "number"), ({"days": "366"}, "range"), ({"days": "-1"}, "range"),
        ({"words": "a" + "\u200d" * 20_000}, "long"),
        ({"words": "x" * 2001}, "long"), ({"overall": ""}, "required"), ({"overall": "５"}, "unknown"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_has_a_reason(version: queries.LoadedVersion, field: dict[str, Any], code: str):
    _answers, problems = parse(version, **({"overall": "5"} | field))
    (problem,) = problems.values()
    assert problem.code == code


@pytest.mark.parametrize("code", ["na", "refused", "dont_know"])
def test_on_the_phone_every_item_may_stay_without_an_answer(version: queries.LoadedVersion, code: str):
    fields = {
        item.item_key: code for item in version.items if item.kind not in {"text", "number", "multiple"}
    }
    fields |= {f"{key}-missing": code for key in ("ways", "days", "words")}
    answers, problems = parse(version, mode="phone", **fields)
    assert problems == {}
    assert {given.missing for given in answers.values()} == {MISSING_CODES[code]}


def test_the_page_offers_no_refusal(version: queries.LoadedVersion):
    _answers, problems = parse(version, overall="5", nps="refused", solved="na")
    assert {key: problem.code for key, problem in problems.items()} == {"nps": "unknown", "solved": "unknown"}


def test_a_broken_off_call_may_lack_the_required_item(version: queries.LoadedVersion):
    answers, problems = parse_form(version, MultiDict(), mode="phone", complete=False)
    assert problems == {}
    assert answers["overall"].missing is Missing.SKIPPED


@pytest.mark.parametrize(
    ("text", "length"), [("好", 1), ("👨‍👩‍👧", 1), ("e\u0301", 1), ("👍🏽", 1), ("ab", 2), ("", 0)]
)
def test_characters_are_counted_as_readers_see_them(text: str, length: int):
    assert text_length(text) == length


def store(database: Database, version: queries.LoadedVersion, answers: dict[str, Given], **more: Any) -> Any:
    """Store one phone interview."""
    with database.begin() as session:
        stratum = actions.stratum_id(session, district=more.pop("district", "东"))
        return answering.record(
            session, version, answers, stratum_id=stratum, handler="h", language="zh_Hans", now=NOW,
            **({"mode": "phone"} | more),
        )  # fmt: skip


def test_what_is_stored_can_be_read_back(database: Database, version: queries.LoadedVersion):
    answers, _problems = parse(version, overall="5", nps="0", ways=["7", "1"], days="3", words="秘密")
    recorded = store(database, version, answers)
    with database.read() as session:
        assert answering.stored_answers(session, version, recorded.response_id) == answers
    assert all("秘密".encode() not in (row.words or b"") for row in rows(database, Answer))


def test_the_same_interview_is_stored_once(database: Database, version: queries.LoadedVersion):
    answers, _problems = parse(version, overall="5")
    first = store(database, version, answers, external_id="callback:17")
    again = store(database, version, answers, external_id="callback:17")
    assert (first.created, again.created) == (True, False)
    assert first.response_id == again.response_id
    assert len(rows(database, Response)) == 1


def test_the_local_day_counts(database: Database, version: queries.LoadedVersion):
    late = datetime(2026, 11, 18, 17, 0, tzinfo=UTC)  # 01:00 of the 19th in Shanghai
    store(database, version, {"overall": Given(value=5)}, submitted_at=late)
    assert rows(database, Response)[0].day == date(2026, 11, 19)
    assert {row.day for row in rows(database, Tally)} == {date(2026, 11, 19)}


def test_items_nobody_mentions_were_not_asked(database: Database, version: queries.LoadedVersion):
    store(database, version, {"overall": Given(value=5)}, mode="import", external_id="r1")
    found = [row.value for row in rows(database, Answer)]
    assert sorted(found, key=str) == sorted([5, *[-1] * 6], key=str)


def test_missing_is_neither_satisfied_nor_dissatisfied(version: queries.LoadedVersion):
    for missing in Missing:
        summary = answering.summarise(
            version, {"overall": Given(missing=missing), "solved": Given(missing=missing)}
        )
        assert (summary.overall, summary.resolved, summary.dissatisfied, summary.unresolved) == (
            None,
            None,
            False,
            False,
        )


def test_the_tally_counts_codes_and_people_of_a_multiple_choice(
    database: Database, version: queries.LoadedVersion
):
    store(database, version, {"overall": Given(value=5), "ways": Given(codes=(1, 7))})
    store(database, version, {"overall": Given(value=4), "ways": Given(codes=(7,))})
    store(database, version, {"overall": Given(value=4), "ways": Given(missing=Missing.REFUSED)})
    with database.read() as session:
        found = {r.value: r.n for r in tallies.counts(session, "kinds", *JANUARY) if r.item_key == "ways"}
    assert found == {tallies.PEOPLE: 2, 1: 1, 7: 2, Missing.REFUSED: 1}


def test_counts_can_be_narrowed_and_split(database: Database, version: queries.LoadedVersion):
    store(database, version, {"overall": Given(value=5)}, district="东")
    store(database, version, {"overall": Given(value=4)}, district="西")
    store(database, version, {"overall": Given(value=1)}, district="西", mode="web")
    with database.read() as session:
        split = tallies.counts(session, "kinds", *JANUARY, by="district")
        overall = sorted((r.group, r.value, r.n) for r in split if r.item_key == "overall")
        assert overall == [("东", 5, 1), ("西", 1, 1), ("西", 4, 1)]
        phone = tallies.counts(session, "kinds", *JANUARY, {"mode": "phone", "district": ["西"]})
        assert [(r.value, r.n) for r in phone if r.item_key == "overall"] == [(4, 1)]
        assert tallies.responses(session, "kinds", *JANUARY, by="mode") == {"phone": 2, "web": 1}
        assert tallies.responses(session, "kinds", *JANUARY) == {"": 3}
        assert tallies.counts(session, "kinds", date(2026, 11, 19), date(2026, 12, 1)) == []


def test_an_amendment_made_twice_at_once_is_refused_once(database: Database, version: queries.LoadedVersion):
    recorded = store(database, version, {"overall": Given(value=5)})
    with database.begin() as session:
        before = answering.stored_answers(session, version, recorded.response_id)
        answering.amend(session, version, recorded.response_id, {"overall": Given(value=1)}, now=NOW)
        with pytest.raises(answering.AmendedMeanwhileError):
            answering._keep_revision(session, recorded.response_id, 1, before, now=NOW)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_tally_equals_a_recount_after_any_history(
    database: Database, version: queries.LoadedVersion, seed: int
):
    chance = random.Random(seed)
    stored: list[int] = []
    for step in range(40):
        answers = _any_answers(version, chance)
        if stored and chance.random() < 0.5:
            with database.begin() as session:
                answering.amend(session, version, chance.choice(stored), answers, now=NOW)
            continue
        made = store(
            database, version, answers, mode=chance.choice(["web", "phone", "paper"]), external_id=f"e{step}",
            district=chance.choice("东西南"), submitted_at=NOW + timedelta(hours=chance.randrange(200)),
        )  # fmt: skip
        stored.append(made.response_id)
    with database.begin() as session:
        assert tallies.recount(session) == {}
        kept = tallies.counts(session, "kinds", *JANUARY, by="mode")
        tallies.rebuild(session)
        assert tallies.recount(session) == {}
        assert tallies.counts(session, "kinds", *JANUARY, by="mode") == kept


def _any_answers(version: queries.LoadedVersion, chance: random.Random) -> dict[str, Given]:
    def one(item: queries.LoadedItem) -> Given:
        if chance.random() < 0.3:
            return Given(missing=chance.choice(list(Missing)))
        if item.kind == "multiple":
            return Given(codes=tuple(sorted(chance.sample([1, 3, 7], chance.randint(1, 3)))))
        if item.kind == "number":
            return Given(number=float(chance.randrange(365)))
        if item.kind == "text":
            return Given(words=f"words {chance.random()}")
        return Given(value=chance.choice(item.definition.values()))

    return {item.item_key: one(item) for item in version.items}
