"""What a channel is given, a rendered message, and what it gives back."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from outreach.model import Channel, Purpose

#: where our message id travels: SendGrid repeats the custom argument in every event,
#: Twilio calls back with the query parameter
SENDGRID_MESSAGE_ARG = "outreach_id"
TWILIO_MESSAGE_PARAM = "m"


@dataclass(frozen=True)
class Outgoing:
    """A rendered message, ready for a provider.

    `to` is one bare address or E.164 number. In an email `from_` is a whole mailbox, only a
    display name, or empty for the channel's own sender, and `headers` are extra ones
    (List-Unsubscribe …). A text always comes from the channel's own sender.
    """

    message_id: str
    channel: Channel
    purpose: Purpose
    to: str
    body_text: str
    body_html: str = ""
    subject: str = ""
    from_: str = ""
    reply_to: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    segments: int = 0
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Receipted:
    """What an accepted call returns: the provider's own id, and a word on how it was taken."""

    provider_id: str
    detail: str = ""


@dataclass(frozen=True)
class Doubtful:
    """A call that was not answered: whom it was for, what it said (`fingerprint`), and when."""

    to: str
    fingerprint: str
    started_at: datetime


class Sender(Protocol):
    """One way out. Safe to call from several threads at once."""

    name: str

    def send(self, outgoing: Outgoing, *, now: datetime) -> Receipted:
        """Hand one message to the provider; raises SendError for all but an acceptance."""
        ...

    def check(self) -> str:
        """Ask the provider whether it would take messages, sending none.

        Returns a sentence for `doctor`; raises SendError when it would not.
        """
        ...

    def close(self) -> None:
        """Let go of connections; the sender is not used afterwards."""
        ...


@runtime_checkable
class CanFind(Protocol):
    """A sender whose provider can be asked what it has taken."""

    def find(self, call: Doubtful) -> Sequence[Receipted]:
        """Return what the provider took that may have been this call, the most likely first.

        Raises SendError when it cannot be asked now.
        """
        ...


def fingerprint(text: str) -> str:
    """Return what names a text by its letters and digits: providers may change all the rest.

    Twilio's smart encoding writes plain quotation marks and spaces for others.
    """
    said = "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text)))
    return hashlib.sha256(said.encode()).hexdigest()
