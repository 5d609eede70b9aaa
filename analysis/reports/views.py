"""The addresses of the reports; the pages behind them are loaded at the first visit."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

bp = Blueprint("reports", __name__, url_prefix="/analysis/reports")

_KIND = "<any(html,docx,xlsx,pdf):kind>"
_NUMBER = "<int(max=2147483647):number>"
_UID = "<string(length=32):uid>"
# address -> endpoint, module, view and methods
PAGES: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "": ("index", "views_saved", "index", ("GET",)),
    "/new": ("new", "views_saved", "new", ("GET", "POST")),
    f"/saved/{_NUMBER}": ("edit", "views_saved", "edit", ("GET", "POST")),
    f"/saved/{_NUMBER}/switch": ("switch", "views_saved", "switch", ("POST",)),
    "/view": ("view", "views_shown", "view", ("GET",)),
    f"/file.{_KIND}": ("file", "views_shown", "file", ("GET",)),
    f"/{_UID}": ("run", "views_shown", "run", ("GET",)),
    f"/{_UID}/file.{_KIND}": ("run_file", "views_shown", "run_file", ("GET",)),
}


def _later(module: str, name: str) -> Callable[..., ResponseReturnValue]:
    """Return a view that loads its module when it is called."""

    def view(**arguments: Any) -> ResponseReturnValue:
        shown: ResponseReturnValue = getattr(import_module(f"analysis.reports.{module}"), name)(**arguments)
        return shown

    return view


for _path, (_endpoint, _module, _name, _methods) in PAGES.items():
    bp.add_url_rule(_path, _endpoint, _later(_module, _name), methods=_methods)
