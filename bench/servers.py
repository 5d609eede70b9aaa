"""Starting the servers that are measured, and reading their CPU time from the operating system."""

import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.postgres import postgres_server

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(words: Sequence[str], port: int, env: dict[str, str] | None = None) -> Iterator[psutil.Process]:
    """Run a server until it answers on ``port``, and end it afterwards."""
    process = subprocess.Popen(
        [sys.executable, *words], cwd=ROOT, env={**os.environ, **(env or {})},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"the server did not start: {' '.join(words)}") from None
                time.sleep(0.1)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def database_url(kind: str, folder: Path, *, durable: bool) -> Iterator[tuple[str, psutil.Process | None]]:
    """Give the address of an empty database of this kind, and the server process behind it."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/bench.db", None
        return
    (folder / "pg").mkdir()
    with postgres_server(folder / "pg", durable=durable) as url:
        pid = int((folder / "pg" / "data" / "postmaster.pid").read_text().split()[0])
        yield url, psutil.Process(pid)


@contextmanager
def place() -> Iterator[Path]:
    """Give a folder that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="huifang-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def cpu_seconds(processes: Sequence[psutil.Process]) -> float:
    """Return the CPU time of processes and their children, living and ended, in seconds."""
    total = 0.0
    for process in processes:
        family = [process, *process.children(recursive=True)]
        for member in family:
            used = member.cpu_times()
            total += used.user + used.system
        own = process.cpu_times()
        total += own.children_user + own.children_system
    return total


def machine() -> str:
    """Say what this was measured on."""
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
