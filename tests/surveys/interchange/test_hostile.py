"""Files made to do harm, and files that are anything at all: read, or refused soon in one sentence."""

import io
import json
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import HuifangError
from surveys.definition import from_dict
from surveys.interchange import formats, limesurvey, pasted, plain, xlsform
from surveys.interchange.notes import Imported
from tests.surveys.interchange.test_limesurvey import GROUP, SURVEY, TITLE, question, survey
from tests.surveys.interchange.test_xlsform import workbook

SECONDS, MIB = 20, 1024 * 1024
HEAD = '<?xml version="1.0"?>'
LAUGHS = (
    HEAD
    + '<!DOCTYPE l [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]><document><LimeSurveyDocType>&j;</LimeSurveyDocType></document>"
)
OUTSIDE = HEAD + '<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><document>&x;</document>'


def zipped(**parts: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return content.getvalue()


def repacked(book: bytes, name: str, part: bytes) -> bytes:
    """Return a workbook in which one part is replaced."""
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.namelist():
            new.writestr(entry, part if entry == name else old.read(entry))
    return content.getvalue()


def form(rows: int) -> bytes:
    return workbook(survey=[{"type": "text", "name": f"q{n}", "label": f"Q{n}"} for n in range(rows)])


def sheet(rows: str) -> bytes:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    whole = f'<worksheet xmlns="{space}"><sheetData>{rows}</sheetData></worksheet>'
    return repacked(form(1), "xl/worksheets/sheet1.xml", (HEAD + whole).encode())


def deep(levels: int) -> bytes:
    rows = [{"type": "begin group", "name": f"g{n}", "label": "G"} for n in range(levels)]
    return workbook(survey=[*rows, {"type": "text", "name": "q", "label": "Q"}])


HARM: list[tuple[str, Callable[[], bytes], str]] = [
    ("billion laughs", LAUGHS.encode, "can do harm"),
    ("external entity", OUTSIDE.encode, "can do harm"),
    ("laughs in a workbook", lambda: repacked(form(1), "xl/workbook.xml", LAUGHS.encode()), "can do harm"),
    (
        "zip bomb",
        lambda: zipped(**{"xl/workbook.xml": b"0" * 40 * MIB}),
        "packed more tightly|more than 30 MiB",
    ),
    ("a million rows", lambda: sheet("<row></row>" * 1_000_000), "more than 12000 rows|packed more tightly"),
    (
        "a million cells",
        lambda: sheet(
            "".join(
                f'<row r="{n}">' + f'<c t="inlineStr"><is><t>{n}x</t></is></c>' * 120 + "</row>"
                for n in range(1, 9000)
            )
        ),
        "cells|packed more tightly|MiB",
    ),
    ("a hundred MiB", lambda: b"1. x\n" * (20 * MIB), "more than 20 MiB"),
    ("a long text", lambda: "1. 题[单选题]\n".encode() * 80_000, "more than 1 MiB"),
    (
        "5000 questions, pasted",
        lambda: "".join(f"{n}. 题[填空题]\n" for n in range(1, 5001)).encode(),
        "500 questions",
    ),
    ("5000 questions, workbook", lambda: form(5000), "500 questions"),
    (
        "5000 questions, JSON",
        lambda: json.dumps({"items": [{"key": f"q{n}", "texts": {"en": "?"}} for n in range(5000)]}).encode(),
        "500 questions",
    ),
    (
        "5000 questions, LimeSurvey",
        lambda: survey(
            groups=[GROUP],
            surveys=[SURVEY],
            surveys_languagesettings=[TITLE],
            questions=[question(str(n), "T", f"q{n}") for n in range(1, 5001)],
        ),
        "500 questions",
    ),
    ("deep groups", lambda: deep(200), "20 deep"),
    ("deep XML", lambda: b"<document>" * 5000, "nested deeper"),
    ("deep JSON", lambda: b'{"items":' + b"[" * 100_000, "nested too deeply"),
    ("an old workbook", lambda: b"\xd0\xcf\x11\xe0" + b"x" * 900, "old .xls"),
    ("a broken workbook", lambda: b"PK\x03\x04" + b"x" * 900, "damaged"),
    ("an archive that is no workbook", lambda: zipped(**{"readme.txt": b"x"}), "damaged"),
    ("nothing", lambda: b"", "empty"),
    ("NUL bytes", lambda: b"1. \x00", "NUL bytes"),
]


@pytest.mark.parametrize(("make", "sentence"), [h[1:] for h in HARM], ids=[h[0] for h in HARM])
def test_harm_is_refused_in_one_sentence_soon(make: Callable[[], bytes], sentence: str) -> None:
    content = make()
    started = time.monotonic()
    with pytest.raises(HuifangError, match=sentence) as refusal:
        formats.read(content)
    assert time.monotonic() - started < SECONDS
    assert "\n" not in str(refusal.value)
    assert "/etc" not in str(refusal.value)


@pytest.mark.slow
def test_a_bomb_is_refused_before_it_unpacks() -> None:
    bomb = zipped(**{"xl/workbook.xml": b"0" * 100 * MIB})
    tracemalloc.start()
    with pytest.raises(HuifangError):
        formats.read(bomb)
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 20 * MIB


def test_groups_that_contain_each_other_do_no_harm() -> None:
    rows = [
        question("1", "M", "a", parent_qid="2"),
        question("2", "M", "b", parent_qid="1"),
        question("3", "T", "q"),
        question("4", "M", "self", parent_qid="4"),
    ]
    tables = {"groups": [GROUP], "surveys": [SURVEY], "surveys_languagesettings": [TITLE], "questions": rows}
    read = from_dict(limesurvey.read(survey(**tables)).definition)
    assert "q" in [item.key for item in read.items]


def test_scripts_and_formulas_end_as_plain_text() -> None:
    book = workbook(
        survey=[
            {
                "type": "text",
                "name": "q",
                "label": "=HYPERLINK(1)<script>alert(1)</script>Why<img onerror=y>?",
            }
        ],
    )
    [item] = from_dict(xlsform.read(book).definition).items
    assert item.texts["en"].text == "=HYPERLINK(1)Why?"


def acceptable(imported: Imported) -> None:
    """Whatever was read is a definition that can be stored."""
    definition = from_dict(imported.definition)
    json.dumps(imported.definition).encode()
    assert all(item.texts for item in definition.items)


BYTES = st.one_of(
    st.binary(max_size=400),
    st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")),
    st.lists(
        st.sampled_from(
            [
                "标题",
                "",
                "1. 题干[单选题]",
                "2、满意吗（量表题）",
                "非常满意 满意 一般 不满意 非常不满意",
                "A.男 B.女",
                "1~5",
                "0～10",
                "行：",
                "列：",
                "- a",
                "3. {_}和{_}[多项填空题]",
                "[段落说明]",
                "一、部分",
                "=== 分页 ===",
                "4. 矩阵[矩阵量表题]",
                "其他____",
                "[多选题]",
                "9" * 400,
                "5. x[矩阵多选题]",
                "6. y[矩阵填空题]",
                "Q7【判断题】",
                "谢谢",
                "*",
                "（选填）",
                "8. [量表题]",
                "-5~5",
                "跳至第3题",
            ]
        ),
        max_size=25,
    ).map(lambda lines: "\n".join(lines).encode()),
)


@pytest.mark.slow
@pytest.mark.parametrize("read", [pasted.read, plain.read, limesurvey.read, xlsform.read, formats.read])
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(content=BYTES)
def test_any_bytes_are_read_or_refused(read: Callable[[bytes], Imported], content: bytes) -> None:
    with suppress(HuifangError):
        acceptable(read(content))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "title",
                    "items",
                    "key",
                    "texts",
                    "text",
                    "en",
                    "options",
                    "code",
                    "kind",
                    "scale",
                    "show_if",
                    "all",
                    "item",
                    "is",
                    "value",
                    "sections",
                    "matrices",
                    "minimum",
                    "limit",
                    "changes",
                ]
            )
            | st.text(max_size=4),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(items=JSON, rest=st.dictionaries(st.sampled_from(["title", "sections", "changes", "intro"]), JSON))
def test_any_json_is_read_or_refused(items: object, rest: dict[str, object]) -> None:
    with suppress(HuifangError):
        acceptable(plain.read(json.dumps({**rest, "items": items}).encode()))


CELL = st.sampled_from(
    [
        "",
        "text",
        "select_one a",
        "select_multiple a or_other",
        "begin group",
        "end group",
        "note",
        "range",
        "integer",
        "date",
        "${q0} = 1",
        ". > 3",
        "not(",
        "selected(${q0}, 'x')",
        "yes",
        "field-list",
        "table-list",
        "label",
        "list-nolabel",
        "sat5.1",
        "likert",
        "section s",
        "matrix m",
        "other q",
        "about s",
        "99999999999999999999",
        "date('0000-99-99')",
    ]
) | st.text(max_size=12)
ROW = st.dictionaries(
    st.sampled_from(
        [
            "type",
            "name",
            "label",
            "label::en",
            "hint",
            "relevant",
            "constraint",
            "required",
            "appearance",
            "part",
            "kind",
            "scale",
            "soft",
            "parameters",
            "role",
            "only",
        ]
    ),
    CELL,
    max_size=8,
)


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=st.lists(ROW, min_size=1, max_size=8), own=st.booleans(), names=st.lists(CELL, max_size=4))
def test_any_workbook_is_read_or_refused(rows: list[dict[str, str]], own: bool, names: list[str]) -> None:
    rows = [{"type": "text", "name": "q0", "label": "?"}, *rows]
    choices = [{"list_name": "a", "name": name, "label": name} for name in names] or [{"list_name": "a"}]
    with suppress(HuifangError):
        acceptable(
            xlsform.read(
                workbook(survey=rows, choices=choices, settings=[{"huifang": "1"} if own else {"x": "y"}])
            )
        )


LS_ROW = st.dictionaries(
    st.sampled_from(
        [
            "qid",
            "parent_qid",
            "gid",
            "sid",
            "type",
            "title",
            "question",
            "relevance",
            "language",
            "code",
            "answer",
            "aid",
            "attribute",
            "value",
            "scale_id",
            "other",
            "mandatory",
            "question_order",
        ]
    ),
    st.sampled_from(
        [
            "1",
            "2",
            "0",
            "",
            "M",
            "L",
            "F",
            "X",
            "R",
            "en",
            "zh-Hans",
            "a",
            "Y",
            "<b>x</b>",
            "a == 'Y'",
            "{x}",
            "min_num_value_n",
            "²",
            "-3",
        ]
    )
    | st.text(
        st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="]"), max_size=6
    ),
    max_size=10,
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    tables=st.dictionaries(
        st.sampled_from(
            [
                "questions",
                "subquestions",
                "answers",
                "question_l10ns",
                "answer_l10ns",
                "question_attributes",
                "conditions",
                "groups",
                "group_l10ns",
                "surveys_languagesettings",
            ]
        ),
        st.lists(LS_ROW, max_size=4),
    )
)
def test_any_survey_is_read_or_refused(tables: dict[str, list[dict[str, str]]]) -> None:
    whole = {"groups": [GROUP], "surveys": [SURVEY], "surveys_languagesettings": [TITLE], **tables}
    whole["questions"] = [question("1", "L", "a"), question("2", "T", "b"), *whole.get("questions", [])]
    with suppress(HuifangError):
        acceptable(limesurvey.read(survey(**whole)))
