"""SMS through Alibaba Cloud, against a server that checks the signature as the published algorithm says."""

import hashlib
import hmac
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from sqlalchemy import select

from core.db import Database
from core.outbox.channels import aliyun
from core.outbox.channels.aliyun import AliyunSms, canonical_request, signed_headers, variables
from core.outbox.channels.choice import senders_for
from core.outbox.jobs import deliver
from core.outbox.models import Message, MessageTemplate
from core.outbox.senders import (
    Letter,
    PermanentError,
    SendError,
    ServerDownError,
    ServerTroubleError,
    TransientError,
    UnknownOutcomeError,
)
from core.settings import Settings
from tests.core.test_outbox import states, write
from tests.core.webserver import Reply, Request, web_server

KEY_ID, SECRET = "LTAI-of-the-test", "the secret of the access key"
TOKEN = "ABCDEFGHJKLMNPQRSTUVWX"
OK = {"Code": "OK", "Message": "OK", "BizId": "9006197469364984^0", "RequestId": "F655A8D5"}

# The example that Alibaba Cloud publishes with fixed values ("V3 request structure and signature",
# help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature, "Fixed parameter values").
PUBLISHED = {
    "host": "ecs.cn-shanghai.aliyuncs.com",
    "action": "RunInstances",
    "version": "2014-05-26",
    "query": {
        "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
        "RegionId": "cn-shanghai",
    },
    "at": datetime(2023, 10, 26, 10, 22, 32, tzinfo=UTC),
    "nonce": "3156853299f313e23d1673dc12e1703d",
    "key_id": "YourAccessKeyId",
    "secret": "YourAccessKeySecret",
}


def test_the_published_example_is_signed_as_published() -> None:
    headers = signed_headers(**PUBLISHED)  # type: ignore[arg-type]
    assert headers["Authorization"] == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;"
        "x-acs-date;x-acs-signature-nonce;x-acs-version,"
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )
    canonical = canonical_request(
        PUBLISHED["query"],  # type: ignore[arg-type]
        {"host": str(PUBLISHED["host"])} | {k: v for k, v in headers.items() if k != "Authorization"},
    )
    assert hashlib.sha256(canonical.encode()).hexdigest() == (
        "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259"
    )


@pytest.fixture
def letter(now: datetime) -> Letter:
    return Letter(
        uid="0123456789abcdef0123456789abcdef",
        channel="sms",
        to="+8613812345678",
        title="",
        body=f"【东城热力】工单已办结，请您评价：https://heat.example/s/{TOKEN}",
        language="zh_Hans",
        at=now,
        purpose="invitation",
        template="invite_sms",
        provider_code="SMS_154950909",
        values={"token": TOKEN, "addressee": "王 秀英+"},
    )


def through(url: str) -> Settings:
    return Settings(sms_url=url, sms_kind="aliyun", sms_key_id=KEY_ID, sms_secret=SECRET, sms_sign="东城热力")


def checked(request: Request) -> Reply:
    """Answer as the provider: recompute the signature from what arrived, and refuse what does not fit.

    Written from the published description, apart from the code that signs.
    """
    given = re.fullmatch(
        r"ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})",
        request.headers.get("authorization", ""),
    )
    refused = Reply(403, json.dumps({"Code": "SignatureDoesNotMatch", "Message": "not ours"}).encode())
    if given is None or given[1] != KEY_ID:
        return refused
    names = given[2].split(";")
    must = {"host", *(n for n in request.headers if n.startswith("x-acs-")), "content-type"}
    if names != sorted(names) or must & set(request.headers) != set(names):
        return refused
    url = urlsplit(request.path)
    arguments = dict(parse_qsl(url.query, keep_blank_values=True))
    query = "&".join(f"{quote(k, safe='-_.~')}={quote(arguments[k], safe='-_.~')}" for k in sorted(arguments))
    body_hash = hashlib.sha256(request.body).hexdigest()
    lines = "".join(f"{name}:{request.headers[name].strip()}\n" for name in names)
    canonical = f"POST\n{url.path}\n{query}\n{lines}\n{given[2]}\n{body_hash}"
    to_sign = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode('utf-8')).hexdigest()}"
    wanted = hmac.new(SECRET.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    if wanted != given[3] or request.headers["x-acs-content-sha256"] != body_hash:
        return refused
    return Reply(200, json.dumps(OK).encode())


def test_the_provider_accepts_our_signature(letter: Letter) -> None:
    with web_server(checked) as server:
        assert AliyunSms(through(server.url)).send(letter) == "9006197469364984^0"
    [request] = server.received
    assert request.headers["x-acs-action"] == "SendSms"
    assert request.headers["x-acs-version"] == "2017-05-25"
    assert request.headers["x-acs-date"] == "2026-11-18T02:00:00Z"
    arguments = dict(parse_qsl(urlsplit(request.path).query))
    assert json.loads(arguments.pop("TemplateParam")) == {"token": TOKEN, "addressee": "王 秀英+"}
    assert arguments == {
        "PhoneNumbers": "8613812345678",
        "SignName": "东城热力",
        "TemplateCode": "SMS_154950909",
        "OutId": letter.uid,
    }


def test_the_provider_refuses_a_wrong_secret(letter: Letter) -> None:
    with web_server(checked) as server, pytest.raises(ServerDownError, match="SignatureDoesNotMatch"):
        AliyunSms(replace(through(server.url), sms_secret="another secret")).send(letter)


def test_each_request_has_a_nonce_of_its_own(letter: Letter) -> None:
    with web_server(checked) as server:
        sender = AliyunSms(through(server.url))
        sender.send(letter)
        sender.send(letter)
    first, second = (request.headers["x-acs-signature-nonce"] for request in server.received)
    assert first != second


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (200, "isv.MOBILE_NUMBER_ILLEGAL", PermanentError),
        (200, "isv.PARAM_NOT_SUPPORT_URL", PermanentError),
        (200, "isv.PARAM_LENGTH_LIMIT", PermanentError),
        (200, "isv.BLACK_KEY_CONTROL_LIMIT", PermanentError),
        (200, "isv.BUSINESS_LIMIT_CONTROL", TransientError),
        (200, "isv.SMS_TEMPLATE_ILLEGAL", TransientError),
        (200, "isv.SOMETHING_NEW", TransientError),
        (200, "isv.AMOUNT_NOT_ENOUGH", ServerDownError),
        (200, "isv.SMS_SIGNATURE_ILLEGAL", ServerDownError),
        (200, "isv.DAY_LIMIT_CONTROL", ServerDownError),
        (400, "Throttling.User", ServerDownError),
        (404, "InvalidAccessKeyId.NotFound", ServerDownError),
        (400, "InvalidTimeStamp.Expired", ServerDownError),
        (503, "ServiceUnavailable", ServerDownError),
        (200, "isp.SYSTEM_ERROR", ServerTroubleError),
        (500, "InternalError", UnknownOutcomeError),
        (500, "OK", UnknownOutcomeError),  # it says both
        (200, "", UnknownOutcomeError),
    ],
)
def test_codes_are_told_apart(letter: Letter, status: int, code: str, error: type[SendError]) -> None:
    body = json.dumps({"Code": code, "Message": "words of the provider", "RequestId": "1"}).encode()
    with web_server(Reply(status, body)) as server, pytest.raises(SendError) as caught:
        AliyunSms(through(server.url)).send(letter)
    assert caught.type is error
    assert code in str(caught.value)


def test_no_code_means_two_things() -> None:
    groups = [aliyun.OF_THE_LETTER, aliyun.LATER, aliyun.OF_THE_ACCOUNT]
    assert sum(map(len, groups)) == len(frozenset().union(*groups))


@pytest.mark.parametrize("reply", [Reply(trouble="reset"), Reply(200, b"OK"), Reply(wait=1.0)])
def test_without_an_answer_nobody_knows(
    letter: Letter, reply: Reply, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aliyun, "TIMEOUT", 0.4)
    with web_server(reply) as server, pytest.raises(UnknownOutcomeError):
        AliyunSms(through(server.url)).send(letter)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"token": TOKEN, "addressee": ""}, "addressee"),
        ({"token": TOKEN, "addressee": "王" * 36}, "addressee has 36 characters; 35"),
        ({"link": f"https://heat.example/s/{TOKEN}"}, "link"),
    ],
)
def test_what_the_provider_would_refuse_is_refused_by_name(
    letter: Letter, values: dict[str, str], named: str
) -> None:
    with web_server(checked) as server, pytest.raises(PermanentError, match=named):
        AliyunSms(through(server.url)).send(replace(letter, values=values))
    assert server.received == []


def test_without_kept_values_the_token_is_read_from_the_text(letter: Letter) -> None:
    assert variables(replace(letter, values={})) == {"token": TOKEN}
    assert variables(replace(letter, values={}, body="Nothing here.")) == {}


def test_a_missing_template_code_is_named_and_can_be_mended(
    database: Database, settings: Settings, now: datetime
) -> None:
    with database.begin() as session:
        write(session, now, channel="sms", to="13812345678", language="zh_Hans", body=letter_text())
        session.scalars(select(Message)).one().template = "invite_sms"
    with web_server(checked) as server:
        using = replace(settings, sms_url=server.url, sms_kind="aliyun", sms_key_id=KEY_ID, sms_secret=SECRET)
        aware = Database(using)
        assert deliver(aware, now=now, senders=senders_for(using)) == {"retried": 1}
        with aware.read() as session:
            assert "No template code is set for invite_sms" in session.scalars(select(Message.error)).one()
        with aware.begin() as session:
            session.add(
                MessageTemplate(
                    name="invite_sms", language="zh_Hans", provider_code="SMS_1", updated_at=now,
                    updated_by="ada",
                )
            )  # fmt: skip
        assert deliver(aware, now=now + timedelta(minutes=5), senders=senders_for(using)) == {"sent": 1}
        aware.dispose()
    assert states(database) == {1: "sent"}
    assert "TemplateCode=SMS_1&" in server.received[0].path


def letter_text() -> str:
    return f"【东城热力】请您评价：https://heat.example/s/{TOKEN}"


class Books:
    """A provider that answers SendSms with nothing, and keeps books that can be asked."""

    def __init__(self, status: int | None) -> None:
        self.status = status

    def __call__(self, request: Request) -> Reply:
        if checked(request).status != 200:
            return checked(request)
        arguments = dict(parse_qsl(urlsplit(request.path).query))
        if request.headers["x-acs-action"] == "SendSms":
            self.uid = arguments["OutId"]
            return Reply(trouble="reset")
        self.asked = arguments
        rows = [{"OutId": "another", "SendStatus": 3}]
        if self.status is not None:
            rows.append({"OutId": self.uid, "SendStatus": self.status, "ErrCode": "MK:0001"})
        return Reply(
            200, json.dumps({"Code": "OK", "SmsSendDetailDTOs": {"SmsSendDetailDTO": rows}}).encode()
        )


@pytest.mark.parametrize(
    ("status", "state", "reported"),
    [(1, "sent", ""), (2, "sent", "undelivered"), (3, "sent", "delivered"), (None, "uncertain", "")],
)
def test_the_provider_is_asked_what_became_of_it(
    database: Database, settings: Settings, now: datetime, status: int | None, state: str, reported: str
) -> None:
    books = Books(status)
    with web_server(books) as server:
        using = replace(settings, sms_url=server.url, sms_kind="aliyun", sms_key_id=KEY_ID, sms_secret=SECRET)
        aware = Database(using)
        with aware.begin() as session:
            session.add(
                MessageTemplate(
                    name="invite_sms", language="zh_Hans", provider_code="SMS_1", updated_at=now,
                    updated_by="ada",
                )
            )  # fmt: skip
            write(session, now, channel="sms", to="13812345678", language="zh_Hans", body=letter_text())
        assert deliver(aware, now=now) == {"uncertain": 1}
        assert deliver(aware, now=now + timedelta(seconds=30)) == {}  # too early to ask
        expected = {"settled": 1} if state == "sent" else {}
        assert deliver(aware, now=now + timedelta(minutes=2)) == expected
        assert books.asked == {
            "PhoneNumber": "13812345678", "SendDate": "20261118", "PageSize": "50", "CurrentPage": "1",
        }  # fmt: skip
        asked = len(server.received)
        assert deliver(aware, now=now + timedelta(minutes=3)) == {}
        assert len(server.received) == asked  # not every round
        assert deliver(aware, now=now + timedelta(days=3)) == {}
        assert len(server.received) == asked  # and not for ever
        actions = [request.headers["x-acs-action"] for request in server.received]
        assert actions.count("SendSms") == 1  # never sent again by itself
        with aware.read() as session:
            message = session.scalars(select(Message)).one()
        assert (message.state, message.receipt_state) == (state, reported)
        aware.dispose()


def test_a_provider_that_cannot_be_asked_settles_nothing(now: datetime, letter: Letter) -> None:
    with web_server(Reply(200, b'{"Code": "isp.SYSTEM_ERROR"}')) as server, pytest.raises(TransientError):
        AliyunSms(through(server.url)).look_up(letter, now)
    odd = [{}, {"SmsSendDetailDTOs": 7}, {"SmsSendDetailDTOs": {"SmsSendDetailDTO": [None, {"OutId": 7}]}}]
    for document in odd:
        reply = Reply(200, json.dumps({"Code": "OK"} | document).encode())
        with web_server(reply) as server:
            assert AliyunSms(through(server.url)).look_up(letter, now) is None
