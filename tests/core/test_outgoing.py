"""The guarded POST: where it goes, where it never goes, and what it tells apart when something breaks."""

import socket
import threading
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.outbox.channels import outgoing
from core.outbox.channels.outgoing import LOOPBACK, RefusedAddressError, allowed, check_address, post_json
from core.outbox.senders import PermanentError, ServerDownError, TransientError, UnknownOutcomeError
from core.settings import Settings, networks
from tests.core.webserver import Reply, unused_url, web_server


def post(url: str, timeout: float = 2.0, **more: Any) -> outgoing.Answer:
    return post_json(url, b'{"a": 1}', timeout=timeout, allow=more.pop("allow", LOOPBACK), **more)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """Name service of the test's own: for each host the answers it gives, one question after the other."""
    answers: dict[str, list[list[str]]] = {}

    def resolve(host: str, port: int, *_args: Any, **_kinds: Any) -> list[tuple[Any, ...]]:
        try:
            found = [str(ip_address(host))]
        except ValueError:
            turns = answers.get(host, [])
            found = turns.pop(0) if len(turns) > 1 else turns[0] if turns else []
        if not found:
            raise socket.gaierror(-2, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return answers


def test_the_document_arrives_as_it_was_given() -> None:
    with web_server(Reply(202, b'{"ok": true}', (("X-Request", "7"),))) as server:
        answer = post(f"{server.url}/in?a=b", headers={"X-Signature": "abc"})
    assert (answer.status, answer.body, answer.headers["x-request"]) == (202, b'{"ok": true}', "7")
    [request] = server.received
    assert (request.path, request.body) == ("/in?a=b", b'{"a": 1}')
    assert request.headers["x-signature"] == "abc"
    assert request.headers["content-type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://0.0.0.0/",
        "https://[::]/",
        "https://10.0.0.7/",
        "https://172.16.0.1/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://100.100.100.200/latest/meta-data/",  # the metadata of Alibaba Cloud
        "https://168.63.129.16/",
        "https://[fe80::1]/",
        "https://[fd00:ec2::254]/",
        "https://224.0.0.1/",
        "https://255.255.255.255/",
        "https://[::ffff:10.0.0.7]/",
        "https://[::ffff:169.254.169.254]/",
        "https://[64:ff9b::a9fe:a9fe]/",  # the same through NAT64
        "https://[2002:a00:7::1]/",  # 10.0.0.7 through 6to4
        "https://[64:ff9b:1::a00:7]/",  # the same through a NAT64 of the house
        "https://[::10.0.0.7]/",
        "https://[::ffff:0:10.0.0.7]/",
        "https://[fec0::1]/",
        "https://2130706433/",  # 127.0.0.1 as one number
        "https://0x7f.1/",
        "https://localhost/",
    ],
)
def test_nothing_inside_the_house_is_called(url: str) -> None:
    with pytest.raises((RefusedAddressError, ServerDownError)) as caught:
        post(url, allow=())
    if "2130706433" not in url and "0x7f" not in url:  # whether these are numbers is up to the resolver
        assert caught.type is RefusedAddressError


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1",
        "//127.0.0.1/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "http://",
        "http:///x",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:0/",
        "http://127.0.0.1:x/",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/a\r\nHost: x",
        "http://127.0.0.1/\u0001",
        "http://127.0.0.1/回访",
        "http://user:pass@127.0.0.1/",
        "http://user@127.0.0.1/",
    ],
)
def test_what_is_no_address_is_not_called(url: str) -> None:
    with pytest.raises(RefusedAddressError):
        post(url)


def test_plain_http_stays_on_this_machine(names: dict[str, list[list[str]]]) -> None:
    names["shop.example"] = [["93.184.216.34"]]
    with pytest.raises(RefusedAddressError, match="https"):
        post("http://shop.example/", allow=(*LOOPBACK, ip_network("93.184.216.0/24")))


def test_one_bad_address_among_many_is_enough(names: dict[str, list[list[str]]]) -> None:
    names["both.example"] = [["93.184.216.34", "10.0.0.7"]]
    with pytest.raises(RefusedAddressError, match=r"10\.0\.0\.7"):
        post("https://both.example/", allow=())


def test_a_name_that_changes_its_mind_changes_nothing(names: dict[str, list[list[str]]]) -> None:
    with web_server(Reply()) as server:
        names["rebind.example"] = [["127.0.0.1"], ["127.0.0.2"]]
        post(f"http://rebind.example:{server.port}/")
        [request] = server.received
        assert request.headers["host"] == f"rebind.example:{server.port}"
        assert names["rebind.example"] == [["127.0.0.2"]]  # asked once, not once to look and once to call


def test_one_address_that_does_not_answer_is_not_the_end(names: dict[str, list[list[str]]]) -> None:
    names["two.example"] = [["::1", "127.0.0.1"]]  # nobody listens at the first
    with web_server(Reply()) as server:
        assert post(f"http://two.example:{server.port}/").status == 200


def test_a_listed_network_may_be_called(names: dict[str, list[list[str]]]) -> None:
    names["sms.inside.example"] = [["10.1.2.3"]]
    check_address("https://sms.inside.example/send", networks("10.1.0.0/16, 192.168.7.9"))
    with pytest.raises(RefusedAddressError):
        check_address("https://sms.inside.example/send", networks("10.2.0.0/16"))


def test_what_the_operator_set_may_lie_on_this_machine() -> None:
    settings = Settings(outgoing_allow="10.1.0.0/16")
    assert allowed(settings) == (ip_network("10.1.0.0/16"),)
    assert set(LOOPBACK) < set(allowed(settings, operators=True))


def test_networks_are_read_or_refused() -> None:
    assert networks("") == ()
    assert networks("10.1.0.0/16, fd00::/8") == (ip_network("10.1.0.0/16"), ip_network("fd00::/8"))
    with pytest.raises(ValueError, match="does not appear"):
        networks("intranet")


def test_a_redirect_is_an_answer_and_nothing_more() -> None:
    with web_server(Reply()) as target:
        to_target = (("Location", target.url),)
        with web_server(Reply(307, b"", to_target)) as server:
            assert post(server.url).status == 307
        assert target.received == []


def test_only_so_much_of_an_answer_is_read() -> None:
    with web_server(Reply(200, b"x" * 1_000_000)) as server:
        assert len(post(server.url).body) == outgoing.LONGEST_ANSWER


@pytest.mark.parametrize("trouble", ["reset", "cut", "drip", "garbage"])
def test_after_the_request_was_out_nobody_knows(trouble: str) -> None:
    with web_server(Reply(trouble=trouble)) as server, pytest.raises(UnknownOutcomeError):
        post(server.url, timeout=0.5)
    assert len(server.received) == 1


def test_a_server_that_hangs_is_left_in_time() -> None:
    with web_server(Reply(wait=1.0)) as server, pytest.raises(UnknownOutcomeError, match="timed out"):
        post(server.url, timeout=0.3)


def test_nobody_listens() -> None:
    with pytest.raises(ServerDownError, match="cannot be reached"):
        post(unused_url())


def test_a_name_that_nobody_knows(names: dict[str, list[list[str]]]) -> None:
    with pytest.raises(ServerDownError, match="cannot be resolved"):
        post("https://nowhere.example/")
    assert names == {}


def test_what_breaks_while_it_is_told_was_not_told() -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def hang_up() -> None:
        connection, _address = listener.accept()
        connection.recv(1000)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        connection.close()

    thread = threading.Thread(target=hang_up)
    thread.start()
    with listener, pytest.raises(TransientError) as caught:
        post_json(
            f"http://127.0.0.1:{listener.getsockname()[1]}", b"x" * 30_000_000, timeout=5, allow=LOOPBACK
        )
    thread.join()
    assert caught.type is TransientError


@pytest.mark.parametrize("value", ["a\r\nX-Other: 1", "a\nb", "王", "a\0"])
def test_nothing_is_smuggled_into_a_header(value: str) -> None:
    with web_server(Reply()) as server:
        with pytest.raises(PermanentError):
            post(server.url, headers={"X-Key": value})
        assert server.received == []


def certificate_for(name: str, folder: Path) -> Path:
    """Make a key and a certificate of the test's own, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    made = (
        builder.not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    no_password = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no_password)
    path = folder / f"{name}.pem"
    path.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    return path


def test_the_certificate_is_the_one_of_the_name(
    names: dict[str, list[list[str]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names |= {"sms.example": [["127.0.0.1"]], "other.example": [["127.0.0.1"]]}
    certificate = certificate_for("sms.example", tmp_path)
    outgoing._tls.cache_clear()
    try:
        with web_server(Reply(), certificate) as server:
            url = f"https://sms.example:{server.port}/"
            with pytest.raises(ServerDownError, match="certificate"):
                post(url)  # nobody vouches for it
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
            outgoing._tls.cache_clear()
            assert post(url).status == 200
            with pytest.raises(ServerDownError, match="certificate"):
                post(url.replace("sms.example", "other.example"))
        assert len(server.received) == 1
    finally:
        outgoing._tls.cache_clear()
