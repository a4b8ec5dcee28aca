"""A shop of any size, made in the database itself: the same rows in SQLite and PostgreSQL.

Orders are spread evenly over 400 days, of which the last 30 lie ahead of `NOW`: a pass can run at
any time in them. Three of ten values are missing in every column that may be empty.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.schema import CreateIndex, DropIndex

from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.subjects import Customer, Order, Ticket
from outreach.timing.instants import MICROSECOND, to_micros

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
BEGAN = NOW - timedelta(days=370)
SPAN = timedelta(days=400)
DAY = 86_400_000_000
#: orders to a customer, and to a ticket
SHARE = 5
#: numbers as if drawn by lot, always the same: the square of n times one of these, modulo a prime
PRIME = 2_147_483_647
FACTORS = (48271, 69621, 1132489760, 1583458089, 784588716, 1323257245, 764261123, 630360016)

ORDER_STATUSES = [
    *("placed", "paid", "packed", "shipped", "out_for_delivery"),
    *("delivered", "cancelled", "refunded", "returned"),
]
TICKET_STATUSES = ["new", "open", "waiting_on_us", "waiting_on_customer", "resolved", "closed"]
ORDER_TIMES = {  # days after it was placed
    "status_changed_at": (0, 6),
    "carrier_status_changed_at": (1, 6),
    "shipped_at": (1, 3),
    "promised_at": (2, 7),
    "estimated_at": (2, 9),
    "delivered_at": (2, 8),
    "cancelled_at": (0, 4),
    "refunded_at": (1, 9),
    "return_requested_at": (5, 20),
}
TICKET_TIMES = {  # days after it was opened
    "status_changed_at": (0, 5),
    "priority_changed_at": (0, 2),
    "first_replied_at": (0, 2),
    "last_reply_at": (0, 5),
    "due_at": (1, 4),
    "next_update_at": (1, 3),
    "resolved_at": (1, 6),
    "closed_at": (2, 9),
}


def fill(store: Store, orders: int) -> None:
    """Make a shop: so many orders, and a customer and a ticket for every five of them."""
    others = max(1, orders // SHARE)
    insert_numbered(store, Customer, others, _customer(others))
    insert_numbered(store, Order, orders, _order(orders, others))
    insert_numbered(store, Ticket, others, _ticket(others, orders))
    with store.engine.connect() as connection:
        own = connection.execution_options(isolation_level="AUTOCOMMIT")
        own.execute(text("ANALYZE" if store.is_sqlite else "VACUUM ANALYZE"))


def _customer(customers: int) -> dict[str, str]:
    return {
        "id": "'C-' || n",
        "name": "'Name ' || n",
        "email": _maybe("'name' || n || '@example.com'", 0),
        "country": _maybe(_one_of(["DE", "AT", "CH", "FR"], 1), 2),
        "tier": _maybe(_one_of(["basic", "silver", "gold", "platinum"], 3), 4),
        "created_at": str(to_micros(BEGAN)),
        "last_contact_at": _maybe(_spread(customers), 5),
        "open_tickets": _number(6, 2),
    }


def _order(orders: int, customers: int) -> dict[str, str]:
    placed = _spread(orders)
    return {
        "id": "'O-' || n",
        "number": "'O-' || n",
        "customer_id": _maybe(f"'C-' || (1 + {_number(0, customers)})", 1),
        "status": _maybe(_one_of(ORDER_STATUSES, 2), 3),
        "carrier": _maybe(_one_of(["dhl", "ups", "dpd"], 4), 5),
        "placed_at": _maybe(placed, 6),
        "total": _maybe(f"10000 * (5 + {_number(7, 200)})", 8),
        "total_currency": _maybe("'EUR'", 8),
        "item_summary": _maybe("'Desk lamp and ' || (n % 7) || ' more'", 9),
        **_times(ORDER_TIMES, placed, 10),
    }


def _ticket(tickets: int, orders: int) -> dict[str, str]:
    opened = _spread(tickets)
    return {
        "id": "'T-' || n",
        "number": "'' || n",
        "customer_id": _maybe(f"'C-' || (1 + {_number(0, tickets)})", 1),
        "order_id": _maybe(f"'O-' || (1 + {_number(2, orders)})", 3),
        "subject": _maybe("'Where is parcel ' || n", 4),
        "status": _maybe(_one_of(TICKET_STATUSES, 5), 6),
        "priority": _maybe(_one_of(["low", "normal", "high", "urgent"], 7), 8),
        "team": _maybe(_one_of(["care", "desk"], 9), 10),
        "opened_at": _maybe(opened, 11),
        **_times(TICKET_TIMES, opened, 12),
    }


def insert_numbered(store: Store, model: type, count: int, values: dict[str, str]) -> None:
    """Insert so many rows, number `n` each; the indexes are made afterwards: much quicker."""
    table = table_of(model)
    if store.is_sqlite:
        numbers = (
            "(WITH RECURSIVE counting(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counting "
            f"WHERE n < {count}) SELECT n FROM counting)"
        )
    else:
        numbers = f"generate_series(1::bigint, {count}) AS counting(n)"
    with store.write() as connection:
        for index in table.indexes:
            connection.execute(DropIndex(index))
        # on the driver itself, to which a % without parameters is one
        connection.connection.cursor().execute(
            f"INSERT INTO {table.name} ({', '.join(values)}) "
            f"SELECT {', '.join(values.values())} FROM {numbers}"
        )
        for index in table.indexes:
            connection.execute(CreateIndex(index))


def _spread(count: int) -> str:
    """Return an instant for each number, evenly over the whole time."""
    step = SPAN // MICROSECOND // count
    return f"({to_micros(BEGAN)} + n * {step})"


def _times(spans: dict[str, tuple[int, int]], began: str, salt: int) -> dict[str, str]:
    return {
        name: _maybe(
            f"{began} + {first * DAY} + {_number(salt + i, (last - first) * 86_400)} * 1000000",
            salt + i + len(spans),
        )
        for i, (name, (first, last)) in enumerate(spans.items())
    }


def _one_of(choices: list[str], salt: int) -> str:
    cases = " ".join(f"WHEN {place} THEN '{choice}'" for place, choice in enumerate(choices))
    return f"CASE {_number(salt, len(choices))} {cases} END"


def _maybe(value: str, salt: int) -> str:
    return f"CASE WHEN {_number(salt, 1000, again=True)} >= 300 THEN {value} END"


def _number(salt: int, below: int, *, again: bool = False) -> str:
    """Return a number from 0 on, as if drawn by lot; `again` draws another with the same salt."""
    factor = FACTORS[salt % len(FACTORS)]
    drawn = f"((n * {factor} + {salt * 7_919 + again * 1_299_709}) % {PRIME})"
    return f"({drawn} * {drawn} % {PRIME} % {below})"
