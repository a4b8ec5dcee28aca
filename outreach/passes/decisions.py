"""Decisions: what a person says about messages that wait, were held, or failed.

Each is one transaction with a line in the audit log, and says no (Refused) rather than doing
something else than it was asked to. What goes out again is asked by every gate once more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from outreach.errors import Refused
from outreach.model import IS_WAITING, MessageState, Reason
from outreach.passes.progress import go_on
from outreach.passes.settling import Word, settle_not_sent, settle_sent, take_up
from outreach.passes.setup import Setup
from outreach.store import claiming
from outreach.store.auditing import note_deed
from outreach.store.batches import decide_batch
from outreach.store.coupons import approve_coupons
from outreach.store.database import Store
from outreach.store.queue import Wanted, lock_messages
from outreach.store.states import StateChange, change_states
from outreach.store.types import Record

#: what may be tried again: certainly not sent, given up, or stopped by a person
RETRIABLE = frozenset(
    {
        MessageState.FAILED,
        MessageState.EXPIRED,
        MessageState.UNDELIVERED,
        MessageState.UNKNOWN,
        MessageState.CANCELLED,
        MessageState.SUPPRESSED,
    }
)
#: states in which a second send may be the second time that the customer hears it
MAY_HAVE_ARRIVED = frozenset({MessageState.UNKNOWN, MessageState.UNDELIVERED})


@dataclass(frozen=True)
class Decided:
    """What was decided on: how many messages, and how many of them came too late."""

    messages: int
    expired: int = 0


def approve(
    store: Store,
    batch: str,
    *,
    who: str,
    now: datetime,
    note: str = "",
    expect: int | None = None,
) -> Decided:
    """Release the messages of a batch; those past their time will not go out.

    `expect` is how many the person believes to release: another number is Refused.
    """
    with store.write() as connection:
        rows = _held(connection, batch, expect)
        change_states(connection, [_approved(row, who, note, now) for row in rows], now)
        dear = [row.id for row in rows if row.reason == Reason.DEAR_COUPON.value]
        approve_coupons(connection, dear)
        decide_batch(connection, batch, decision="approved", who=who, note=note, now=now)
        detail = {"batch": batch, "messages": len(rows), "note": note}
        note_deed(connection, who, "approve", detail, now)
    return Decided(len(rows), sum(row.expires_at <= now for row in rows))


def reject(
    setup: Setup,
    batch: str,
    *,
    who: str,
    now: datetime,
    note: str = "",
    expect: int | None = None,
) -> Decided:
    """Drop the messages of a batch, and with them what their rules would have said later."""
    with setup.store.write() as connection:
        rows = _held(connection, batch, expect)
        for row in rows:
            _end(connection, setup, row, Reason.REJECTED, who=who, note=note, now=now)
        decide_batch(connection, batch, decision="rejected", who=who, note=note, now=now)
        detail = {"batch": batch, "messages": len(rows), "note": note}
        note_deed(connection, who, "reject", detail, now)
    return Decided(len(rows))


def cancel(setup: Setup, message: str, *, who: str, now: datetime, note: str = "") -> None:
    """Drop one message that waits; the later steps of its rule go on."""
    with setup.store.write() as connection:
        row = _one(connection, message, "cancelled", IS_WAITING)
        _end(connection, setup, row, Reason.CANCELLED_BY_PERSON, who=who, note=note, now=now)
        note_deed(connection, who, "cancel", {"message": message, "note": note}, now)


def move(store: Store, message: str, to: datetime, *, who: str, now: datetime) -> None:
    """Let a message that waits go out at another time; it expires that much later or earlier."""
    if to < now:
        raise Refused("that time has passed: a message can only be moved to a later one")
    with store.write() as connection:
        row = _one(connection, message, "moved", IS_WAITING)
        values = {
            "planned_for": to,
            "due_at": to,
            "approved": True,
            "expires_at": row.expires_at + (to - row.planned_for),
        }
        change = StateChange(
            row.id, MessageState(row.state), Reason.MOVED_BY_PERSON, who=who, values=values
        )
        change_states(connection, [change], now)
        detail = {"message": message, "from": row.planned_for.isoformat(), "to": to.isoformat()}
        note_deed(connection, who, "move", detail, now)


def retry(setup: Setup, message: str, *, who: str, now: datetime, note: str = "") -> None:
    """Plan a message again that did not go out, or perhaps did not: due now, every gate asked.

    Its rule goes on from there, or as planned. Refused when the rule has said more meanwhile, or
    the same on another channel.
    """
    with setup.store.write() as connection:
        row = _one(connection, message, "tried again", RETRIABLE)
        take_up(connection, setup, row)
        lasts: timedelta = row.expires_at - row.planned_for
        values: dict[str, Any] = {
            "due_at": now,
            "planned_for": now,
            "approved": True,
            "expires_at": max(row.expires_at, now + lasts),
            "sent_at": None,
            "provider_id": None,
        }
        change = StateChange(
            row.id, MessageState.PLANNED, Reason.RETRIED_BY_PERSON, note, who, values
        )
        change_states(connection, [change], now)
        detail = {"message": message, "was": row.state, "note": note}
        note_deed(connection, who, "retry", detail, now)


def settle(
    setup: Setup, message: str, *, was_sent: bool, who: str, now: datetime, note: str = ""
) -> MessageState:
    """Say of a message in doubt whether it went out; what did not is planned again.

    Return its state: `failed` where it cannot be, since its rule has gone on.
    """
    with setup.store.write() as connection:
        row = _one(connection, message, "settled", frozenset({MessageState.UNKNOWN}))
        word = Word(Reason.SETTLED_BY_PERSON, note, who)
        if was_sent:
            settle_sent(connection, row, word, now=now)
            state = MessageState.SENT
        else:
            state = settle_not_sent(connection, setup, row, word, now=now)
        detail = {"message": message, "was_sent": was_sent, "note": note}
        note_deed(connection, who, "settle", detail, now)
    return state


def _held(connection: Connection, batch: str, expect: int | None) -> list[Record]:
    rows = list(lock_messages(connection, Wanted(states=[MessageState.HELD], batch=batch)))
    if not rows:
        raise Refused(f"batch {batch} holds no messages: see `outreach approve`")
    if expect is not None and expect != len(rows):
        raise Refused(
            f"expected {expect:,} messages, and {batch} now holds {len(rows):,}:"
            " nothing was changed"
        )
    return rows


def _one(
    connection: Connection, message: str, done: str, states: frozenset[MessageState]
) -> Record:
    row = next(iter(lock_messages(connection, message)), None)
    if row is None:
        raise Refused(f"there is no message {message}: see `outreach queue`")
    if MessageState(row.state) not in states:
        raise Refused(f"message {message} is {row.state}: it can no longer be {done}")
    return row


def _approved(row: Record, who: str, note: str, now: datetime) -> StateChange:
    # later steps count from when it really goes out
    values = {"approved": True, "due_at": max(row.due_at, now)}
    values["planned_for"] = max(row.planned_for, now)
    return StateChange(row.id, MessageState.PLANNED, Reason.APPROVED, note, who, values)


def _end(
    connection: Connection,
    setup: Setup,
    row: Record,
    reason: Reason,
    *,
    who: str,
    note: str,
    now: datetime,
) -> None:
    change = StateChange(row.id, MessageState.CANCELLED, reason, note, who)
    change_states(connection, [change], now)
    parts = claiming.subjects_of(connection, [row.id])[row.id]
    rule = setup.ruleset.get(row.rule)
    go_on(connection, rule, row, parts, reason, now=now)
