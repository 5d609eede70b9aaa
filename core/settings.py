"""Settings: environment variables with the prefix ``HUIFANG_``, read once, checked, frozen."""

import contextlib
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from dotenv import dotenv_values

from core.errors import SettingsError

PREFIX = "HUIFANG_"
FROM_ONE = (
    "answer_days", "lease_minutes", "calls_per_number", "max_attempts", "idle_minutes", "session_hours",
    "tick_seconds", "lag_minutes", "long_call_seconds", "long_wrap_up_seconds", "reveals_per_day",
)  # fmt: skip
FROM_ZERO = (
    "amend_hours", "trusted_proxies", "open_answers_per_hour", "email_per_minute", "sms_per_minute",
    "webhook_per_minute", "feedback_per_hour", "feedback_per_phone", "attachments_per_case", "repeat_days",
    "report_days",
)  # fmt: skip
LEVELS = frozenset({"DEBUG", "INFO", "WARNING", "ERROR"})
SMS_KINDS = frozenset({"http", "aliyun"})
MAY_GO_TO_WEBHOOK = frozenset({"sms", "email", "notice"})
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that differs between two installations. docs/settings.md explains each."""

    data_dir: Path = Path("var")
    database_url: str = ""
    public_url: str = "http://localhost:8080"
    secret_key: str = ""
    timezone: str = "Asia/Shanghai"
    country: str = "CN"
    organisation_en: str = "Huifang Demo Heating"
    organisation_zh: str = "回访示范供热公司"
    hotline: str = "400-000-0000"
    brand_colour: str = "#0b5563"
    smtp_url: str = ""
    mail_from: str = "huifang@localhost"
    sms_url: str = ""
    sms_kind: str = "http"
    sms_key_id: str = ""
    sms_secret: str = ""
    sms_sign: str = ""
    sms_receipt_token: str = ""
    webhook_url: str = ""
    webhook_secret: str = ""
    webhook_for: str = "sms"
    email_per_minute: int = 0
    sms_per_minute: int = 0
    webhook_per_minute: int = 0
    outgoing_allow: str = ""
    alert_urls: str = ""
    call_hours: str = "09:00-11:30,14:30-19:30"
    message_hours: str = "08:00-21:00"
    working_hours: str = "09:00-12:00,13:30-18:00"
    warn_percent: int = 80
    escalate_hours: float = 4.0
    decide_hours: float = 15.0
    answer_days: int = 14
    amend_hours: int = 24
    open_answers_per_hour: int = 120
    min_cell: int = 10
    few_answers: int = 30
    important_points: float = 3.0
    report_days: int = 3
    paper_check_percent: int = 10
    review_percent: int = 5
    attachment_mb: int = 10
    attachments_per_case: int = 20
    repeat_days: int = 30
    feedback_form: str = "on"
    feedback_per_hour: int = 20
    feedback_per_phone: int = 5
    progress_page: str = "on"
    lease_minutes: int = 15
    long_call_seconds: int = 480
    long_wrap_up_seconds: int = 60
    reveals_per_day: int = 300
    calls_per_number: int = 3
    max_attempts: int = 3
    idle_minutes: int = 30
    session_hours: int = 12
    trusted_proxies: int = 0
    rate_limit_storage: str = "memory://"
    tick_seconds: int = 30
    lag_minutes: int = 60
    log_level: str = "INFO"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def signature(self) -> str:
        """What stands in 【】 before an SMS; it is registered with the carrier, so in one language."""
        return self.sms_sign or self.organisation_zh

    @property
    def https(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    def __repr__(self) -> str:
        return f"<Settings {self.public_url}>"  # never the secrets


def load(env: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment and an optional ``.env`` file.

    Raises
    ------
    SettingsError
        With one sentence that names the variable, what was found and what was expected.
    """
    given = dict(os.environ if env is None else env)
    if env is None:
        given = {k: v for k, v in dotenv_values(".env").items() if v is not None} | given
    known = {PREFIX + f.name.upper(): f for f in fields(Settings)}
    unknown = sorted(k for k in given if k.startswith(PREFIX) and k not in known)
    if unknown:
        raise SettingsError(f"{unknown[0]} is not a setting; docs/settings.md lists them all.")
    values: dict[str, object] = {}
    for variable, field in known.items():
        if given.get(variable, "") != "":
            values[field.name] = _convert(variable, given[variable], field.default)
    return checked(Settings(**values))  # type: ignore[arg-type] # _convert follows each default's type


def checked(settings: Settings) -> Settings:
    """Check the values, and fill in the database address and the secret key where none is given.

    Raises
    ------
    SettingsError
        With one sentence that names the variable, what was found and what was expected.
    """
    _check_organisation(settings)
    _check_numbers(settings)
    _check_channels(settings)
    _check_machine(settings)
    address = settings.database_url or f"sqlite:///{settings.data_dir.absolute()}/huifang.db"
    address = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", address)
    _require(
        address.startswith(("sqlite:", "postgresql+psycopg:")),
        "DATABASE_URL",
        "sqlite:///… or postgresql://…",
        "another kind of database",
    )
    secret = settings.secret_key or _secret_beside_database(settings.data_dir)
    _require(len(secret) >= 32, "SECRET_KEY", "at least 32 characters", "a shorter one")
    return replace(settings, database_url=address, secret_key=secret)


def _check_organisation(settings: Settings) -> None:
    public = urlsplit(settings.public_url)
    _require(
        public.scheme in {"http", "https"} and bool(public.hostname),
        "PUBLIC_URL",
        "an http(s) address",
        settings.public_url,
    )
    _require(_is_zone(settings.timezone), "TIMEZONE", "a time zone such as Asia/Shanghai", settings.timezone)
    colour = settings.brand_colour
    _require(_is_colour(colour), "BRAND_COLOUR", "a colour such as #0b5563", colour)
    ratio = contrast_on_white(colour)
    wanted = f"a contrast of at least 4.5:1 on white (this one has {ratio:.1f}:1)"
    _require(ratio >= 4.5, "BRAND_COLOUR", wanted, colour)
    for name in ("call_hours", "message_hours"):
        hours = getattr(settings, name)
        _require(_are_hours(hours), name.upper(), "hours such as 09:00-11:30,14:30-19:30", hours)
    hours = settings.working_hours
    wanted = "hours such as 09:00-12:00,13:30-18:00;fri=09:00-15:00"
    _require(_are_week_hours(hours), "WORKING_HOURS", wanted, hours)


def _check_numbers(settings: Settings) -> None:
    found = settings.min_cell
    _require(found >= 5, "MIN_CELL", "at least 5, so that nobody can be picked out", found)
    found = settings.few_answers
    _require(found >= settings.min_cell, "FEW_ANSWERS", "at least HUIFANG_MIN_CELL", found)
    points = settings.important_points
    _require(0 < points <= 100, "IMPORTANT_POINTS", "percentage points above 0, at most 100", points)
    percent = settings.paper_check_percent
    _require(0 <= percent <= 100, "PAPER_CHECK_PERCENT", "sheets of a hundred, from 0 to 100", percent)
    percent = settings.review_percent
    _require(0 <= percent <= 100, "REVIEW_PERCENT", "calls of a hundred, from 0 to 100", percent)
    size = settings.attachment_mb
    _require(1 <= size <= 20, "ATTACHMENT_MB", "a whole number from 1 to 20", size)
    for name in ("feedback_form", "progress_page"):
        _require(getattr(settings, name) in {"on", "off"}, name.upper(), "on or off", getattr(settings, name))
    percent = settings.warn_percent
    _require(1 <= percent <= 99, "WARN_PERCENT", "percent of a time limit, from 1 to 99", percent)
    for name in ("escalate_hours", "decide_hours"):
        hours = getattr(settings, name)
        _require(0 < hours <= 1000, name.upper(), "hours above 0, at most 1000", hours)
    for name in FROM_ONE:
        _require(getattr(settings, name) >= 1, name.upper(), "a whole number from 1", getattr(settings, name))
    for name in FROM_ZERO:
        _require(getattr(settings, name) >= 0, name.upper(), "a whole number from 0", getattr(settings, name))


def _check_channels(settings: Settings) -> None:
    if settings.smtp_url:
        wanted = "smtp://user:password@host:587 or smtps://…"
        found = "an address without smtp:// or without a host"
        _require(_is_address(settings.smtp_url, {"smtp", "smtps"}), "SMTP_URL", wanted, found)
    for name in ("sms", "webhook"):
        url, secret = getattr(settings, f"{name}_url"), getattr(settings, f"{name}_secret")
        if url:
            wanted = "https://host/path (http:// only on this machine)"
            _require(_is_address(url, {"http", "https"}), f"{name.upper()}_URL", wanted, "another address")
            wanted = f"set, at least 16 characters, because {PREFIX}{name.upper()}_URL is"
            _require(len(secret) >= 16, f"{name.upper()}_SECRET", wanted, "a shorter one")
    _check_sms(settings)
    channels = {part.strip() for part in settings.webhook_for.split(",")}
    _require(channels <= MAY_GO_TO_WEBHOOK, "WEBHOOK_FOR", "some of sms,email,notice", settings.webhook_for)
    addresses = [
        part for part in re.split(r"[\s,]+(?=[A-Za-z][A-Za-z0-9+.-]*://)", settings.alert_urls) if part
    ]
    wanted = "addresses of Apprise such as slack://… with commas or spaces between them"
    _require(all("://" in part for part in addresses), "ALERT_URLS", wanted, "something else")
    try:
        networks(settings.outgoing_allow)
    except ValueError:
        _require(False, "OUTGOING_ALLOW", "networks such as 10.1.0.0/16,192.168.7.9", settings.outgoing_allow)


def _check_sms(settings: Settings) -> None:
    _require(settings.sms_kind in SMS_KINDS, "SMS_KIND", "http or aliyun", settings.sms_kind)
    if settings.sms_url and settings.sms_kind == "aliyun":
        _require(bool(settings.sms_key_id), "SMS_KEY_ID", "the AccessKey id, because SMS_KIND is aliyun", "")
    token = settings.sms_receipt_token
    _require(not token or len(token) >= 20, "SMS_RECEIPT_TOKEN", "empty or at least 20 characters", "shorter")


def networks(text: str) -> tuple[Network, ...]:
    """Read ``10.1.0.0/16, 192.168.7.9``; raise ``ValueError`` for anything that is no network."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def _is_address(text: str, schemes: set[str]) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in schemes and bool(parts.hostname)


def _check_machine(settings: Settings) -> None:
    _require(settings.log_level in LEVELS, "LOG_LEVEL", "DEBUG, INFO, WARNING or ERROR", settings.log_level)


def contrast_on_white(colour: str) -> float:
    """Return the WCAG 2 contrast ratio of an ``#rrggbb`` colour against white."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 1.05 / (luminance + 0.05)


def _convert(variable: str, text: str, default: object) -> object:
    try:
        if isinstance(default, bool | int | float):
            return type(default)(text)
    except ValueError:
        kind = "a whole number" if isinstance(default, int) else "a number"
        raise SettingsError(f"{variable} should be {kind}, but is {text!r}.") from None
    return Path(text) if isinstance(default, Path) else text.strip()


def _require(holds: bool, name: str, expected: str, found: object) -> None:
    if not holds:
        raise SettingsError(f"{PREFIX}{name} should be {expected}, but is {found!r}.")


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _is_colour(text: str) -> bool:
    return re.fullmatch(r"#[0-9a-fA-F]{6}", text) is not None


def _are_hours(text: str) -> bool:
    clock = r"([01]\d|2[0-3]):[0-5]\d"
    parts = text.split(",")
    return all(
        re.fullmatch(f"{clock}-({clock}|24:00)", p.strip()) and p.strip()[:5] < p.strip()[6:] for p in parts
    )


def _are_week_hours(text: str) -> bool:
    usual, *special = text.split(";")
    days = [re.fullmatch(r"(?:mon|tue|wed|thu|fri|sat|sun)=(.+)", part.strip()) for part in special]
    return _are_hours(usual) and all(day is not None and _are_hours(day[1]) for day in days)


def _secret_beside_database(data_dir: Path) -> str:
    """Read the secret of this installation; make one at the first start.

    The file appears complete or not at all: of two processes that start at once, the slower one's link
    fails, and both read the same secret.
    """
    path = data_dir / "secret.key"
    try:
        if not path.exists():
            data_dir.mkdir(parents=True, exist_ok=True)
            _link_new_secret(path)
        return path.read_text("ascii").strip()
    except OSError as error:
        raise SettingsError(f"{PREFIX}DATA_DIR: cannot use {path} ({error.strerror}).") from None


def _link_new_secret(path: Path) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".secret-")  # mode 0600
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # another process was faster
            path.hardlink_to(draft)
    finally:
        draft.unlink()
