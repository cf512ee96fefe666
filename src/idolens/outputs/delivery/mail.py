"""A mailbox, over the studio's own mail server."""

import smtplib
import socket
import ssl
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate
from typing import Final, Literal

from idolens.egress import Reach, connect
from idolens.outputs.delivery.letter import Letter
from idolens.outputs.delivery.outcome import Delivered, Failed, Outcome

_BUSY: Final = range(400, 500)
_PAUSE_S: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mail is handed in.

    Attributes:
        security: ``starttls`` after connecting, ``tls`` from the first byte, or none.
        trust: whom to believe; None believes those that the system trusts.
    """

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    user: str = ""
    password: str = ""
    timeout_s: float = 20.0
    trust: ssl.SSLContext | None = None


class MailSender:
    """Sends from one address to some others."""

    def __init__(self, server: MailServer, sender: str, to: tuple[str, ...]) -> None:
        self._server = server
        self._sender = sender
        self._to = to

    def send(self, letter: Letter) -> Outcome:
        """See `Sender.send`."""
        try:
            with self._connected() as server:
                refused = server.send_message(self._message(letter))
        except OSError as error:  # smtplib's own errors are of this kind too
            return _failure(error)
        # Some have it: to send again would bring it to them twice.
        return Delivered(_refusal(refused) if refused else "smtp 250")

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        trust = server.trust or ssl.create_default_context()
        if server.security == "tls":
            opened: smtplib.SMTP = _SmtpOverTls(
                server.host, server.port, timeout=server.timeout_s, context=trust
            )
        else:
            opened = _Smtp(server.host, server.port, timeout=server.timeout_s)
        try:
            if server.security == "starttls":
                opened.starttls(context=trust)
            if server.user:
                opened.login(server.user, server.password)
        except BaseException:
            opened.close()
            raise
        return opened

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"] = _address(self._sender)
        message["To"] = tuple(_address(one) for one in self._to)
        message["Subject"] = " ".join(letter.title.split())
        message["Date"] = formatdate()
        # The same at every try, so that mailboxes can tell a copy.
        message["Message-ID"] = f"<{letter.id}@{self._sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        if letter.urgent:
            message["X-Priority"] = "1"
        message.set_content(f"{letter.title}\n\n{letter.text}\n")
        return message


class _Smtp(smtplib.SMTP):
    """smtplib's own, over a connection that was judged."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return connect(Reach([host]), host, port, timeout)


class _SmtpOverTls(smtplib.SMTP_SSL, _Smtp):
    """The same inside TLS from the first byte."""


def _failure(error: OSError) -> Failed:
    match error:
        case smtplib.SMTPRecipientsRefused():
            return Failed(_refusal(error.recipients))
        case smtplib.SMTPResponseException():
            busy = error.smtp_code in _BUSY
            return Failed(f"smtp {error.smtp_code}", _PAUSE_S if busy else 0.0)
        case smtplib.SMTPNotSupportedError():
            return Failed("smtp without what the settings ask for")
        case ssl.SSLError():
            return Failed("certificate")
        case TimeoutError():
            return Failed("timeout")
        case _:
            return Failed("no connection")


def _address(address: str) -> Address:
    return Address(addr_spec=address)


def _refusal(refused: dict[str, tuple[int, bytes]]) -> str:
    codes = sorted({code for code, _ in refused.values()})
    return f"smtp {', '.join(map(str, codes))} for {len(refused)} of the mailboxes"
