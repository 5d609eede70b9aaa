"""Logs: one JSON document per line on standard error, in UTC, with nothing that identifies a customer."""

import logging.config
import re
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from core.crypto import TOKEN_ALPHABET, TOKEN_LENGTH

request_id: ContextVar[str] = ContextVar("request_id", default="")  # set by the web guard

HIDDEN = "***"
_PRIVATE_NAMES = "password|passwd|secret|token|cookie|authorization|body|session"
_PRIVATE_NAME = re.compile(rf"(?:.*_)?(?:{_PRIVATE_NAMES})(?:_.*)?", re.IGNORECASE)
_PATTERNS = [
    (re.compile(r"(/s/)[^/\s?#\"'<>]+"), rf"\1{HIDDEN}"),  # survey links
    (re.compile(r"(://)[^/\s@]+@"), rf"\1{HIDDEN}@"),  # credentials in an address
    (re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-][\w.-]*"), HIDDEN),  # e-mail addresses
    (re.compile(r"(?i)\b((?:set-)?cookie|authorization)\b[\"']?\s*[:=][^\r\n]*"), rf"\1: {HIDDEN}"),
    (re.compile(rf"(?i)\b({_PRIVATE_NAMES})=[^\s&;,]+"), rf"\1={HIDDEN}"),
    (re.compile(r"(?<!\d)(?:\+|00)?(?:86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)"), HIDDEN),  # mobiles
    (re.compile(r"(?<!\d)\(?0\d{2,3}\)?[ -]?\d{3,4}[ -]?\d{4}(?!\d)"), HIDDEN),  # landlines
    (re.compile(r"\+\d[\d -]{6,16}\d"), HIDDEN),  # any international number
    (re.compile(rf"\b(?=\w*[a-z])(?=\w*[A-Z])[{TOKEN_ALPHABET}]{{{TOKEN_LENGTH}}}\b"), HIDDEN),
]


def redact(text: str) -> str:
    """Hide telephone numbers, e-mail addresses, survey tokens, cookies and passwords in a text."""
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text


class RedactingFormatter(JsonFormatter):
    """Writes a record as JSON, which escapes line ends, after hiding what must not be logged."""

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        """Put time, level, logger and request first."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        log_data.update(at=moment, level=record.levelname, logger=record.name)
        if request_id.get():
            log_data["request"] = request_id.get()
        super().add_fields(log_data, record, message_dict)

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """Hide what must not be logged in every value, however deep."""
        return {key: _hidden(key, value) for key, value in super().process_log_record(log_data).items()}


def config(level: str = "INFO") -> dict[str, Any]:
    """Return the logging configuration: everything goes to standard error, servers' access logs too."""
    through = {"handlers": ["stderr"], "propagate": False, "level": "INFO"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": RedactingFormatter, "fmt": "%(message)s", "json_ensure_ascii": False}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "json",
                "stream": "ext://sys.stderr",
            }
        },
        "root": {"level": level, "handlers": ["stderr"]},
        "loggers": {
            "gunicorn.access": through,  # named here, so that a plain handler of the server's own goes
            "gunicorn.error": through,
            "apscheduler": {"level": "WARNING"},
            "alembic": {"level": "WARNING"},
        },
    }


def setup(level: str = "INFO") -> None:
    """Configure logging for this process."""
    logging.config.dictConfig(config(level))


def _hidden(key: str, value: Any) -> Any:
    if _PRIVATE_NAME.fullmatch(key):
        return HIDDEN
    if isinstance(value, Mapping):
        return {str(k): _hidden(str(k), v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_hidden("", each) for each in value]
    if value is None or isinstance(value, bool | float):
        return value
    text = value if isinstance(value, str) else str(value)
    hidden = redact(text)
    return value if hidden == text and isinstance(value, int) else hidden
