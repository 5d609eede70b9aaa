"""Numbers of sheets: a slip of the finger is found before anything is typed under the wrong number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.paper import serials

NUMBERS = st.integers(serials.FIRST, serials.LARGEST)


def test_the_check_digit_is_the_published_one() -> None:
    """H. M. Damm, Total anti-symmetrische Quasigruppen (2004): 572 has the check digit 4."""
    assert serials.check_digit(572) == 4


@pytest.mark.parametrize(
    "typed", ["100001-{0}", "100001{0}", " 100 001 {0} ", "１００００１－{0}", "100001–{0}"]
)
def test_a_number_is_read_however_it_is_typed(typed: str) -> None:
    whole = typed.format(serials.check_digit(100001))
    assert serials.number_in(serials.plain(whole)) == 100001


@pytest.mark.parametrize(
    "typed", ["", "-", "10000", "abc1234", "100001", "²00001", "٣٠٠٠٠١٢", "0000012", "9" * 39]
)
def test_what_is_no_number_is_none(typed: str) -> None:
    assert serials.number_in(serials.plain(typed)) is None


@given(NUMBERS, st.data())
def test_every_single_wrong_digit_is_found(number: int, data: st.DataObject) -> None:
    digits = serials.plain(serials.serial_of(number))
    place = data.draw(st.integers(0, len(digits) - 1))
    wrong = data.draw(st.sampled_from([d for d in "0123456789" if d != digits[place]]))
    assert serials.number_in(digits[:place] + wrong + digits[place + 1 :]) is None


@given(NUMBERS, st.data())
def test_two_digits_in_the_wrong_order_are_found(number: int, data: st.DataObject) -> None:
    digits = serials.plain(serials.serial_of(number))
    place = data.draw(st.integers(0, len(digits) - 2))
    swapped = digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]
    assert swapped == digits or serials.number_in(swapped) is None


@given(NUMBERS)
def test_what_is_printed_is_read_again(number: int) -> None:
    assert serials.number_in(serials.plain(serials.serial_of(number))) == number


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    found = serials.number_in(serials.plain(text))
    assert found is None or found >= serials.FIRST
