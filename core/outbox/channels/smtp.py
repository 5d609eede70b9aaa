"""E-mail over SMTP. One connection carries several letters of a round; each letter's trouble is its own."""

import logging
import re
import smtplib
import ssl
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from ipaddress import ip_address
from urllib.parse import SplitResult, unquote, urlsplit

from core.outbox.senders import (
    Letter,
    PermanentError,
    SendError,
    ServerDownError,
    TransientError,
    UnknownOutcomeError,
)
from core.settings import Settings

log = logging.getLogger("huifang.outbox")

TIMEOUT = 10.0  # seconds for each answer of the mail server
LETTERS_A_CONNECTION = 50  # many servers close a connection after a hundred


class _Broken(Exception):  # noqa: N818 # no error of its own: it carries one
    """The connection cannot be used any more; what that means for the letter is said inside."""

    def __init__(self, meaning: SendError) -> None:
        super().__init__(str(meaning))
        self.meaning = meaning


class SmtpSender:
    """Sends e-mail over SMTP, encrypted where the server can. Not for two threads at once."""

    def __init__(self, settings: Settings) -> None:
        self._url = urlsplit(settings.smtp_url)
        self._from = settings.mail_from
        self._host = urlsplit(settings.public_url).hostname or "localhost"
        self._server: smtplib.SMTP | None = None
        self._carried = 0

    def send(self, letter: Letter) -> None:
        """Send one letter to one address, over the connection of the letter before where it still stands."""
        mail = compose(letter, sender=self._from, host=self._host)
        server = self._reuse() or self._connect()
        self._server, self._carried = server, self._carried + 1
        try:
            self._deliver(server, mail, letter.to)
        except _Broken as broken:
            self.hang_up()  # a late answer to this letter must not be taken for one to the next
            raise broken.meaning from None

    def hang_up(self) -> None:
        """Close the connection, without waiting for a farewell."""
        if self._server is not None:
            self._server.close()
        self._server, self._carried = None, 0

    def _reuse(self) -> smtplib.SMTP | None:
        """Return the open connection, if the server still answers on it and takes one more letter."""
        if self._server is None:
            return None
        try:
            if self._carried < LETTERS_A_CONNECTION and self._server.rset()[0] == 250:
                return self._server
        except (OSError, smtplib.SMTPException):
            log.debug("the mail server closed the connection in between")
        self.hang_up()
        return None

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
            _accept_sender(server.mail(parseaddr(self._from)[1]))
            _accept(server.rcpt(to))
            _accept(server.docmd("DATA"))
            server.send(body if body.endswith(b"\r\n") else body + b"\r\n")
        except (OSError, smtplib.SMTPException) as error:
            raise _Broken(TransientError(f"The mail server broke off: {_words(error)}")) from None
        try:
            server.send(b".\r\n")
            answer = server.getreply()
        except (OSError, smtplib.SMTPException) as error:
            words = f"The mail server broke off before its receipt: {_words(error)}"
            raise _Broken(UnknownOutcomeError(words)) from None
        if answer[0] < 200:
            raise _Broken(UnknownOutcomeError("The mail server answered something that is no receipt."))
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


def _accept_sender(answer: tuple[int, bytes]) -> None:
    """A refusal of our own address is no fault of the letter: the next one would be refused as well."""
    try:
        _accept(answer)
    except PermanentError as error:
        raise _Broken(ServerDownError(f"HUIFANG_MAIL_FROM is refused: {error}")) from None


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
