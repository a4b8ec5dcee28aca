"""Whose an address is, and what they agreed to or said no to: every word is kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, insert, or_, select

from outreach.model import IS_WAITING, Channel, Purpose
from outreach.store.frames import table_of
from outreach.store.ledger import Message
from outreach.store.permissions import Consent
from outreach.store.pieces import chunks
from outreach.store.subjects import Customer
from outreach.store.suppressing import normalised
from outreach.store.types import Record

WAITING = [state.value for state in IS_WAITING]


def customers_at(connection: Connection, channel: Channel, address: str) -> set[str]:
    """Return the customers that an address reaches.

    Mail addresses are kept as the shop spells them: one with capitals is found as it is, in small
    letters, and otherwise where a message waits for it.
    """
    person, message = table_of(Customer).c, table_of(Message).c
    plain = normalised(channel, address)
    if channel is not Channel.EMAIL:
        return set(connection.execute(select(person.id).where(person.phone == plain)).scalars())
    spelt = [plain, address.strip()]
    found = set(connection.execute(select(person.id).where(person.email.in_(spelt))).scalars())
    waiting = (
        select(person.id)
        .join(table_of(Message), message.customer_id == person.id)
        .where(
            message.state.in_(WAITING),
            message.channel == channel.value,
            func.lower(person.email) == plain,
        )
    )
    return found | set(connection.execute(waiting).scalars())


def words_of(
    connection: Connection, customers: Collection[str], channel: Channel
) -> dict[tuple[str, str], list[Record]]:
    """Return by customer and purpose what they said about a channel, the latest word last."""
    table = table_of(Consent)
    found: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for ids in chunks(sorted(customers)):
        rows = connection.execute(
            select(table)
            .where(
                table.c.customer_id.in_(ids),
                or_(table.c.channel.is_(None), table.c.channel == channel.value),
            )
            .order_by(table.c.at, table.c.id)
        )
        for row in rows:
            found[row.customer_id, row.purpose].append(row)
    return found


def write_words(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write down what customers said."""
    if rows:
        connection.execute(insert(table_of(Consent)), rows)


def waiting_at(
    connection: Connection,
    customers: Collection[str],
    channel: Channel,
    purposes: Collection[Purpose],
) -> list[Record]:
    """Return the planned and held messages of customers on a channel, for some purposes."""
    table = table_of(Message)
    found: list[Record] = []
    for ids in chunks(sorted(customers)):
        found += connection.execute(
            select(table)
            .where(
                table.c.customer_id.in_(ids),
                table.c.state.in_(WAITING),
                table.c.channel == channel.value,
                table.c.purpose.in_([purpose.value for purpose in purposes]),
            )
            .order_by(table.c.id)
        ).all()
    return found
