"""What intake works out about customers: first and latest order, open tickets, last answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Select, bindparam, case, func, select, update

from outreach.model import Kind
from outreach.store.change_log import LoggedChange, append_changes, last_changes, raw_table
from outreach.store.frames import table_of
from outreach.store.pieces import chunks
from outreach.store.sql_functions import among
from outreach.store.versions import SETTLED, Tally

NONE_YET = {
    "first_order_at": None,
    "last_order_at": None,
    "open_tickets": 0,
    "last_score": None,
    "last_answered_at": None,
}
Totals = Mapping[str, Any]


def work_out_customers(
    connection: Connection,
    tallies: Iterable[Tally],
    *,
    new: Mapping[str, int],
    now: int,
    source: str,
) -> None:
    """Count anew for customers whose orders, tickets or answers changed, and log the difference.

    What was different for a while is logged too: a ticket that opened and closed between two
    intakes was open. `new` says when new customers appeared; what they had then is not logged.
    Customers that are not known yet are passed over.
    """
    by_customer: dict[str, list[Tally]] = defaultdict(list)
    for tally in sorted(tallies, key=lambda tally: tally.at):
        by_customer[tally.customer].append(tally)
    for ids in chunks(list(by_customer)):
        known = list(_known(connection, ids))
        _write(connection, [found for found in known if found["before"] != found["after"]])
        old = [found["id"] for found in known if found["id"] not in new]
        last = dict(last_changes(connection, Kind.CUSTOMER, old))
        changes = [
            change
            for found in known
            for change in _changes(
                found, by_customer[found["id"]], new.get(found["id"]), last.get(found["id"], 0)
            )
        ]
        append_changes(connection, changes, now=now, source=source)


def _changes(
    found: Mapping[str, Any], tallies: Sequence[Tally], appeared: int | None, last: int
) -> Iterator[LoggedChange]:
    """Yield how a customer's totals came to be what they are, from tally to tally."""
    seen = found["before"]
    for at, totals in _ways(found, tallies):
        if appeared is None or at > appeared:
            yield from (
                LoggedChange(
                    Kind.CUSTOMER, found["id"], name, seen[name], totals[name], max(at, last)
                )
                for name in NONE_YET
                if seen[name] != totals[name]
            )
        seen = totals


def _ways(found: Mapping[str, Any], tallies: Sequence[Tally]) -> Iterator[tuple[int, Totals]]:
    """Yield the totals after each instant of the tallies; in the end they are what was counted."""
    after = found["after"]
    totals = {
        **found["before"],
        "open_tickets": after["open_tickets"] - sum(tally.tickets for tally in tallies),
    }
    for at, together in groupby(tallies, key=lambda tally: tally.at):
        for tally in together:
            totals["open_tickets"] += tally.tickets
            if tally.placed_at is not None:
                first, latest = totals["first_order_at"], totals["last_order_at"]
                totals["first_order_at"] = min(tally.placed_at, first or tally.placed_at)
                totals["last_order_at"] = max(tally.placed_at, latest or tally.placed_at)
            if tally.answer and tally.answer[0] >= (totals["last_answered_at"] or 0):
                totals["last_answered_at"], totals["last_score"] = tally.answer
        yield at, (after if at == tallies[-1].at else dict(totals))


def _known(connection: Connection, ids: Sequence[str]) -> Iterator[dict[str, Any]]:
    totals = _totals(connection, ids)
    stored = connection.execute(_said(), {"ids": ids}).mappings()
    for row in stored:
        before = {name: row[name] for name in NONE_YET}
        yield {"id": row["id"], "before": before, "after": totals.get(row["id"], NONE_YET)}


def _totals(connection: Connection, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    totals: dict[str, dict[str, Any]] = {}
    for customer, first, latest in connection.execute(_orders(), {"ids": ids}):
        totals[customer] = NONE_YET | {"first_order_at": first, "last_order_at": latest}
    for customer, count in connection.execute(_tickets(), {"ids": ids}):
        totals[customer] = totals.get(customer, NONE_YET) | {"open_tickets": int(count)}
    for customer, received_at, score in connection.execute(_answers(), {"ids": ids}):
        latest = {"last_answered_at": received_at, "last_score": score}
        totals[customer] = totals.get(customer, NONE_YET) | latest
    return totals


@cache
def _said() -> Select[Any]:
    customers = raw_table(table_of(Kind.CUSTOMER)).c
    named = (customers[name] for name in NONE_YET)
    return select(customers.id, *named).where(among(customers.id, "ids"))


@cache
def _orders() -> Select[Any]:
    orders = raw_table(table_of(Kind.ORDER)).c
    return (
        select(orders.customer_id, func.min(orders.placed_at), func.max(orders.placed_at))
        .where(among(orders.customer_id, "ids"))
        .group_by(orders.customer_id)
    )


@cache
def _tickets() -> Select[Any]:
    tickets = raw_table(table_of(Kind.TICKET)).c
    is_settled = func.coalesce(tickets.status, "").in_(SETTLED)
    return (
        select(tickets.customer_id, func.sum(case((is_settled, 0), else_=1)))
        .where(among(tickets.customer_id, "ids"))
        .group_by(tickets.customer_id)
    )


@cache
def _answers() -> Select[Any]:
    """Return the statement that reads all that counts, the latest last."""
    answers = raw_table(table_of(Kind.RESPONSE)).c
    return (
        select(answers.customer_id, answers.received_at, answers.score)
        .where(among(answers.customer_id, "ids"), answers.counts, answers.received_at.is_not(None))
        .order_by(answers.received_at, answers.id)
    )


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
