"""E-mail over a real SMTP connection: what arrives, and how each kind of trouble is told apart."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from core.outbox.channels import smtp
from core.outbox.channels.choice import senders_for
from core.outbox.channels.smtp import SmtpSender, compose
from core.outbox.channels.visible import VisibleOutbox
from core.outbox.senders import (
    Letter,
    PermanentError,
    ServerDownError,
    TransientError,
    UnknownOutcomeError,
)
from core.settings import Settings
from tests.core.mailserver import mail_server


@pytest.fixture
def letter(now: datetime) -> Letter:
    return Letter(
        uid="0123456789abcdef0123456789abcdef",
        channel="email",
        to="wang@example.org",
        title="请评价本次服务",
        body="王秀英，您好：\n.一个点开头的行\n\nhttp://localhost:8080/s/abc\n",
        language="zh_Hans",
        at=now,
    )


OPEN: list[SmtpSender] = []


@pytest.fixture(autouse=True)
def _hang_up() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().hang_up()


def sender_to(url: str) -> SmtpSender:
    OPEN.append(
        SmtpSender(
            Settings(smtp_url=url, mail_from="回访 <care@heat.example>", public_url="https://heat.example")
        )
    )
    return OPEN[-1]


def test_the_mail_arrives_as_it_was_written(letter: Letter) -> None:
    with mail_server() as server:
        sender_to(server.url).send(letter)
    [(envelope_from, recipients, mail)] = server.received
    assert (envelope_from, recipients) == ("care@heat.example", ["wang@example.org"])
    assert mail["Subject"] == "请评价本次服务"
    assert mail["From"] == "回访 <care@heat.example>"
    assert mail["To"] == "wang@example.org"
    assert mail["Message-ID"] == "<0123456789abcdef0123456789abcdef@heat.example>"
    assert mail["Date"].datetime == letter.at
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content().replace("\r\n", "\n") == letter.body


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        ({"rcpt": "450 4.2.1 mailbox busy"}, TransientError),
        ({"rcpt": "550 5.1.1 no such user"}, PermanentError),
        ({"data": "451 4.3.0 try later"}, TransientError),
        ({"data": "554 5.6.0 not wanted"}, PermanentError),
        ({"before_receipt": "reset"}, UnknownOutcomeError),
        ({"before_receipt": "hang"}, UnknownOutcomeError),
    ],
)
def test_refusals_are_told_apart(
    letter: Letter, behaviour: dict[str, str], error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "TIMEOUT", 0.4)
    with mail_server(**behaviour) as server, pytest.raises(error) as caught:
        sender_to(server.url).send(letter)
    assert type(caught.value) is error


def test_one_connection_carries_many_letters(letter: Letter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "LETTERS_A_CONNECTION", 4)
    with mail_server() as server:
        sender = sender_to(server.url)
        for n in range(10):
            sender.send(replace(letter, to=f"c{n}@example.org"))
    assert server.recipients == [f"c{n}@example.org" for n in range(10)]
    assert len(server.connections) == 3  # 4 + 4 + 2


def test_the_trouble_of_one_letter_is_not_that_of_the_next(letter: Letter) -> None:
    with mail_server(bad_words=("c1@example.org", "c3@example.org")) as server:
        sender = sender_to(server.url)
        for n in range(5):
            if n in {1, 3}:
                with pytest.raises(PermanentError):
                    sender.send(replace(letter, to=f"c{n}@example.org"))
            else:
                sender.send(replace(letter, to=f"c{n}@example.org"))
    assert server.recipients == ["c0@example.org", "c2@example.org", "c4@example.org"]
    assert len(server.connections) == 1


def test_a_server_that_hangs_up_in_between_is_called_again(letter: Letter) -> None:
    with mail_server(hangs_up_after=2) as server:
        sender = sender_to(server.url)
        for n in range(5):
            sender.send(replace(letter, to=f"c{n}@example.org"))
            time.sleep(0.05)  # it takes a moment until the server has hung up
    assert server.recipients == [f"c{n}@example.org" for n in range(5)]
    assert len(server.connections) == 3


def test_a_late_answer_is_not_taken_for_one_to_the_next_letter(
    letter: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "TIMEOUT", 0.4)
    with mail_server(before_receipt="hang") as server:
        sender = sender_to(server.url)
        with pytest.raises(UnknownOutcomeError):
            sender.send(letter)
        server.before_receipt, server.data = "", "554 5.6.0 not wanted"
        with pytest.raises(PermanentError):  # and not the late 250 of the first
            sender.send(letter)
    assert len(server.connections) == 2


def test_a_refused_sender_is_no_fault_of_the_letter(letter: Letter) -> None:
    steps = [say(b"220 hi\r\n"), hear, say(b"250 hi\r\n"), hear, say(b"550 not you\r\n"), hear]
    url, thread = scripted(*steps)
    with pytest.raises(ServerDownError, match="HUIFANG_MAIL_FROM"):
        sender_to(url).send(letter)
    thread.join(5)


def scripted(*steps: Callable[[socket.socket], None]) -> tuple[str, threading.Thread]:
    """Listen once on a free port, and do as told with the connection."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _address = listener.accept()
        with connection, listener:
            for step in steps:
                step(connection)

    thread = threading.Thread(target=serve)
    thread.start()
    return f"smtp://127.0.0.1:{listener.getsockname()[1]}", thread


def say(words: bytes) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(words)


def hear(connection: socket.socket) -> None:
    connection.recv(4096)


def wait(connection: socket.socket) -> None:
    connection.settimeout(2)
    connection.recv(4096)


@pytest.mark.parametrize(
    "steps",
    [
        [wait],  # accepts and says nothing
        [],  # closes at once
        [say(b"554 go away\r\n"), hear],
        [say(b"\xff\xfe\x00garbage\r\n"), hear],
        [say(b"220 hello\r\n"), hear],  # breaks off at the greeting
    ],
)
def test_a_server_that_is_no_use_is_down(
    letter: Letter, steps: list[Callable[[socket.socket], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "TIMEOUT", 0.4)
    url, thread = scripted(*steps)
    with pytest.raises(ServerDownError, match="cannot be used"):
        sender_to(url).send(letter)
    thread.join(5)


def test_nobody_listens(letter: Letter) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(ServerDownError):
        sender_to(f"smtp://127.0.0.1:{port}").send(letter)


def test_a_connection_that_breaks_before_the_mail_is_out_is_transient(letter: Letter) -> None:
    steps = [say(b"220 hi\r\n"), hear, say(b"250 hi\r\n"), hear, say(b"250 ok\r\n"), hear]
    url, thread = scripted(*steps)
    with pytest.raises(TransientError) as caught:
        sender_to(url).send(letter)
    assert not isinstance(caught.value, ServerDownError)
    thread.join(5)


def test_a_password_never_crosses_an_open_network(letter: Letter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "_is_loopback", lambda _url: False)  # as if the server were far away
    with mail_server() as server, pytest.raises(ServerDownError, match="password is not sent"):
        sender_to(server.url.replace("//", "//user:secret@")).send(letter)
    assert server.received == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "Hello\r\nBcc: everyone@example.org"),
        ("title", "Hello\nBcc: everyone@example.org"),
        ("title", "Hello\0"),
        ("to", "wang@example.org\r\nBcc: everyone@example.org"),
        ("to", "wang@example.org\nRCPT TO:<everyone@example.org>"),
        ("to", "wang@example.org, everyone@example.org"),
        ("to", "wang@example.org everyone@example.org"),
        ("to", "<wang@example.org>"),
        ("to", "wang"),
        ("to", ""),
        ("to", "王@example.org"),
    ],
)
def test_nothing_is_smuggled_into_a_header(letter: Letter, field: str, value: str) -> None:
    with mail_server() as server, pytest.raises(PermanentError):
        sender_to(server.url).send(replace(letter, **{field: value}))
    assert server.received == []


def test_a_body_that_looks_like_headers_stays_a_body(letter: Letter) -> None:
    body = "Bcc: everyone@example.org\n\n.\nRCPT TO:<everyone@example.org>\n"
    with mail_server() as server:
        sender_to(server.url).send(replace(letter, body=body))
    [(_from, recipients, mail)] = server.received
    assert recipients == ["wang@example.org"]
    assert mail["Bcc"] is None
    assert mail.get_content().replace("\r\n", "\n") == body


def test_the_same_message_has_the_same_message_id(letter: Letter) -> None:
    first, second = (compose(letter, sender="a@b.example", host="h.example") for _ in range(2))
    assert first["Message-ID"] == second["Message-ID"]


def test_the_mail_server_is_used_only_when_it_is_set(tmp_path: Path) -> None:
    assert isinstance(senders_for(Settings())["email"], VisibleOutbox)
    assert isinstance(senders_for(Settings(smtp_url="smtp://mail.example"))["email"], SmtpSender)
    assert isinstance(senders_for(Settings(smtp_url="smtp://mail.example"))["sms"], VisibleOutbox)
