"""Settings: each mistake gets the sentence that names it and says how to mend it."""

import os
import stat
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from core.auth.settings_shown import GROUPS, groups
from core.errors import SettingsError
from core.settings import PREFIX, Settings, checked, contrast_on_white, load

KEY = {"HUIFANG_SECRET_KEY": "k" * 32}


def env(tmp_path: Path, **given: str) -> dict[str, str]:
    return KEY | {"HUIFANG_DATA_DIR": str(tmp_path)} | {PREFIX + name: value for name, value in given.items()}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("PUBLIC_URL", "huifang.example", "an http(s) address"),
        ("PUBLIC_URL", "https://", "an http(s) address"),
        ("TIMEZONE", "Beijing", "a time zone such as Asia/Shanghai"),
        ("TIMEZONE", "../../etc/passwd", "a time zone such as Asia/Shanghai"),
        ("BRAND_COLOUR", "teal", "a colour such as #0b5563"),
        ("BRAND_COLOUR", "#0b5563;}", "a colour such as #0b5563"),
        ("BRAND_COLOUR", "#ffcc00", "a contrast of at least 4.5:1 on white (this one has 1.5:1)"),
        ("MIN_CELL", "4", "at least 5"),
        ("FEW_ANSWERS", "9", "at least HUIFANG_MIN_CELL"),
        ("IMPORTANT_POINTS", "0", "percentage points above 0"),
        ("IMPORTANT_POINTS", "nan", "percentage points above 0"),
        ("CALL_HOURS", "9-17", "hours such as 09:00-11:30,14:30-19:30"),
        ("CALL_HOURS", "18:00-09:00", "hours such as 09:00-11:30,14:30-19:30"),
        ("MESSAGE_HOURS", "08:00-25:00", "hours such as 09:00-11:30,14:30-19:30"),
        ("ANSWER_DAYS", "0", "a whole number from 1"),
        ("IDLE_MINUTES", "-5", "a whole number from 1"),
        ("AMEND_HOURS", "-1", "a whole number from 0"),
        ("TRUSTED_PROXIES", "-1", "a whole number from 0"),
        ("MAX_ATTEMPTS", "three", "a whole number, but is 'three'"),
        ("IMPORTANT_POINTS", "much", "a number, but is 'much'"),
        ("SMTP_URL", "mail.example:25", "smtp://user:password@host:587"),
        ("SMS_URL", "sms.example", "https://host/path"),
        ("SMS_URL", "https://[", "https://host/path"),
        ("SMS_KIND", "pigeon", "http or aliyun"),
        ("SMS_PER_MINUTE", "-1", "a whole number from 0"),
        ("SMS_RECEIPT_TOKEN", "short", "empty or at least 20 characters"),
        ("WEBHOOK_FOR", "sms,fax", "some of sms,email,notice"),
        ("OUTGOING_ALLOW", "intranet", "networks such as 10.1.0.0/16,192.168.7.9"),
        ("LOG_LEVEL", "LOUD", "DEBUG, INFO, WARNING or ERROR"),
        ("DATABASE_URL", "mysql://localhost/x", "sqlite:///… or postgresql://…"),
        ("SECRET_KEY", "short", "at least 32 characters"),
        ("COLOUR", "#000000", "is not a setting; docs/settings.md lists them all."),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path, name: str, value: str, expected: str) -> None:
    with pytest.raises(SettingsError) as error:
        load(env(tmp_path, **{name: value}))
    sentence = str(error.value)
    assert PREFIX + name in sentence
    assert expected in sentence


@pytest.mark.parametrize(
    ("name", "value"), [("DATABASE_URL", "mysql://me:hunter2@host/x"), ("SMTP_URL", "me:hunter2@host")]
)
def test_a_refused_address_does_not_repeat_its_password(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError) as error:
        load(env(tmp_path, **{name: value}))
    assert "hunter2" not in str(error.value)


def test_without_any_setting_everything_stands_beside_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load({})
    assert settings.database_url == f"sqlite:///{tmp_path}/var/huifang.db"
    assert (tmp_path / "var" / "secret.key").read_text() == settings.secret_key + "\n"


def test_an_env_file_is_read_and_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    (tmp_path / ".env").write_text("HUIFANG_HOTLINE=12345\nHUIFANG_COUNTRY=DE\nOTHER=1\n")
    monkeypatch.setenv("HUIFANG_COUNTRY", "CN")
    settings = load()
    assert (settings.hotline, settings.country) == ("12345", "CN")


def test_postgres_addresses_name_the_driver(tmp_path: Path) -> None:
    for address in ("postgres://u@h/d", "postgresql://u@h/d"):
        assert load(env(tmp_path, DATABASE_URL=address)).database_url == "postgresql+psycopg://u@h/d"


def test_the_secret_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    first, second = checked(Settings(data_dir=tmp_path)), checked(Settings(data_dir=tmp_path))
    assert first.secret_key == second.secret_key
    assert len(first.secret_key) == 64
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


def test_processes_that_start_at_once_read_the_same_secret(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from core.settings import Settings, checked; "
        "sys.stdin.read(1); print(checked(Settings(data_dir=Path(sys.argv[1]))).secret_key)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "new")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    started = [subprocess.Popen(command, **pipes) for _n in range(8)]
    for process in started:  # all are at the same line now
        process.stdin.write("x")
        process.stdin.flush()
    secrets = {process.communicate()[0].strip() for process in started}
    assert len(secrets) == 1
    assert len(secrets.pop()) == 64


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"SMS_URL": "https://sms.example"}, "HUIFANG_SMS_SECRET"),
        ({"SMS_URL": "https://sms.example", "SMS_SECRET": "short"}, "HUIFANG_SMS_SECRET"),
        ({"WEBHOOK_URL": "https://hub.example"}, "HUIFANG_WEBHOOK_SECRET"),
        (
            {"SMS_URL": "https://sms.example", "SMS_SECRET": "s" * 20, "SMS_KIND": "aliyun"},
            "HUIFANG_SMS_KEY_ID",
        ),
    ],
)
def test_a_channel_is_whole_or_refused(tmp_path: Path, given: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        load(env(tmp_path, **given))


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(SettingsError, match="HUIFANG_DATA_DIR"):
        checked(Settings(data_dir=tmp_path / "file"))


def test_settings_never_show_their_secrets_by_accident() -> None:
    assert "k" * 32 not in repr(Settings(secret_key="k" * 32))


def test_the_contrast_is_the_one_of_wcag() -> None:
    assert contrast_on_white("#ffffff") == pytest.approx(1)
    assert contrast_on_white("#000000") == pytest.approx(21)
    assert contrast_on_white("#767676") == pytest.approx(4.54, abs=0.005)  # WebAIM's well-known lightest grey


def test_the_settings_page_knows_every_setting() -> None:
    assert sorted(name for _title, members in GROUPS for name in members) == sorted(
        field.name for field in fields(Settings)
    )


def test_the_settings_page_masks_what_is_secret(tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path,
        secret_key="k" * 32,
        database_url="postgresql+psycopg://me:hunter2@db.example/x",
        smtp_url="smtp://me:hunter2@mail.example:587",
        rate_limit_storage="redis://:hunter2@redis.example",
        sms_secret="hunter2",
        sms_receipt_token="hunter2",
        webhook_secret="hunter2",
    )
    values = " ".join(shown.value for _title, members in groups(settings) for shown in members)
    assert "hunter2" not in values
    assert "kkkk" not in values
    assert "mail.example:587" in values
