"""The list behind a bar is as long as the bar, for every kind of question, both sides and merged versions."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest

from analysis.asking import Asked
from analysis.periods import Period
from analysis.words import answers
from analysis.words.cells import SIDES, look
from surveys import actions, answering, queries
from surveys.definition import from_dict
from surveys.models import Missing
from surveys.parsing import Given
from tests.surveys.kinds import ITEMS, all_kinds

BEFORE, AFTER = (Period(f"{y}", date(y, 7, 1), date(y, 10, 1)) for y in (2025, 2026))


def given(item, draw):
    """Draw an answer as a customer or an import could give it."""
    if draw.random() < 0.3:
        return Given(missing=draw.choice(list(Missing)))
    definition = item.definition
    if item.kind == "text":
        return Given(words=draw.choice(["cold", "冷"]))
    if item.kind == "number":
        return Given(number=draw.choice([-3.5, 0.0, 18.0]))
    if item.kind == "date":
        return Given(number=float(draw.choice([739_000, 739_900])))
    values = [*definition.values()] if definition.scored() else [one.code for one in definition.options]
    if item.kind == "multiple":
        return Given(codes=tuple(sorted(draw.sample(values, draw.randint(1, len(values))))))
    return Given(value=draw.choice(values))


def stored(database, version, n, draw):
    with database.begin() as session:
        places = [actions.stratum_id(session, district=name) for name in ("East", "West")]
        for k in range(n):
            day = draw.choice([BEFORE, AFTER]).start + timedelta(days=draw.randrange(90))
            found = {item.item_key: given(item, draw) for item in version.items}
            answering.record(
                session, version, found, mode=draw.choice(["web", "phone"]), stratum_id=places[k % 2],
                handler="", language="en", now=datetime(day.year, day.month, day.day, 3, tzinfo=UTC),
            )  # fmt: skip


def published(database, items):
    with database.begin() as session:
        made = from_dict(all_kinds(items=items))
        actions.publish(session, made, key="care", actor="t", now=datetime(2025, 1, 1, tzinfo=UTC))
        return queries.current_version(session, "care")


def listed(session, versions, period, where, asking, value):
    n = 0
    for page in range(1, 20):
        found = answers.lines(session, versions, period, where, asking=asking, value=value, page=page)
        n += len(found)
        if len(found) < answers.PER_PAGE:
            return n
    raise AssertionError


@pytest.mark.slow  # seven hundred lists
def test_every_list_is_as_long_as_its_bar(database):
    draw = random.Random(5)
    first = published(database, ITEMS)
    stored(database, first, 40, draw)
    stored(database, published(database, ITEMS[:-1]), 40, draw)
    seen = set()
    with database.read() as session:
        versions = queries.versions(session, "care")
        assert len(versions) == 2
        keys = [item.item_key for item in first.items]
        for where in ({}, {"district": ("East",)}, {"mode": ("phone",)}):
            asked = Asked(questionnaire="care", before=BEFORE, after=AFTER, where=where)
            every = look(session, asked, versions, keys, today=date(2026, 11, 18), min_cell=10)
            for asking in every.values():
                for side, period in zip(SIDES, (BEFORE, AFTER), strict=True):
                    values = [None, *(v for v in asking.cells[side].values if v > 0), *map(int, Missing)]
                    for value in values:
                        bar = answers.how_many(asking, side, value)
                        n = listed(session, versions, period, where, asking, value)
                        assert n == bar, (asking.key, side, where, value)
                        seen.add((asking.series.item.kind, bar > 0))
    assert len({kind for kind, some in seen if some}) == 8
