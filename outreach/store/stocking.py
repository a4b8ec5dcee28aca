"""Stock: codes come into their pools, and what there is of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, func, insert, select

from outreach.model import CouponState
from outreach.store.frames import table_of
from outreach.store.goodwill import Coupon
from outreach.store.marks import one_at_a_time
from outreach.store.pieces import chunks
from outreach.store.types import Record


@dataclass(frozen=True)
class Stock:
    """How many codes of a pool are in which state, and what was taken since an instant."""

    counts: Mapping[CouponState, int] = field(default_factory=dict)
    taken: Decimal = Decimal(0)

    @property
    def free(self) -> int:
        return self.counts.get(CouponState.FREE, 0)

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def known_codes(connection: Connection, codes: Sequence[str]) -> dict[str, Record]:
    """Return those of some codes that are in a pool already, each with its pool and its source."""
    row = table_of(Coupon).c
    query = select(row.code, row.pool, row.source)
    return {
        found.code: found
        for part in chunks(codes)
        for found in connection.execute(query.where(row.code.in_(part)))
    }


def add_codes(
    connection: Connection, pool: str, codes: Mapping[str, str], now: datetime
) -> dict[str, Record]:
    """Put codes into a pool, each with its source; return those that were there, and stay so."""
    # two who read the same file would both find its codes new
    one_at_a_time(connection, "coupon import")
    known = known_codes(connection, list(codes))
    always = {"pool": pool, "state": CouponState.FREE.value, "imported_at": now}
    rows = [{**always, "code": c, "source": s} for c, s in codes.items() if c not in known]
    for part in chunks(rows):
        connection.execute(insert(table_of(Coupon)), list(part))
    return known


def read_stock(connection: Connection, since: datetime) -> dict[str, Stock]:
    """Return what there is of every pool that ever had a code, and the money taken `since`."""
    row = table_of(Coupon).c
    counts: dict[str, dict[CouponState, int]] = defaultdict(dict)
    for pool, state, count in connection.execute(
        select(row.pool, row.state, func.count()).group_by(row.pool, row.state)
    ):
        counts[pool][CouponState(state)] = count
    money = dict(
        connection.execute(
            select(row.pool, func.sum(row.amount))
            .where(row.state != CouponState.FREE.value, row.taken_at >= since)
            .group_by(row.pool)
        ).all()
    )
    return {pool: Stock(found, money.get(pool) or Decimal(0)) for pool, found in counts.items()}


def coupons_of(
    connection: Connection, pool: str, state: CouponState | None, limit: int
) -> Sequence[Record]:
    """Return codes of a pool with the messages that have them, those taken last coming first."""
    table = table_of(Coupon)
    query = select(table).where(table.c.pool == pool)
    if state is not None:
        query = query.where(table.c.state == state.value)
    last_first = table.c.taken_at.desc().nulls_last()
    return connection.execute(query.order_by(last_first, table.c.id).limit(limit)).all()
