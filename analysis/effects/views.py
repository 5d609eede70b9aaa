"""The addresses of measured effects; what is behind them is loaded at the first visit."""

from collections.abc import Callable
from datetime import date
from importlib import import_module
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from followup.measures import hooks
from followup.measures.models import Measure

bp = Blueprint("effects", __name__, url_prefix="/measures")


def _later(name: str) -> Callable[..., ResponseReturnValue]:
    """Return a view that loads its module when it is called: NumPy and matplotlib are heavy."""

    def view(**arguments: Any) -> ResponseReturnValue:
        shown: ResponseReturnValue = getattr(import_module("analysis.effects.views_effect"), name)(
            **arguments
        )
        return shown

    return view


def _sentence(session: Session, measure: Measure, today: date, language: str) -> str:
    said: str = import_module("analysis.effects.views_effect").public_sentence(
        session, measure, today, language
    )
    return said


def listen() -> None:
    """Let the page on which a measure is published say what was measured."""
    if _sentence not in hooks.effect:
        hooks.effect.append(_sentence)


bp.add_url_rule("/<number>/effect", "effect", _later("effect"))
bp.add_url_rule("/<number>/effect.png", "chart", _later("chart"))
bp.add_url_rule("/<number>/effect.csv", "data", _later("data"))
