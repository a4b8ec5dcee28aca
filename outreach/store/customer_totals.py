"""What intake works out about customers: their first and latest order, their open tickets."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, case, func, select, update

from outreach.model import Kind
from outreach.store.change_log import LoggedChange, append_changes, last_changes, raw_table
from outreach.store.frames import table_of
from outreach.store.staging import chunks

SETTLED = ("resolved", "closed")
NONE_YET = {"first_order_at": None, "last_order_at": None, "open_tickets": 0}


def work_out_customers(
    connection: Connection,
    touched: Mapping[str, int],
    *,
    new: Collection[str] = (),
    now: int,
    source: str,
) -> None:
    """Count anew for customers whose orders or tickets changed, and log what is different.

    `touched` says when, in microseconds. Of `new` customers nothing is logged: they just appeared.
    Customers that are not known yet are passed over.
    """
    for ids in chunks(list(touched)):
        different = list(_different(connection, ids))
        _write(connection, different)
        old = [change for change in different if change["id"] not in new]
        last = dict(last_changes(connection, Kind.CUSTOMER, [change["id"] for change in old]))
        changes = [
            LoggedChange(
                Kind.CUSTOMER,
                change["id"],
                name,
                change["before"][name],
                change["after"][name],
                max(touched[change["id"]], last.get(change["id"], 0)),
            )
            for change in old
            for name in NONE_YET
            if change["before"][name] != change["after"][name]
        ]
        append_changes(connection, changes, now=now, source=source)


def _different(connection: Connection, ids: Sequence[str]) -> Iterator[dict[str, Any]]:
    customers = raw_table(table_of(Kind.CUSTOMER)).c
    totals = _totals(connection, ids)
    stored = connection.execute(
        select(customers.id, *(customers[name] for name in NONE_YET)).where(customers.id.in_(ids))
    ).mappings()
    for row in stored:
        before = {name: row[name] for name in NONE_YET}
        after = totals.get(row["id"], NONE_YET)
        if before != after:
            yield {"id": row["id"], "before": before, "after": after}


def _totals(connection: Connection, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    orders = raw_table(table_of(Kind.ORDER)).c
    tickets = raw_table(table_of(Kind.TICKET)).c
    totals: dict[str, dict[str, Any]] = {}
    for customer, first, latest in connection.execute(
        select(orders.customer_id, func.min(orders.placed_at), func.max(orders.placed_at))
        .where(orders.customer_id.in_(ids))
        .group_by(orders.customer_id)
    ):
        totals[customer] = NONE_YET | {"first_order_at": first, "last_order_at": latest}
    is_settled = func.coalesce(tickets.status, "").in_(SETTLED)
    for customer, count in connection.execute(
        select(tickets.customer_id, func.sum(case((is_settled, 0), else_=1)))
        .where(tickets.customer_id.in_(ids))
        .group_by(tickets.customer_id)
    ):
        totals[customer] = totals.get(customer, NONE_YET) | {"open_tickets": int(count)}
    return totals


def _write(connection: Connection, different: Sequence[Mapping[str, Any]]) -> None:
    if not different:
        return
    table = raw_table(table_of(Kind.CUSTOMER))
    statement = (
        update(table)
        .where(table.c.id == bindparam("which"))
        .values({name: bindparam(f"new_{name}") for name in NONE_YET})
    )
    connection.execute(
        statement,
        [
            {"which": change["id"], **{f"new_{k}": v for k, v in change["after"].items()}}
            for change in different
        ],
    )
