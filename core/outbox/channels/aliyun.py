"""SMS through Alibaba Cloud: SendSms of Dysmsapi 2017-05-25, signed with ACS3-HMAC-SHA256.

The provider sends words of its own: a template with a code, registered beforehand, into which variables are
filled. A variable may hold no address, so the host of the link stands in the template and the token is the
variable. SendSms is not idempotent: what may have been sent is never sent again by itself.
"""

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit
from zoneinfo import ZoneInfo

from core.crypto import TOKEN_ALPHABET, TOKEN_LENGTH
from core.outbox.channels import outgoing
from core.outbox.channels.outgoing import Answer
from core.outbox.senders import (
    Found,
    Letter,
    PermanentError,
    ServerDownError,
    ServerTroubleError,
    TransientError,
    UnknownOutcomeError,
)
from core.settings import Settings

ALGORITHM = "ACS3-HMAC-SHA256"
VERSION = "2017-05-25"
TIMEOUT = 10.0  # seconds for the whole conversation
LONGEST_VARIABLE = 35  # characters
CHINA = ZoneInfo("Asia/Shanghai")  # whose days the provider counts, wherever we are
WAITING, FAILED, DELIVERED = 1, 2, 3  # SendStatus
_TOKEN = re.compile(rf"/s/([{TOKEN_ALPHABET}]{{{TOKEN_LENGTH}}})")

# What the codes mean for us; help.aliyun.com/document_detail/101346.html lists them.
OF_THE_LETTER = frozenset({
    "isv.MOBILE_NUMBER_ILLEGAL", "isv.MOBILE_COUNT_OVER_LIMIT", "isv.DOMESTIC_NUMBER_NOT_SUPPORTED",
    "isv.PARAM_LENGTH_LIMIT", "isv.PARAM_NOT_SUPPORT_URL", "isv.BLACK_KEY_CONTROL_LIMIT",
    "isv.TEMPLATE_MISSING_PARAMETERS", "isv.TEMPLATE_PARAMS_ILLEGAL", "isv.INVALID_JSON_PARAM",
    "isv.INVALID_PARAMETERS", "isv.SMS_CONTENT_ILLEGAL", "isv.UNSUPPORTED_CONTENT",
})  # fmt: skip
LATER = frozenset({
    "isv.BUSINESS_LIMIT_CONTROL",  # this number has had its share for now
    "isv.SMS_TEMPLATE_ILLEGAL",  # the template is not approved, or not any more: a person can mend it
})  # fmt: skip
OF_THE_ACCOUNT = frozenset({
    "isv.OUT_OF_SERVICE", "isv.AMOUNT_NOT_ENOUGH", "isv.PRODUCT_UN_SUBSCRIPT", "isv.PRODUCT_UNSUBSCRIBE",
    "isv.ACCOUNT_NOT_EXISTS", "isv.ACCOUNT_ABNORMAL", "isv.DAY_LIMIT_CONTROL", "isv.MONTH_LIMIT_CONTROL",
    "isp.RAM_PERMISSION_DENY", "isv.DENY_IP_RANGE", "isv.SMS_SIGN_ILLEGAL", "isv.SMS_SIGNATURE_ILLEGAL",
    "isv.SIGN_STATE_ILLEGAL", "isv.SMS_SIGNATURE_SCENE_ILLEGAL", "isv.EXTEND_CODE_ERROR",
    "isv.SIGN_NAME_ILLEGAL", "isv.SIGN_SOURCE_ILLEGAL", "isv.SECURITY_FROZEN_ACCOUNT", "PORT_NOT_REGISTERED",
    "SignatureDoesNotMatch", "IncompleteSignature", "ServiceUnavailable",
})  # fmt: skip
ACCOUNT_FAMILIES = ("Throttling", "InvalidAccessKeyId", "InvalidTimeStamp", "Forbidden", "InvalidApi")


class AliyunSms:
    """Sends SMS by template code and variables."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._host = urlsplit(settings.sms_url).netloc
        self._allow = outgoing.allowed(settings, operators=True)

    def send(self, letter: Letter) -> str:
        """Send one letter; return the provider's BizId."""
        query = {
            "PhoneNumbers": letter.to.removeprefix("+"),
            "SignName": self._settings.signature,
            "TemplateCode": _template_code(letter),
            "TemplateParam": json.dumps(variables(letter), ensure_ascii=False),
            "OutId": letter.uid,  # comes back with the report
        }
        return biz_id(self._call("SendSms", query, letter.at))

    def look_up(self, letter: Letter, now: datetime) -> Found | None:
        """Ask what the provider sent to this number on that day, and find the letter by our name of it."""
        query = {
            "PhoneNumber": letter.to.removeprefix("+").removeprefix("86"),
            "SendDate": letter.at.astimezone(CHINA).strftime("%Y%m%d"),
            "PageSize": "50",  # the most; nobody gets more messages a day
            "CurrentPage": "1",
        }
        return found(self._call("QuerySendDetails", query, now), letter.uid)

    def _call(self, action: str, query: Mapping[str, str], at: datetime) -> Answer:
        using = self._settings
        headers = signed_headers(
            host=self._host, action=action, version=VERSION, query=query, at=at,
            nonce=secrets.token_hex(16), key_id=using.sms_key_id, secret=using.sms_secret,
        )  # fmt: skip
        url = f"{using.sms_url.rstrip('/')}/?{urlencode(query, quote_via=quote, safe='~')}"
        return outgoing.post_json(url, b"", headers, timeout=TIMEOUT, allow=self._allow)


def variables(letter: Letter) -> dict[str, str]:
    """Return what fills the provider's template; a value it would refuse is refused here, by name."""
    values = dict(letter.values)
    if not values:
        token = _TOKEN.search(letter.body)
        values = {"token": token.group(1)} if token else {}
    for name, value in values.items():
        if not value:
            raise PermanentError(f"The variable {name} is empty; the provider takes no empty one.")
        if len(value) > LONGEST_VARIABLE:
            raise PermanentError(
                f"The variable {name} has {len(value)} characters; {LONGEST_VARIABLE} are allowed."
            )
        if "://" in value:
            raise PermanentError(f"The variable {name} holds an address; the provider refuses that.")
    return values


def _template_code(letter: Letter) -> str:
    if not letter.provider_code:
        name = letter.template or letter.purpose
        raise TransientError(
            f"No template code is set for {name} ({letter.language}); enter it under Settings, Messages."
        )
    return letter.provider_code


def signed_headers(
    *,
    host: str,
    action: str,
    version: str,
    query: Mapping[str, str],
    at: datetime,
    nonce: str,
    key_id: str,
    secret: str,
) -> dict[str, str]:
    """Return the headers of a POST without a body, its Authorization among them."""
    headers = {
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        "x-acs-date": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": nonce,
        "x-acs-version": version,
    }
    names = ";".join(headers)  # they stand in alphabetical order already
    request = canonical_request(query, headers)
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    authorization = f"{ALGORITHM} Credential={key_id},SignedHeaders={names},Signature={signature}"
    del headers["host"]  # the request carries it anyway
    return headers | {"Authorization": authorization}


def canonical_request(query: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """Return the text whose hash is signed: method, path, query, headers, their names, hash of the body."""
    pairs = sorted((quote(k, safe="~"), quote(v, safe="~")) for k, v in query.items())
    lines = "".join(f"{name}:{value.strip()}\n" for name, value in headers.items())
    return "\n".join(
        (
            "POST",
            "/",
            "&".join(f"{k}={v}" for k, v in pairs),
            lines,
            ";".join(headers),
            headers["x-acs-content-sha256"],
        )
    )


def biz_id(answer: Answer) -> str:
    """Return the provider's number of the message it accepted, or raise the error its answer amounts to."""
    said = _read(answer.body)
    code, words = str(said.get("Code") or ""), str(said.get("Message") or "")
    if code == "OK" and 200 <= answer.status < 300:
        return str(said.get("BizId") or "")[:80]
    if not code:
        raise UnknownOutcomeError(f"The provider answered {answer.status} and no code.")
    raise _refusal(answer.status, code, f"{code} {words}".strip())


def found(answer: Answer, uid: str) -> Found | None:
    """Read the answer of QuerySendDetails: what became of the message that we call ``uid``."""
    said = _read(answer.body)
    if said.get("Code") != "OK":
        raise TransientError(f"{said.get('Code') or answer.status} {said.get('Message') or ''}".strip())
    details = said.get("SmsSendDetailDTOs")
    rows = details.get("SmsSendDetailDTO") if isinstance(details, dict) else None
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict) and row.get("OutId") == uid:
            delivered = {WAITING: None, FAILED: False, DELIVERED: True}
            status = row.get("SendStatus")
            return Found(
                delivered.get(status) if isinstance(status, int) else None, str(row.get("ErrCode") or "")
            )
    return None


def _refusal(status: int, code: str, words: str) -> Exception:
    """Sort a refusal by its code: of this letter, of the account, or for now."""
    if code in OF_THE_LETTER:
        return PermanentError(words)
    if code in LATER:
        return TransientError(words)
    if code in OF_THE_ACCOUNT or code.startswith(ACCOUNT_FAMILIES):
        return ServerDownError(words)
    if code.startswith("isp."):  # the platform's own trouble
        return ServerTroubleError(words)
    if status >= 500:
        return UnknownOutcomeError(words)
    return TransientError(words)  # a code that we do not know: refused, so it was not sent


def _read(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
