"""Shelves: which pools the applied rules give from, and how few codes are too few."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from outreach.store.frames import table_of
from outreach.store.goodwill import CouponShelf
from outreach.store.marks import one_at_a_time


class Shelf(NamedTuple):
    """How few codes are too few, None where nobody minds; `error` says why none came in."""

    warn_below: int | None
    error: str = ""


def read_shelves(connection: Connection) -> dict[str, Shelf]:
    """Return what is known of the pools."""
    rows = connection.execute(select(table_of(CouponShelf))).all()
    return {row.pool: Shelf(row.warn_below, row.error) for row in rows}


def keep_shelves(connection: Connection, wanted: Mapping[str, Shelf]) -> None:
    """Know these pools and no others; what is the same is not written again."""
    one_at_a_time(connection, "coupon shelves")
    table = table_of(CouponShelf)
    known = read_shelves(connection)
    for pool in sorted(known.keys() | wanted.keys()):
        if pool not in wanted:
            connection.execute(delete(table).where(table.c.pool == pool))
        elif pool not in known:
            connection.execute(insert(table).values(pool=pool, **wanted[pool]._asdict()))
        elif known[pool] != wanted[pool]:
            mine = update(table).where(table.c.pool == pool)
            connection.execute(mine.values(**wanted[pool]._asdict()))
