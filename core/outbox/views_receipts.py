"""Where providers report what became of messages: signed, or with a secret in the address; never a cookie."""

import hmac
import json
from collections.abc import Callable, Iterable
from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from limits import RateLimitItemPerMinute

from core import clock
from core.errors import NotFoundError
from core.outbox.channels.signing import is_signed
from core.outbox.receipts import Receipt, take
from core.settings import Settings
from core.views_limits import within
from core.web import database, settings

bp = Blueprint("receipts", __name__)

MOST = 500  # reports in one request
LONGEST = 512 * 1024  # bytes of one request
BAD_TRIES = RateLimitItemPerMinute(30)  # requests without a valid proof, from one address

Reader = Callable[[Any], Iterable[Receipt]]


@bp.post("/receipts/<channel>")
def take_over(channel: str) -> ResponseReturnValue:
    """Take over what a provider reports about its messages."""
    using, body = settings(), _body()
    if channel == "aliyun" and using.sms_url and using.sms_kind == "aliyun":
        return _read(_is_token(using), body, "sms", of_aliyun)
    if channel == "sms" and using.sms_url and using.sms_kind == "http":
        return _read(_is_proven(using.sms_secret, body), body, "sms", of_gateway)
    if channel == "webhook" and using.webhook_url:
        return _read(_is_proven(using.webhook_secret, body), body, "webhook", of_gateway)
    raise NotFoundError


def of_gateway(document: Any) -> Iterable[Receipt]:
    """Read reports as docs/channels.md agrees: one object, or a list of them."""
    for entry in document if isinstance(document, list) else [document]:
        status = _text(entry, "status")
        if status in {"delivered", "undelivered"}:
            reason = _text(entry, "reason")
            yield Receipt(_text(entry, "id"), status == "delivered", _text(entry, "provider_id"), reason)


def of_aliyun(document: Any) -> Iterable[Receipt]:
    """Read reports of Alibaba Cloud's SmsReport: a list of objects with ``out_id`` and ``success``."""
    for entry in document if isinstance(document, list) else []:
        success = entry.get("success") if isinstance(entry, dict) else None
        if isinstance(success, bool):
            words = f"{_text(entry, 'err_code')} {_text(entry, 'err_msg')}".strip()
            yield Receipt(_text(entry, "out_id"), success, _text(entry, "biz_id"), words)


def _read(is_proven: bool, body: bytes, channel: str, reader: Reader) -> ResponseReturnValue:
    if not is_proven:
        return _refused()
    try:
        found = list(reader(json.loads(body)))
    except (ValueError, RecursionError):
        return jsonify(code=422, msg="This is no JSON document."), 422
    if len(found) > MOST:
        return jsonify(code=413, msg=f"Send at most {MOST} reports at once."), 413
    now = clock.now()
    with database().begin() as session:
        # In one order, so that two requests about the same messages do not wait for each other.
        taken = sum(take(session, one, channel, now) for one in sorted(found, key=lambda one: one.uid))
    return jsonify(code=0, msg="OK", read=len(found), new=taken)


def _body() -> bytes:
    request.max_content_length = LONGEST
    return request.get_data(cache=False)


def _is_proven(secret: str, body: bytes) -> bool:
    return is_signed(secret, dict(request.headers), body, clock.now())


def _is_token(using: Settings) -> bool:
    """The provider cannot sign; the address it calls holds a secret that nobody else knows."""
    given, wanted = request.args.get("token", ""), using.sms_receipt_token
    return bool(wanted) and hmac.compare_digest(given.encode(), wanted.encode())


def _refused() -> tuple[Response, int]:
    """Refuse who cannot prove anything; hold up who tries often."""
    if within(BAD_TRIES, "receipt"):
        return jsonify(code=403, msg="The signature or the token is not valid."), 403
    return jsonify(code=429, msg="Too many tries."), 429


def _text(entry: Any, name: str) -> str:
    value = entry.get(name) if isinstance(entry, dict) else None
    return value if isinstance(value, str) else ""
