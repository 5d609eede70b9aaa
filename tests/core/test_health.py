"""Health checks name the part that is broken, and nothing else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask

from app import create_app
from core import clock, health
from core.db import Database
from core.doctor import BAD, OK, WARN, examine, has_wal_fix
from core.heartbeats import beat
from core.outbox import actions, breakers
from core.outbox.models import MessageTemplate
from core.settings import Settings
from tests.core.mailserver import mail_server
from tests.core.test_outbox import write
from tests.core.webserver import Reply, unused_url, web_server

LATE = datetime(2026, 12, 20, 2, 0, tzinfo=UTC)


def findings(database: Database, now: datetime) -> dict[str, tuple[str, str]]:
    return {f.name: (f.state, f.words) for f in examine(database, now=now)}


def test_health_is_public_and_says_nothing_more(app: Flask) -> None:
    client = app.test_client()
    for path in ("/healthz", "/readyz"):
        response = client.get(path)
        assert response.status_code == 200
        assert response.json is not None
        assert response.json["status"] == "ok"
        assert response.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in response.headers


def test_an_old_schema_is_named(settings: Settings) -> None:
    database = Database(settings)
    response = create_app(settings, database).test_client().get("/readyz")
    assert response.status_code == 503
    assert response.json == {"status": "not ready", "broken": ["schema"]}
    database.dispose()


def test_a_database_that_does_not_answer_is_named(tmp_path: Path, sqlite_settings: Settings) -> None:
    folder = tmp_path / "not-a-database"
    folder.mkdir()
    settings = replace(sqlite_settings, database_url=f"sqlite:///{folder}")
    database = Database(settings)
    response = create_app(settings, database).test_client().get("/readyz")
    assert (response.status_code, response.json) == (503, {"status": "not ready", "broken": ["database"]})
    assert create_app(settings, database).test_client().get("/healthz").status_code == 200
    assert findings(database, LATE)["database"][0] == BAD


def test_a_scheduler_that_went_quiet_is_named(database: Database, now: datetime) -> None:
    assert health.broken_parts(database, now=now) == []  # none has ever run: perhaps none is wanted here
    with database.begin() as session:
        beat(session, "one", started_at=now, now=now)
    assert health.broken_parts(database, now=now + timedelta(minutes=2)) == []
    assert health.broken_parts(database, now=now + timedelta(minutes=4)) == ["scheduler"]
    assert findings(database, now + timedelta(minutes=4))["scheduler"][0] == BAD
    assert findings(database, now + timedelta(minutes=1))["scheduler"][0] == OK


def test_messages_that_wait_for_hours_are_named_but_not_at_night(database: Database, now: datetime) -> None:
    with database.begin() as session:
        write(session, now)
    assert health.broken_parts(database, now=now + timedelta(hours=1)) == []
    assert health.broken_parts(database, now=now + timedelta(hours=3)) == ["outbox"]
    assert health.broken_parts(database, now=now + timedelta(hours=13)) == []  # 23:00
    assert health.broken_parts(database, now=now + timedelta(hours=23)) == []  # 09:00, open for an hour
    assert health.broken_parts(database, now=now + timedelta(hours=25)) == ["outbox"]


def test_the_doctor_finds_a_fresh_installation_in_order(database: Database, now: datetime) -> None:
    found = findings(database, now)
    assert {name for name, (state, _words) in found.items() if state == BAD} == set()
    assert found["scheduler"][0] == WARN  # none has run yet
    assert found["calendar 2026"][0] == OK
    assert ("sqlite" in found) == database.settings.is_sqlite


def test_the_doctor_reminds_of_next_years_holidays_and_then_insists(database: Database) -> None:
    year = next(y for y in range(2026, 2100) if f"calendar {y + 1}" not in _known(database, y))
    assert findings(database, datetime(year, 11, 1, tzinfo=UTC))[f"calendar {year + 1}"][0] == WARN
    assert findings(database, datetime(year, 12, 20, tzinfo=UTC))[f"calendar {year + 1}"][0] == BAD


def _known(database: Database, year: int) -> set[str]:
    found = findings(database, datetime(year, 6, 1, tzinfo=UTC))
    return {name for name, (state, _words) in found.items() if name.startswith("calendar") and state == OK}


def test_the_doctor_lists_what_waits_for_a_person(database: Database, now: datetime) -> None:
    with database.begin() as session:
        message = write(session, now)
        assert message is not None
        message.state = "uncertain"
    state, words = findings(database, now)["outbox"]
    assert state == WARN
    assert "0 queued, 0 sending, 1 uncertain, 0 failed, 0 sent, 0 cancelled" in words
    with database.begin() as session:
        actions.confirm_sent(session, session.merge(message), actor="sven", now=now)
    assert findings(database, now)["outbox"][0] == OK


def test_the_doctor_asks_the_mail_server(migrated_settings: Settings, now: datetime) -> None:
    with mail_server() as server:
        database = Database(replace(migrated_settings, smtp_url=server.url))
        assert findings(database, now)["mail"][0] == OK
    assert findings(database, now)["mail"][0] == BAD
    assert server.received == []
    database.dispose()


def test_which_sqlite_releases_are_mended() -> None:
    assert [v for v in [(3, 40, 1), (3, 44, 5), (3, 44, 6), (3, 46, 1), (3, 50, 6), (3, 50, 7), (3, 51, 2),
                        (3, 51, 3), (3, 53, 4)] if has_wal_fix(v)] == [
        (3, 44, 6), (3, 50, 7), (3, 51, 3), (3, 53, 4),
    ]  # fmt: skip


def test_a_gateway_that_cannot_be_reached_is_named(database: Database, now: datetime) -> None:
    database.settings = replace(
        database.settings, sms_url=unused_url(), sms_secret="s" * 20,
        webhook_url="https://10.0.0.7/hook", webhook_secret="s" * 20,
    )  # fmt: skip
    found = findings(database, now)
    assert found["sms"][0] == BAD
    assert "cannot be reached" in found["sms"][1]
    assert "HUIFANG_OUTGOING_ALLOW" in found["webhook"][1]
    with web_server(Reply()) as server:
        database.settings = replace(database.settings, sms_url=server.url)
        assert findings(database, now)["sms"] == (OK, "The SMS gateway can be reached.")
    assert server.received == []


def test_a_channel_that_rests_is_named_and_breaks_nothing(database: Database, now: datetime) -> None:
    moment = clock.now()
    with database.begin() as session:
        for n in range(breakers.THRESHOLD):
            assert breakers.note_failure(session, "sms", moment, "503 down") == (n == 2)
    state, words = findings(database, moment)["channel sms"]
    assert state == BAD
    assert "503 down" in words
    answer = create_app(database.settings, database).test_client().get("/readyz")
    expected = {"status": "ok", "broken": [], "resting": ["sms"], "beat_age": None, "lag": {}}
    assert (answer.status_code, answer.json) == (200, expected)
    with database.begin() as session:
        breakers.note_success(session, "sms", moment)
    assert "channel sms" not in findings(database, moment)


def test_templates_without_a_code_are_named(database: Database, now: datetime) -> None:
    aware = Database(
        replace(
            database.settings, sms_url=unused_url(), sms_secret="s" * 20, sms_kind="aliyun", sms_key_id="LTAI"
        )
    )
    found = findings(aware, now)
    assert "invite_sms (zh_Hans)" in found["sms templates"][1]
    assert found["sms templates"][0] == BAD
    assert found["sms reports"][0] == WARN
    with aware.begin() as session:
        for name in ("invite_sms", "reminder_sms", "campaign_sms", "campaign_reminder_sms"):
            for language in ("zh_Hans", "en"):
                session.add(
                    MessageTemplate(
                        name=name, language=language, provider_code="SMS_1", updated_at=now, updated_by="ada"
                    )
                )
    assert "sms templates" not in findings(aware, now)
    aware.dispose()
