"""Kill -9 at random under mixed load: what was acknowledged is there, and nobody hears from us twice."""

import random
from collections.abc import Callable

import pytest

from core.settings import Settings
from tests.chaos.run import run
from tests.sizes import size


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_kills_under_load_lose_nothing_and_send_nothing_twice(
    settings: Settings, record_property: Callable[[str, object], None]
) -> None:
    """As ``python -m tests.chaos --minutes 10`` does for longer; what has to happen at least stands there."""
    seed = random.SystemRandom().randrange(10**6)
    verdict = run(settings, seconds=size(20, long=60), seed=seed)
    record_property("chaos", verdict.counts)
    assert verdict.wrong == [], verdict.counts
