"""Kill -9 at random under mixed load: what was acknowledged is there, and nobody hears from us twice."""

import random
from collections.abc import Callable

import pytest

from core.settings import Settings
from tests.chaos.run import run


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_minute_of_kills_loses_nothing_and_sends_nothing_twice(
    settings: Settings, record_property: Callable[[str, object], None]
) -> None:
    """As ``python -m tests.chaos --minutes 10`` does for longer, with any seed."""
    seed = random.SystemRandom().randrange(10**6)
    verdict = run(settings, seconds=60, seed=seed)
    record_property("chaos", verdict.counts)
    assert verdict.wrong == [], verdict.counts
