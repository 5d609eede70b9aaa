"""One normaliser for every text from outside: same result always, on every database, never an error."""

import unicodedata
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from core.db import Database
from core.installation import Fact, recall, remember
from core.texts import clean_text, mask_name, mask_phone

ANY = st.text(alphabet=st.characters(), max_size=80)  # lone surrogates included
NASTY = st.text(alphabet="a\u0301\u0302\u200d\ufe0f👨👩\x00\u202e\u2066\ud800\r\n\t 王", max_size=60)


@given(ANY | NASTY)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    once = clean_text(text)
    assert clean_text(once) == once


@given(ANY | NASTY)
def test_clean_text_can_always_be_stored(text: str) -> None:
    clean = clean_text(text)
    clean.encode("utf-8")
    assert unicodedata.is_normalized("NFC", clean)
    assert not any(unicodedata.category(c) == "Cc" and c not in "\n\t" for c in clean)
    assert not set(clean) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\r")


@given(ANY | NASTY, st.integers(min_value=0, max_value=40))
def test_a_limit_is_kept_and_leaves_no_half_letter(text: str, limit: int) -> None:
    clean, cut = clean_text(text), clean_text(text, limit)
    assert len(cut) <= limit
    assert clean.startswith(cut)
    rest = clean[len(cut) :].lstrip()
    if rest and cut and clean[len(cut)] == rest[0]:
        assert not unicodedata.combining(rest[0])
        assert rest[0] not in "\u200d\ufe0f"


@pytest.mark.parametrize(
    ("given_text", "clean"),
    [
        ("  谢谢您 \n", "谢谢您"),
        ("a\x00b", "ab"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("admin\u202egnp.exe", "admingnp.exe"),
        ("cafe\u0301", "café"),
        ("z" + "\u0301" * 30, "ź" + "\u0301" * 8),
        ("👨‍👩‍👧 家", "👨‍👩‍👧 家"),
        ("\ud83d", ""),
        ("𠮷野家", "𠮷野家"),
    ],
)
def test_what_people_write_stays_and_what_harms_goes(given_text: str, clean: str) -> None:
    assert clean_text(given_text) == clean


def test_an_emoji_of_several_parts_is_not_cut_in_half() -> None:
    assert clean_text("家👨‍👩‍👧", 3) == "家"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
@given(text=ANY | NASTY)
def test_both_databases_give_back_what_was_stored(database: Database, text: str) -> None:
    clean = clean_text(text, 200)
    with database.begin() as session:
        remember(session, "said", clean)
    with database.begin() as session:
        assert recall(session, "said") == clean
        session.execute(delete(Fact))


@pytest.mark.parametrize(
    ("number", "masked"), [("13812345678", "138****5678"), ("+8613812345678", "+86****5678"), ("110", "****")]
)
def test_a_number_shows_three_and_four_digits(number: str, masked: str) -> None:
    assert mask_phone(number) == masked


def test_a_name_shows_its_first_letter(now: datetime) -> None:
    assert (mask_name("王小明"), mask_name("")) == ("王*", "")
