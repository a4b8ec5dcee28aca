"""SMTP against a real server on this machine, scripted to refuse, hang up and go silent."""

from __future__ import annotations

import datetime as dt
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from outreach.channels import Outgoing, Sender
from outreach.errors import Outcome, SendError
from outreach.model import Channel

Open = Callable[..., Sender]
Make = Callable[..., Outgoing]


@dataclass
class Mailroom:
    """The mail server's behaviour: a reply for each stage, or the words "hang up" or "silence"."""

    replies: dict[str, str] = field(default_factory=dict)
    taken: list[Envelope] = field(default_factory=list)
    connections: int = 0
    transports: list[Any] = field(default_factory=list)

    async def handle_EHLO(  # noqa: N802  # aiosmtpd's names
        self, server: Any, session: Any, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        self.transports.append(server.transport)
        return responses

    async def handle_MAIL(  # noqa: N802
        self, server: Any, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self._reply("mail", server)

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self._reply("rcpt", server)

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        reply = self._reply("data", server)
        if reply.startswith("250") or "data" in self.replies:
            self.taken.append(envelope)
        return reply

    def _reply(self, stage: str, server: Any) -> str:
        reply = self.replies.get(stage, "250 2.0.0 OK queued as A1B2")
        if reply == "hang up":
            server.transport.abort()
        return reply


class AnyPort(Controller):
    """A server on whatever port is free; aiosmtpd itself knocks on the port it was told."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def mailroom() -> Mailroom:
    return Mailroom()


@pytest.fixture
def start(mailroom: Mailroom) -> Iterator[Callable[..., int]]:
    """Start the server with aiosmtpd's own options; returns its port."""
    running: list[AnyPort] = []

    def start_it(**options: Any) -> int:
        controller = AnyPort(mailroom, hostname="127.0.0.1", port=0, **options)
        controller.start()
        running.append(controller)
        return int(controller.port)

    yield start_it
    for controller in running:
        controller.stop()


@pytest.fixture
def open_smtp(start: Callable[..., int], open_channel: Callable[..., Sender]) -> Open:
    def open_it(port: int | None = None, **settings: object) -> Sender:
        base: dict[str, object] = {
            "provider": "smtp",
            "host": "127.0.0.1",
            "port": port or start(),
            "security": "none",
            "from": "Mara at Nordlicht <care@nordlicht.example>",
            "timeout": 5,
        }
        return open_channel(Channel.EMAIL, **{**base, **settings})

    return open_it


def _fails(sender: Sender, message: Outgoing, now: dt.datetime) -> SendError:
    with pytest.raises(SendError) as caught:
        sender.send(message, now=now)
    return caught.value


def test_an_email_arrives_whole_and_is_named_after_our_message(
    open_smtp: Open, an_email: Make, mailroom: Mailroom, now: dt.datetime
) -> None:
    message = an_email(body_text="Dear Ada,\n.\n..two dots\nÜber: sorry", subject="Später")
    receipt = open_smtp().send(message, now=now)
    (envelope,) = mailroom.taken
    assert (envelope.mail_from, envelope.rcpt_tos) == (
        "care@nordlicht.example",
        ["ada@customer.example"],
    )
    mail = message_from_bytes(envelope.content, policy=policy.default)
    assert receipt.provider_id == mail["Message-ID"] == "<m-17@nordlicht.example>"
    assert "queued as A1B2" in receipt.detail
    assert mail["Subject"] == "Später"
    assert mail["Date"].datetime == now
    text = mail.get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert text.rstrip("\n") == message.body_text
    assert mail.get_body(("html",)).get_content().rstrip() == message.body_html


def test_the_connection_is_kept_between_sends(
    open_smtp: Open, an_email: Make, mailroom: Mailroom, now: dt.datetime
) -> None:
    sender = open_smtp()
    for _ in range(3):
        sender.send(an_email(), now=now)
    assert (len(mailroom.taken), mailroom.connections) == (3, 1)


def test_threads_share_one_sender_and_lose_nothing(
    open_smtp: Open, an_email: Make, mailroom: Mailroom, now: dt.datetime
) -> None:
    sender = open_smtp()
    ids = [f"m-{n}" for n in range(40)]
    with ThreadPoolExecutor(4) as threads:
        receipts = list(
            threads.map(lambda id_: sender.send(an_email(message_id=id_), now=now), ids)
        )
    assert [r.provider_id for r in receipts] == [f"<{id_}@nordlicht.example>" for id_ in ids]
    assert len(mailroom.taken) == 40
    assert mailroom.connections <= 4


def test_a_kept_connection_that_died_is_replaced(
    open_smtp: Open, an_email: Make, mailroom: Mailroom, now: dt.datetime
) -> None:
    sender = open_smtp()
    sender.send(an_email(), now=now)
    dead = threading.Event()
    loop = mailroom.transports[0]._loop
    loop.call_soon_threadsafe(lambda: (mailroom.transports[0].abort(), dead.set()))
    assert dead.wait(5)
    sender.send(an_email(), now=now)
    assert (len(mailroom.taken), mailroom.connections) == (2, 2)


@pytest.mark.parametrize(
    ("stage", "reply", "outcome", "mark"),
    [
        # the mailbox
        ("rcpt", "550 5.1.1 ada@customer.example: no such user", Outcome.REJECTED, "address"),
        ("rcpt", "550 no such user", Outcome.REJECTED, "address"),
        ("rcpt", "550 5.2.1 mailbox disabled", Outcome.REJECTED, "address"),
        # a no that is not the mailbox's fault
        ("rcpt", "550 5.7.1 relaying denied", Outcome.REJECTED, ""),
        ("rcpt", "552 5.2.2 mailbox full", Outcome.REJECTED, ""),
        ("rcpt", "554 refused", Outcome.REJECTED, ""),
        ("rcpt", "530 5.7.0 sign in first", Outcome.NOT_SENT, "channel"),
        # for now
        ("rcpt", "450 4.2.0 greylisted, come back", Outcome.NOT_SENT, ""),
        ("rcpt", "421 4.3.2 shutting down", Outcome.NOT_SENT, ""),
        # our sender: every message would be answered the same
        ("mail", "550 5.7.1 sender not allowed", Outcome.NOT_SENT, "channel"),
        ("mail", "451 4.3.0 busy", Outcome.NOT_SENT, ""),
        # the last word, after the whole message was written
        ("data", "554 5.6.0 looks like spam", Outcome.REJECTED, ""),
        ("data", "452 4.3.1 disk full", Outcome.NOT_SENT, ""),
        # lost before the message: certain; lost after it: who knows
        ("mail", "hang up", Outcome.NOT_SENT, ""),
        ("rcpt", "hang up", Outcome.NOT_SENT, ""),
        ("data", "hang up", Outcome.IN_DOUBT, ""),
    ],
)
def test_every_reply_says_how_sure_we_are_and_whose_fault_it_is(
    open_smtp: Open,
    an_email: Make,
    mailroom: Mailroom,
    now: dt.datetime,
    stage: str,
    reply: str,
    outcome: Outcome,
    mark: str,
) -> None:
    mailroom.replies[stage] = reply
    error = _fails(open_smtp(), an_email(), now)
    assert error.outcome is outcome
    assert error.address_is_bad == (mark == "address")
    assert error.channel_is_down == (mark == "channel")
    assert "ada@" not in str(error)


def test_a_refused_message_leaves_the_next_one_alone(
    open_smtp: Open, an_email: Make, mailroom: Mailroom, now: dt.datetime
) -> None:
    sender = open_smtp()
    mailroom.replies["rcpt"] = "550 5.1.1 no such user"
    _fails(sender, an_email(), now)
    mailroom.replies.clear()
    sender.send(an_email(), now=now)
    assert len(mailroom.taken) == 1


def test_no_connection_means_nothing_was_sent(
    open_smtp: Open, an_email: Make, closed_port: int, now: dt.datetime
) -> None:
    error = _fails(open_smtp(port=closed_port), an_email(), now)
    assert (error.outcome, error.code) == (Outcome.NOT_SENT, "no_connection")


def test_a_line_break_in_a_name_adds_no_header_and_no_recipient(
    open_smtp: Open, an_email: Make, mailroom: Mailroom, now: dt.datetime
) -> None:
    message = an_email(subject="Hi\r\nBcc: eve@evil.example", from_="Mara\r\nBcc: eve@evil.example")
    error = _fails(open_smtp(), message, now)  # an @ makes it a mailbox, and this is none
    assert error.outcome is Outcome.REJECTED
    open_smtp().send(an_email(subject="Hi\r\nBcc: eve@evil.example", from_="Ma\r\nra"), now=now)
    (envelope,) = mailroom.taken
    mail = message_from_bytes(envelope.content, policy=policy.default)
    assert mail["Bcc"] is None
    assert envelope.rcpt_tos == ["ada@customer.example"]


# --- signing in and encryption -----------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that nobody trusts unless told to, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    address = x509.IPAddress(IPv4Address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def server_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def _take_password(word: bytes) -> dict[str, Any]:
    def authenticate(server: Any, session: Any, envelope: Any, how: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        return AuthResult(success=data.password == word, handled=False)

    return {"authenticator": authenticate}


def test_it_signs_in_over_starttls_with_the_secret_from_the_environment(
    open_smtp: Open,
    start: Callable[..., int],
    server_tls: ssl.SSLContext,
    certificate: Path,
    an_email: Make,
    mailroom: Mailroom,
    now: dt.datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    port = start(
        tls_context=server_tls,
        require_starttls=True,
        auth_required=True,
        **_take_password(b"the-secret-word"),
    )
    sender = open_smtp(
        port=port, security="starttls", username="care", password="env:SMTP_PASSWORD"
    )
    assert "signed in" in sender.check()
    sender.send(an_email(), now=now)
    assert len(mailroom.taken) == 1


def test_a_wrong_password_takes_the_channel_down_and_not_the_message(
    open_smtp: Open, start: Callable[..., int], an_email: Make, now: dt.datetime
) -> None:
    port = start(auth_require_tls=False, **_take_password(b"another"))
    sender = open_smtp(port=port, username="care", password="env:SMTP_PASSWORD")
    error = _fails(sender, an_email(), now)
    assert (error.outcome, error.channel_is_down) == (Outcome.NOT_SENT, True)
    assert "the-secret-word" not in str(error)


def test_without_starttls_on_offer_nothing_is_said_in_the_clear(
    open_smtp: Open, an_email: Make, mailroom: Mailroom, now: dt.datetime
) -> None:
    error = _fails(open_smtp(security="starttls"), an_email(), now)
    assert (error.outcome, error.channel_is_down) == (Outcome.NOT_SENT, True)
    assert mailroom.taken == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_nobody_vouches_for_is_not_talked_to(
    open_smtp: Open,
    start: Callable[..., int],
    server_tls: ssl.SSLContext,
    an_email: Make,
    mailroom: Mailroom,
    now: dt.datetime,
    security: str,
) -> None:
    options = {"tls_context" if security == "starttls" else "ssl_context": server_tls}
    error = _fails(open_smtp(port=start(**options), security=security), an_email(), now)
    assert (error.outcome, error.code) == (Outcome.NOT_SENT, "no_connection")
    assert "certificate" in str(error)
    assert mailroom.taken == []


def test_check_connects_and_sends_nothing(open_smtp: Open, mailroom: Mailroom) -> None:
    assert "answers, without signing in" in open_smtp().check()
    assert mailroom.taken == []
