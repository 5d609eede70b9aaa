"""The OpenAPI document of the API, made from the very schemas that check what comes in."""

from http import HTTPStatus
from typing import Any, cast

from flask import Flask, Response, current_app, jsonify
from flask.blueprints import BlueprintSetupState
from flask_smorest import Api

from followup.api.schemas import Problem
from followup.api.views import bp

__all__ = ["bp"]  # this module is registered for it

_PROBLEM = "application/problem+json"
# What every call can be refused with, and what some can.
_ALWAYS = (400, 401, 403, 413, 422, 429, 503)
_SOMETIMES = {"create": (409, 415), "read": (404,), "tell": (404, 409, 412, 415)}


class _Document(Api):
    """The document alone: errors are told by core/web.py, for pages and programs alike."""

    def _register_error_handlers(self) -> None:
        """Leave the pages of people their own errors."""

    def _register_responses(self) -> None:
        for status in HTTPStatus:
            content = {_PROBLEM: {"schema": Problem}}
            response = {"description": status.phrase, "content": content}
            self.spec.components.response(status.name, response, lazy=True)


@bp.get("/openapi.json")
def document() -> Response:
    """Return this document."""
    return jsonify(current_app.extensions["huifang_openapi"])


def describe(app: Flask) -> dict[str, Any]:
    """Write the OpenAPI document of the blueprint."""
    made = _Document(spec_kwargs={"title": "Huifang", "version": "1", "openapi_version": "3.1.0"})
    made.init_app(app)
    bp.register_views_in_doc(made, app, made.spec, name=bp.name, parameters=None)
    made.spec.components.security_scheme("key", {"type": "http", "scheme": "bearer"})
    found: dict[str, Any] = made.spec.to_dict()
    del found["paths"]["/api/v1/openapi.json"]
    for path in found["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict):
                _add_refusals(operation)
    return found | {"security": [{"key": []}], "servers": [{"url": "/"}]}


def _add_refusals(operation: dict[str, Any]) -> None:
    """Name every status that an operation may be refused with."""
    schema = {"$ref": "#/components/schemas/Problem"}
    operation["responses"].pop("default", None)  # each is named
    for status in (*_ALWAYS, *_SOMETIMES[operation["operationId"]]):
        phrase = HTTPStatus(status).phrase
        operation["responses"][str(status)] = {
            "description": phrase,
            "content": {_PROBLEM: {"schema": schema}},
        }


def _note(state: BlueprintSetupState) -> None:
    state.app.extensions["huifang_openapi"] = describe(cast(Flask, state.app))


bp.record(_note)  # last: the routes stand by then
