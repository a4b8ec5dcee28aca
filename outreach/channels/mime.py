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

from outreach.channels.addresses import Mailbox, one_line
from outreach.channels.envelope import Envelope
from outreach.channels.outgoing import Outgoing

#: lines are folded here alone: the generator would put a long link on a line after an empty one
_CRLF = compat32.clone(linesep="\r\n", max_line_length=None)
#: characters of a header; mail servers take 998
_LONGEST_LINE = 900
_ENCODED_WORD = "=?"


def build_email(outgoing: Outgoing, envelope: Envelope, now: datetime) -> bytes:
    """Return the whole email with CRLF line ends."""
    email = _body(outgoing)
    email["From"] = _mailbox(envelope.from_)
    email["To"] = envelope.to
    if envelope.reply_to is not None:
        email["Reply-To"] = _mailbox(envelope.reply_to)
    email["Subject"] = _text("Subject", outgoing.subject)
    email["Date"] = format_datetime(now)
    email["Message-ID"] = message_id_header(outgoing, envelope)
    for name, value in envelope.headers.items():
        email[name] = _text(name, value)
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
    name = one_line(mailbox.name)
    if _ENCODED_WORD in name:
        return f"{_text('From', name)} <{mailbox.address}>"
    return formataddr((name, mailbox.address))


def _text(header: str, value: str) -> str:
    value = one_line(value)
    # what looks like an encoded word would be decoded by the reader's mail program
    is_plain = value.isascii() and _ENCODED_WORD not in value
    if is_plain and len(value) < _LONGEST_LINE:
        return value
    return Header(value, "us-ascii" if is_plain else "utf-8", header_name=header).encode()
