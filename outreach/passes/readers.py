"""Who reads a message of ours: where they are reached, what they get, and what they may change.

Whoever holds a message's link may end anything for whom it went to. They may see other addresses,
and agree to something, only while its address still is the customer's own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from outreach.deciding.recipients import Recipient, Suppressed
from outreach.deciding.verdicts import GO
from outreach.model import NON_ESSENTIAL, Channel, Purpose, Reason
from outreach.store import suppressing
from outreach.store.recipients import RecipientReader
from outreach.store.written import MessageWritten, message_written

#: one thing a reader can have or not: a purpose by a channel
Choice = tuple[Purpose, Channel]
#: who reads asks nothing about hours, so any zone will do
_READER = RecipientReader(ZoneInfo("UTC"))
#: how an entry says that they wanted it so themselves
OPTED_OUT = Reason.OPTED_OUT.value


@dataclass(frozen=True)
class Reader:
    """Who holds a message's link: where they are reached, what they get, and what they may change.

    `fixed` choices cannot be changed here: they complained, their address does not work, a person
    of the shop said so, or the address is the customer's no more. `has_texted_stop` is one of these
    that a text of theirs, START, changes.
    """

    message: MessageWritten
    locale: str
    addresses: Mapping[Channel, str]
    gets: frozenset[Choice]
    fixed: frozenset[Choice]
    has_texted_stop: bool = False
    #: whether the address the message went to still is the customer's own
    is_theirs: bool = True

    @property
    def choices(self) -> frozenset[Choice]:
        """All that could be chosen: what must be told is no choice."""
        return frozenset((p, channel) for p in NON_ESSENTIAL for channel in self.addresses)

    def gets_any(self, purposes: Collection[Purpose]) -> bool:
        """Whether one of the purposes still reaches them somehow."""
        return any(purpose in purposes for purpose, _ in self.gets)


def find_reader(
    connection: Connection, message_id: str, channels: Collection[Channel], *, now: datetime
) -> Reader | None:
    """Return the reader of a message, None when it went to nobody or they were erased.

    `channels` are those the workspace has.
    """
    message = message_written(connection, message_id)
    if message is None:
        return None
    recipient = _READER.read(connection, [message.customer], now).get(message.customer)
    if recipient is None or recipient.is_erased:
        return None
    current = recipient.address(message.channel)
    is_theirs = current is not None and _is_same(message, current)
    if not is_theirs:
        recipient = _former(connection, recipient, message, now)
    reached = {
        channel: address
        for channel in Channel
        if channel in {*channels, message.channel} and (address := recipient.address(channel))
    }
    choices = [(purpose, channel) for purpose in NON_ESSENTIAL for channel in reached]
    gets = frozenset((p, c) for p, c in choices if recipient.allows(c, p, now) == GO)
    fixed = {(p, c) for p, c in choices if _is_fixed(recipient, p, c, now)}
    if not is_theirs:
        fixed |= set(choices) - gets
    locale = str(recipient.customer.get("locale") or "")
    has_texted = any(
        entry.channel is Channel.SMS and entry.purpose is None and entry.reason == OPTED_OUT
        for entry in recipient.suppressed
    )
    return Reader(message, locale, reached, gets, frozenset(fixed), has_texted, is_theirs)


def _former(
    connection: Connection, recipient: Recipient, message: MessageWritten, now: datetime
) -> Recipient:
    """Return a customer as somebody at an address they had before may know them: only by that."""
    entries = suppressing.entries_of(connection, message.channel, message.address, now)
    suppressed = [
        Suppressed(message.channel, Purpose(e.purpose) if e.purpose else None, e.reason, e.until)
        for e in entries
    ]
    is_email = message.channel is Channel.EMAIL
    where = {
        "email": message.address if is_email else None,
        "phone": None if is_email else message.address,
    }
    return replace(recipient, customer={**recipient.customer, **where}, suppressed=suppressed)


def _is_same(message: MessageWritten, address: str) -> bool:
    one, other = (suppressing.normalised(message.channel, a) for a in (message.address, address))
    return one == other


def _is_fixed(recipient: Recipient, purpose: Purpose, channel: Channel, now: datetime) -> bool:
    """Whether an entry forbids it that its reader cannot end on a page."""
    return any(
        entry.forbids(channel, purpose, now)
        and (entry.purpose is None or entry.reason != OPTED_OUT)
        for entry in recipient.suppressed
    )
