"""What a channel is given, a rendered message, and what it gives back, a receipt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

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
