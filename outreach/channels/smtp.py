"""Any mail server by SMTP: connections are kept, and lost mail is told apart from mail in doubt."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from outreach.channels.addresses import parse_mailbox, redact
from outreach.channels.envelope import address
from outreach.channels.mime import build_email, message_id_header
from outreach.channels.outgoing import Outgoing, Receipted
from outreach.channels.settings import SmtpSettings, resolve
from outreach.errors import Outcome, SendError

_PROVIDER = "The mail server"
_ENHANCED = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
#: codes that blame the mailbox where the server gives no finer code (RFC 5321 4.2.3)
_NO_SUCH_MAILBOX = frozenset({550, 551, 553})
#: finer codes that blame the mailbox (RFC 3463); 5.7.1, policy, says nothing against it
_DEAD_MAILBOX = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1")


@dataclass(frozen=True)
class _Reply:
    """One answer of the server, as code and text."""

    code: int
    text: str

    @property
    def says_yes(self) -> bool:
        return 200 <= self.code < 400

    @property
    def enhanced(self) -> str:
        match = _ENHANCED.search(self.text)
        return match[0] if match else ""


class SmtpSender:
    """Sends email to one mail server. Each thread takes an idle connection or opens one."""

    name = "smtp"

    def __init__(self, settings: SmtpSettings, env: Mapping[str, str]) -> None:
        self._settings = settings
        self._username = resolve("username", settings.username or "", env)
        self._password = resolve("password", settings.password or "", env)
        self._idle: deque[smtplib.SMTP] = deque()

    def send(self, outgoing: Outgoing, *, now: datetime) -> Receipted:
        """Hand one email to the server; raises SendError for all but a final yes."""
        settings = self._settings
        envelope = address(_PROVIDER, outgoing, from_=settings.from_, reply_to=settings.reply_to)
        email = build_email(outgoing, envelope, now)
        connection = self._begin(envelope.from_.address)
        try:
            reply = _hand_over(connection, envelope.to, email)
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        return Receipted(message_id_header(outgoing, envelope), redact(reply.text))

    def check(self) -> str:
        """Connect, sign in, and ask for nothing."""
        connection = self._open()
        try:
            reply = _ask(connection, "noop")
        finally:
            _leave(connection)
        if not reply.says_yes:
            raise _refused(reply, "the connection", channel_is_down=reply.code >= 500)
        signed_in = "signed in" if self._username else "without signing in"
        return f"{self._settings.host}:{self._settings.port} answers, {signed_in}"

    def close(self) -> None:
        while self._idle:
            _leave(self._idle.pop())

    def _begin(self, sender: str) -> smtplib.SMTP:
        """Return a connection that has taken the sender: a kept one, else a new one."""
        try:
            kept = self._idle.pop()
        except IndexError:
            return _name_sender(self._open(), sender)
        try:
            return _name_sender(kept, sender)
        except SendError:
            # nothing but the sender was said: it is safe to say it again elsewhere
            return _name_sender(self._open(), sender)

    def _open(self) -> smtplib.SMTP:
        try:
            connection = self._connect()
        except OSError as error:  # SMTPException is one too
            raise self._no_connection(error) from None
        try:
            self._protect(connection)
        except OSError as error:
            connection.close()
            raise self._no_connection(error) from None
        return connection

    def _connect(self) -> smtplib.SMTP:
        settings = self._settings
        # our own name for EHLO: smtplib would ask a name server for it, which can take seconds
        name = parse_mailbox(settings.from_).domain
        if settings.security == "tls":
            return smtplib.SMTP_SSL(
                settings.host,
                settings.port,
                local_hostname=name,
                timeout=settings.timeout,
                context=ssl.create_default_context(),
            )
        return smtplib.SMTP(
            settings.host, settings.port, local_hostname=name, timeout=settings.timeout
        )

    def _protect(self, connection: smtplib.SMTP) -> None:
        if self._settings.security == "starttls":
            connection.starttls(context=ssl.create_default_context())
        connection.ehlo_or_helo_if_needed()
        if self._username:
            connection.login(self._username, self._password)

    def _no_connection(self, error: OSError) -> SendError:
        where = f"{self._settings.host}:{self._settings.port}"
        if isinstance(error, smtplib.SMTPAuthenticationError):
            reply = _Reply(error.smtp_code, "the mail server does not take username and password")
            return _refused(reply, "signing in", channel_is_down=reply.code >= 500)
        if isinstance(error, smtplib.SMTPNotSupportedError):
            why = f"{where} does not offer what the settings ask for: {error}"
            return SendError(Outcome.NOT_SENT, why, code="not_offered", channel_is_down=True)
        if isinstance(error, smtplib.SMTPResponseException):
            reply = _Reply(error.smtp_code, _decoded(error.smtp_error))
            return _refused(reply, "the connection", channel_is_down=reply.code >= 500)
        why = f"no connection to {where}: {_why(error)}"
        return SendError(Outcome.NOT_SENT, why, code="no_connection")


def _leave(connection: smtplib.SMTP) -> None:
    try:
        connection.quit()
    except (smtplib.SMTPException, OSError):
        connection.close()


def _name_sender(connection: smtplib.SMTP, sender: str) -> smtplib.SMTP:
    try:
        reply = _ask(connection, "mail", f"FROM:<{sender}>")
        if not reply.says_yes:
            raise _refused(reply, "the sender", channel_is_down=reply.code >= 500)
    except SendError:
        connection.close()
        raise
    return connection


def _hand_over(connection: smtplib.SMTP, to: str, email: bytes) -> _Reply:
    reply = _ask(connection, "rcpt", f"TO:<{to}>")
    if not reply.says_yes:
        raise _recipient_refused(reply)
    reply = _ask(connection, "data")
    if reply.code != 354:
        raise _refused(reply, "the message")
    return _write(connection, email)


def _ask(connection: smtplib.SMTP, command: str, argument: str = "") -> _Reply:
    """Say one thing before the message itself; a lost connection here has sent nothing."""
    try:
        code, text = connection.docmd(command, argument)
    except (smtplib.SMTPException, OSError) as error:
        why = f"{_PROVIDER} hung up before the message: {_why(error)}"
        raise SendError(Outcome.NOT_SENT, why, code="no_connection") from None
    return _Reply(code, _decoded(text))


def _write(connection: smtplib.SMTP, email: bytes) -> _Reply:
    """Write the message and wait for the last word; from the first byte on, silence is doubt."""
    dotted = re.sub(rb"(?m)^\.", b"..", email)
    end = b".\r\n" if dotted.endswith(b"\r\n") else b"\r\n.\r\n"
    try:
        connection.send(dotted + end)
        code, text = connection.getreply()
    except (smtplib.SMTPException, OSError) as error:
        why = f"{_PROVIDER} hung up after the message: {_why(error)}"
        raise SendError(Outcome.IN_DOUBT, why, code="no_answer") from None
    reply = _Reply(code, _decoded(text))
    if not reply.says_yes:
        raise _refused(reply, "the message")
    return reply


def _recipient_refused(reply: _Reply) -> SendError:
    if reply.code == 530:
        return _refused(reply, "the connection, it wants a sign-in", channel_is_down=True)
    refusal = _refused(reply, "the recipient")
    refusal.address_is_bad = reply.code >= 500 and (
        reply.enhanced in _DEAD_MAILBOX if reply.enhanced else reply.code in _NO_SUCH_MAILBOX
    )
    return refusal


def _refused(reply: _Reply, what: str, *, channel_is_down: bool = False) -> SendError:
    """Translate a no: 4xx is for now, 5xx for good unless it is about the channel as a whole."""
    is_for_now = reply.code < 500 or channel_is_down
    return SendError(
        Outcome.NOT_SENT if is_for_now else Outcome.REJECTED,
        f"{_PROVIDER} refused {what}: {reply.code} {redact(reply.text)}",
        code=reply.enhanced or str(reply.code),
        channel_is_down=channel_is_down,
    )


def _decoded(text: bytes | str) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text


def _why(error: Exception) -> str:
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return redact(str(reason)).lower()
