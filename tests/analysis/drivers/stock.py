"""Answers on which drivers can be seen: the result matters most, the price not at all."""

from datetime import UTC, datetime

import numpy as np

from core.db import Database
from surveys import actions, bulk
from surveys.answering import Given
from surveys.bulk import Filled
from surveys.models import Missing
from surveys.queries import LoadedVersion
from tests.analysis.answers import likert, publish

JULY, LAST_JULY = datetime(2026, 7, 6, 2, 0, tzinfo=UTC), datetime(2025, 7, 7, 2, 0, tzinfo=UTC)
QUESTIONS = ("result", "speed", "manner", "price")
WEIGHTS = np.array([0.8, 0.35, 0.2, 0.0])


def questionnaire(database: Database, *more, key="care", **changes) -> LoadedVersion:
    """Publish an overall rating and four drivers."""
    items = [likert(name, role="driver", not_applicable=True) for name in QUESTIONS]
    overall = likert("overall", "Overall satisfaction", role="overall")
    return publish(database, overall, *items, *more, key=key, **changes)


def draw(n: int, seed: int, weights: np.ndarray = WEIGHTS) -> np.ndarray:
    """Draw ratings from 1 to 5, most of them 5: the overall rating first."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(n, 1))
    causes = 0.5 * common + 0.87 * rng.normal(size=(n, len(weights)))
    rating = causes @ weights + 0.5 * rng.normal(size=n)
    return np.clip(np.round(4.2 + 0.9 * np.column_stack([rating, causes])), 1, 5).astype(int)


def answer(
    database: Database, version: LoadedVersion, scores: np.ndarray, at: datetime = JULY, *,
    mode: str = "web", keys: tuple[str, ...] = ("overall", *QUESTIONS), **stratum: str,
) -> None:  # fmt: skip
    """Store answers; a score below 1 means that the question did not apply."""
    with database.begin() as session:
        place = actions.stratum_id(session, **stratum)
        name = f"{at:%Y%m%d}{mode}{sorted(stratum.items())}{len(scores)}"
        rows = [
            Filled(
                f"{name}-{number}"[-80:], at, mode, "zh_Hans", place, "h",
                {
                    key: Given(value=int(score)) if score > 0 else Given(missing=Missing.NOT_APPLICABLE)
                    for key, score in zip(keys, row, strict=True)
                },
            )
            for number, row in enumerate(scores)
        ]  # fmt: skip
        bulk.record_many(session, version, rows)
