"""A mail that somebody sent us: who wrote it, what it answers, and their own words in it.

What a machine wrote, such as "I am out of office", means nothing and is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from email.errors import HeaderParseError
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from email.utils import parseaddr
from hashlib import sha256

from outreach.channels.addresses import ascii_address
from outreach.channels.inbound import Inbound, clean_text
from outreach.deciding.replies.cutting import own_words, plain_text
from outreach.deciding.replies.meaning import Meaning
from outreach.model import Channel, Purpose

PROVIDER = "mail"
#: the subject that our own `mailto:` links write: see `unsubscribe_link`
_OUR_LINK = re.compile(r"unsubscribe (?P<purpose>[a-z]+)(?: (?P<message>[!-~]{1,200}))?")
_MESSAGE_ID = re.compile(r"<([^<>\s@]{1,300})@[^<>\s]{1,300}>")
_ANSWERS = re.compile(r"(re|aw|antw|fwd?|wg)\s*:", re.IGNORECASE)
_BY_MACHINE = re.compile(
    r"(automatic|auto)[ -]?(reply|response)|out of( the)? office|automatische (antwort|mail)"
    r"|abwesenheit|undeliver|unzustellbar|delivery (status|failure)|mail delivery",
    re.IGNORECASE,
)
_MACHINES = frozenset({"mailer-daemon", "postmaster", "no-reply", "noreply", "donotreply"})
#: ids of earlier mails that are looked at: the latest of them
MOST_NAMED = 5
#: how the parser trips over what is no header at all
NO_HEADER = (HeaderParseError, ValueError, IndexError, TypeError)
#: signs of a subject
LONGEST_SUBJECT = 300


def parse_mail(raw: bytes) -> EmailMessage:
    """Return a mail from its bytes; whatever they are, it is one."""
    message = BytesParser(policy=default).parsebytes(raw)
    assert isinstance(message, EmailMessage)
    return message


def read_mail(message: EmailMessage, *, now: datetime) -> Inbound | None:
    """Return what a person wrote, None when nobody did or a machine."""
    subject = _header(message, "Subject")[:LONGEST_SUBJECT]
    from_ = _address(_header(message, "From"))
    link = _OUR_LINK.fullmatch(subject.strip().lower())
    if from_ is None or (link is None and is_by_machine(message, subject)):
        return None
    words = clean_text(own_words(_text(message)))
    purpose = link["purpose"] if link else None
    if not words and not _ANSWERS.match(subject):
        words = clean_text(subject)  # some write all of it there
    elif link:
        words = clean_text(f"{subject}\n{words}")
    named = tuple(filter(None, [link and link["message"]])) or tuple(_named(message))
    return Inbound(
        PROVIDER,
        _key(message, from_, words),
        Channel.EMAIL,
        from_,
        clean_text(parseaddr(_header(message, "To"))[1])[:LONGEST_SUBJECT],
        words,
        now,
        meaning=Meaning.STOP if link else None,
        answers=named,
        purpose=Purpose(purpose) if purpose in list(Purpose) else None,
    )


def is_by_machine(message: EmailMessage, subject: str) -> bool:
    """Ask whether a program wrote this by itself (RFC 3834, and what others say instead)."""
    submitted = _header(message, "Auto-Submitted").strip().lower()
    if submitted and submitted != "no":
        return True
    if any(_header(message, name) for name in ("X-Autoreply", "X-Autorespond", "List-Id")):
        return True
    if _header(message, "Precedence").strip().lower() in ("auto_reply", "bulk", "list", "junk"):
        return True
    if _header(message, "Return-Path").strip() == "<>":
        return True
    if message.get_content_type() in ("multipart/report", "message/delivery-status"):
        return True
    local = parseaddr(_header(message, "From"))[1].partition("@")[0].lower()
    return local in _MACHINES or _BY_MACHINE.search(subject) is not None


def _header(message: EmailMessage, name: str) -> str:
    try:
        value = message.get(name, "")
    except NO_HEADER:
        return ""
    return clean_text(str(value).replace("\n", " "))


def _address(text: str) -> str | None:
    try:
        return ascii_address(parseaddr(text)[1])
    except ValueError:
        return None


def _text(message: EmailMessage) -> str:
    """Return the plain text of a mail, of its HTML where there is no other."""
    for kind in ("plain", "html"):
        part = message.get_body((kind,))
        if part is None:
            continue
        try:
            content = str(part.get_content())
        except (LookupError, ValueError, KeyError, AssertionError):
            payload = part.get_payload(decode=True)
            content = payload.decode("latin-1") if isinstance(payload, bytes) else ""
        found = plain_text(content) if kind == "html" else content
        if found.strip():
            return found
    return ""


def _named(message: EmailMessage) -> Iterator[str]:
    """Yield what the mails are called that this one answers, the latest first."""
    said = f"{_header(message, 'References')} {_header(message, 'In-Reply-To')}"
    found = reversed(_MESSAGE_ID.findall(said))
    for local in list(dict.fromkeys(found))[:MOST_NAMED]:
        yield local
        # SendGrid's begin with what it calls the message
        if (first := local.partition(".")[0]) != local:
            yield first


def _key(message: EmailMessage, from_: str, words: str) -> str:
    """Name a mail, the same by whatever way it comes."""
    name = _header(message, "Message-ID").strip()
    said = "\n".join((from_.lower(), name or words))
    return sha256(said.encode("utf-8", "replace")).hexdigest()[:32]
