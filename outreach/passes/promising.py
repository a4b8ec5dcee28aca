"""Promising: what became of the dates that messages stated, and what orders say of it.

The claim writes a promise down with its message; from here on it is kept, broken, replaced by a
later one, void because its message did not arrive, or forgotten because that never left.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from outreach.deciding.promises import Course, Given, settled
from outreach.model import Kind, MessageState, Promised, PromiseState
from outreach.rules.catalogue import PROMISE_FIELDS
from outreach.store import promises
from outreach.store.change_log import LoggedChange, append_changes, last_changes, lock_change_log
from outreach.store.cursors import PROMISES, read_cursors, write_cursor
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.marks import newest_change
from outreach.store.pieces import chunks
from outreach.store.sql_functions import among
from outreach.store.types import Record
from outreach.timing.instants import to_micros

SOURCE = "promises"
#: a message in one of these has left, or may have: what it states binds us
LEFT = frozenset(
    {
        MessageState.SENT,
        MessageState.DELIVERED,
        MessageState.UNDELIVERED,
        MessageState.UNKNOWN,
    }
)
#: by what is promised, where its order says so: how it stands, since when, and the date
FIELDS = {
    Promised.DELIVERY: PROMISE_FIELDS[:3],
    Promised.REFUND: PROMISE_FIELDS[3:6],
}


@dataclass
class PromiseReport:
    """How many promises came into which state."""

    states: dict[PromiseState, int] = field(default_factory=lambda: defaultdict(int))


def follow_promises(store: Store, *, now: datetime) -> PromiseReport:
    """Settle every promise of which something is new; its cost follows what changed."""
    report = PromiseReport()
    with store.write() as connection:
        # before any row, as everybody who writes it; intake waits, so that orders stand still
        lock_change_log(connection)
        seen, top = _cursor(connection), newest_change(connection)
        upto = {"after": top if seen is None else seen, "upto": top}
        orders = promises.orders_to_look_at(connection, now, **upto)
        for ids in chunks(orders):
            _settle(connection, ids, report, now)
        if orders or seen is None or top > seen:
            write_cursor(connection, PROMISES, str(newest_change(connection)), now=now)
    return report


def _cursor(connection: Connection) -> int | None:
    value = read_cursors(connection, PROMISES).get("")
    return None if value is None else int(value)


def _settle(
    connection: Connection, ids: Sequence[str], report: PromiseReport, now: datetime
) -> None:
    """Settle the promises of some orders, and write down what is different of these."""
    given: dict[str, list[Given]] = defaultdict(list)
    unsaid, before = [], {}
    unheard: list[Given] = []
    for row in promises.promises_of(connection, ids):
        state = _state(row)
        if state is None:
            unsaid.append(row.id)
        elif state is not PromiseState.STATED:
            before[row.id] = PromiseState(row.state), row.settled_at
            if row.message_state == MessageState.UNDELIVERED.value:
                unheard.append(_unheard(row, now))
            else:
                given[row.subject_id].append(_given(row, state))
    promises.forget_promises(connection, unsaid)
    order = table_of(Kind.ORDER)
    rows = connection.execute(select(order).where(among(order.c.id, "ids")), {"ids": ids}).all()
    after = {row.id: settled(given[row.id], _course(row), now) for row in rows}
    moved = [
        one
        for found in (*after.values(), unheard)
        for one in found
        if before[one.id] != (one.state, one.settled_at)
    ]
    promises.write_settled(
        connection,
        ({"which": m.id, "state": m.state.value, "settled_at": m.settled_at} for m in moved),
    )
    for one in moved:
        report.states[one.state] += 1
    _write_orders(connection, rows, after, now)


def _state(row: Record) -> PromiseState | None:
    """Return how a promise stood, None when its message did not go out after all."""
    state = PromiseState(row.state)
    if state is not PromiseState.STATED or row.message_state == MessageState.SENDING.value:
        return state
    has_left = row.message_state is not None and MessageState(row.message_state) in LEFT
    return PromiseState.OPEN if has_left else None


def _given(row: Record, state: PromiseState) -> Given:
    what = Promised(row.what)
    return Given(row.id, what, row.promised_at, row.until, row.made_at, state, row.settled_at)


def _unheard(row: Record, now: datetime) -> Given:
    """Return a promise that nobody heard: its message did not arrive, so it binds nobody."""
    was_void = row.state == PromiseState.VOID.value
    settled_at = row.settled_at if was_void else now
    return replace(_given(row, PromiseState.VOID), settled_at=settled_at)


def _course(row: Record) -> Course:
    return Course(
        row.status, row.status_changed_at, row.delivered_at, row.cancelled_at, row.refunded_at
    )


def _write_orders(
    connection: Connection,
    rows: Sequence[Record],
    after: Mapping[str, Sequence[Given]],
    now: datetime,
) -> None:
    last = dict(last_changes(connection, Kind.ORDER, [row.id for row in rows]))
    different: list[dict[str, Any]] = []
    changes: list[LoggedChange] = []
    for row in rows:
        told = _told(after[row.id])
        new = {name: value for name, value in told.items() if getattr(row, name) != value}
        if new:
            different.append({"which": row.id, **told})
            changes += _changes(row, new, after[row.id], last.get(row.id, 0), now)
    if different:
        order = table_of(Kind.ORDER)
        values: dict[str, Any] = {name: bindparam(name) for name in PROMISE_FIELDS}
        statement = update(order).where(order.c.id == bindparam("which")).values(values)
        connection.execute(statement, different)
    append_changes(connection, changes, now=to_micros(now), source=SOURCE)


def _told(given: Sequence[Given]) -> dict[str, Any]:
    """Return what an order says of its promises: of each kind the newest, and how many broke."""
    told: dict[str, Any] = dict.fromkeys(PROMISE_FIELDS)
    for one in given:  # the newest of each comes last
        named = zip(FIELDS[one.what], (one.state.value, one.since, one.promised_at), strict=True)
        told |= dict(named)
    told["broken_promises"] = sum(one.state is PromiseState.BROKEN for one in given)
    return told


def _changes(
    row: Record, new: Mapping[str, Any], given: Sequence[Given], last: int, now: datetime
) -> Iterator[LoggedChange]:
    """Yield what is different of an order, from when it was: no earlier than it last changed."""
    since = max((one.since for one in given), default=now)
    at = max(to_micros(min(since, now)), last)
    for name, value in new.items():
        old = getattr(row, name)
        yield LoggedChange(Kind.ORDER, row.id, name, _raw(old), _raw(value), at)


def _raw(value: Any) -> Any:
    return to_micros(value) if isinstance(value, datetime) else value
