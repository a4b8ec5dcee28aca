"""One email as bytes: headers that cannot be injected into, a text part, an HTML part.

Built on the old Message classes: EmailMessage costs more than rendering the message does.
"""

from __future__ import annotations

from binascii import b2a_qp
from collections.abc import Mapping
from datetime import datetime
from email.header import Header
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.policy import compat32
from email.utils import format_datetime, formataddr
from typing import cast

from outreach.channels.addresses import Mailbox, one_line
from outreach.channels.outgoing import Outgoing

#: written by us or by the mail server: a template or a rule cannot set them
OWN_HEADERS = frozenset(
    {"from", "to", "cc", "bcc", "subject", "date", "message-id", "reply-to", "sender"}
    | {"return-path", "received", "dkim-signature", "mime-version"}
    | {"content-type", "content-transfer-encoding", "x-sg-id", "x-sg-eid"}
)
_CRLF = compat32.clone(linesep="\r\n")


def build_email(
    outgoing: Outgoing, *, to: str, from_: Mailbox, reply_to: Mailbox | None, now: datetime
) -> bytes:
    """Return the whole email with CRLF line ends; `to` is the ASCII form of the address."""
    email = _body(outgoing)
    email["From"] = _mailbox(from_)
    email["To"] = to
    if reply_to is not None:
        email["Reply-To"] = _mailbox(reply_to)
    email["Subject"] = _text(outgoing.subject)
    email["Date"] = format_datetime(now)
    email["Message-ID"] = message_id_header(outgoing, from_)
    for name, value in extra_headers(outgoing.headers).items():
        email[name] = _text(value)
    return email.as_bytes(policy=_CRLF)


def message_id_header(outgoing: Outgoing, from_: Mailbox) -> str:
    """Name the email after our own message, so that a bounce can be told apart."""
    return f"<{outgoing.message_id}@{from_.domain}>"


def extra_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Keep each header to one line; raises ValueError for one that is not free to be set."""
    for name in headers:
        if name.lower() in OWN_HEADERS:
            raise ValueError(f"the header {name} is written by the channel")
        if not name.isascii() or not name.replace("-", "").isalnum():
            raise ValueError(f"{name!r} is no name of a header")
    return {name: one_line(value) for name, value in headers.items()}


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
