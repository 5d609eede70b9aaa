"""LimeSurvey: both layouts of its file, its kinds of questions and the simple part of its conditions."""

from typing import Any
from xml.sax.saxutils import escape

import pytest

from core.errors import HuifangError
from surveys.checking import check
from surveys.definition import Definition, from_dict
from surveys.interchange import limesurvey

Row = dict[str, str]


def table(name: str, rows: list[Row]) -> str:
    cells = "".join(
        "<row>" + "".join(f"<{k}><![CDATA[{v}]]></{k}>" for k, v in row.items()) + "</row>" for row in rows
    )
    return f"<{name}><rows>{cells}</rows></{name}>"


def survey(**tables: list[Row]) -> bytes:
    body = "".join(table(name, rows) for name, rows in tables.items())
    return (
        '<?xml version="1.0" encoding="UTF-8"?><document><LimeSurveyDocType>Survey</LimeSurveyDocType>'
        f"<DBVersion>{escape('400')}</DBVersion>{body}</document>"
    ).encode()


def question(qid: str, kind: str, code: str, text: str = "?", **more: str) -> Row:
    return {
        "qid": qid,
        "parent_qid": "0",
        "sid": "9",
        "gid": "1",
        "type": kind,
        "title": code,
        "question": text,
        "other": "N",
        "mandatory": "N",
        "question_order": qid,
        "language": "en",
        "scale_id": "0",
        "relevance": "1",
        **more,
    }


def sub(qid: str, parent: str, code: str, text: str) -> Row:
    return question(qid, "", code, text, parent_qid=parent)


GROUP = {
    "gid": "1",
    "group_name": "<p>First</p>",
    "description": "About",
    "group_order": "1",
    "language": "en",
}
SURVEY = {"sid": "9", "language": "en", "anonymized": "N"}
TITLE = {
    "surveyls_language": "en",
    "surveyls_title": "Visit",
    "surveyls_welcometext": "<p>Hello<br>you</p>",
    "surveyls_endtext": "Bye",
}


def read(**tables: list[Row]) -> tuple[Definition, list[str]]:
    whole = {"groups": [GROUP], "surveys": [SURVEY], "surveys_languagesettings": [TITLE], **tables}
    imported = limesurvey.read(survey(**whole))
    return from_dict(imported.definition), [str(note) for note in imported.notes]


def answers(qid: str, *pairs: tuple[str, str]) -> list[Row]:
    return [
        {"qid": qid, "code": code, "answer": text, "sortorder": str(n), "language": "en", "scale_id": "0"}
        for n, (code, text) in enumerate(pairs)
    ]


SATISFIED = (
    ("A1", "Very satisfied"),
    ("A2", "Satisfied"),
    ("A3", "Neither satisfied nor dissatisfied"),
    ("A4", "Dissatisfied"),
    ("A5", "Very dissatisfied"),
)


def test_groups_kinds_and_texts_of_the_older_layout() -> None:
    definition, notes = read(
        questions=[
            question(
                "1", "L", "G1Q1", "<b>Overall</b>?<script>alert(1)</script>", mandatory="Y", help="Say it"
            ),
            question("2", "M", "ways", "Ways", other="Y"),
            question("3", "Y", "solved", "Solved?"),
            question("4", "N", "days", "Days"),
            question("5", "D", "day", "Day"),
            question("6", "S", "name", "Name"),
            question("7", "T", "words", "Words"),
            question("8", "5", "five", "Five"),
            question("9", "G", "sex", "Sex"),
            question("10", "X", "text", "Now to the rest."),
            question("11", "U", "more", "More"),
            question("12", "|", "photo", "A photo"),
            question("13", "R", "rank", "Rank these"),
        ],
        subquestions=[sub("21", "2", "SQ001", "SMS"), sub("22", "2", "SQ002", "Call")],
        answers=answers("1", *SATISFIED),
        question_attributes=[
            {"qid": "4", "attribute": "min_num_value_n", "value": "0"},
            {"qid": "4", "attribute": "max_num_value_n", "value": "31"},
            {"qid": "2", "attribute": "other_replace_text", "value": "Something else", "language": "en"},
            {"qid": "2", "attribute": "array_filter", "value": "Q1"},
            {"qid": "2", "attribute": "statistics_showgraph", "value": "1"},
        ],
    )
    check(definition)
    assert (definition.title, definition.intro, definition.closing) == (
        {"en": "Visit"},
        {"en": "Hello\nyou"},
        {"en": "Bye"},
    )
    assert [said["en"].title for said in definition.sections.values()] == ["First"]
    overall = definition.items[0]
    assert (overall.key, overall.scale, overall.required, overall.role) == ("g1q1", "sat5.1", True, "overall")
    assert (overall.texts["en"].text, overall.texts["en"].hint) == ("Overall?", "Say it")
    assert [(each.key, each.kind) for each in definition.items[1:]] == [
        ("ways", "multiple"),
        ("solved", "yesno"),
        ("days", "number"),
        ("day", "date"),
        ("name", "text"),
        ("words", "text"),
        ("five", "single"),
        ("sex", "single"),
        ("more", "text"),
    ]
    ways = definition.item("ways")
    assert ways
    assert [option.texts["en"] for option in ways.options] == ["SMS", "Call", "Something else"]
    assert ways.other == 3
    days, more = definition.item("days"), definition.item("more")
    assert days
    assert (days.minimum, days.maximum) == (0, 31)
    assert more
    assert more.texts["en"].hint == "Now to the rest."
    for named in ("photo", "rank", "array_filter", "five"):
        assert any(named in note for note in notes), named
    assert not any("statistics" in note for note in notes)


def test_the_newer_layout_keeps_texts_beside_in_several_languages() -> None:
    definition, notes = read(
        surveys=[{"sid": "9", "language": "de", "additional_languages": "en zh-Hans"}],
        surveys_languagesettings=[
            {"surveyls_language": "de", "surveyls_title": "Besuch"},
            {"surveyls_language": "en", "surveyls_title": "Visit"},
            {"surveyls_language": "zh-Hans", "surveyls_title": "回访"},
        ],
        groups=[{"gid": "1", "group_order": "1"}],
        group_l10ns=[
            {"gid": "1", "group_name": name, "language": tag}
            for tag, name in (("de", "Eins"), ("en", "One"), ("zh-Hans", "一"))
        ],
        questions=[{"qid": "1", "parent_qid": "0", "sid": "9", "gid": "1", "type": "L", "title": "Q1"}],
        question_l10ns=[
            {"qid": "1", "question": text, "language": tag}
            for tag, text in (("de", "Gelöst?"), ("en", "Solved?"), ("zh-Hans", "解决了吗？"))
        ],
        answers=[
            {"aid": "5", "qid": "1", "code": "Y", "sortorder": "1"},
            {"aid": "6", "qid": "1", "code": "N", "sortorder": "2"},
        ],
        answer_l10ns=[
            {"aid": aid, "answer": text, "language": tag}
            for aid, texts in (
                ("5", {"de": "Ja", "en": "Yes", "zh-Hans": "是"}),
                ("6", {"de": "Nein", "en": "No", "zh-Hans": "否"}),
            )
            for tag, text in texts.items()
        ],
    )
    check(definition)
    assert definition.title == {"en": "Visit", "zh_Hans": "回访"}
    assert definition.items[0].scale == "yesno.1"
    assert definition.items[0].texts["zh_Hans"].text == "解决了吗？"
    assert any("left out: de" in note for note in notes)


def test_arrays_become_matrices() -> None:
    definition, notes = read(
        questions=[
            question("1", "F", "svc", "How was it?", help="Tick"),
            question("2", "A", "pts", "Points"),
            question("3", "C", "ync", "Well?"),
            question("4", "K", "nums", "Numbers"),
            question("5", "Q", "lines", "Lines"),
        ],
        subquestions=[sub(f"{qid}{n}", qid, f"S{n}", f"row {n}") for qid in "12345" for n in (1, 2)],
        answers=answers("1", *SATISFIED),
    )
    check(definition)
    assert [(each.key, each.kind, each.matrix) for each in definition.items[::2]] == [
        ("svc_s1", "likert", "svc"),
        ("pts_s1", "single", "pts"),
        ("ync_s1", "single", "ync"),
        ("nums_s1", "number", "nums"),
        ("lines_s1", "text", "lines"),
    ]
    assert definition.items[0].texts["en"].hint == "Tick"
    assert any("pts" in note and "no words" in note for note in notes)


@pytest.mark.parametrize(
    ("relevance", "expected"),
    [
        ('((q1.NAOK == "A4" or q1.NAOK == "A5"))', [("q1", "=", 2.0), ("q1", "=", 1.0)]),
        ('{q1 == "A5"}', [("q1", "=", 1.0)]),
        ('ways_S1.NAOK == "Y"', [("ways", "has", 1.0)]),
        ('9X1X2S2.NAOK == "Y" && !is_empty(9X1X1.NAOK)', [("ways", "has", 2.0), ("q1", "answered", None)]),
        ("days.NAOK > 3 and days le 9", [("days", ">", 3.0), ("days", "<=", 9.0)]),
        ('ways_S1.NAOK != "Y"', [("ways", "unanswered", None), ("ways", "has_not", 1.0)]),
        ("svc_R1.NAOK == 'A1'", [("svc_r1", "=", 5.0)]),
        ("sum(days, 3) > 4", None),
        ('q1 == "A9"', None),
        ("TOKEN:FIRSTNAME == 'x'", None),
        ("(" * 300, None),
    ],
)
def test_simple_conditions_are_taken_over_and_others_named(
    relevance: str, expected: list[Any] | None
) -> None:
    definition, notes = read(
        questions=[
            question("1", "L", "q1"),
            question("2", "M", "ways"),
            question("3", "N", "days"),
            question("4", "F", "svc"),
            question("5", "T", "why", relevance=relevance),
        ],
        subquestions=[
            sub("21", "2", "S1", "SMS"),
            sub("22", "2", "S2", "Call"),
            sub("41", "4", "R1", "Speed"),
        ],
        answers=[*answers("1", *SATISFIED), *answers("4", *SATISFIED)],
    )
    why = definition.item("why")
    assert why
    found = [(c.item, c.operator, c.value) for c in why.show_if.comparisons] if why.show_if else None
    assert found == expected
    assert (expected is None) == any("why" in note and "always asked" in note for note in notes)


def test_conditions_of_the_oldest_files_and_of_groups() -> None:
    plain = {name: value for name, value in question("2", "T", "why").items() if name != "relevance"}
    definition, _notes = read(
        groups=[
            {**GROUP, "grelevance": ""},
            {**GROUP, "gid": "2", "group_order": "2", "grelevance": 'q1 == "A1"'},
        ],
        questions=[question("1", "L", "q1"), plain, question("3", "T", "thanks", gid="2")],
        answers=answers("1", *SATISFIED),
        conditions=[
            {"qid": "2", "cqid": "1", "cfieldname": "9X1X1", "method": "==", "value": code, "scenario": "1"}
            for code in ("A4", "A5")
        ],
    )
    why, thanks = definition.items[1:]
    assert why.show_if is not None
    assert why.show_if.any_of
    assert [c.value for c in why.show_if.comparisons] == [2.0, 1.0]
    assert thanks.show_if is not None
    assert [(c.item, c.operator, c.value) for c in thanks.show_if.comparisons] == [("q1", "=", 5.0)]


def test_hidden_questions_and_anonymity_are_said() -> None:
    definition, notes = read(
        surveys=[{**SURVEY, "anonymized": "Y"}],
        questions=[
            question("1", "T", "q"),
            question("2", "T", "secret"),
            question("3", "T", "never", relevance="0"),
        ],
        question_attributes=[{"qid": "2", "attribute": "hidden", "value": "1"}],
        quota=[{"id": "1"}],
    )
    assert definition.anonymous
    assert [each.key for each in definition.items] == ["q"]
    for named in ("secret", "never", "anonymous", "quota"):
        assert any(named in note for note in notes), named


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"<document></document>", "no survey of LimeSurvey"),
        (b"<document><LimeSurveyDocType>Group</LimeSurveyDocType></document>", "not a group or question"),
        (b"<a>", "damaged"),
        (b"<?xml version='1.0' encoding='nonsense'?><a/>", "damaged"),
        (b"PK\x03\x04", "archive"),
        (survey(groups=[GROUP], surveys=[SURVEY]), "no question"),
    ],
)
def test_what_is_no_survey_is_refused(content: bytes, sentence: str) -> None:
    with pytest.raises(HuifangError, match=sentence):
        limesurvey.read(content)
