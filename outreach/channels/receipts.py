"""What providers tell us later about a message, in words that are the same for all of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeGuard

from outreach.channels.addresses import redact
from outreach.errors import OutreachError

#: an id of ours or of a provider: printable, without spaces, of bounded length
_ID = re.compile(r"[!-~]{1,200}")


class Event(StrEnum):
    """What happened to a message after the provider's answer. Rules know some of these words."""

    ACCEPTED = "accepted"  # the provider has it, whatever became of its answer to us
    SENT = "sent"  # handed on
    DEFERRED = "deferred"  # the other side asks for patience; the provider tries again
    DELIVERED = "delivered"
    CLICKED = "clicked"
    UNDELIVERED = "undelivered"  # this message failed; the address may be good
    LAPSED = "lapsed"  # it waited at the provider for longer than it might, and was not sent
    BOUNCED = "bounced"  # the address takes no messages
    OPTED_OUT = "opted_out"  # refused: they told the provider to stop everything
    DECLINED = "declined"  # refused: they complained, unsubscribed or block us
    COMPLAINED = "complained"  # they called it spam
    UNSUBSCRIBED = "unsubscribed"  # they want nothing they can do without
    UNSUBSCRIBED_HERE = "unsubscribed_here"  # they want no more messages of this kind


class Malformed(OutreachError):
    """A signed request in another form than the provider documents."""


class Forged(OutreachError):
    """A request that the provider did not sign, or that was changed on its way."""


@dataclass(frozen=True)
class Receipt:
    """One thing a provider told us about a message of ours. No text in it names an address.

    `event_id` is the same whenever the provider tells the same again. `provider_id` is what the
    provider calls the message.
    """

    provider: str
    event_id: str
    message_id: str
    event: Event
    at: datetime
    provider_id: str = ""
    code: str = ""
    note: str = ""


@dataclass(frozen=True)
class Told:
    """What one request told us; `ignored` counts by reason what means nothing to us."""

    receipts: tuple[Receipt, ...] = ()
    ignored: Mapping[str, int] = field(default_factory=Counter)


def is_id(text: object) -> TypeGuard[str]:
    """Ask whether this may be an id: what is no plain word is not looked for."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def safe_note(text: object) -> str:
    """Return a provider's words as they may be kept: one line, no address, plain UTF-8."""
    return redact(str(text or "")).encode("utf-8", "replace").decode("utf-8")
