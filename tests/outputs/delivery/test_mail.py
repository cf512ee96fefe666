"""Mail is handed to a real mail server, over TLS where the settings ask for it."""

import datetime as dt
import email
import email.policy
import ssl
import subprocess
from contextlib import contextmanager

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from idolens.outputs.delivery import Delivered, Failed, sender_for
from idolens.outputs.delivery.mail import MailSender, MailServer
from idolens.settings.alerting import EmailTarget
from tests.outputs.delivery.letters import a_letter

SENDER, TO = "idolens@studio.lan", ("ops@studio.lan", "boss@studio.lan")


class Mailbox:
    """Takes mail; refuses what it is told to."""

    def __init__(self, refuse=(), answer="250 OK"):
        self.mails = []
        self.refuse = refuse
        self.answer = answer

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - the library calls it
        if address in self.refuse:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - the library calls it
        if self.answer.startswith("250"):
            mail = email.message_from_bytes(
                envelope.content, policy=email.policy.default
            )
            self.mails.append((envelope.rcpt_tos, mail))
        return self.answer


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate of 127.0.0.1 that signs itself."""
    folder = tmp_path_factory.mktemp("tls")
    key, file = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt"),
            *("ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"),
            *("-keyout", str(key), "-out", str(file), "-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file, key)
    return server, ssl.create_default_context(cafile=str(file))


class Server(Controller):
    """On a port that was free; the library itself would look for it at port 0."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def mail_server(box, **options):
    server = Server(box, hostname="127.0.0.1", port=0, **options)
    server.start()
    try:
        yield server.port
    finally:
        server.stop()


def a_sender(port, **changes):
    facts = {"host": "127.0.0.1", "port": port, "security": "none", "timeout_s": 5.0}
    return MailSender(MailServer(**(facts | changes)), SENDER, TO)


def test_a_mail_arrives_readable():
    """Subject and text in Chinese, one mail to all, an id that stays the same."""
    box = Mailbox()
    with mail_server(box) as port:
        assert a_sender(port).send(a_letter("evt_5")) == Delivered("smtp 250")

    ((to, mail),) = box.mails
    assert tuple(to) == TO
    assert mail["subject"] == "[三号机房] 告警(严重):磁盘空间不足"
    assert mail["message-id"] == "<evt_5@studio.lan>"
    assert mail["from"] == SENDER
    assert mail["x-priority"] == "1"
    assert "怎么办:请腾出空间。" in mail.get_content()


def test_no_line_break_gets_into_a_header():
    """A title of several lines cannot add recipients."""
    box = Mailbox()
    title = {"zh": "a\r\nBcc: thief@example.com", "en": "x"}
    with mail_server(box) as port:
        a_sender(port).send(a_letter(title=title))

    ((to, mail),) = box.mails
    assert tuple(to) == TO
    assert mail["bcc"] is None


def test_starttls_with_a_login(certificate):
    """The password goes only over TLS, to a server that is who it says."""
    theirs, ours = certificate
    seen = []

    def check(_server, _session, _envelope, _mechanism, data):
        seen.append((data.login, data.password))
        return AuthResult(success=data.password == b"pw", handled=False)

    box = Mailbox()
    options = {"tls_context": theirs, "authenticator": check, "auth_required": True}
    with mail_server(box, **options) as port:
        chosen = {"security": "starttls", "user": "idolens", "trust": ours}
        good, wrong, nobody = (
            a_sender(port, **(chosen | more)).send(a_letter())
            for more in ({"password": "pw"}, {"password": "no"}, {"user": ""})
        )

    assert good == Delivered("smtp 250")
    assert wrong == Failed("smtp 535")
    assert nobody == Failed("smtp 530")
    assert seen[0] == (b"idolens", b"pw")
    assert len(box.mails) == 1


def test_a_stranger_gets_no_password(certificate):
    """A certificate that nobody vouches for ends it before anything is said."""
    theirs, _ = certificate
    with mail_server(Mailbox(), tls_context=theirs) as port:
        chosen = {"security": "starttls", "user": "u", "password": "p"}
        outcome = a_sender(port, **chosen).send(a_letter())

    assert outcome == Failed("certificate")


def test_no_starttls_is_no_excuse():
    """A server that cannot do TLS gets nothing, where the settings ask for it."""
    box = Mailbox()
    with mail_server(box) as port:
        outcome = a_sender(port, security="starttls").send(a_letter())

    assert outcome == Failed("smtp without what the settings ask for")
    assert box.mails == []


def test_tls_from_the_first_byte(certificate):
    """Port 465's way works too."""
    theirs, ours = certificate
    box = Mailbox()
    with mail_server(box, ssl_context=theirs) as port:
        outcome = a_sender(port, security="tls", trust=ours).send(a_letter())

    assert outcome == Delivered("smtp 250")


def test_refusals_are_told():
    """One mailbox of two: delivered, and said; none: failed; busy: a pause."""
    box = Mailbox(refuse=TO[:1])
    with mail_server(box) as port:
        assert a_sender(port).send(a_letter()) == Delivered(
            "smtp 550 for 1 of the mailboxes"
        )
        box.refuse = TO
        assert a_sender(port).send(a_letter()) == Failed(
            "smtp 550 for 2 of the mailboxes"
        )
        box.refuse, box.answer = (), "451 greylisted, come back"
        assert a_sender(port).send(a_letter()) == Failed("smtp 451", 60.0)
        box.answer = "552 too large"
        assert a_sender(port).send(a_letter()) == Failed("smtp 552")

    assert a_sender(port).send(a_letter()) == Failed("no connection")


def test_the_settings_become_a_sender():
    """A target of the settings is sent to as it says."""
    box = Mailbox()
    with mail_server(box) as port:
        target = EmailTarget(
            kind="email",
            name="mail",
            host="127.0.0.1",
            port=port,
            security="none",
            sender=SENDER,
            to=TO,
        )
        assert sender_for(target, 5).send(a_letter()) == Delivered("smtp 250")

    sent = dt.datetime.strptime(box.mails[0][1]["date"], "%a, %d %b %Y %H:%M:%S %z")
    assert abs((dt.datetime.now(dt.UTC) - sent).total_seconds()) < 60
