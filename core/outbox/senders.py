"""How a message leaves the house: by the visible outbox, or by a mail server."""

import re
import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from core.errors import HuifangError
from core.settings import Settings

TIMEOUT = 10.0  # seconds for each answer of the mail server


class TransientError(HuifangError):
    """The message could not be sent now; it may be tried again."""


class ServerDownError(TransientError):
    """The mail server does not answer or does not let us in; no message can be sent now."""


class PermanentError(HuifangError):
    """The message was refused for good."""


class UnknownOutcomeError(HuifangError):
    """The connection broke before the receipt came: the message may have been delivered."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message with everything opened, as a sender needs it."""

    uid: str
    channel: str
    to: str
    title: str
    body: str
    language: str
    at: datetime


class Sender(Protocol):
    """Sends one letter, or raises one of the four errors above."""

    def send(self, letter: Letter) -> None:
        """Send one letter."""


class VisibleOutbox:
    """Shows the message on the outbox page, and that is all: for demos and until a gateway is set."""

    def send(self, letter: Letter) -> None:
        """Do nothing; the row is the message."""


class SmtpSender:
    """Sends e-mail over SMTP, encrypted where the server can."""

    def __init__(self, settings: Settings) -> None:
        self._url = urlsplit(settings.smtp_url)
        self._from = settings.mail_from
        self._host = urlsplit(settings.public_url).hostname or "localhost"

    def send(self, letter: Letter) -> None:
        """Send one letter to one address."""
        mail = compose(letter, sender=self._from, host=self._host)
        server = self._connect()
        try:
            self._deliver(server, mail, letter.to)
        finally:
            server.close()

    def greet(self) -> None:
        """Reach the server and sign in, without sending anything."""
        self._connect().close()

    def _connect(self) -> smtplib.SMTP:
        """Reach the server and sign in; whatever goes wrong here is no fault of the letter."""
        try:
            server = self._open()
            try:
                self._greet(server)
            except BaseException:
                server.close()
                raise
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            raise ServerDownError(f"The mail server cannot be used: {_words(error)}") from None
        return server

    def _open(self) -> smtplib.SMTP:
        url, host = self._url, self._url.hostname or ""
        server: smtplib.SMTP
        if url.scheme == "smtps":
            server = smtplib.SMTP_SSL(host, url.port or 465, self._host, timeout=TIMEOUT, context=_tls(url))
        else:
            server = smtplib.SMTP(host, url.port or (587 if url.username else 25), self._host, TIMEOUT)
        return server

    def _greet(self, server: smtplib.SMTP) -> None:
        """Introduce ourselves, encrypt where the server can, sign in where an account is set."""
        server.ehlo_or_helo_if_needed()
        if server.has_extn("starttls"):
            server.starttls(context=_tls(self._url))
            server.ehlo()
        self._sign_in(server)

    def _sign_in(self, server: smtplib.SMTP) -> None:
        if not self._url.username:
            return
        if not isinstance(server.sock, ssl.SSLSocket) and not _is_loopback(self._url):
            raise smtplib.SMTPException("it offers no encryption, so the password is not sent; use smtps://")
        server.login(unquote(self._url.username), unquote(self._url.password or ""))

    def _deliver(self, server: smtplib.SMTP, mail: EmailMessage, to: str) -> None:
        """Hand the letter over; after the final dot only the server's answer tells what became of it."""
        body = re.sub(rb"(?m)^\.", b"..", mail.as_bytes())
        try:
            _accept(server.mail(parseaddr(self._from)[1]))
            _accept(server.rcpt(to))
            _accept(server.docmd("DATA"))
            server.send(body if body.endswith(b"\r\n") else body + b"\r\n")
        except (OSError, smtplib.SMTPException) as error:
            raise TransientError(f"The mail server broke off: {_words(error)}") from None
        try:
            server.send(b".\r\n")
            answer = server.getreply()
        except (OSError, smtplib.SMTPException) as error:
            raise UnknownOutcomeError(
                f"The mail server broke off before its receipt: {_words(error)}"
            ) from None
        if answer[0] < 200:
            raise UnknownOutcomeError("The mail server answered something that is no receipt.")
        _accept(answer)


def compose(letter: Letter, *, sender: str, host: str) -> EmailMessage:
    """Write the mail: one recipient, no header that the letter could smuggle in, a lasting Message-ID.

    Raises
    ------
    PermanentError
        When the address is none, or a header would hold a control character.
    """
    mail = EmailMessage(policy=SMTP)
    try:
        if any(not c.isprintable() for c in letter.to + letter.title):
            raise ValueError("control character")
        recipient = Address(addr_spec=letter.to)
        if not letter.to.isascii() or not recipient.domain:
            raise ValueError("not an address")
        mail["From"] = sender
        mail["To"] = recipient
        mail["Subject"] = letter.title
    except (ValueError, IndexError, MessageError):  # the parser of the standard library raises all three
        raise PermanentError("The address or the title of this e-mail cannot stand in a mail.") from None
    mail["Date"] = format_datetime(letter.at)
    mail["Message-ID"] = f"<{letter.uid}@{host}>"
    mail["Content-Language"] = "zh-Hans" if letter.language == "zh_Hans" else letter.language
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.body)
    return mail


def senders_for(settings: Settings) -> dict[str, Sender]:
    """Return the sender of each channel; an SMS waits in the visible outbox for a gateway."""
    email: Sender = SmtpSender(settings) if settings.smtp_url else VisibleOutbox()
    return {"email": email, "sms": VisibleOutbox(), "notice": VisibleOutbox()}


def _accept(answer: tuple[int, bytes]) -> None:
    """Sort a refusal by its code: 4xx may change, 5xx will not."""
    code, words = answer
    if 200 <= code < 400:
        return
    said = f"{code} {words.decode('utf-8', 'replace')}"
    if 500 <= code < 600:
        raise PermanentError(f"The mail server refused it: {said}")
    raise TransientError(f"The mail server put it off: {said}")


def _tls(url: SplitResult) -> ssl.SSLContext:
    """Check the server's certificate, except on this machine, where nobody stands in between."""
    context = ssl.create_default_context()
    if _is_loopback(url):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _is_loopback(url: SplitResult) -> bool:
    host = url.hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        words = error.smtp_error
        return f"{error.smtp_code} {words.decode('utf-8', 'replace') if isinstance(words, bytes) else words}"
    return str(error) or type(error).__name__
