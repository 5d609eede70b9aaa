"""What the list of comments is narrowed to, in which order, and a word in its sentence."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.texts import N_, AskedError
from analysis.words.cells import SIDES
from analysis.words.queries import Comments
from analysis.words.reading import Head

PER_PAGE = 20
UNSURE = 0.5  # a suggested topic below this is no more than a guess
LONGEST_SEARCH = 60
PARAMETERS = ("side", "score", "topic", "sentiment", "q", "word", "page")
SENTIMENTS = ("-1", "0", "1")
LOW, NO_TOPIC, OPEN, AGAIN = "low", "none", "open", "again"

_WRONG = N_("%(name)s should be one of %(known)s, but is %(found)s.")


@dataclass(frozen=True)
class Narrowed:
    """What the address asks for beside periods and filter; empty means all."""

    side: str = "after"
    score: str = ""
    topic: str = ""
    sentiment: str = ""
    q: str = ""
    word: str = ""
    page: int = 1

    def args(self, **changes: str | int) -> dict[str, str | int]:
        """Return the parameters that differ from a plain list, some of them changed."""
        given: dict[str, str | int] = {name: getattr(self, name) for name in PARAMETERS} | changes
        plain = {"side": "after", "page": 1}
        return {name: value for name, value in given.items() if value and value != plain.get(name)}


def read(given: Mapping[str, str], scores: Sequence[int], topics: Sequence[int]) -> Narrowed:
    """Read the parameters of the list.

    Raises
    ------
    AskedError
        For a value that the list does not know: a misspelt choice must not show everything.
    """
    page = given.get("page", "1")
    return Narrowed(
        side=_one_of("side", given, SIDES) or "after",
        score=_one_of("score", given, (LOW, *map(str, scores))),
        topic=_one_of("topic", given, (NO_TOPIC, OPEN, AGAIN, *map(str, topics))),
        sentiment=_one_of("sentiment", given, SENTIMENTS),
        q=given.get("q", "").strip()[:LONGEST_SEARCH],
        word=given.get("word", "").strip()[:LONGEST_SEARCH],
        page=int(page[:6]) if page.isascii() and page.isdigit() and int(page[:6]) > 0 else 1,
    )


def narrowed(found: Comments, asked: Narrowed) -> list[Head]:
    """Return the comments that were asked for, the lowest score first, then the newest."""
    kept = [one for one in found.heads if _fits(found, one, asked)]
    return sorted(kept, key=lambda one: (one.score is None, one.score or 0))


def _fits(found: Comments, head: Head, asked: Narrowed) -> bool:
    if asked.score == LOW and not found.is_low(head):
        return False
    if asked.score not in {"", LOW} and str(head.score) != asked.score:
        return False
    if asked.sentiment and (head.sentiment is None or str(head.sentiment) != asked.sentiment):
        return False
    return not asked.topic or asked.topic in _topics(head)


def _topics(head: Head) -> set[str]:
    """Return under which choices of a topic a comment is found."""
    if head.again:
        return {AGAIN, OPEN}
    if head.labelled:
        return {str(head.topic) if head.topic is not None else NO_TOPIC}
    if head.suggested is not None and head.probability >= UNSURE:
        return {str(head.suggested), OPEN}
    return {OPEN}


@dataclass(frozen=True)
class TopicCount:
    """How many comments a topic has: by a person, and suggested with some certainty."""

    labelled: int
    suggested: int


def topic_counts(found: Sequence[Head]) -> dict[int, TopicCount]:
    """Count the comments of each topic."""
    labelled = Counter(one.topic for one in found if one.labelled and one.topic is not None)
    hints = Counter(
        one.suggested for one in found
        if not one.labelled and one.suggested is not None and one.probability >= UNSURE
    )  # fmt: skip
    return {topic: TopicCount(labelled[topic], hints[topic]) for topic in {*labelled, *hints}}


def segments(text: str, needle: str) -> list[tuple[str, bool]]:
    """Divide a text into parts, each with whether it is what was looked for."""
    if not needle:
        return [(text, False)]
    parts = re.split(f"({re.escape(needle)})", text, flags=re.IGNORECASE)
    return [(part, bool(place % 2)) for place, part in enumerate(parts) if part]


def pages(n: int) -> int:
    """Return how many pages a list has; an empty one has one."""
    return max(1, -(-n // PER_PAGE))


def _one_of(name: str, given: Mapping[str, str], known: Sequence[str]) -> str:
    value = given.get(name, "")
    if value and value not in known:
        raise AskedError(_WRONG, name=name, known=", ".join(known), found=value)
    return value
