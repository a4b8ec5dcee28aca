"""Housekeeping: sends that nobody finished, and held messages that came too late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from outreach.errors import Outcome
from outreach.faultpoints import FaultPoint, reach
from outreach.model import MessageState, Reason
from outreach.passes.lease import OURS
from outreach.passes.progress import go_on
from outreach.passes.receipts import follow_receipts
from outreach.passes.setup import Setup
from outreach.store import claiming
from outreach.store.change_log import lock_change_log
from outreach.store.contacts import note_contacts
from outreach.store.leases import held_too_long, open_attempts, sending
from outreach.store.marks import one_at_a_time
from outreach.store.pulse import forget_daemons
from outreach.store.queue import lock_customers
from outreach.store.states import StateChange, change_states
from outreach.store.types import Record

#: messages settled in one transaction
CHUNK = 500
#: how long a daemon that is gone stays in the list of daemons
REMEMBERED = timedelta(days=30)
NO_WORD = "the process that sent it ended before the provider's answer was written down"


@dataclass
class HousekeepingReport:
    """What one housekeeping pass did."""

    unknown: int = 0
    expired: int = 0


def keep_house(setup: Setup, *, now: datetime) -> HousekeepingReport:
    """Do all that is due now and then."""
    report = HousekeepingReport(
        unknown=settle_lapsed(setup, now=now), expired=expire_held(setup, now=now)
    )
    with setup.store.write() as connection:
        forget_daemons(connection, now - REMEMBERED)
    return report


def settle_lapsed(setup: Setup, *, now: datetime, orphaned: bool = False) -> int:
    """Give up messages as unknown whose lease ran out while they were being sent; count them.

    They may have gone out, so they count as sent and are never sent again by themselves. With
    `orphaned` no lease is waited for: who asks knows that no other process sends.
    """
    with setup.store.write() as connection:
        one_at_a_time(connection, "housekeeping")
        lock_change_log(connection)  # before any row, as everybody who writes it
        rows = sending(connection) if orphaned else claiming.lapsed(connection, now)
        parts = claiming.subjects_of(connection, [row.id for row in rows])
        # in the order in which others lock customers, so that nobody waits crosswise
        for row in sorted(rows, key=lambda each: each.customer_id):
            _give_up(connection, setup, row, parts[row.id], now)
        if rows:
            reach(FaultPoint.LAPSE_WRITTEN)
    if rows:
        reach(FaultPoint.LAPSE_COMMITTED)
    return len(rows)


def expire_held(setup: Setup, *, now: datetime) -> int:
    """Let go of held messages that nobody approved in time; count them."""
    expired = 0
    while True:
        with setup.store.write() as connection:
            one_at_a_time(connection, "housekeeping")
            rows = held_too_long(connection, now, CHUNK)
            if not rows:
                return expired
            # somebody may approve them at this moment
            lock_customers(connection, {row.customer_id for row in rows})
            rows = held_too_long(connection, now, CHUNK)
            parts = claiming.subjects_of(connection, [row.id for row in rows])
            change_states(
                connection,
                [StateChange(row.id, MessageState.EXPIRED, Reason.EXPIRED) for row in rows],
                now,
            )
            for row in rows:
                rule = setup.ruleset.get(row.rule)
                go_on(connection, rule, row, parts[row.id], Reason.EXPIRED, now=now)
        expired += len(rows)


def _give_up(
    connection: Connection, setup: Setup, row: Record, parts: Sequence[Record], now: datetime
) -> None:
    in_doubt = Outcome.IN_DOUBT.value
    values = {"finished_at": now, "outcome": in_doubt, "code": OURS, "error": NO_WORD}
    given_up = dict.fromkeys(open_attempts(connection, row.id), values)
    claiming.finish_attempts(connection, given_up)
    change = StateChange(
        row.id,
        MessageState.UNKNOWN,
        Reason.IN_DOUBT,
        NO_WORD,
        values={"lease_owner": None, "lease_until": None},
    )
    change_states(connection, [change], now)
    note_contacts(connection, [(row, parts)], now)
    rule = setup.ruleset.get(row.rule)
    go_on(connection, rule, row, parts, Reason.IN_DOUBT, now=now)
    # the provider may have told us meanwhile what the process that ended did not
    follow_receipts(connection, [row.id], now)
