"""Whether this process and its parts work. No data, only the names of the parts."""

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
    broken = health.broken_parts(database(), now=clock.now())
    if not broken:
        return jsonify(status="ok", broken=[], resting=health.resting_channels(database(), now=clock.now()))
    response = jsonify(status="not ready", broken=broken)
    response.headers["Retry-After"] = "10"
    return response, 503
