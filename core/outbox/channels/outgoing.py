"""The one way out over HTTP: a POST that cannot be led to an address inside the house.

The name is resolved once, every address it has is looked at, and the connection goes to one of those looked
at: a name that changes its mind in between changes nothing. Nothing follows a redirect, nothing is read
without end, and what broke before the request was out is told apart from what broke after.
"""

import io
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from http.client import HTTPException, HTTPResponse
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from core.outbox.senders import PermanentError, ServerDownError, TransientError, UnknownOutcomeError
from core.settings import Network, Settings, networks

Address = IPv4Address | IPv6Address

LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
LONGEST_ANSWER = 64 * 1024  # bytes that are read of an answer; the rest stays where it is
CONNECT_TIMEOUT = 3.0  # seconds
_NAT64 = ip_network("64:ff9b::/96")
_PUBLIC_V6 = ip_network("2000::/3")  # all that is handed out; what lies outside leads inside a house
_INSIDE_A_CLOUD = ip_address("168.63.129.16")  # a public number that leads to the machine's own host


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said; header names are in lower case."""

    status: int
    body: bytes
    headers: Mapping[str, str]


class RefusedAddressError(PermanentError):
    """This address may not be called: it is not https, or it lies inside a private network."""


def allowed(settings: Settings, *, operators: bool = False) -> tuple[Network, ...]:
    """Return the private networks that may be called.

    What the operator set in the environment may also lie on this machine; what was typed into a page may not.
    """
    listed = networks(settings.outgoing_allow)
    return (*listed, *LOOPBACK) if operators else listed


def post_json(
    url: str,
    body: bytes,
    headers: Mapping[str, str] | None = None,
    *,
    timeout: float,
    allow: Sequence[Network] = (),
) -> Answer:
    """POST one JSON document and return the answer, whatever its status; ``timeout`` is for everything.

    Public addresses are called over https only. ``allow`` names the other networks that may be called;
    plain http is for loopback addresses among them.

    Raises
    ------
    RefusedAddressError
        When the address may not be called.
    ServerDownError
        When the server cannot be reached; nothing was sent.
    TransientError
        When the connection broke before the request was out.
    UnknownOutcomeError
        When no readable answer came after it: it may have been acted upon.
    """
    deadline = time.monotonic() + timeout
    parts = _checked(url)
    request = _request(parts, body, headers or {})
    connection = _connect(parts, _choose(parts, allow), deadline)
    try:
        try:
            connection.settimeout(_left(deadline))
            connection.sendall(request)
        except OSError as error:
            raise TransientError(f"The server broke off while being told: {_words(error)}") from None
        try:
            return _read(connection, deadline)
        except (OSError, HTTPException, ValueError) as error:
            raise UnknownOutcomeError(f"The server gave no answer: {_words(error)}") from None
    finally:
        connection.close()


def check_address(url: str, allow: Sequence[Network] = ()) -> None:
    """Raise ``RefusedAddressError`` when ``post_json`` would; for forms that take such an address."""
    parts = _checked(url)
    _choose(parts, allow)


def reach(url: str, *, timeout: float, allow: Sequence[Network] = ()) -> None:
    """Connect, look at the certificate and hang up, without asking for anything."""
    parts = _checked(url)
    _connect(parts, _choose(parts, allow), time.monotonic() + timeout).close()


def _checked(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_whole = False
    if not is_whole or not url.isascii() or any(not c.isprintable() or c == " " for c in url):
        raise RefusedAddressError("This is no address that can be called; write https://host/path.")
    if parts.username is not None or parts.password is not None:
        raise RefusedAddressError("An address that is called holds no name and no password.")
    return parts


def _choose(parts: SplitResult, allow: Sequence[Network]) -> list[tuple[str, int]]:
    """Resolve the host, and refuse it when any of its addresses may not be called."""
    host, port = str(parts.hostname), parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ServerDownError(f"The name {host} cannot be resolved: {_words(error)}") from None
    addresses = [ip_address(str(sockaddr[0]).partition("%")[0]) for *_kind, sockaddr in found]
    for address in addresses:
        if not _may_call(address, parts.scheme, allow):
            raise RefusedAddressError(
                f"{host} may not be called: {address} is not public and not in HUIFANG_OUTGOING_ALLOW, "
                "or the address does not begin with https://."
            )
    return [(str(address), port) for address in dict.fromkeys(addresses)]


def _may_call(address: Address, scheme: str, allow: Sequence[Network]) -> bool:
    inner = _unwrapped(address)
    listed = any(inner in network for network in allow)
    if scheme == "http":
        return listed and inner.is_loopback
    is_public = inner.is_global and not inner.is_multicast and inner != _INSIDE_A_CLOUD
    return listed or (is_public and (inner.version == 4 or inner in _PUBLIC_V6))


def _unwrapped(address: Address) -> Address:
    """Look through the ways in which an IPv6 address carries an IPv4 one."""
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
        teredo = address.teredo[1] if address.teredo else None
        return address.ipv4_mapped or address.sixtofour or teredo or address
    return address


def _connect(parts: SplitResult, targets: Sequence[tuple[str, int]], deadline: float) -> socket.socket:
    """Connect to an address that was looked at; the certificate must be the one of the name."""
    plain = _dial(str(parts.hostname), targets, deadline)
    if parts.scheme == "http":
        return plain
    try:
        plain.settimeout(_left(deadline))
        return _tls().wrap_socket(plain, server_hostname=parts.hostname)
    except OSError as error:
        plain.close()
        raise ServerDownError(f"{parts.hostname} cannot be reached: {_words(error)}") from None


def _dial(host: str, targets: Sequence[tuple[str, int]], deadline: float) -> socket.socket:
    """Try one address after the other: a machine without IPv6 still reaches who has both."""
    problems: list[str] = []
    for target in targets:
        try:
            return socket.create_connection(target, timeout=min(CONNECT_TIMEOUT, _left(deadline)))
        except OSError as error:
            problems.append(_words(error))
    raise ServerDownError(f"{host} cannot be reached: {'; '.join(dict.fromkeys(problems)) or 'no address'}")


@cache
def _tls() -> ssl.SSLContext:
    """Read the trusted certificates once: it takes longer than a request."""
    return ssl.create_default_context()


def _request(parts: SplitResult, body: bytes, headers: Mapping[str, str]) -> bytes:
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = {
        "Host": parts.netloc,
        **({"Content-Type": "application/json; charset=utf-8"} if body else {}),
        "Content-Length": str(len(body)),
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": "Huifang",
        "Connection": "close",
        **headers,
    }
    for name, value in lines.items():
        if not (name + value).isascii() or not (name + value).isprintable():
            raise PermanentError(f"The header {name!r} cannot stand in a request.")
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode("ascii") + body


class _Incoming(io.RawIOBase):
    """The bytes of an answer; a server that drips them does not move the deadline."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection, self._deadline = connection, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # the buffered reader passes one
        self._connection.settimeout(_left(self._deadline))
        return self._connection.recv_into(buffer)

    def makefile(self, *_mode: object) -> io.BufferedReader:
        """Answer as the socket that ``HTTPResponse`` expects."""
        return io.BufferedReader(self)


def _read(connection: socket.socket, deadline: float) -> Answer:
    response = HTTPResponse(_Incoming(connection, deadline), method="POST")  # type: ignore[arg-type]
    response.begin()
    body = response.read(LONGEST_ANSWER)
    if len(body) < LONGEST_ANSWER and response.length:
        raise ValueError("the answer was cut off")
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, body, headers)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    return left


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
