"""Any text of any script, stored, exported and read back: the same text, and never an error."""

import csv
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.db import Database
from core.tabular.reports import plain_cell, safe_cell
from core.texts import clean_text
from surveys import actions, answering, queries
from surveys.definition import OTHER_LIMIT, from_dict
from surveys.exports.harmless import SPSS_BYTES, cut_utf8, cut_utf16, masked, tidy
from surveys.exports.xlsx_files import in_footer
from surveys.parsing import Given
from tests.surveys.exports import files
from tests.surveys.links import NOW

NASTY = (
    "=1+1", "+86", "-1", "@SUM(A1)", "\t=1", " =1", "\u200b=1", "＝1", "'=1", "''=1", "<r>x</r>", "_x0041_",
    "a\x00b", "a\r\nb", '"; DROP', "\ufffe\uffff", "𠮷野家👨‍👩‍👧", "\u202ebidi", "e\u0301" * 20, "skipped",
    "https://a.example/x", "ftp://x", "mailto:x", "internal:A1", "{=1}", "#REF!", "TRUE", "1E5", "0138",
    "名" * 900, "ab\u3000", "\\n", "a,b;c\td", "<script>", "&amp;", "\x1f", "NaN", "﷽",
)  # fmt: skip
TEXTS = st.one_of(st.sampled_from(NASTY), st.text(max_size=60))
SLOW = settings(
    max_examples=25, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip


def definition(label: str, question: str, title: str) -> dict[str, Any]:
    options = [
        {"code": 1, "texts": {"en": label}}, {"code": 2, "texts": {"en": f"{label}2"}, "other": True},
    ]  # fmt: skip
    return {
        "title": {"en": title},
        "items": [
            {"key": "way", "kind": "single", "options": options, "text": {"en": question}},
            {"key": "ways", "kind": "multiple", "options": options, "text": {"en": question}},
            {"key": "words", "kind": "text", "limit": 2000, "text": {"en": question}},
        ],
    }


def printable(text: str) -> str:
    """What an editor lets through as a label: some text without NUL and half characters, and not blank."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode().strip() or "x"


@SLOW
@given(label=TEXTS, question=TEXTS, words=TEXTS, place=TEXTS)
def test_any_text_comes_back_from_every_format(
    database: Database, tmp_path: Path, label: str, question: str, words: str, place: str
):
    key = f"k{uuid4().hex[:20]}"
    label, question = printable(label), printable(question)
    said, place = clean_text(words) or "x", clean_text(place, 50)
    beside = clean_text(words, OTHER_LIMIT) or "x"
    with database.begin() as session:
        made = from_dict(definition(label, question, question))
        actions.publish(session, made, key=key, actor="t", now=NOW)
    with database.begin() as session:
        version = queries.current_version(session, key)
        answers = {
            "way": Given(value=2, words=beside), "ways": Given(codes=(1,)), "words": Given(words=said),
        }  # fmt: skip
        stratum = actions.stratum_id(session, district=place)
        answering.record(
            session, version, answers, mode="web", stratum_id=stratum, handler=place, language="en",
            now=NOW + timedelta(minutes=1),
        )  # fmt: skip
    texts = {
        "words": tidy(masked(said)), "way__other": tidy(masked(beside)), "district": tidy(place),
        "handler": tidy(place),
    }  # fmt: skip
    how = {"key": key, "words": True, "language": "en"}
    files.export(database, tmp_path / "a.csv", **how)
    files.export(database, tmp_path / "l.csv", labels=True, **how)
    files.export(database, tmp_path / "long.csv", format="long-csv", **how)
    files.export(database, tmp_path / "a.xlsx", **how)
    files.export(database, tmp_path / "a.sav", **how)
    files.export(database, tmp_path / "a.json", **how)
    [row] = files.read_csv(tmp_path / "a.csv")
    assert {name: plain_cell(row[name]) for name in texts} == texts
    [row] = files.read_csv(tmp_path / "l.csv")
    assert plain_cell(row["way"]) == tidy(f"{label}2")
    long = {row["item"]: row for row in files.read_csv(tmp_path / "long.csv")}
    assert plain_cell(long["words"]["words"]) == texts["words"]
    assert plain_cell(long["way"]["label"]) == tidy(f"{label}2")
    [row] = files.read_answers(tmp_path / "a.xlsx")
    assert {name: plain_cell((row[name] or "").rstrip()) for name in texts} == texts
    [sav], meta = files.read_sav(tmp_path / "a.sav")
    assert {name: sav[name] for name in texts} == {name: said.rstrip() for name, said in texts.items()}
    kept = cut_utf8(tidy(label).replace("\n", " "), 120)
    assert meta.variable_value_labels["way"][1.0].rstrip() == kept.rstrip()
    document = files.read_json(tmp_path / "a.json")
    assert document["title"] == question
    [response] = document["responses"]
    assert (response["answers"] | response)["district"] == texts["district"]
    assert {name: response["answers"][name] for name in ("words", "way__other")} == {
        name: texts[name] for name in ("words", "way__other")
    }


@given(st.text(max_size=8))
@example("''＝")
def test_the_guard_against_formulas_comes_off_without_a_trace(text: str):
    assert plain_cell(safe_cell(text)) == text


@pytest.mark.parametrize("text", [t for t in NASTY if tidy(t).strip("\u200b \t'")[:1] in set("=+-@＝")])
def test_nothing_that_could_be_a_formula_starts_a_cell(text: str):
    assert safe_cell(tidy(text)).startswith("'")


@given(st.text(max_size=200), st.integers(0, 50))
def test_a_cut_never_breaks_a_character(text: str, room: int):
    text = text.encode("utf-8", "ignore").decode()
    for short, size in (
        (cut_utf8(text, room), len(cut_utf8(text, room).encode())),
        (cut_utf16(text, room), len(cut_utf16(text, room).encode("utf-16-le")) // 2),
    ):
        assert text.startswith(short)
        assert size <= room


def test_what_does_not_fit_into_a_cell_is_cut_and_counted(database: Database, tmp_path: Path):
    long = "👨‍👩‍👧" * 4500  # 22 500 code points, 36 000 units of UTF-16, 81 000 bytes
    with database.begin() as session:
        actions.publish(session, from_dict(definition("a", "b", "c")), key="cut", actor="t", now=NOW)
    with database.begin() as session:
        version, blank = queries.current_version(session, "cut"), actions.blank_stratum(session)
        answering.record(
            session, version, {"words": Given(words=long)}, mode="web", stratum_id=blank, handler="",
            language="en", now=NOW,
        )  # fmt: skip
    cut = {
        kind: files.export(database, tmp_path / f"a.{kind}", key="cut", words=True).cut
        for kind in ("csv", "json", "xlsx", "sav")
    }
    assert cut == {"csv": 0, "json": 0, "xlsx": 1, "sav": 1}
    csv.field_size_limit(200_000)
    [row] = files.read_csv(tmp_path / "a.csv")
    assert row["words"] == long
    [typed] = files.read_answers(tmp_path / "a.xlsx")
    [coded], _meta = files.read_sav(tmp_path / "a.sav")
    assert typed["words"] == cut_utf16(long, 32_767)
    assert coded["words"] == cut_utf8(long, SPSS_BYTES)


def test_no_sign_of_a_footer_is_cut_in_two():
    assert in_footer("R&D") == "R&&D"
    assert in_footer("a" * 199 + "&b") == "a" * 199
    assert in_footer("a" * 198 + "&b") == "a" * 198 + "&&"
