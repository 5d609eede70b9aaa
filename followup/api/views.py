"""The API for other systems: cases in, events in, cases out; a key in the header and never a cookie."""

import json
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, cast

from flask import Request, Response, g, jsonify, request
from flask.typing import ResponseReturnValue
from flask_smorest import Blueprint
from limits import RateLimitItemPerMinute
from marshmallow import ValidationError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from webargs.flaskparser import FlaskParser

from core import clock
from core.i18n import _
from core.views_limits import within
from core.web import again_after_deadlock, database, problem
from followup.api import cases, events, keys, schemas
from followup.api.errors import (
    FieldsError,
    NoKeyError,
    NotAllowedError,
    OtherTypeError,
    RefusedError,
    TooOftenError,
    UnreadableError,
)
from followup.api.idempotency import Reply, once
from followup.api.models import ApiKey, SourceEvent
from followup.models import Case

LONGEST = 256 * 1024  # bytes of a body
DEEPEST = 8  # our documents have three levels
BAD_TRIES = RateLimitItemPerMinute(30)  # requests without a valid key, from one address
OPEN = "api.document"

IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "schema": {"type": "string", "minLength": 1, "maxLength": 80, "pattern": "^[!-~]+$"},
    "description": "The same key with the same body gets the same answer for two days.",
}
IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "schema": {"type": "string", "pattern": '^"[0-9]{1,9}"$'},
    "description": "The ETag of the case you read; refused with 412 when the facts changed since.",
}
NUMBER = {
    "in": "path",
    "name": "number",
    "required": True,
    "schema": {"type": "string", "pattern": "^[0-9]{8}-[0-9]{4,9}$"},
    "description": "The number of the case, such as 20261121-0042.",
}


class _Parser(FlaskParser):
    """Takes the document that was read already, and says what is wrong with it in our words."""

    def load_json(self, _request: Request, _schema: object) -> Any:
        return g.api_document

    def handle_error(self, error: ValidationError, *_rest: object, **_more: object) -> NoReturn:
        found = cast(dict[str, Any], error.messages)
        raise FieldsError(
            _("Some fields cannot be used as they are; “errors” names them."),
            errors=[{"field": name, "detail": said} for name, said in _flat(found.get("json", found))],
        )


class _Api(Blueprint):
    ARGUMENTS_PARSER = _Parser()


bp = _Api("api", __name__, url_prefix="/api/v1", description="Cases of other systems.")


@bp.before_request
def _let_in() -> None:
    """Let in who has a key for this, and read the body once."""
    request.max_content_length = LONGEST
    if request.endpoint == OPEN:
        return
    g.api_key = _key(request.headers.get("Authorization", ""), SCOPE_OF[request.endpoint or ""])
    g.api_document = _body() if request.method == "POST" else None


@bp.errorhandler(RefusedError)
def _refused(error: RefusedError) -> ResponseReturnValue:
    return problem(error.status, str(error), error.headers, **error.more)


@bp.post("/cases")
@bp.arguments(schemas.CaseIn)
@bp.response(201, schemas.CaseOut, description="The case was entered.")
@bp.alt_response(200, schema=schemas.CaseOut, description="It was here already, and says the same.")
@bp.doc(operationId="create", parameters=[IDEMPOTENCY_KEY])
@again_after_deadlock
def create(given: dict[str, Any]) -> Response:
    """Enter a case."""

    def act(session: Session, key: ApiKey) -> Reply:
        case, is_new = cases.create(session, key, given, clock.now())
        return Reply(201 if is_new else 200, _shown(case))

    return _answered(act, {"path": request.path, "body": g.api_document})


@bp.get("/cases/<string:number>", parameters=[NUMBER])
@bp.response(200, schemas.CaseOut)
@bp.doc(operationId="read")
def read(number: str) -> Response:
    """Read a case of your own."""
    with database().read() as session:
        case = cases.find(session, g.api_key, number)
    return _sent(Reply(200, _shown(case)))


@bp.post("/cases/<string:number>/events", parameters=[NUMBER])
@bp.arguments(schemas.EventIn)
@bp.response(201, schemas.TakenOut, description="The event was taken over.")
@bp.alt_response(200, schema=schemas.TakenOut, description="It was here already.")
@bp.doc(operationId="tell", parameters=[IDEMPOTENCY_KEY, IF_MATCH])
@again_after_deadlock
def tell(told: dict[str, Any], number: str) -> Response:
    """Tell what happened to a case: closed, reopened, cancelled, changed."""
    version = _if_match(request.headers.get("If-Match"))

    def act(session: Session, key: ApiKey) -> Reply:
        case = cases.find(session, key, number, lock=True)
        event, is_new = events.take(session, key, case, told, if_match=version, now=clock.now())
        return Reply(201 if is_new else 200, {"event": _shown_event(event), "case": _shown(case)})

    return _answered(act, {"path": request.path, "body": g.api_document, "if_match": version})


SCOPE_OF = {"api.create": "cases:write", "api.read": "cases:read", "api.tell": "events:write"}


def _key(header: str, scope: str) -> ApiKey:
    """Return the key of the request; hold up who tries without one."""
    kind, _space, text = header.partition(" ")
    now = clock.now()
    with database().look() as session:  # who only guesses never takes the write lock
        key = keys.holder(session, text.strip(), now) if kind.casefold() == "bearer" else None
    if key is None:
        if not within(BAD_TRIES, "api key"):
            raise TooOftenError(_("Too many requests without a valid key; wait a minute."))
        raise NoKeyError(_("Send a valid key: Authorization: Bearer hf_…"))
    with database().begin() as session:
        keys.note_use(session, key, scope, now)
    if scope not in key.scopes:
        raise NotAllowedError(_("This key does not allow “%(scope)s”.", scope=scope))
    return key


def _body() -> Any:
    """Read the body of the request as JSON of no great depth."""
    if request.mimetype != "application/json":
        raise OtherTypeError(_("Send the body as application/json."))
    try:
        document = json.loads(request.get_data().decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise UnreadableError(_("The body is no JSON document in UTF-8.")) from None
    if _depth(document) > DEEPEST:
        raise FieldsError(_("The document is nested too deeply."))
    return document


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON")


def _depth(document: Any) -> int:
    """Measure without recursion, and not below where it is too deep already."""
    level, deep = [document], 0
    while level and deep <= DEEPEST:
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        deep += 1
    return deep


def _answered(act: Callable[[Session, ApiKey], Reply], asked: dict[str, Any]) -> Response:
    """Act in one transaction; when somebody entered the same thing meanwhile, look once more."""
    try:
        return _acted(act, asked)
    except IntegrityError:
        return _acted(act, asked)


def _acted(act: Callable[[Session, ApiKey], Reply], asked: dict[str, Any]) -> Response:
    key: ApiKey = g.api_key
    with database().begin() as session:
        reply = once(
            session, key, request.headers.get("Idempotency-Key"), asked,
            lambda: act(session, key), now=clock.now(),
        )  # fmt: skip
    return _sent(reply)


def _sent(reply: Reply) -> Response:
    response = jsonify(reply.document)
    response.status_code = reply.status
    case = reply.document.get("case", reply.document)
    response.headers["ETag"] = f'"{case["version"]}"'
    if reply.status == 201:
        response.headers["Location"] = f"/api/v1/cases/{case['number']}"
    if reply.again:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def _if_match(header: str | None) -> int | None:
    """Read the version in If-Match; a star fits every one."""
    if header is None or header.strip() == "*":
        return None
    text = header.strip().strip('"')
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise FieldsError(_("If-Match holds the ETag of the case, such as “3” in quotes."))
    return int(text)


def _shown(case: Case) -> dict[str, Any]:
    return cast(dict[str, Any], schemas.CaseOut().dump(case))


def _shown_event(event: SourceEvent) -> dict[str, Any]:
    return cast(
        dict[str, Any],
        schemas.EventOut().dump(
            {
                "event_id": event.event_id,
                "event": event.kind,
                "at": event.at_source,
                "received_at": event.received_at,
                "effect": event.effect,
            }
        ),
    )


def _flat(found: Any, place: str = "") -> list[tuple[str, str]]:
    """Return (field, sentence) for each message; fields of fields are named with dots."""
    if isinstance(found, Mapping):
        return [
            pair
            for name, inner in found.items()
            for pair in _flat(inner, f"{place}.{name}".lstrip(".") if name != "_schema" else place)
        ]
    return [(place, str(said)) for said in (found if isinstance(found, list) else [found])]
