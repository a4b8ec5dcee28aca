"""Coupons and their messages: reserved while one waits, on the way with it, given for ever.

A code follows its message from state to state in the same transaction. Whoever takes one that is
free holds the claims' lock, so that budgets are added up by one at a time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import Connection, Integer, Select, Update, bindparam, func, select, update

from outreach.model import CouponState, MessageState
from outreach.store.frames import table_of
from outreach.store.goodwill import Coupon
from outreach.store.pieces import chunks, run_each
from outreach.store.sql_functions import among, written
from outreach.store.types import Record

FREE = CouponState.FREE.value
#: what a coupon comes to when its message comes into a state, and from where
FOLLOWS: Mapping[CouponState, tuple[frozenset[CouponState], frozenset[MessageState]]] = {
    CouponState.SENDING: (
        frozenset({CouponState.RESERVED}),
        frozenset({MessageState.SENDING}),
    ),
    # it is out, or may be: what is in doubt stays with its message too
    CouponState.GIVEN: (
        frozenset({CouponState.RESERVED, CouponState.SENDING}),
        frozenset(
            {
                MessageState.SENT,
                MessageState.DELIVERED,
                MessageState.UNDELIVERED,
                MessageState.UNKNOWN,
            }
        ),
    ),
    # it certainly did not go out, and is tried again
    CouponState.RESERVED: (
        frozenset({CouponState.SENDING}),
        frozenset({MessageState.PLANNED, MessageState.HELD}),
    ),
    CouponState.FREE: (
        frozenset({CouponState.RESERVED, CouponState.SENDING}),
        frozenset(
            {
                MessageState.CANCELLED,
                MessageState.SUPPRESSED,
                MessageState.EXPIRED,
                MessageState.FAILED,
            }
        ),
    ),
}
_NOBODY: dict[str, Any] = {
    "message_id": None,
    "customer_id": None,
    "rule": None,
    "amount": None,
    "currency": None,
    "taken_at": None,
    "expires_at": None,
    "approved": False,
}


def follow(connection: Connection, messages: Iterable[tuple[str, MessageState]]) -> None:
    """Let the coupons of messages follow them into their new states."""
    moved = list(messages)
    for state, (before, after) in FOLLOWS.items():
        ids = [id_ for id_, its in moved if its in after]
        if ids:
            _move(connection, ids, state, before)


def let_go(connection: Connection, messages: Sequence[str]) -> None:
    """Give back what messages have reserved that go out without it, or end."""
    _move(connection, messages, CouponState.FREE, frozenset({CouponState.RESERVED}))


def _move(
    connection: Connection,
    messages: Sequence[str],
    state: CouponState,
    before: Collection[CouponState],
) -> None:
    change = _freeing() if state is CouponState.FREE else _moving()
    asked = {"state_now": state.value, "before": [each.value for each in before]}
    for ids in chunks(messages):
        connection.execute(change, {**asked, "ids": ids})


@cache
def _moving() -> Update:
    table = table_of(Coupon)
    mine = among(table.c.message_id, "ids"), among(table.c.state, "before")
    return update(table).where(*mine).values(state=bindparam("state_now"))


@cache
def _freeing() -> Update:
    return _moving().values(**_NOBODY)


def take(connection: Connection, taken: Iterable[Mapping[str, Any]]) -> None:
    """Reserve coupons: each row has its `number` and the columns that say for whom."""
    run_each(connection, _taking(), taken)


@cache
def _taking() -> Update:
    table = table_of(Coupon)
    return update(table).where(table.c.id == bindparam("number"))


def pass_on(connection: Connection, before: str, after: str) -> None:
    """Give the coupon of a message to the one that says the same on the next channel."""
    table = table_of(Coupon)
    mine = update(table).where(table.c.message_id == before)
    connection.execute(mine.values(message_id=after))


def approve_coupons(connection: Connection, messages: Sequence[str]) -> None:
    """Remember that a person let the coupons of messages go."""
    table = table_of(Coupon)
    for ids in chunks(messages):
        connection.execute(update(table).where(table.c.message_id.in_(ids)).values(approved=True))


def free_codes(connection: Connection, pool: str, count: int) -> list[tuple[int, str]]:
    """Return free codes of a pool, the oldest first, that nobody else is about to take."""
    rows = connection.execute(_free(), {"pool": pool, "most": count})
    return [(row.id, row.code) for row in rows]


@cache
def _free() -> Select[Any]:
    row = table_of(Coupon).c
    return (
        select(row.id, row.code)
        .where(row.pool == bindparam("pool"), row.state == written(FREE))
        .order_by(row.id)
        .limit(bindparam("most", type_=Integer))
        .with_for_update(skip_locked=True)
    )


def count_free(connection: Connection, pool: str) -> int:
    """Return how many codes of a pool nobody has."""
    row = table_of(Coupon).c
    query = select(func.count()).where(row.pool == pool, row.state == written(FREE))
    return connection.execute(query).scalar() or 0


def coupons_with(connection: Connection, messages: Sequence[str]) -> dict[str, Record]:
    """Return the coupons that messages have, by message."""
    return {
        found.message_id: found
        for ids in chunks(messages)
        for found in connection.execute(_of_messages(), {"ids": ids})
    }


@cache
def _of_messages() -> Select[Any]:
    table = table_of(Coupon)
    return select(table).where(among(table.c.message_id, "ids"))


def carries_coupon(connection: Connection, message: str) -> bool:
    """Ask whether a message has a coupon."""
    row = table_of(Coupon).c
    return connection.execute(select(row.id).where(row.message_id == message)).first() is not None


def taken_by_customers(
    connection: Connection, customers: Collection[str] | None, since: datetime
) -> Iterable[Record]:
    """Yield what customers got of any pool, None meaning all of them; with the message it is in."""
    row = table_of(Coupon).c
    query = select(row.customer_id, row.pool, row.message_id, row.taken_at)
    query = query.where(row.taken_at > since)
    if customers is None:
        yield from connection.execute(query)
        return
    for ids in chunks(sorted(customers)):
        yield from connection.execute(query.where(row.customer_id.in_(ids)))


def taken_by_rule(connection: Connection, rule: str, since: datetime) -> Sequence[Record]:
    """Return when a rule took coupons, each with the message it is in."""
    row = table_of(Coupon).c
    query = select(row.taken_at, row.message_id).where(
        row.rule == rule, row.state != written(FREE), row.taken_at > since
    )
    return connection.execute(query).all()


def money_taken(connection: Connection, pool: str, since: datetime) -> Decimal:
    """Return what was taken from a pool since the month began, reserved coupons included."""
    row = table_of(Coupon).c
    query = select(func.sum(row.amount)).where(
        row.pool == pool, row.state != written(FREE), row.taken_at >= since
    )
    return connection.execute(query).scalar() or Decimal(0)


def money_taken_besides(
    connection: Connection, pool: str, since: datetime, mine: Collection[int]
) -> Decimal:
    """Return what was taken from a pool since the month began, some coupons left out."""
    row = table_of(Coupon).c
    query = select(row.id, row.amount).where(
        row.pool == pool, row.state != written(FREE), row.taken_at >= since
    )
    others = (
        each.amount or Decimal(0) for each in connection.execute(query) if each.id not in mine
    )
    return sum(others, Decimal(0))
