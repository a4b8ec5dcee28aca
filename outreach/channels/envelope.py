"""Who an email goes to, who it is from and where answers go, checked before any call is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from outreach.channels.addresses import (
    Mailbox,
    ascii_address,
    one_line,
    parse_mailbox,
    redact,
    sender_mailbox,
)
from outreach.channels.outgoing import Outgoing
from outreach.channels.refusals import bad_address
from outreach.errors import Outcome, SendError

#: written by us or by the mail server: a template or a rule cannot set them
OWN_HEADERS = frozenset(
    {"from", "to", "cc", "bcc", "subject", "date", "message-id", "reply-to", "sender"}
    | {"return-path", "received", "dkim-signature", "mime-version"}
    | {"content-type", "content-transfer-encoding", "x-sg-id", "x-sg-eid"}
)


@dataclass(frozen=True)
class Envelope:
    """The addresses of one email in ASCII, and its extra headers, one line each."""

    to: str
    from_: Mailbox
    reply_to: Mailbox | None
    headers: Mapping[str, str]


def address(provider: str, outgoing: Outgoing, *, from_: str, reply_to: str | None) -> Envelope:
    """Fill in the channel's own sender and reply address; raises SendError for what is unusable."""
    try:
        to = ascii_address(outgoing.to)
    except ValueError as error:
        raise bad_address(provider, str(error)) from None
    answers_to = outgoing.reply_to or reply_to
    try:
        return Envelope(
            to=to,
            from_=sender_mailbox(outgoing.from_, parse_mailbox(from_)),
            reply_to=parse_mailbox(answers_to) if answers_to else None,
            headers=_one_line_each(outgoing.headers),
        )
    except ValueError as error:
        why = f"{provider}: the message cannot be addressed: {redact(str(error))}"
        raise SendError(Outcome.REJECTED, why, code="envelope") from None


def _one_line_each(headers: Mapping[str, str]) -> dict[str, str]:
    for name in headers:
        if name.lower() in OWN_HEADERS:
            raise ValueError(f"the header {name} is written by the channel")
        if not name.isascii() or not name.replace("-", "").isalnum():
            raise ValueError(f"{name!r} is no name of a header")
    return {name: one_line(value) for name, value in headers.items()}
