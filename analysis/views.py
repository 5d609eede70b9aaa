"""The addresses of the analysis.

The pages behind them are loaded at the first visit: NumPy and SciPy cost 25 MB and half a second, which a
worker that only takes answers, and every command, should not pay.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

bp = Blueprint("analysis", __name__)


# address -> endpoint, module and view
PAGES = {
    "": ("index", "views_compare", "index"),
    "/chart.png": ("chart", "views_compare", "chart"),
    "/data.json": ("data_json", "views_compare", "data_json"),
    "/data.csv": ("data_csv", "views_compare", "data_csv"),
    "/drivers": ("drivers", "drivers.views", "index"),
    "/drivers/chart.png": ("drivers_chart", "drivers.views", "chart"),
    "/drivers/data.json": ("drivers_json", "drivers.views", "data_json"),
    "/method": ("method", "views_compare", "method"),
    "/trend": ("trend", "trend.views", "trend"),
    "/trend/chart.png": ("trend_chart", "trend.views", "chart"),
    "/trend/seasons.png": ("trend_seasons", "trend.views", "season_chart"),
    "/trend/data.csv": ("trend_csv", "trend.views", "data_csv"),
    "/why": ("why", "why.views", "page"),
    "/why/chart.png": ("why_chart", "why.views", "chart"),
    "/why/data.csv": ("why_csv", "why.views", "data_csv"),
    "/comments": ("comments", "words.views", "comments"),
    "/answers": ("answers", "words.views_answers", "answers"),
}

# the same for what a form sends
STEPS = {
    "/trend/limits": ("trend_mark", "trend.views_marks", "mark"),
    "/trend/limits/<int(max=2147483647):mark_id>/take-back": (
        "trend_take_back", "trend.views_marks", "take_back",
    ),
}  # fmt: skip


def _later(module: str, name: str) -> Callable[..., ResponseReturnValue]:
    """Return a view that loads its module when it is called."""

    def view(**arguments: Any) -> ResponseReturnValue:
        shown: ResponseReturnValue = getattr(import_module(f"analysis.{module}"), name)(**arguments)
        return shown

    return view


for _path, (_endpoint, _module, _name) in PAGES.items():
    bp.add_url_rule(f"/analysis{_path}", _endpoint, _later(_module, _name))
for _path, (_endpoint, _module, _name) in STEPS.items():
    bp.add_url_rule(f"/analysis{_path}", _endpoint, _later(_module, _name), methods=["POST"])
