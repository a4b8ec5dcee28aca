"""Which message a link stands in: whose it was, what for, and the very address it went to."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from outreach.model import Channel, Purpose
from outreach.store.coupons import carries_coupon
from outreach.store.frames import table_of
from outreach.store.ledger import Attempt, Message


@dataclass(frozen=True)
class MessageWritten:
    """A message that was handed to a provider, or may have been."""

    id: str
    customer: str
    purpose: Purpose
    channel: Channel
    address: str
    #: whoever ends what carried a coupon ends offers, too
    has_coupon: bool = False


def message_written(connection: Connection, message_id: str) -> MessageWritten | None:
    """Return a message with the address of its last attempt, None when there was none."""
    message, attempt = table_of(Message).c, table_of(Attempt).c
    row = connection.execute(
        select(message.customer_id, message.purpose, attempt.channel, attempt.address)
        .join(table_of(Attempt), attempt.message_id == message.id)
        .where(message.id == message_id)
        .order_by(attempt.number.desc(), attempt.id.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    purpose, channel = Purpose(row.purpose), Channel(row.channel)
    has_coupon = carries_coupon(connection, message_id)
    return MessageWritten(message_id, row.customer_id, purpose, channel, row.address, has_coupon)
