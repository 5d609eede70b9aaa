"""Responses with words for the tests of comments: stored as the product stores them."""

from datetime import UTC, date, datetime, timedelta

from analysis.words import learning
from core.db import Database
from surveys import actions, answering
from surveys.models import Missing
from surveys.parsing import Given
from surveys.queries import LoadedVersion
from tests.analysis.answers import likert, publish

BEFORE, AFTER = date(2025, 8, 4), date(2026, 8, 4)
CARE = "questionnaire=care&before=2025Q3&after=2026Q3"
OVERALL = likert("overall", "Overall satisfaction", role="overall")
MORE = {"key": "more", "kind": "text", "text": {"en": "Anything else?", "zh_Hans": "还有什么想说的？"}}


def care(database: Database, **more) -> LoadedVersion:
    """Publish one scale and one question in words."""
    return publish(database, OVERALL, MORE, **more)


def answered(
    database: Database, version: LoadedVersion, day: date, texts, *, score=4, mode="web", how=(), **stratum
):
    """Store one response for each text, or for each (score, text); None is skipped."""
    ids = []
    with database.begin() as session:
        place = actions.stratum_id(session, **stratum)
        for number, given in enumerate(texts):
            value, text = given if isinstance(given, tuple) else (score, given)
            answers = {
                "overall": Given(value=value) if value else Given(missing=Missing.SKIPPED),
                "more": Given(words=text) if text else Given(missing=Missing.SKIPPED),
            }
            if how:
                answers["how"] = Given(codes=how)
            at = datetime(day.year, day.month, day.day, 3, tzinfo=UTC) + timedelta(seconds=number)
            stored = answering.record(
                session, version, answers, mode=mode, stratum_id=place, handler="", language="en", now=at
            )
            ids.append(stored.response_id)
    return ids


def numbered(word, n):
    """Return n texts that all hold one word."""
    return [f"{word} {chr(97 + k % 26)}{chr(97 + k // 26)}x" for k in range(n)]


def learn(database, version, now):
    """Ask for suggestions to learn and let a round do it."""
    with database.begin() as session:
        learning.ask(session, [version], actor="test", now=now)
    return learning.learn(database, now=now)
