"""The real data as a stream of changes: a month of orders and a week's tickets, played together."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from outreach.model import Kind
from outreach.rules.catalogue import Catalogue
from outreach.sources.reading import Columns, read_file
from outreach.sources.records import Record
from outreach.sources.settings import read_map_file

ROOT = Path(__file__).resolve().parents[2]
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
START = datetime(2017, 11, 15, tzinfo=UTC)
END = START + timedelta(days=30)
#: the tickets are from April 2016: 85 weeks later they fall on the same weekdays of this month
LATER = timedelta(weeks=85)
#: one order and one ticket in so many are played
ORDERS = 10
TICKETS = 24
COLUMN_OF = {
    "placed": "order_purchase_timestamp",
    "paid": "order_approved_at",
    "shipped": "order_delivered_carrier_date",
    "delivered": "order_delivered_customer_date",
}
TIME_OF = {"shipped": "shipped_at", "delivered": "delivered_at"}


@pytest.fixture(scope="session")
def a_month_of_records(shared_data: Path) -> list[Record]:
    """Every version of every order and ticket that changed in the month, oldest first."""
    found = [*orders(shared_data / "olist"), *tickets(shared_data / "incidents")]
    in_time = (record for record in found if record.updated_at and record.updated_at < END)
    return sorted(in_time, key=lambda record: record.updated_at or END)


def orders(folder: Path) -> Iterator[Record]:
    """Yield the versions of orders that were under way in the month, and the people behind them."""
    people = {row["customer_id"]: row for row in read_rows(folder / "customers.csv")}
    for row in read_rows(folder / "orders.csv"):
        if int(row["order_id"][:6], 16) % ORDERS:
            continue
        began = {status: local(row[column]) for status, column in COLUMN_OF.items() if row[column]}
        last = max(began.values())
        if row["order_status"] in ("canceled", "unavailable"):
            began["cancelled"] = last + timedelta(days=1)  # invented: the file does not say when
        if max(began.values()) < START - timedelta(days=20) or began["placed"] >= END:
            continue
        person = people[row["customer_id"]]
        yield customer(person, began["placed"])
        yield from versions(row, person["customer_unique_id"], began)


def versions(row: dict[str, str], person: str, began: dict[str, datetime]) -> Iterator[Record]:
    """Yield an order as it was when each status began."""
    values = {
        "number": row["order_id"][:8],
        "customer_id": person,
        "placed_at": began["placed"],
        "promised_at": local(row["order_estimated_delivery_date"]),
    }
    for status, at in sorted(began.items(), key=lambda known: known[1]):
        values = {**values, "status": status}
        if status in TIME_OF:
            values[TIME_OF[status]] = at
        yield Record(Kind.ORDER, row["order_id"], values, updated_at=at, at=at)


def customer(row: dict[str, str], at: datetime) -> Record:
    person = row["customer_unique_id"]
    values = {
        "first_name": "Ana",
        "email": f"{person}@example.com",
        "country": "BR",
        "region": row["customer_state"],
    }
    return Record(Kind.CUSTOMER, person, values, updated_at=at, at=at)


def tickets(folder: Path) -> Iterator[Record]:
    """Yield every version of one ticket in eight, by the mapping that is shipped as an example."""
    catalogue = Catalogue()
    mapping = read_map_file(
        ROOT / "docs/examples/incidents.map.yaml", catalogue, ZoneInfo("UTC"), []
    )
    columns = Columns(catalogue, ZoneInfo("UTC"), mapping, Kind.TICKET)
    known = set()
    with read_file(folder / "events_2016-04-04_to_10.csv", columns) as rows:
        for result in rows:
            of = {record.kind: record for record in result.records}
            ticket, caller = of[Kind.TICKET], of.get(Kind.CUSTOMER)
            if int(ticket.id.removeprefix("INC")) % TICKETS or ticket.updated_at is None:
                continue
            at = ticket.updated_at + LATER
            if caller and caller.id not in known:
                known.add(caller.id)
                yield replace(caller, updated_at=at, at=at)
            yield moved(ticket, at)


def moved(record: Record, at: datetime) -> Record:
    values = {k: v + LATER if isinstance(v, datetime) else v for k, v in record.values.items()}
    return replace(record, values=values, at=at, updated_at=at)


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SAO_PAULO).astimezone(UTC)
