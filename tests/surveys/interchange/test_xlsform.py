"""XLSForm: what we write comes back exactly, other programs take it, and foreign forms are understood."""

import io
from typing import Any

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyxform.xls2xform import convert

from core.errors import HuifangError
from core.texts import clean_text
from surveys import seeds
from surveys.checking import check, problems
from surveys.definition import Definition, content_hash, from_dict, to_dict
from surveys.interchange import xlsform
from surveys.interchange.xlsform import expressions
from tests.surveys.test_definition import rich, said

Cells = dict[str, str]


def workbook(**sheets: list[Cells]) -> bytes:
    """Make a workbook of sheets of rows."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            columns = list(dict.fromkeys(column for row in rows for column in row))
            for at, row in enumerate([dict(zip(columns, columns, strict=True)), *rows]):
                for number, column in enumerate(columns):
                    sheet.write_string(at, number, row.get(column, ""))
    return content.getvalue()


def read(**sheets: list[Cells]) -> tuple[Definition, list[str]]:
    imported = xlsform.read(workbook(**sheets))
    return from_dict(imported.definition), [str(note) for note in imported.notes]


def everything() -> dict[str, Any]:
    """A questionnaire with every operator, both kinds of ranges, changes and a section without items."""
    text = {"en": {"text": "?"}, "zh_Hans": {"text": "？"}}
    options = [{"code": code, "texts": {"en": f"o{code}", "zh_Hans": f"选{code}"}} for code in (3, 1, 7)]
    yes_no = [
        {"code": 1, "texts": {"en": "Yes", "zh_Hans": "是"}},
        {"code": 2, "texts": {"en": "No", "zh_Hans": "否"}},
    ]
    conditions: list[dict[str, Any]] = [
        {"all": [{"item": "a", "is": "!=", "value": 3}]},
        {"any": [{"item": "a", "is": "unanswered"}, {"item": "a", "is": "!=", "value": 3}]},
        {"all": [{"item": "a", "is": "answered"}, {"item": "a", "is": "!=", "value": 3}]},
        {"all": [{"item": "b", "is": "has_not", "value": 7}, {"item": "day", "is": ">=", "value": 739000}]},
        {"any": [{"item": "n", "is": "<", "value": 2.5}, {"item": "n", "is": ">", "value": 9}]},
        {"item": "s", "at_most": 2},
        {"all": [{"item": "a", "is": "has", "value": 1}, {"item": "s", "is": "=", "value": 5}]},
    ]
    return {
        "title": {"zh_Hans": "全部", "en": "Everything"},
        "intro": {"zh_Hans": "您好", "en": "Hello\nthere"},
        "opening": {"zh_Hans": "我是回访员"},
        "closing": {"zh_Hans": "谢谢", "en": "Thanks"},
        "sections": {
            "段一": {"en": {"title": "One"}, "zh_Hans": {"title": "一"}},
            "unused": {"en": {"title": "U"}},
        },
        "matrices": {"m 1": {"en": "How", "zh_Hans": "如何"}},
        "changes": {"a": "same", "gone": "break"},
        "items": [
            {
                "key": "a",
                "kind": "single",
                "options": options,
                "texts": text,
                "section": "段一",
                "required": True,
            },
            {"key": "b", "kind": "multiple", "options": options, "texts": text, "section": "段一"},
            {"key": "yn", "kind": "single", "options": yes_no, "texts": text, "section": "段一"},
            {
                "key": "s",
                "kind": "likert",
                "scale": "sat5",
                "role": "overall",
                "not_applicable": True,
                "texts": text,
            },
            {"key": "odd", "kind": "likert", "scale": "rating10", "texts": text},
            {"key": "y", "kind": "yesno", "role": "resolved", "texts": text},
            {
                "key": "n",
                "kind": "number",
                "minimum": 0.5,
                "maximum": 10,
                "not_applicable": True,
                "texts": text,
            },
            {"key": "day", "kind": "date", "minimum": 739000, "maximum": 739100, "soft": True, "texts": text},
            *(
                {
                    "key": f"m{i}",
                    "kind": "text",
                    "matrix": "m 1",
                    "limit": 40,
                    "single_line": True,
                    "texts": text,
                }
                for i in range(2)
            ),
            *(
                {"key": f"c{i}", "kind": "text", "show_if": each, "texts": text}
                for i, each in enumerate(conditions)
            ),
            {
                "key": "formula",
                "kind": "text",
                "texts": {"en": {"text": "=1+1"}, "zh_Hans": {"text": "<b>@x</b> **y**"}},
            },
        ],
    }


@pytest.mark.parametrize("source", [rich(), said(), everything(), to_dict(seeds.return_visit())])
def test_export_then_import_gives_no_difference(source: dict[str, Any]) -> None:
    definition = from_dict(source)
    imported = xlsform.read(xlsform.write(definition))
    assert imported.notes == []
    assert from_dict(imported.definition) == definition
    assert content_hash(from_dict(imported.definition)) == content_hash(definition)


@pytest.mark.parametrize("source", [rich(), said(), to_dict(seeds.return_visit())])
def test_other_programs_take_what_we_export(source: dict[str, Any]) -> None:
    made = convert(io.BytesIO(xlsform.write(from_dict(source))), validate=False, file_type=".xlsx")
    assert all(f"/{item['key']}" in made.xform for item in source["items"])


TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn")), min_size=1, max_size=40
)
TEXTS = TEXT.map(lambda text: clean_text(text) or "x").filter(lambda text: "_x" not in text.lower())
BOTH = st.fixed_dictionaries({"en": TEXTS, "zh_Hans": TEXTS})
OPTIONS = st.lists(st.integers(1, 999), min_size=2, max_size=6, unique=True).flatmap(
    lambda codes: st.tuples(*(st.builds(lambda t, c=c: {"code": c, "texts": t}, BOTH) for c in codes)).map(
        list
    )
)
ITEM = st.one_of(
    st.fixed_dictionaries({"kind": st.sampled_from(["single", "multiple"]), "options": OPTIONS}),
    st.fixed_dictionaries(
        {"kind": st.just("likert"), "scale": st.sampled_from(["sat5", "hcp5", "ease7", "agree7"])}
    ),
    st.fixed_dictionaries({"kind": st.just("number"), "minimum": st.integers(-9, 9), "soft": st.booleans()}),
    st.fixed_dictionaries(
        {"kind": st.just("text"), "limit": st.integers(1, 2000), "single_line": st.booleans()}
    ),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(title=BOTH, items=st.lists(st.tuples(ITEM, BOTH, st.booleans()), min_size=1, max_size=5))
def test_any_questionnaire_survives_the_workbook(title: Any, items: list[Any]) -> None:
    source = {
        "title": title,
        "items": [
            {"key": f"k{n}", "texts": texts, "required": required, **parts}
            for n, (parts, texts, required) in enumerate(items)
        ],
    }
    definition = from_dict(source)
    assert from_dict(xlsform.read(xlsform.write(definition)).definition) == definition


def test_a_form_from_elsewhere_becomes_items_sections_and_conditions() -> None:
    definition, notes = read(
        survey=[
            {"type": "start", "name": "start"},
            {
                "type": "note",
                "name": "hello",
                "label::Chinese (zh)": "您好",
                "label::English (en)": "Hello <b>you</b>",
            },
            {
                "type": "begin group",
                "name": "visit",
                "label::Chinese (zh)": "上门",
                "label::English (en)": "Visit",
                "relevant": "",
            },
            {
                "type": "select_one sat",
                "name": "Overall",
                "label::Chinese (zh)": "总体满意吗",
                "required": "yes",
                "label::English (en)": "Overall?",
            },
            {
                "type": "text",
                "name": "why",
                "label::Chinese (zh)": "为什么",
                "label::English (en)": "Why?",
                "relevant": "${Overall} >= 4",
            },
            {"type": "end group"},
            {
                "type": "select_multiple way or_other",
                "name": "ways",
                "label::Chinese (zh)": "方式",
                "label::English (en)": "Ways",
            },
            {
                "type": "integer",
                "name": "days",
                "label::Chinese (zh)": "天数",
                "label::English (en)": "Days",
                "constraint": ". >= 0 and .<= 365",
                "relevant": "selected(${ways}, 'sms') and ${why} != ''",
            },
            {
                "type": "geopoint",
                "name": "where",
                "label::Chinese (zh)": "位置",
                "label::English (en)": "Where",
            },
        ],
        choices=[
            *(
                {"list_name": "sat", "name": str(n), "label::Chinese (zh)": zh, "label::English (en)": en}
                for n, (zh, en) in enumerate(
                    [
                        ("非常满意", "Very satisfied"),
                        ("满意", "Satisfied"),
                        ("一般", "Neither satisfied nor dissatisfied"),
                        ("不满意", "Dissatisfied"),
                        ("非常不满意", "Very dissatisfied"),
                    ],
                    start=1,
                )
            ),
            {"list_name": "way", "name": "sms", "label::Chinese (zh)": "短信", "label::English (en)": "SMS"},
            {
                "list_name": "way",
                "name": "call",
                "label::Chinese (zh)": "电话",
                "label::English (en)": "Call",
            },
        ],
        settings=[{"form_title": "Visit", "default_language": "Chinese (zh)"}],
    )
    check(definition)
    assert definition.intro == {"zh_Hans": "您好", "en": "Hello you"}
    overall, why, ways, days = definition.items
    assert (overall.key, overall.scale, overall.role, overall.section) == (
        "overall",
        "sat5.1",
        "overall",
        "visit",
    )
    assert why.show_if is not None  # 4 and 5 were the bad answers there; here they are 2 and 1
    assert why.show_if.low == ("overall", 2)
    assert (ways.other, [option.texts["zh_Hans"] for option in ways.options]) == (3, ["短信", "电话", "其他"])
    assert (days.minimum, days.maximum) == (0, 365)
    assert days.show_if is not None
    assert [(c.item, c.operator, c.value) for c in days.show_if.comparisons] == [
        ("ways", "has", 1.0),
        ("why", "answered", None),
    ]
    assert any("geopoint" in note and "row 10" in note for note in notes)
    assert any("start" in note for note in notes)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("${a} <= 2", [("a", "<=", 2.0)]),
        ("2 >= ${a}", [("a", "<=", 2.0)]),
        ("${a} = '1' or ${a}='2'", [("a", "=", 1.0), ("a", "=", 2.0)]),
        ("selected(${m}, '1')", [("m", "has", 1.0)]),
        ("not(selected(${m}, '1'))", [("m", "unanswered", None), ("m", "has_not", 1.0)]),
        ("${a} != ''", [("a", "answered", None)]),
        ("string-length(${a}) > 0", [("a", "answered", None)]),
        ("(((${a} = 1)))", [("a", "=", 1.0)]),
        ("not(${a} = 1 or ${a} = 2)", None),  # an item without an answer: neither all nor any says it
        ("${a} = 1 and (${a} = 2 or ${m} = 1)", None),
        ("${a} = ${b}", None),
        ("pulldata('x')", None),
        ("${a} = 9", None),
        ("${t} = 'x'", None),
        ("${a} <=", None),
        ("(" * 500 + "${a} = 1" + ")" * 500, None),
        ("' or 1=1 --", None),
        ("${later} = 1", None),
    ],
)
def test_conditions_are_understood_or_named(expression: str, expected: list[Any] | None) -> None:
    numbers = [{"list_name": "n", "name": str(n), "label": f"n{n}"} for n in (1, 2, 3)]
    definition, notes = read(
        survey=[
            {"type": "select_one n", "name": "a", "label": "a"},
            {"type": "select_multiple n", "name": "m", "label": "m"},
            {"type": "text", "name": "t", "label": "t"},
            {"type": "text", "name": "q", "label": "q", "relevant": expression},
            {"type": "select_one n", "name": "later", "label": "l"},
        ],
        choices=numbers,
        settings=[{"form_title": "T"}],
    )
    show_if = definition.items[3].show_if
    found = [(c.item, c.operator, c.value) for c in show_if.comparisons] if show_if else None
    if expression.startswith("not(${a} = 1 or"):
        assert found == [("a", "!=", 1.0), ("a", "!=", 2.0)]  # and a note says that it needs an answer
        assert any("has no answer" in note for note in notes)
        return
    assert found == expected
    assert (expected is None) == any("always asked" in note and "row 5" in note for note in notes)


@pytest.mark.parametrize(
    ("expression", "kind", "found"),
    [
        (". >= 0 and . <= 120", "number", {"minimum": 0, "maximum": 120}),
        ("(. > 0) and (.<10.5)", "number", {"minimum": 1, "maximum": 10.5}),
        (". >= date('2026-01-01')", "date", {"minimum": 739617}),
        ("string-length(.) <= 40", "text", {"limit": 40}),
        ("regex(., '[0-9]+')", "text", {}),
        (". <= today()", "date", {}),
        (". <= ${other}", "number", {}),
    ],
)
def test_checks_of_values_are_understood_or_named(
    expression: str, kind: str, found: dict[str, float]
) -> None:
    limits, strange = expressions.limits(expression, kind)
    assert limits == found
    assert bool(strange) == (not found)


def test_a_language_that_is_not_ours_stands_in_and_the_others_are_left_out() -> None:
    survey = [
        {"type": "text", "name": "q", "label::Français (fr)": "Pourquoi ?", "label::Deutsch (de)": "Warum?"}
    ]
    definition, notes = read(
        survey=survey, settings=[{"form_title": "T", "default_language": "Français (fr)"}]
    )
    assert definition.items[0].texts["en"].text == "Pourquoi ?"
    assert any("Français (fr)" in note and "English" in note for note in notes)
    assert any("left out: Deutsch (de)" in note for note in notes)
    told = from_dict(xlsform.read(workbook(survey=survey), language="zh_Hans").definition)
    assert told.languages == ("zh_Hans",)


def test_a_changed_word_in_our_own_export_is_no_longer_the_scale() -> None:
    source = said()
    source["items"] = source["items"][:1]
    sheets = xlsform.sheets.sheets_of(xlsform.write(from_dict(source)))
    rows = [
        {**line.cells, **{f"label::{tag}": text for tag, text in line.said("label").items()}}
        for line in sheets["choices"].lines
    ]
    rows[0]["label::en"] = "Delighted"
    survey = [{**line.cells, "label::en": "?", "label::zh-Hans": "？"} for line in sheets["survey"].lines]
    settings_row = {**sheets["settings"].lines[0].cells}
    definition, notes = read(survey=survey, choices=rows, settings=[settings_row])
    assert definition.items[0].kind == "single"
    assert any("no longer have the words of the scale sat5.1" in note for note in notes)


def test_tables_become_matrices() -> None:
    definition, _notes = read(
        survey=[
            {"type": "begin group", "name": "t", "label": "How good?", "appearance": "table-list"},
            {"type": "select_one q", "name": "a", "label": "Speed"},
            {"type": "select_one q", "name": "b", "label": "Care"},
            {"type": "end group"},
            {"type": "select_one q", "name": "head", "label": "And here?", "appearance": "label"},
            {"type": "select_one q", "name": "c", "label": "Price", "appearance": "list-nolabel"},
            {"type": "select_one q", "name": "d", "label": "Words", "appearance": "list-nolabel"},
        ],
        choices=[{"list_name": "q", "name": n, "label": n} for n in ("good", "bad")],
        settings=[{"form_title": "T"}],
    )
    check(definition)
    assert [(each.key, each.matrix) for each in definition.items] == [
        ("a", "matrix_1"),
        ("b", "matrix_1"),
        ("c", "matrix_2"),
        ("d", "matrix_2"),
    ]
    assert dict(definition.matrices) == {"matrix_1": {"en": "How good?"}, "matrix_2": {"en": "And here?"}}


def test_unknown_sheets_columns_and_types_are_named() -> None:
    definition, notes = read(
        survey=[
            {"type": "hologram", "name": "h", "label": "Show"},
            {"type": "text", "name": "q", "label": "Q", "trigger": "x"},
        ],
        moods=[{"a": "b"}],
        settings=[{"form_title": "T", "public_key": "x"}],
    )
    assert [each.key for each in definition.items] == ["q"]
    assert notes[:4] == [
        "These sheets were not read: moods.",
        "sheet survey: These columns were not taken over: trigger.",
        "sheet settings: These columns were not taken over: public_key.",
        "sheet survey, row 2: A row of the type “hologram” cannot be asked here and was left out: Show.",
    ]
    assert not list(problems(definition))


@pytest.mark.parametrize(
    "rows",
    [
        [{"type": "end group"}, {"type": "text", "name": "q", "label": "Q"}],
        [{"type": "begin group", "name": "g", "label": "G"}, {"type": "text", "name": "q", "label": "Q"}],
        [{"type": "select_one gone", "name": "q", "label": "Q"}],
        [{"type": "text"}],
    ],
)
def test_sloppy_forms_are_read_with_notes(rows: list[Cells]) -> None:
    definition, notes = read(survey=rows, settings=[{"form_title": "T"}])
    assert len(definition.items) == 1
    assert notes


@pytest.mark.parametrize(
    ("sheets", "sentence"),
    [
        ({"data": [{"type": "text"}]}, "should have a sheet “survey”"),
        ({"survey": [{"kind": "text"}]}, "should have a sheet “survey”"),
        ({"survey": [{"type": "calculate", "name": "x"}]}, "no question"),
    ],
)
def test_a_workbook_that_is_no_form_is_refused(sheets: dict[str, list[Cells]], sentence: str) -> None:
    with pytest.raises(HuifangError, match=sentence):
        xlsform.read(workbook(**sheets))
