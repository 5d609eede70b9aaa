"""The embedded server (waitress), and stopping politely."""

import errno
import logging
import signal
from collections.abc import Callable
from types import FrameType
from typing import Any

import waitress

from core import stopping
from core.errors import InputError

log = logging.getLogger("huifang.serving")

THREADS = 8


def bind(application: Any, *, host: str, port: int, trusted_proxies: int = 0) -> Any:
    """Take the address and return the server, not running yet.

    Raises
    ------
    InputError
        When the port is taken, or the host is none of this machine.
    """
    try:
        return waitress.create_server(
            application,
            host=host,
            port=port,
            threads=THREADS,
            ident=None,
            clear_untrusted_proxy_headers=trusted_proxies == 0,  # else the application reads them itself
            max_request_body_size=21 * 1024 * 1024,
        )
    except PermissionError:
        raise InputError(f"Port {port} is reserved for the system; take one from 1024 with --port.") from None
    except (OSError, ValueError, OverflowError) as error:
        if getattr(error, "errno", None) == errno.EADDRINUSE:
            raise InputError(f"Port {port} is taken by another program; take another with --port.") from None
        raise InputError(
            f"This machine cannot serve at {host} port {port}; check --host and --port."
        ) from None


def port_of(server: Any) -> int:
    """Return the port that a server got."""
    listening = getattr(server, "effective_listen", None)
    return int(listening[0][1] if listening else server.effective_port)


def run(server: Any, on_stop: Callable[[], None]) -> None:
    """Serve until a signal to stop comes; finish what is being answered, then call ``on_stop``."""
    stop_on_signals()
    try:
        server.run()
    except SystemExit:  # the signal came just before or after the loop
        server.close()
    finally:
        on_stop()


def stop_on_signals() -> None:
    """Let SIGTERM and SIGINT ask long jobs to stop and end the main loop; a second signal is not heard."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)


def _stop(number: int, _frame: FrameType | None) -> None:
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)
    stopping.requested.set()
    log.info("stopping on signal %s", signal.Signals(number).name)
    raise SystemExit(0)
