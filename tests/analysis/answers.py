"""Questionnaires and counts for the tests of the comparison."""

import csv
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from core.db import Database
from surveys import actions, queries, tallies
from surveys.definition import from_dict
from surveys.queries import LoadedVersion

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
PUBLISHED = datetime(2025, 1, 1, tzinfo=UTC)
BEFORE, AFTER = date(2025, 8, 4), date(2026, 8, 4)  # one day of 2025Q3, one of 2026Q3
FALL = ([5, 10, 25, 200, 160], [20, 30, 50, 200, 100])  # worst first: 90 % satisfied, then 75 %
STEADY = ([10, 20, 30, 100, 100], [11, 19, 31, 99, 100])


def likert(key, label="", scale="sat5", **more):
    text = {"en": label or key.title(), "zh_Hans": f"题目{key}"}
    return {"key": key, "scale": scale, "text": text, **more}


def publish(database: Database, *items, key="care", changes=None) -> LoadedVersion:
    """Publish a version."""
    definition = from_dict(
        {"title": {"en": "Care", "zh_Hans": "服务"}, "items": list(items), "changes": changes or {}}
    )
    with database.begin() as session:
        actions.publish(session, definition, key=key, actor="test", now=PUBLISHED)
        return queries.current_version(session, key)


def count(database: Database, version: LoadedVersion, day: date, answers, *, mode="web", **stratum) -> None:
    """Count answers in: ``answers`` is item key -> {value: n}, or the counts from the worst score on."""
    with database.begin() as session:
        place = actions.stratum_id(session, **stratum)
        rows: Counter = Counter()
        for key, counts in answers.items():
            item = version.item(key)
            values = counts if isinstance(counts, dict) else dict(enumerate(counts, start=1))
            for value, n in values.items():
                rows[item.id, day, mode, place, value] += n
        tallies.apply(session, rows)


def two_periods(database: Database, counts=FALL, *, key="overall", mode="web", **stratum) -> LoadedVersion:
    """Publish one item and count its answers in 2025Q3 and 2026Q3."""
    version = publish(database, likert(key, "Overall satisfaction", role="overall"))
    for day, values in zip((BEFORE, AFTER), counts, strict=True):
        count(database, version, day, {key: values}, mode=mode, **stratum)
    return version


def nhs(database: Database, services: Sequence[str] = ()) -> None:
    """Count the Friends and Family Test in, as an import does; of all services, or of these."""
    if not DATA.is_dir():
        pytest.skip("the real data are not beside this checkout (../shared/data)")
    version = publish(database, likert("overall", role="overall"), key="fft")
    counted: dict[tuple[date, str], Counter] = {}
    with (DATA / "nhs_fft_scores.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if services and row["service"] not in services:
                continue
            place = (date.fromisoformat(row["date"]), row["service"])
            counted.setdefault(place, Counter())[int(row["score"])] += 1
    with database.begin() as session:
        rows = {
            (version.items[0].id, day, "import", actions.stratum_id(session, service_type=service), score): n
            for (day, service), scores in counted.items()
            for score, n in scores.items()
        }
        tallies.apply(session, rows)
