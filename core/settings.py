"""Settings: environment variables with the prefix ``HUIFANG_``, read once, checked, frozen."""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from dotenv import dotenv_values

from core.errors import SettingsError

PREFIX = "HUIFANG_"


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
    call_hours: str = "09:00-11:30,14:30-19:30"
    message_hours: str = "08:00-21:00"
    answer_days: int = 14
    amend_hours: int = 24
    min_cell: int = 10
    few_answers: int = 30
    important_points: float = 3.0
    lease_minutes: int = 15
    max_attempts: int = 3
    idle_minutes: int = 30
    session_hours: int = 12
    trusted_proxies: int = 0
    rate_limit_storage: str = "memory://"
    tick_seconds: int = 30
    log_level: str = "INFO"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

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
    """Check the values, and fill in the database address and the secret key where none is given."""
    _require(
        settings.public_url.startswith(("http://", "https://")),
        "PUBLIC_URL",
        "an http(s) address",
        settings.public_url,
    )
    _require(
        _is_zone(settings.timezone), "TIMEZONE", "a time zone name such as Asia/Shanghai", settings.timezone
    )
    _require(
        _is_colour(settings.brand_colour), "BRAND_COLOUR", "a colour such as #0b5563", settings.brand_colour
    )
    ratio = contrast_on_white(settings.brand_colour)
    _require(
        ratio >= 4.5,
        "BRAND_COLOUR",
        f"a contrast of at least 4.5:1 on white (this one has {ratio:.1f}:1)",
        settings.brand_colour,
    )
    _require(
        settings.min_cell >= 5, "MIN_CELL", "at least 5, so that nobody can be picked out", settings.min_cell
    )
    _require(
        settings.few_answers >= settings.min_cell,
        "FEW_ANSWERS",
        "at least HUIFANG_MIN_CELL",
        settings.few_answers,
    )
    for name in ("call_hours", "message_hours"):
        _require(
            _are_hours(getattr(settings, name)),
            name.upper(),
            "hours such as 09:00-11:30,14:30-19:30",
            getattr(settings, name),
        )
    for name in (
        "answer_days",
        "lease_minutes",
        "max_attempts",
        "idle_minutes",
        "session_hours",
        "tick_seconds",
    ):
        _require(getattr(settings, name) >= 1, name.upper(), "a whole number from 1", getattr(settings, name))
    if settings.smtp_url:
        parts = urlsplit(settings.smtp_url)
        _require(
            parts.scheme in {"smtp", "smtps"} and bool(parts.hostname),
            "SMTP_URL",
            "smtp://user:password@host:587 or smtps://…",
            "an address without smtp:// or without a host",
        )
    _require(
        settings.log_level in {"DEBUG", "INFO", "WARNING", "ERROR"},
        "LOG_LEVEL",
        "DEBUG, INFO, WARNING or ERROR",
        settings.log_level,
    )
    changes: dict[str, object] = {}
    if not settings.database_url:
        changes["database_url"] = f"sqlite:///{settings.data_dir.absolute()}/huifang.db"
    else:
        changes["database_url"] = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", settings.database_url)
        _require(
            str(changes["database_url"]).startswith(("sqlite:", "postgresql+psycopg:")),
            "DATABASE_URL",
            "sqlite:///… or postgresql://…",
            "another kind of database",
        )
    if not settings.secret_key:
        changes["secret_key"] = _secret_beside_database(settings.data_dir)
    _require(
        len(str(changes.get("secret_key", settings.secret_key))) >= 32,
        "SECRET_KEY",
        "at least 32 characters",
        "a shorter one",
    )
    return Settings(**({f.name: getattr(settings, f.name) for f in fields(Settings)} | changes))


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


def _secret_beside_database(data_dir: Path) -> str:
    path = data_dir / "secret.key"
    if path.exists():
        return path.read_text("ascii").strip()
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:  # another process was faster
        return path.read_text("ascii").strip()
    except OSError as error:
        raise SettingsError(f"{PREFIX}DATA_DIR: cannot write to {data_dir} ({error.strerror}).") from None
    secret = secrets.token_hex(32)
    with os.fdopen(descriptor, "w") as file:
        file.write(secret + "\n")
    return secret
