"""Logs: one JSON document per line, and nothing in it that identifies a customer."""

import io
import json
import logging
import logging.config
from collections.abc import Iterator
from typing import Any

import pytest

from core import logs
from core.crypto import new_token
from core.logs import redact

TOKEN = "kP7mXw2RtQ9vHs4nBc6yDz"
CANARIES = [
    "13812345678", "138 1234 5678", "138-1234-5678", "+8613812345678", "0086 13812345678", "010-62345678",
    "(0312)1234567", "+49 30 123456", "wang.xiuying+heat@example.org", "wang@localhost", TOKEN, f"/s/{TOKEN}",
]  # fmt: skip


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the configured logging writes."""
    stream = io.StringIO()
    config = logs.config("DEBUG")
    config["handlers"]["stderr"]["stream"] = stream
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logging.config.dictConfig(config)
    yield stream
    root.handlers[:], root.level = handlers, level
    for name in ("gunicorn.access", "gunicorn.error"):
        logging.getLogger(name).handlers.clear()


def read(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize("canary", CANARIES)
def test_canaries_never_reach_a_line(lines: io.StringIO, canary: str) -> None:
    log = logging.getLogger("huifang.test")
    log.info("called %s today", canary)
    log.info("deep", extra={"facts": {"list": [canary, (canary, 1)]}, "number": canary})
    log.warning("GET /s/%s?lang=en 200", canary)
    try:
        raise ValueError(f"bad value: {canary}")
    except ValueError:
        log.exception("it failed")
    logging.getLogger("gunicorn.access").info('127.0.0.1 "GET /s/%s HTTP/1.1" 200', canary)
    assert len(read(lines)) == 5
    assert canary not in lines.getvalue()
    assert canary.strip("/s") not in lines.getvalue()


def test_secrets_are_hidden_by_name(lines: io.StringIO) -> None:
    log = logging.getLogger("huifang.test")
    log.info("x", extra={"password": "hunter2", "csrf_token": "abc", "cookies": "a", "cookie": "id=1"})
    log.info("Cookie: huifang=abcdef; other=1")
    log.info("smtp://user:hunter2@mail.example refused password=hunter2&x=1")
    for secret in ("hunter2", "abcdef", "id=1"):
        assert secret not in lines.getvalue()


def test_every_token_is_recognised() -> None:
    assert all(redact(f"token was {new_token()} there") == "token was *** there" for _ in range(500))


def test_figures_stay_readable() -> None:
    text = "20261121-0042 at 2026-11-21T09:30:00+00:00 in 12345678 ms, 1763712345678, v0.109, 127.0.0.1:8080"
    assert redact(text) == text


def test_a_line_end_starts_no_line(lines: io.StringIO) -> None:
    logging.getLogger("huifang.test").info("user %s", 'eve\r\n{"level": "ERROR", "message": "forged"}\x00')
    [line] = read(lines)
    assert lines.getvalue().count("\n") == 1
    assert (line["level"], line["logger"]) == ("INFO", "huifang.test")


def test_a_line_names_time_and_request(lines: io.StringIO) -> None:
    mark = logs.request_id.set("0a1b2c3d4e5f")
    logging.getLogger("huifang.test").info("seen", extra={"jobs": {"send": {"sent": 3}}, "seconds": 0.25})
    logs.request_id.reset(mark)
    [line] = read(lines)
    assert line["request"] == "0a1b2c3d4e5f"
    assert line["at"].endswith("+00:00")
    assert (line["jobs"], line["seconds"]) == ({"send": {"sent": 3}}, 0.25)
