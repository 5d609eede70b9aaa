"""The mail server at the receiving end. What it has accepted is what the customers have."""

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope, Session

LINK = re.compile(r"https?://\S+?/s/([0-9A-Za-z]+)")


@dataclass(frozen=True)
class Mail:
    """One accepted mail."""

    to: str
    number: str  # its Message-ID
    token: str  # of the personal link in it


@dataclass
class Sink:
    """Keeps what it accepted; between accepting and saying so it takes a moment, in which a kill may fall."""

    pause: float = 0.2
    answer: str = "250 OK"
    mails: list[Mail] = field(default_factory=list)
    lost: int = 0  # accepted with 250 and thrown away
    lies: bool = False
    resets_every: int = 0  # breaks off without a word after every n-th mail it has kept
    talking: int = 0  # mails that are kept and not acknowledged yet
    port: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_DATA(self, server: Any, _session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        mail = BytesParser(policy=default).parsebytes(envelope.content)
        assert isinstance(mail, EmailMessage)
        if not self.answer.startswith("250"):
            return self.answer
        with self.lock:
            if self.lies:
                self.lost += len(envelope.rcpt_tos)
            else:
                self.mails += [_kept(mail, to) for to in envelope.rcpt_tos]
            resets = self.resets_every and len(self.mails) % self.resets_every == 0
        if resets:
            server.transport.abort()
        self.talking += 1
        await asyncio.sleep(self.pause)
        self.talking -= 1
        return self.answer


def _kept(mail: EmailMessage, to: str) -> Mail:
    body = mail.get_body(("plain",))
    found = LINK.search(body.get_content() if body else "")
    return Mail(to, str(mail["Message-ID"]), found.group(1) if found else "")


@contextmanager
def mail_sink(port: int = 0, **behaviour: Any) -> Iterator[Sink]:
    """Run a mail server; on a port that was in use before, where one is given."""
    from tests.chaos.house import free_port

    sink = Sink(**behaviour)
    sink.port = port or free_port()
    controller = Controller(sink, hostname="127.0.0.1", port=sink.port)
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()
