"""Rates: what channels have sent of their allowance, shared by all processes of one database."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, case, insert, or_, select, update

from outreach.deciding.throttling import Allowance, Bucket
from outreach.model import Channel
from outreach.store.frames import table_of
from outreach.store.marks import lock_claims
from outreach.store.operations import RateBucket


def read_buckets(connection: Connection) -> dict[Channel, Bucket]:
    """Return the buckets of all channels that ever had one."""
    table = table_of(RateBucket).c
    rows = connection.execute(
        select(
            table.channel,
            table.tokens,
            table.refilled_at,
            table.line_until,
            table.not_before,
            table.used,
            table.day_ends,
        )
    )
    return {Channel(channel): Bucket(*columns) for channel, *columns in rows}


def lock_bucket(
    connection: Connection, channel: Channel, allowance: Allowance, now: datetime
) -> Bucket:
    """Return the bucket of a channel, which nobody else takes from before this one ends."""
    lock_claims(connection)
    return read_buckets(connection).get(channel) or Bucket.full(allowance, now)


def write_bucket(
    connection: Connection, channel: Channel, bucket: Bucket, allowance: Allowance
) -> None:
    """Write down what was taken from a bucket; nobody else's word is overwritten."""
    table = table_of(RateBucket)
    values = {
        "tokens": bucket.tokens,
        "refilled_at": bucket.refilled_at,
        "line_until": bucket.line_until,
        "day_ends": bucket.day_ends,
        "daily_cap": allowance.daily_cap,
    }
    used = case(
        (table.c.day_ends == bucket.day_ends, table.c.used + bucket.taken), else_=bucket.taken
    )
    mine = update(table).where(table.c.channel == channel.value)
    if not connection.execute(mine.values(**values, used=used)).rowcount:
        _begin(connection, channel, **values, used=bucket.taken)
    bucket.taken = 0


def give_back(connection: Connection, channel: Channel, count: int, now: datetime) -> None:
    """Say that so much of what was taken today has not gone out."""
    table = table_of(RateBucket)
    left = case((table.c.used > count, table.c.used - count), else_=0)
    mine = update(table).where(table.c.channel == channel.value, table.c.day_ends > now)
    connection.execute(mine.values(used=left))


def hold_off(connection: Connection, channel: Channel, until: datetime, now: datetime) -> bool:
    """Let a channel send nothing before an instant; False when it was to wait as long already."""
    lock_claims(connection)
    table = table_of(RateBucket)
    mine = update(table).where(table.c.channel == channel.value)
    longer = or_(table.c.not_before.is_(None), table.c.not_before < until)
    if connection.execute(mine.where(longer).values(not_before=until)).rowcount:
        return True
    known = select(table.c.channel).where(table.c.channel == channel.value)
    if connection.execute(known).first() is not None:
        return False
    _begin(connection, channel, tokens=0.0, refilled_at=now, not_before=until, used=0)
    return True


def _begin(connection: Connection, channel: Channel, **values: object) -> None:
    connection.execute(insert(table_of(RateBucket)).values(channel=channel.value, **values))
