"""Mail to us as SendGrid's Inbound Parse posts it. It is not signed: the address is the secret."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import HTTP

from outreach.channels.inbound import Inbound
from outreach.channels.inbound_mail import NO_HEADER, parse_mail, read_mail
from outreach.channels.receipts import Forged, Malformed

PROVIDER = "sendgrid"
_MOST_FIELDS = 200


class SendGridReplies:
    """Reads what Inbound Parse posts to an address that only SendGrid knows."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def check(self, secret: str) -> None:
        """Raise Forged when a request came by another address."""
        if not hmac.compare_digest(self._secret, secret.encode("utf-8", "replace")):
            raise Forged("this is not the address")

    def read(self, body: bytes, content_type: str, *, now: datetime) -> Inbound | None:
        """Return what a person wrote, None when nobody did; raises Malformed."""
        fields = _fields(body, content_type)
        raw = fields.get("email")
        if raw is not None:  # "POST the raw, full MIME message"
            return read_mail(parse_mail(raw), now=now)
        if "from" not in fields:
            raise Malformed("there is no field `from`")
        return read_mail(_mail(fields), now=now)


def _fields(body: bytes, content_type: str) -> dict[str, bytes]:
    """Return the fields of a form, without its attachments."""
    if not content_type.lower().startswith("multipart/form-data"):
        raise Malformed("the body is no form")
    try:
        head = f"Content-Type: {content_type}\r\n\r\n".encode("ascii")
        form = BytesParser(policy=HTTP).parsebytes(head + body)
        parts = list(form.iter_parts()) if isinstance(form, EmailMessage) else []
    except (ValueError, TypeError, LookupError):
        raise Malformed("the body is no form") from None
    if not parts or len(parts) > _MOST_FIELDS:
        raise Malformed("the body is no form")
    found: dict[str, bytes] = {}
    for part in parts:
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and not part.get_filename() and isinstance(content, bytes):
            found.setdefault(name, content)
    return found


def _mail(fields: Mapping[str, bytes]) -> EmailMessage:
    """Put a mail together again from the fields it was taken apart into."""
    charsets = _charsets(fields.get("charsets", b""))
    text = {name: _decoded(value, charsets.get(name)) for name, value in fields.items()}
    message = parse_mail(fields.get("headers", b"").strip() + b"\r\n\r\n")
    for name in ("Content-Type", "Content-Transfer-Encoding", "MIME-Version"):
        del message[name]
    for name in ("From", "To", "Subject"):
        if name not in message and (value := text.get(name.lower())):
            with suppress(*NO_HEADER):
                message[name] = " ".join(value.split())
    message.set_content(text.get("text", ""))
    if html := text.get("html"):
        message.add_alternative(html, subtype="html")
    return message


def _charsets(said: bytes) -> Mapping[str, str]:
    try:
        found = json.loads(said)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _decoded(value: bytes, charset: object) -> str:
    try:
        return value.decode(charset if isinstance(charset, str) else "utf-8", "replace")
    except LookupError:
        return value.decode("utf-8", "replace")
