"""Charts of the tests are drawn small: what they show is tested elsewhere, and drawing takes most time."""

import pytest

from analysis.reports import charts


@pytest.fixture(autouse=True)
def _small_charts(request, monkeypatch):
    if "three_seconds" not in request.node.name:  # that one measures
        monkeypatch.setattr(charts, "PAPER_DPI", 30)
