"""One email as bytes: headers that cannot be injected into, a text part, an HTML part.

Built on the old Message classes: EmailMessage costs more than rendering the message does.
"""

from __future__ import annotations

from binascii import b2a_qp
from datetime import datetime
from email.header import Header
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.policy import compat32
from email.utils import format_datetime, formataddr
from typing import cast

from outreach.channels.addresses import Mailbox, one_line
from outreach.channels.envelope import Envelope
from outreach.channels.outgoing import Outgoing

_CRLF = compat32.clone(linesep="\r\n")


def build_email(outgoing: Outgoing, envelope: Envelope, now: datetime) -> bytes:
    """Return the whole email with CRLF line ends."""
    email = _body(outgoing)
    email["From"] = _mailbox(envelope.from_)
    email["To"] = envelope.to
    if envelope.reply_to is not None:
        email["Reply-To"] = _mailbox(envelope.reply_to)
    email["Subject"] = _text(outgoing.subject)
    email["Date"] = format_datetime(now)
    email["Message-ID"] = message_id_header(outgoing, envelope)
    for name, value in envelope.headers.items():
        email[name] = _text(value)
    return email.as_bytes(policy=_CRLF)


def message_id_header(outgoing: Outgoing, envelope: Envelope) -> str:
    """Name the email after our own message, so that a bounce can be told apart."""
    return f"<{outgoing.message_id}@{envelope.from_.domain}>"


def _body(outgoing: Outgoing) -> Message:
    parts = []
    if outgoing.body_text or not outgoing.body_html:
        parts.append(_part("plain", outgoing.body_text))
    if outgoing.body_html:
        parts.append(_part("html", outgoing.body_html))
    if len(parts) == 1:
        return parts[0]
    both = MIMEMultipart("alternative")
    for part in parts:
        both.attach(part)
    return both


def _part(subtype: str, text: str) -> Message:
    """Quoted-printable: no line too long for a mail server, and still readable in the file."""
    part = Message()
    part["MIME-Version"] = "1.0"
    part["Content-Type"] = f'text/{subtype}; charset="utf-8"'
    part["Content-Transfer-Encoding"] = "quoted-printable"
    lines = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace")
    part.set_payload(b2a_qp(lines, istext=True).decode("ascii"))
    return part


def _mailbox(mailbox: Mailbox) -> str:
    return formataddr((one_line(mailbox.name), mailbox.address))


def _text(value: str) -> str:
    value = one_line(value)
    # a name that looks like an encoded word would be decoded by the reader's mail program
    if value.isascii() and "=?" not in value:
        return value
    # Message takes a Header as well and folds it well; its annotations do not know
    return cast("str", Header(value, "utf-8"))
