"""An HTTP server for tests that answers, dawdles, breaks off and lies as it is told."""

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass(frozen=True)
class Request:
    """One request as it arrived; header names are in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """What the server does once it has read a request."""

    status: int = 200
    body: bytes = b"{}"
    headers: tuple[tuple[str, str], ...] = ()
    wait: float = 0.0  # before the first byte
    trouble: str = ""  # reset | cut | drip | garbage


Script = Callable[[Request], Reply]


@dataclass
class WebServer:
    """What it answers, and what it was told. The sink is what counts, not what our tables say."""

    script: Script
    received: list[Request] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    scheme: str = "http"
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"


def _handler(server: WebServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            request = Request(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            with server.lock:
                server.received.append(request)
            reply = server.script(request)
            time.sleep(reply.wait)
            self._answer(reply)

        def _answer(self, reply: Reply) -> None:
            self.close_connection = True
            if reply.trouble == "reset":
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.connection.close()
                return
            if reply.trouble == "garbage":
                self.wfile.write(b"\x00\xff this is no HTTP\r\n\r\n")
                return
            self.send_response(reply.status)
            for name, value in reply.headers:
                self.send_header(name, value)
            more = {"cut": 5, "drip": 40}.get(reply.trouble, 0)
            self.send_header("Content-Length", str(len(reply.body) + more))
            self.end_headers()
            if reply.trouble == "drip":
                for _count in range(40):
                    self.wfile.write(b" ")
                    self.wfile.flush()
                    time.sleep(0.1)
            self.wfile.write(reply.body)

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    return Handler


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, server: WebServer) -> None:
        self.owner = server
        super().__init__(("127.0.0.1", 0), _handler(server))

    def process_request(self, request: object, client_address: object) -> None:
        self.owner.connections += 1
        super().process_request(request, client_address)  # type: ignore[arg-type]

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is what these tests are about."""


@contextmanager
def web_server(script: Script | Reply, certificate: Path | None = None) -> Iterator[WebServer]:
    """Run a web server on a free port; with a certificate it speaks https."""
    server = WebServer(script if callable(script) else lambda _request: script)
    running = _Quiet(server)
    server.port = running.server_address[1]
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        running.socket = context.wrap_socket(running.socket, server_side=True)
        server.scheme = "https"
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        running.shutdown()
        thread.join()
        running.server_close()


def in_turn(*replies: Reply) -> Script:
    """Answer one after the other; the last one for ever."""
    left = list(replies)

    def script(_request: Request) -> Reply:
        return left.pop(0) if len(left) > 1 else left[0]

    return script


def unused_url() -> str:
    """Return an address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        return f"http://127.0.0.1:{unused.getsockname()[1]}"
