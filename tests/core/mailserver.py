"""A real SMTP server on this machine that behaves as a test tells it to, and remembers what it accepted."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class MailServer:
    """What it answers, and the mails it accepted. The sink is what counts, not what our tables say."""

    rcpt: str = "250 OK"
    data: str = "250 OK"
    before_receipt: str = ""  # "hang" or "reset" after the whole mail arrived
    bad_words: tuple[str, ...] = ()  # refuse mails to these
    hangs_up_after: int = 0  # mails, when not zero
    connections: set[tuple[str, int]] = field(default_factory=set)
    received: list[tuple[str, list[str], EmailMessage]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def recipients(self) -> list[str]:
        return [to for _sender, recipients, _mail in self.received for to in recipients]

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.bad_words:
            return "550 5.1.1 no such mailbox " + address
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        self.connections.add(session.peer[:2])
        if self.data.startswith("250"):
            mail = BytesParser(policy=default).parsebytes(envelope.content or b"")
            assert isinstance(mail, EmailMessage)
            self.received.append((str(envelope.mail_from), list(envelope.rcpt_tos), mail))
        if self.hangs_up_after and len(self.received) % self.hangs_up_after == 0:
            asyncio.get_running_loop().call_later(0.01, server.transport.close)
        if self.before_receipt == "hang":
            await asyncio.sleep(1.5)
        elif self.before_receipt == "reset":
            server.transport.abort()
        return self.data


@contextmanager
def mail_server(**behaviour: Any) -> Iterator[MailServer]:
    """Run a mail server on a free port."""
    handler = MailServer(**behaviour)
    with socket.create_server(("127.0.0.1", 0)) as free:
        handler.port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=handler.port)
    controller.start()
    try:
        yield handler
    finally:
        controller.stop()
