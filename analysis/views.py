"""The addresses of the analysis.

The pages behind them are loaded at the first visit: NumPy and SciPy cost 25 MB and half a second, which a
worker that only takes answers, and every command, should not pay.
"""

from collections.abc import Callable
from importlib import import_module

from flask import Blueprint
from flask.typing import ResponseReturnValue

bp = Blueprint("analysis", __name__)


def _later(name: str) -> Callable[..., ResponseReturnValue]:
    """Return a view that loads ``analysis.views_compare`` when it is called."""

    def view(**arguments: str) -> ResponseReturnValue:
        shown: ResponseReturnValue = getattr(import_module("analysis.views_compare"), name)(**arguments)
        return shown

    return view


for _path, _name in {
    "": "index",
    "/chart.png": "chart",
    "/data.json": "data_json",
    "/data.csv": "data_csv",
    "/method": "method",
}.items():
    bp.add_url_rule(f"/analysis{_path}", _name, _later(_name))
