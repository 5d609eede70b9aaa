"""A word in its sentence, and what of a comment is known."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from analysis.words.listing import TopicCount, segments, topic_counts
from analysis.words.reading import Head

PLAIN = Head(
    1, 2, "more", 4, 1, date(2026, 8, 4), "web", "", "", "", "",
    labelled=False, topic=None, sentiment=None, again=False, suggested=None, probability=0.0,
)  # fmt: skip


def head(**changes):
    return PLAIN._replace(**changes)


@given(st.text(max_size=40), st.text(max_size=5))
def test_the_parts_of_a_sentence_are_the_sentence(text, needle):
    assert "".join(part for part, _hit in segments(text, needle)) == text


def test_a_word_is_marked_wherever_it_stands():
    assert segments("Cold, so cold.", "cold") == [
        ("Cold", True),
        (", so ", False),
        ("cold", True),
        (".", False),
    ]
    assert segments("屋里冷得很", "冷") == [("屋里", False), ("冷", True), ("得很", False)]
    assert segments("a.b", ".") == [("a", False), (".", True), ("b", False)]


def test_topics_by_people_and_suggested_are_counted_apart():
    found = [
        head(labelled=True, topic=1), head(labelled=True, topic=1, suggested=2, probability=0.9),
        head(suggested=2, probability=0.8), head(suggested=2, probability=0.3), head(labelled=True),
    ]  # fmt: skip
    assert topic_counts(found) == {1: TopicCount(2, 0), 2: TopicCount(0, 1)}
