"""The next channel: what did not reach somebody is said once more, another way.

It is the same message of the same step: every gate is asked anew, and it expires when the first
would have. What may have arrived is never said again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from outreach.errors import Refused
from outreach.model import Channel, MessageState, Reason
from outreach.passes.settling import stand_again, still_there
from outreach.passes.setup import Setup
from outreach.store import claiming, fallbacks
from outreach.store.coupons import pass_on
from outreach.store.queue import lock_customers
from outreach.store.rewinding import called_off
from outreach.store.states import StateChange, change_states
from outreach.store.types import Record

#: messages looked at in one transaction
CHUNK = 200


@dataclass(frozen=True)
class Fallback:
    """A message that did not arrive, and the one to follow it: itself, if it only came too late.

    `parts` are the enrollments it speaks for, `standing` the numbers of those that wait for it.
    """

    before: Record
    message: dict[str, Any]
    parts: Sequence[Record]
    standing: Sequence[int]


def next_message(
    setup: Setup, message: Record, channel: Channel, *, since: datetime, now: datetime
) -> dict[str, Any] | None:
    """Return a message for the step's channel after this one; None when the rule says no more.

    Its wait counts from `since`, when it was known that the channel did not reach them.
    """
    rule = setup.ruleset.get(message.rule)
    step = next((s for s in rule.steps if s.id == message.step), None) if rule else None
    if step is None or step.next_channel_after is None:
        return None
    tried = step.via.index(channel) + 1 if channel in step.via else len(step.via)
    left = (n for n in range(tried, len(step.via)) if step.via[n] in setup.channels)
    number = next(left, None)
    if number is None:
        return None
    due = since + step.next_channel_after.fixed
    return fallbacks.next_message(message, number, step.via[number], due, now)


def say_again(
    connection: Connection,
    setup: Setup,
    message: Record,
    channel: Channel,
    parts: Sequence[Record],
    now: datetime,
) -> bool:
    """Plan the next channel of a message whose enrollments still wait for it, if it has one."""
    again = next_message(setup, message, channel, since=now, now=now)
    if again is None or fallbacks.is_written(connection, again["id"]):
        return False
    fallbacks.write_next(connection, again, parts, now)
    pass_on(connection, message.id, again["id"])
    return True


def fall_back(setup: Setup, *, now: datetime) -> int:
    """Plan the next channel of what providers say did not arrive; return how many messages.

    Its rule waits for it, unless it has planned its next step already.
    """
    planned = 0
    with setup.store.read() as connection:
        if not fallbacks.undelivered(connection, now, 1):
            return planned  # as nearly always: nobody shall wait for a lock
    while True:
        with setup.store.write() as connection:
            rows = fallbacks.undelivered(connection, now, CHUNK)
            if not rows:
                return planned
            # as a claim and whoever takes receipts: what is read from here on stays as it is
            mine = {row.customer_id for row in rows}
            lock_customers(connection, mine)
            rows = [r for r in fallbacks.undelivered(connection, now) if r.customer_id in mine]
            for found in to_follow(connection, setup, rows, now):
                _write(connection, found, now)
                stand_again(connection, setup, found.before, found.standing)
                planned += 1
            fallbacks.looked_for(connection, [row.id for row in rows])


def to_follow(
    connection: Connection, setup: Setup, rows: Sequence[Record], now: datetime
) -> Iterator[Fallback]:
    """Yield what follows messages that did not arrive, of those whose rules still wait for it."""
    rows = [row for row in rows if row.state == MessageState.UNDELIVERED.value]
    parts = claiming.subjects_of(connection, [row.id for row in rows])
    for row in rows:
        message = _to_say(connection, setup, row, now)
        if message is None:
            continue
        off = called_off(connection, [part.id for part in parts[row.id]])
        left = [part for part in parts[row.id] if part.id not in off]
        try:
            standing = still_there(connection, row, [part.id for part in left])
        except Refused:
            continue
        if left:
            yield Fallback(row, message, left, standing)


def _to_say(
    connection: Connection, setup: Setup, row: Record, now: datetime
) -> dict[str, Any] | None:
    """Return what is said instead of a message that did not arrive, None when nothing is."""
    since = row.undelivered_at
    message = next_message(setup, row, Channel(row.channel), since=since, now=now)
    if message is not None and not fallbacks.is_written(connection, message["id"]):
        return message
    if row.reason == Reason.LAPSED.value and row.expires_at > since:
        return {**row._asdict(), **_once_more(since)}
    return None


def _once_more(since: datetime) -> dict[str, Any]:
    """Return the columns that change when a message is planned again that nobody has had."""
    again = {"state": MessageState.PLANNED.value, "reason": Reason.LAPSED.value}
    times = {"planned_for": since, "due_at": since, "sent_at": None}
    return {**again, **times, "provider_id": None}


def _write(connection: Connection, found: Fallback, now: datetime) -> None:
    message = found.message
    if message["id"] != found.before.id:
        fallbacks.write_next(connection, message, found.parts, now)
        pass_on(connection, found.before.id, message["id"])
        return
    kept = {part.id for part in found.parts}
    for part in claiming.subjects_of(connection, [message["id"]])[message["id"]]:
        if part.id not in kept:
            claiming.drop_subject(connection, message["id"], part.position)
    values = {name: message[name] for name in _once_more(now) if name not in ("state", "reason")}
    change = StateChange(message["id"], MessageState.PLANNED, Reason.LAPSED, values=values)
    change_states(connection, [change], now)
