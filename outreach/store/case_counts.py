"""How many cases of each customer are with people, and where customers say otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, func, select, update

from outreach.model import IS_WITH_PEOPLE
from outreach.store.frames import table_of
from outreach.store.ledger import Handoff
from outreach.store.pieces import chunks
from outreach.store.sql_functions import among
from outreach.store.subjects import Customer

_WITH_PEOPLE = [state.value for state in IS_WITH_PEOPLE]


class Miscounted(NamedTuple):
    """A customer who says another number of open cases than there are."""

    customer: str
    said: int
    counted: int


def miscounted(connection: Connection) -> list[Miscounted]:
    """Return the customers who say another number than there is, in the order of their ids."""
    counted = _counted(connection)
    said = _said(connection)
    new = [customer for customer in counted if customer not in said]
    said |= dict.fromkeys(_known(connection, new), 0)
    return [
        Miscounted(customer, said[customer], counted.get(customer, 0))
        for customer in sorted(said)
        if said[customer] != counted.get(customer, 0)
    ]


def _counted(connection: Connection) -> dict[str, int]:
    return dict(connection.execute(_by_customer()).all())


@cache
def _by_customer() -> Select[Any]:
    row = table_of(Handoff).c
    return (
        select(row.customer_id, func.count())
        .where(row.state.in_(_WITH_PEOPLE), row.customer_id.is_not(None))
        .group_by(row.customer_id)
    )


def _said(connection: Connection) -> dict[str, int]:
    """Return what those customers say who say that anything is open."""
    return dict(connection.execute(_with_any()).all())


@cache
def _with_any() -> Select[Any]:
    row = table_of(Customer).c
    return select(row.id, row.open_handoffs).where(row.open_handoffs > 0)


def _known(connection: Connection, customers: Sequence[str]) -> Iterator[str]:
    row = table_of(Customer).c
    for ids in chunks(customers):
        yield from connection.execute(
            select(row.id).where(among(row.id, "ids")), {"ids": ids}
        ).scalars()


def write_counts(connection: Connection, found: Sequence[Miscounted]) -> None:
    """Let customers say what was counted."""
    if not found:
        return
    table = table_of(Customer)
    who = table.c.id == bindparam("which")
    statement = update(table).where(who).values(open_handoffs=bindparam("count"))
    connection.execute(statement, [{"which": one.customer, "count": one.counted} for one in found])
