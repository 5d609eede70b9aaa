"""The commands as a person runs them: a process each, its output, its exit code."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core import schema
from core.db import Database
from core.outbox.models import Message
from core.settings import Settings
from tests.core.test_calendar import NOTICE
from tests.core.test_outbox import write

HUIFANG = str(Path(sys.executable).parent / "huifang")
TOKEN = "kP7mXw2RtQ9vHs4nBc6yDz"
PRESENT = {key: value for key, value in os.environ.items() if not key.startswith("HUIFANG_")}


@dataclass
class Run:
    """Runs commands in an empty folder with given settings."""

    folder: Path
    env: dict[str, str]

    def __call__(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [HUIFANG, *words],
            cwd=self.folder,
            env=PRESENT | self.env | more,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    @contextmanager
    def process(self, *words: str, **more: str) -> Iterator[subprocess.Popen[str]]:
        """Start a command that goes on, and end it in any case."""
        process = subprocess.Popen(
            [HUIFANG, *words], cwd=self.folder, env=PRESENT | self.env | more,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.kill()
            process.communicate()


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """On a fresh SQLite database."""
    return Run(tmp_path, {"HUIFANG_DATA_DIR": str(tmp_path / "var")})


@pytest.fixture
def run_anywhere(tmp_path: Path, settings: Settings) -> Run:
    """On a fresh database of either kind."""
    url = settings.database_url
    return Run(tmp_path, {"HUIFANG_DATABASE_URL": url, "HUIFANG_SECRET_KEY": settings.secret_key})


def ok(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(done: subprocess.CompletedProcess[str], code: int) -> str:
    """One line on standard error, nothing on standard output, no trace."""
    assert done.returncode == code, (done.stdout, done.stderr)
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert line.startswith("huifang: ")
    return line


def address_of(server: subprocess.Popen[str]) -> str:
    assert server.stdout is not None
    found = re.search(r"http://localhost:\d+", server.stdout.readline())
    assert found is not None
    return found.group(0)


def get(url: str) -> tuple[int, Mapping[str, str], bytes]:
    with urllib.request.urlopen(url, timeout=10) as response:
        return response.status, response.headers, response.read()


def ended(process: subprocess.Popen[str], within: float = 30) -> tuple[int, str]:
    _out, log = process.communicate(timeout=within)
    return process.returncode, log


def test_the_server_starts_serves_ticks_and_stops_politely(run: Run) -> None:
    with run.process("serve", "--port", "0") as server:
        address = address_of(server)
        status, headers, body = get(f"{address}/healthz")
        assert (status, json.loads(body)) == (200, {"status": "ok"})
        assert "Server" not in headers
        for _try in range(100):  # the first round ends soon after the start
            found = json.loads(ok(run("doctor", "--json")))["findings"]
            if any(f["words"].startswith("The last round") for f in found):
                break
            time.sleep(0.1)
        server.send_signal(signal.SIGTERM)
        time.sleep(0.05)
        server.send_signal(signal.SIGTERM)  # an impatient second one does no harm
        code, log = ended(server)
    assert code == 0
    assert all(json.loads(line)["level"] == "INFO" for line in log.splitlines())
    scheduler = [f for f in json.loads(ok(run("doctor", "--json")))["findings"] if f["name"] == "scheduler"]
    assert scheduler[0]["state"] == "ok"


def test_no_token_reaches_the_log_of_either_server(run: Run, tmp_path: Path) -> None:
    with run.process("serve", "--port", "0", "--no-scheduler", HUIFANG_LOG_LEVEL="DEBUG") as server:
        address = address_of(server)
        with pytest.raises(urllib.error.HTTPError):
            get(f"{address}/s/{TOKEN}")
        server.terminate()
        code, log = ended(server)
    assert code == 0
    assert TOKEN not in log
    port = free_port()
    root = Path(__file__).resolve().parent.parent
    gunicorn = subprocess.Popen(
        [HUIFANG.replace("huifang", "gunicorn"), "app:create_app()", "-c", str(root / "gunicorn.conf.py"),
         "--bind", f"127.0.0.1:{port}", "--access-logfile", "-", "--chdir", str(root)],
        env=PRESENT | run.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        until_open(port)
        with pytest.raises(urllib.error.HTTPError):
            get(f"http://127.0.0.1:{port}/s/{TOKEN}")
        assert get(f"http://127.0.0.1:{port}/healthz")[0] == 200
        gunicorn.terminate()
        out, log = gunicorn.communicate(timeout=45)  # a worker just being born may take the graceful 30 s
    finally:
        gunicorn.kill()
    assert gunicorn.returncode == 0
    assert "GET /healthz" in out + log
    assert TOKEN not in out + log


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def until_open(port: int) -> None:
    for _try in range(1200):  # a busy machine takes its time
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the server did not start")


def test_a_taken_port_is_one_sentence(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        assert f"Port {port} is taken" in refused(run("serve", "--port", port, "--no-scheduler"), 2)
    assert "--host" in refused(run("serve", "--host", "198.51.100.7", "--no-scheduler"), 2)


@pytest.mark.postgres
def test_an_old_schema_on_postgresql_is_refused_until_it_is_upgraded(
    run_anywhere: Run, settings: Settings
) -> None:
    if settings.is_sqlite:
        assert "nothing to do" in ok(run_anywhere("tick"))  # SQLite migrates by itself
        return
    assert "huifang db upgrade" in refused(run_anywhere("tick"), 1)
    assert "huifang db upgrade" in refused(run_anywhere("serve", "--port", "0"), 1)
    assert "up to date" in ok(run_anywhere("db", "upgrade"))
    assert "nothing to do" in ok(run_anywhere("tick"))


def test_a_tick_at_a_given_time(run: Run, tmp_path: Path) -> None:
    ok(run("tick"))
    database = Database(
        Settings(database_url=f"sqlite:///{tmp_path}/var/huifang.db", secret_key=secret(tmp_path))
    )
    due = datetime(2030, 1, 2, 2, 0, tzinfo=UTC)
    with database.begin() as session:
        write(session, due, purpose="notice")
    done = json.loads(ok(run("tick", "--json", "--at", "2030-01-02T09:59")))
    assert (done["at"], done["jobs"]["deliver"]) == ("2030-01-02T01:59:00+00:00", {})
    assert "deliver: 1 sent" in ok(run("tick", "--at", "2030-01-02T10:00+08:00"))
    with database.read() as session:
        assert session.get_one(Message, 1).state == "sent"
    database.dispose()
    assert "2026-11-21T09:00" in refused(run("tick", "--at", "tomorrow"), 2)


def secret(folder: Path) -> str:
    return (folder / "var" / "secret.key").read_text().strip()


def test_two_schedulers_at_once_stop_politely(run: Run) -> None:
    ok(run("tick"))
    with run.process("scheduler") as one, run.process("scheduler") as two:
        for process in (one, two):
            assert process.stdout is not None
            assert "ticks every 30 s" in process.stdout.readline()
            process.terminate()
        for process in (one, two):
            code, log = ended(process)
            assert code == 0, log
            assert "ERROR" not in log


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("HUIFANG_PORT", "1", "docs/settings.md"),
        ("HUIFANG_TICK_SECONDS", "soon", "a whole number"),
        ("HUIFANG_SMTP_URL", "mail.example", "smtp://"),
        ("HUIFANG_CALL_HOURS", "9-17", "09:00-11:30"),
    ],
)
def test_a_bad_setting_is_one_sentence(run: Run, name: str, value: str, words: str) -> None:
    line = refused(run("tick", **{name: value}), 2)
    assert name in line
    assert words in line


def test_the_doctor_speaks_to_people_and_machines(run: Run) -> None:
    assert "ok   database: The SQLite database" in ok(run("doctor"))
    found = json.loads(ok(run("doctor", "--json")))["findings"]
    assert {"settings", "sqlite", "database", "schema", "outbox", "fonts"} <= {f["name"] for f in found}
    broken = run("doctor", HUIFANG_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert broken.returncode == 1
    assert "BAD  database" in broken.stdout
    assert "Traceback" not in broken.stderr
    wrong = run("doctor", HUIFANG_MIN_CELL="1")
    assert (wrong.returncode, wrong.stdout[:13]) == (1, "BAD  settings")


def test_a_database_that_does_not_answer_is_one_sentence(run: Run) -> None:
    done = run("tick", HUIFANG_DATABASE_URL="postgresql://nobody:hunter2@127.0.0.1:1/none")
    assert "cannot be used" in refused(done, 1)
    assert "hunter2" not in done.stderr


def test_a_changed_audit_trail_is_found(run_anywhere: Run, settings: Settings) -> None:
    database = Database(settings)
    schema.upgrade(database)
    days = run_anywhere.folder / "days.json"
    days.write_text(NOTICE)
    assert "7 days of 2100" in ok(run_anywhere("calendar", "import", str(days)))
    assert "The audit trail is whole: 1 entries." in ok(run_anywhere("audit", "verify"))
    with database.engine.begin() as connection:
        if settings.is_sqlite:
            connection.exec_driver_sql("DROP TRIGGER audit_no_update")
        else:
            connection.exec_driver_sql("ALTER TABLE audit_entries DISABLE TRIGGER ALL")
        connection.exec_driver_sql("UPDATE audit_entries SET actor = 'eve'")
    assert "Entry 1" in refused(run_anywhere("audit", "verify"), 1)
    database.dispose()


def test_a_bad_file_of_days_is_one_sentence(run: Run) -> None:
    bad = run.folder / "days.json"
    bad.write_bytes(b"\xff\xfe")
    assert "JSON" in refused(run("calendar", "import", str(bad)), 2)


def test_a_command_hears_of_answers_without_any_page() -> None:
    """The demo is filled before there are pages, and the scheduler never has any."""
    heard = (
        "import app, followup.actions as a; from surveys import hooks; "
        "assert a.answer_arrived in hooks.answered"
    )
    subprocess.run([sys.executable, "-c", heard], check=True, cwd=Path(__file__).parents[1])
