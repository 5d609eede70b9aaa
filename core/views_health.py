"""Whether this process and its parts work. No data, only the names of the parts and how late they are."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from core import clock, health
from core.web import database

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def alive() -> ResponseReturnValue:
    """Answer as long as this process can."""
    return jsonify(status="ok")


@bp.get("/readyz")
def ready() -> ResponseReturnValue:
    """Answer 200 when every part works, else 503 with the names of those that do not."""
    found = health.readiness(database(), now=clock.now())
    if not found.broken:
        resting = health.resting_channels(database(), now=clock.now())
        return jsonify(status="ok", broken=[], resting=resting, **found.figures)
    response = jsonify(status="not ready", broken=found.broken, **found.figures)
    response.headers["Retry-After"] = "10"
    return response, 503
