"""Every figure is defined whole, in both languages, and nothing is shown without a definition."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from flask_babel.speaklater import LazyString

from followup.figures import definitions as d
from followup.figures.groups import By
from followup.figures.presenting import CHIEF_RATES
from followup.figures.rates import RATES
from followup.figures.standing import LEFT_OUT

ROOT = Path(__file__).resolve().parents[3]
WORDS = ("name", "formula", "inside", "outside", "source")


@pytest.fixture(scope="module")
def chinese() -> Catalog:
    with (ROOT / "translations" / "zh_Hans" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale="zh_Hans")


def is_said_in(chinese: Catalog, text: object) -> bool:
    found = chinese.get(str(text))
    return found is not None and bool(found.string) and found.string != str(text)


@pytest.mark.parametrize("one", d.DEFINITIONS, ids=lambda one: one.code)
def test_a_figure_says_its_formula_what_counts_what_does_not_and_where_it_comes_from(
    one: d.Definition, chinese: Catalog
) -> None:
    for word in WORDS:
        text = getattr(one, word)
        assert isinstance(text, LazyString), word  # in the language of the reader, not of the first who came
        assert len(str(text)) > 5, word
        assert is_said_in(chinese, text), str(text)
    assert By.NOTHING in one.breakdowns


def test_the_response_rates_are_defined_too(chinese: Catalog) -> None:
    assert set(d.RATE_NAME) == set(d.FORMULA) == set(RATES)
    assert set(CHIEF_RATES) <= set(RATES)
    texts = [*d.RATE_NAME.values(), *d.LETTER.values(), *d.CHANNEL_NAME.values(), *d.SECTION_NAME.values()]
    for text in [*texts, d.RATES_IN, d.RATES_OUT, d.RATES_SOURCE]:
        assert is_said_in(chinese, text), str(text)


def test_each_reason_for_not_asking_has_its_words(chinese: Catalog) -> None:
    assert set(d.REASON) == {*LEFT_OUT, "void"}
    assert all(is_said_in(chinese, text) for text in d.REASON.values())


def test_the_document_has_every_figure() -> None:
    page = (ROOT / "docs" / "indicators.md").read_text("utf-8")
    for one in d.DEFINITIONS:
        assert f"`{one.code}`" in page, one.code
    for formula in d.FORMULA.values():
        assert f"`{formula}`" in page, formula
