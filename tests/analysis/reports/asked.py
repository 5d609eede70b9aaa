"""Reports for the tests: a questionnaire of every kind of item, and what is asked of it."""

from collections import Counter
from datetime import UTC, datetime

from analysis import asking
from analysis.periods import parse_period
from analysis.reports import contents
from analysis.reports.edition import Edition
from tests.analysis.answers import AFTER, BEFORE, FALL, STEADY, count, likert, publish

NOW = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
LONG = "How satisfied were you with the time between your first call and the moment it was warm again"


def asked(key="care", before="2025Q3", after="2026Q3", **given):
    values = {name: [value] if isinstance(value, str) else value for name, value in given.items()}
    values |= {"before": [before], "after": [after]}
    return asking.read(values, questionnaire=key, after=parse_period(after))


def edition(settings, language="en", now=NOW):
    return Edition(language, now, settings)


def made(database, language="en", now=NOW, **given):
    """Make a report of what is in the database."""
    with database.read() as session:
        return contents.report(session, asked(**given), edition(database.settings, language, now))


def every_kind(database):
    """A questionnaire with scales, a choice, several choices and a comment; one group too small to show."""
    options = [
        {"code": code, "texts": {"en": name, "zh_Hans": name}}
        for code, name in ((1, "=1+1 leak"), (2, "cold & damp <b>"))
    ]
    version = publish(
        database,
        likert("overall", "Overall satisfaction", role="overall"),
        likert("speed", LONG),
        likert("solved", "Was it solved?", scale="yesno"),
        {"key": "cause", "kind": "single", "text": {"en": "@Cause", "zh_Hans": "原因"}, "options": options},
        {"key": "said", "kind": "text", "text": {"en": "Comment", "zh_Hans": "意见"}},
    )
    for day, overall in zip((BEFORE, AFTER), FALL, strict=True):
        answers = {"overall": overall, "speed": STEADY[0], "solved": [30, 370],
                   "cause": {1: 180, 2: 220}, "said": {1: 120}}  # fmt: skip
        count(database, version, day, answers, district="East")
        few = {"overall": [0, 1, 1, 2, 2], "speed": [0, 0, 1, 2, 3], "solved": [2, 4], "cause": {1: 3, 2: 3}}
        count(database, version, day, few, mode="phone", district="West")
    return version


def twenty(database):
    """Twenty questions on a scale, answered by 400 people in each period."""
    version = publish(database, *(likert(f"q{n:02}", f"Question {n} of twenty") for n in range(1, 21)))
    for day, values in zip((BEFORE, AFTER), FALL, strict=True):
        rows: dict[str, list[int]] = {f"q{n:02}": values for n in range(1, 21)}
        count(database, version, day, rows)
    return Counter(item.kind for item in version.items)
