"""The real processes of an installation, started, killed and started again."""

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from core.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0  # seconds for whatever has to happen sooner or later, on a machine that is busy


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def wait_until(true: Any, what: str, patience: float = PATIENCE) -> None:
    """Wait for a condition instead of sleeping."""
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end, f"after {patience:.0f} s still waiting: {what}"
        time.sleep(0.05)


def environment(settings: Settings, **more: str) -> dict[str, str]:
    """Return what the processes are told; round the clock, so that a test may run at any hour."""
    ours = {
        "HUIFANG_DATABASE_URL": settings.database_url,
        "HUIFANG_DATA_DIR": str(settings.data_dir),
        "HUIFANG_SECRET_KEY": settings.secret_key,
        "HUIFANG_MESSAGE_HOURS": "00:00-24:00",
        "HUIFANG_CALL_HOURS": "00:00-24:00",
        "HUIFANG_TICK_SECONDS": "1",
        "HUIFANG_LOG_LEVEL": "WARNING",
        "PYTHONPATH": str(ROOT),
    }
    return {**os.environ, **ours, **more}


@dataclass
class House:
    """One web server and some schedulers on one database."""

    settings: Settings
    smtp_url: str = ""
    more: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    starts: Counter[str] = field(default_factory=Counter)
    kills: int = 0

    @property
    def logs(self) -> Path:
        return self.settings.data_dir / "logs"

    def log_of(self, name: str) -> Path:
        """Return what the present process of this name said."""
        return self.logs / f"{name}.{self.starts[name]}.log"

    @property
    def env(self) -> dict[str, str]:
        given = {"HUIFANG_PUBLIC_URL": f"http://127.0.0.1:{self.port}", "HUIFANG_SMTP_URL": self.smtp_url}
        return environment(self.settings, **given, **self.more)

    def start(self, name: str) -> None:
        """Start ``web`` (on SQLite with its own scheduler, as `huifang serve` does) or a scheduler."""
        words = ["-c", "from app import cli; cli()", "scheduler"]
        if name == "web" and self.settings.is_sqlite:
            words = ["-c", "from app import cli; cli()", "serve", "--port", str(self.port)]
        elif name == "web":
            words = ["-m", "gunicorn", "-b", f"127.0.0.1:{self.port}", "app:create_app()"]
        self.logs.mkdir(exist_ok=True)
        self.starts[name] += 1
        with self.log_of(name).open("wb") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, *words], cwd=ROOT, env=self.env, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def wait_for_web(self) -> None:
        """Wait until the web server answers."""
        wait_until(self._answers, f"the web server; see {self.logs}")

    def _answers(self) -> bool:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        return False

    def kill(self, name: str, dice: random.Random) -> None:
        """End a process without a word: the whole of it or, of several workers, one."""
        process = self.running[name]
        children = psutil.Process(process.pid).children() if process.poll() is None else []
        self.kills += 1
        if children and dice.random() < 0.5:
            with contextlib.suppress(psutil.NoSuchProcess):
                dice.choice(children).kill()  # the master starts another one
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENCE)
        del self.running[name]

    def stop(self) -> dict[str, int]:
        """Ask every process politely, once it can hear; return how each ended."""
        for name in self.running:
            wait_until(partial(self._hears, name), f"{name} is up; see {self.logs}")
        for process in self.running.values():
            process.terminate()
        return {name: process.wait(PATIENCE) for name, process in self.running.items()}

    def _hears(self, name: str) -> bool:
        said = self.log_of(name).read_text("utf-8", "replace")
        return any(words in said for words in ("Huifang serves", "The scheduler ticks", "Booting worker"))

    def end(self) -> None:
        """Leave nothing running, whatever went wrong."""
        for process in self.running.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(PATIENCE)
        self.running.clear()

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command of ``huifang``."""
        return subprocess.run(
            [sys.executable, "-c", "from app import cli; cli()", *words], cwd=ROOT, env=self.env,
            capture_output=True, text=True, check=False, timeout=600,
        )  # fmt: skip

    def tick(self, at: str) -> dict[str, dict[str, int]]:
        """Do one round by hand at a given time."""
        done = self.command("tick", "--at", at, "--json")
        assert done.returncode == 0, done.stderr
        jobs: dict[str, dict[str, int]] = json.loads(done.stdout)["jobs"]
        return jobs
