"""Sealed values open in their own place with their own key only; tokens cannot be guessed or found."""

import re
import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.crypto import (
    TOKEN_ALPHABET,
    SealError,
    Vault,
    is_token_shaped,
    new_token,
    token_hash,
)

VAULT = Vault("a secret that only the tests know, long enough")
OTHER = Vault("another secret of another installation, long enough")
PLACE = "contact.name:0a1b"


@given(st.text())
def test_what_is_sealed_opens_again(value: str) -> None:
    encodable = value.encode("utf-8", "ignore").decode()
    assert VAULT.open(VAULT.seal(encodable, PLACE), PLACE) == encodable


def test_the_same_value_looks_different_each_time() -> None:
    assert VAULT.seal("王小明", PLACE) != VAULT.seal("王小明", PLACE)


def test_a_value_moved_to_another_row_or_column_stays_shut() -> None:
    sealed = VAULT.seal("王小明", PLACE)
    for place in ("contact.name:0a1c", "contact.email:0a1b", ""):
        with pytest.raises(SealError):
            VAULT.open(sealed, place)


def test_another_secret_opens_nothing_and_says_why() -> None:
    with pytest.raises(SealError, match="the secret key is another one, or the data was changed"):
        OTHER.open(VAULT.seal("13812345678", PLACE), PLACE)


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_a_single_changed_byte_is_noticed(position: int, flip: int) -> None:
    sealed = bytearray(VAULT.seal("13812345678", PLACE))
    sealed[position % len(sealed)] ^= flip
    with pytest.raises(SealError):
        VAULT.open(bytes(sealed), PLACE)


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x01" * 17, b"13812345678"])
def test_bytes_that_were_never_sealed_are_an_error_of_ours(sealed: bytes) -> None:
    with pytest.raises(SealError):
        VAULT.open(sealed, PLACE)


def test_a_sealed_number_is_short_and_holds_no_plain_text() -> None:
    sealed = VAULT.seal("+8613812345678", PLACE)
    assert b"138" not in sealed
    assert len(sealed) == 14 + 33  # version 1, key id 4, nonce 12, tag 16


def test_the_key_id_tells_installations_apart() -> None:
    assert VAULT.seal("x", PLACE)[1:5] == VAULT.key_id != OTHER.key_id


def test_a_value_is_found_by_its_keyed_hash_for_its_purpose_only() -> None:
    index = VAULT.blind_index("+8613812345678", "phone")
    assert index == Vault("a secret that only the tests know, long enough").blind_index(
        "+8613812345678", "phone"
    )
    assert index != VAULT.blind_index("+8613812345678", "household")
    assert index != OTHER.blind_index("+8613812345678", "phone")
    assert len(index) == 16


def test_a_form_signature_is_bound_to_every_part() -> None:
    signed = VAULT.form_signature("token", "answer")
    assert signed != VAULT.form_signature("token", "stop")
    assert signed != VAULT.form_signature("tokenanswer")
    assert signed != OTHER.form_signature("token", "answer")


def test_tokens_are_128_bits_of_letters_that_survive_dictation() -> None:
    tokens = [new_token() for _n in range(20_000)]
    assert len(set(tokens)) == len(tokens)
    assert len(TOKEN_ALPHABET) ** 22 > 2**128
    assert all(is_token_shaped(token) for token in tokens)
    assert not set("0O1lI_~-") & set(TOKEN_ALPHABET)
    counts = Counter("".join(tokens))
    expected = 20_000 * 22 / len(TOKEN_ALPHABET)
    squares = sum((counts[c] - expected) ** 2 / expected for c in TOKEN_ALPHABET)
    assert squares < 122  # chi-squared with 56 degrees of freedom: 1 in 10^6


@pytest.mark.parametrize(
    "token", ["", "x", "A" * 21, "A" * 23, "0" * 22, "A" * 21 + "\x00", "Ａ" * 22, "A" * 21 + "%"]
)
def test_what_cannot_be_a_token_is_told_without_the_database(token: str) -> None:
    assert not is_token_shaped(token)


def test_the_hash_of_a_token_is_the_same_in_every_process() -> None:
    code = "from core.crypto import token_hash; print(token_hash('A' * 22).hex())"
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()
    assert said == token_hash("A" * 22).hex()
    assert re.fullmatch("[0-9a-f]{64}", said)


@given(st.text(max_size=40))
def test_any_address_can_be_asked_for(token: str) -> None:
    assert is_token_shaped(token) in {True, False}
    assert len(token_hash(token)) == 32
