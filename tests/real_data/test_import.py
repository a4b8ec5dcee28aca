"""Two real data sets come in whole by the mappings of docs/examples, dirty rows and all."""

from __future__ import annotations

import csv
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from outreach.errors import Problem
from outreach.model import Kind
from outreach.passes.intake import import_file
from outreach.passes.intake_report import IntakeReport
from outreach.rules.catalogue import Catalogue
from outreach.sources.reading import Columns
from outreach.sources.settings import read_map_file
from outreach.store.database import Store, open_store
from outreach.store.frames import table_of
from outreach.store.subjects import Change
from outreach.timing.instants import from_micros

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 22, tzinfo=UTC)
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
#: by another way than the mapping's: what each word of the sources becomes
ORDER_STATUS = {
    "created": "placed",
    "approved": "paid",
    "invoiced": "paid",
    "processing": "packed",
    "shipped": "shipped",
    "delivered": "delivered",
    "unavailable": "cancelled",
    "canceled": "cancelled",
}
TICKET_STATUS = {
    "New": "new",
    "Active": "open",
    "Awaiting User Info": "waiting_on_customer",
    "Awaiting Evidence": "waiting_on_customer",
    "Awaiting Problem": "waiting_on_us",
    "Awaiting Vendor": "waiting_on_us",
    "Resolved": "resolved",
    "Closed": "closed",
}

Row = dict[str, str]
ORDERS = ("olist/orders.csv", "olist.map.yaml")
EVENTS = ("incidents/events_2016-04-04_to_10.csv", "incidents.map.yaml")


class Imported(NamedTuple):
    """A data set that was imported: what it was, and what became of it."""

    store: Store
    report: IntakeReport
    rows: list[Row]


def take(store: Store, data: Path, folder: Path, which: tuple[str, str]) -> IntakeReport:
    file, mapping = which
    problems: list[Problem] = []
    path = ROOT / "docs" / "examples" / mapping
    found = read_map_file(path, Catalogue(), ZoneInfo("UTC"), problems)
    assert not problems
    columns = Columns(Catalogue(), ZoneInfo("UTC"), found)
    return import_file(store, data / file, columns, now=NOW, folder=folder)


@pytest.fixture(scope="module")
def olist(
    shared_data: Path, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Imported]:
    yield from _imported(ORDERS, shared_data, sqlite_template, tmp_path_factory.mktemp("olist"))


@pytest.fixture(scope="module")
def incidents(
    shared_data: Path, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Imported]:
    yield from _imported(EVENTS, shared_data, sqlite_template, tmp_path_factory.mktemp("desk"))


def _imported(
    which: tuple[str, str], data: Path, template: Path, folder: Path
) -> Iterator[Imported]:
    file = shutil.copy(template, folder / "outreach.db")
    store = open_store(f"sqlite:///{file}")
    yield Imported(store, take(store, data, folder, which), rows_of(data / which[0]))
    store.close()


def rows_of(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def stored(store: Store, kind: Kind) -> dict[str, dict[str, Any]]:
    with store.read() as connection:
        rows = connection.execute(select(table_of(kind))).mappings()
        return {row["id"]: dict(row) for row in rows}


def brazilian(text: str) -> datetime | None:
    if not text:
        return None
    return datetime.fromisoformat(text).replace(tzinfo=SAO_PAULO).astimezone(UTC)


def test_every_order_is_taken_as_it_stands(olist: Imported, shared_data: Path) -> None:
    store, report, rows = olist
    persons = {
        row["customer_id"]: row["customer_unique_id"]
        for row in rows_of(shared_data / "olist" / "customers.csv")
    }
    assert (report.rows, report.taken, report.rejected, report.doubts) == (len(rows),) * 2 + (0, 0)
    assert report.notes == []
    orders = stored(store, Kind.ORDER)
    expected = {
        row["order_id"]: (
            ORDER_STATUS[row["order_status"]],
            persons[row["customer_id"]],
            brazilian(row["order_purchase_timestamp"]),
            brazilian(row["order_delivered_carrier_date"]),
            brazilian(row["order_delivered_customer_date"]),
        )
        for row in rows
    }
    names = ("status", "customer_id", "placed_at", "shipped_at", "delivered_at")
    assert {i: tuple(order[n] for n in names) for i, order in orders.items()} == expected
    assert _dirty(rows) == _dirty_stored(orders)


def _dirty(rows: list[Row]) -> Counter[str]:
    found: Counter[str] = Counter()
    for row in rows:
        status, arrived = row["order_status"], row["order_delivered_customer_date"]
        sent = row["order_delivered_carrier_date"]
        found["delivered, no date"] += status == "delivered" and not arrived
        found["cancelled, but arrived"] += status == "canceled" and bool(arrived)
        found["arrived before sent"] += bool(arrived and sent and arrived < sent)
    assert min(found.values()) > 0, "the data set is known for these"
    return found


def _dirty_stored(orders: dict[str, dict[str, Any]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for order in orders.values():
        status, arrived, sent = order["status"], order["delivered_at"], order["shipped_at"]
        found["delivered, no date"] += status == "delivered" and arrived is None
        found["cancelled, but arrived"] += status == "cancelled" and arrived is not None
        found["arrived before sent"] += bool(arrived and sent and arrived < sent)
    return found


def test_a_promised_midnight_that_never_was_is_the_moment_clocks_jumped(
    olist: Imported,
) -> None:
    orders = stored(olist.store, Kind.ORDER)
    promised = {row["order_id"]: row["order_estimated_delivery_date"] for row in olist.rows}
    for order, text in promised.items():
        local = orders[order]["promised_at"].astimezone(SAO_PAULO)
        hour = 1 if text.startswith(("2016-10-16", "2017-10-15")) else 0
        assert (f"{local:%F}", local.hour) == (text[:10], hour)


def test_persons_are_counted_over_all_their_orders(olist: Imported, shared_data: Path) -> None:
    customers = stored(olist.store, Kind.CUSTOMER)
    persons = {
        row["customer_id"]: row["customer_unique_id"]
        for row in rows_of(shared_data / "olist" / "customers.csv")
    }
    placed = defaultdict(list)
    for row in olist.rows:
        placed[persons[row["customer_id"]]].append(brazilian(row["order_purchase_timestamp"]))
    assert {
        i: (person["first_order_at"], person["last_order_at"]) for i, person in customers.items()
    } == {i: (min(times), max(times)) for i, times in placed.items()}  # type: ignore[type-var]


def test_every_event_of_a_ticket_is_in_its_history(incidents: Imported) -> None:
    store, report, events = incidents
    assert (report.rows, report.taken, report.stale) == (len(events), len(events), 0)
    walked: dict[str, list[str]] = defaultdict(list)
    for event in events:
        status = TICKET_STATUS[event["incident_state"]]
        if walked[event["number"]][-1:] != [status]:
            walked[event["number"]].append(status)
    told: dict[str, list[str]] = defaultdict(list)
    for change in _changes(store, "status"):
        path = told[change["subject_id"]]
        path += [change["new"]] if path else [change["old"], change["new"]]
    assert told == {number: path for number, path in walked.items() if len(path) > 1}
    assert Counter(ticket["status"] for ticket in stored(store, Kind.TICKET).values()) == {
        "closed": len(walked)
    }


def _changes(store: Store, field: str) -> list[dict[str, Any]]:
    changes = table_of(Change)
    with store.read() as connection:
        rows = connection.execute(
            select(changes)
            .where(changes.c.kind == "ticket", changes.c.field == field)
            .order_by(changes.c.id)
        ).mappings()
        return [dict(row) for row in rows]


def test_no_ticket_knows_its_future(incidents: Imported) -> None:
    for field in ("resolved_at", "closed_at"):
        known = [change for change in _changes(incidents.store, field) if change["new"] is not None]
        assert len(known) > 1000
        assert all(from_micros(change["new"]) <= change["at"] for change in known)


def test_final_values_of_tickets_are_those_of_their_last_event(incidents: Imported) -> None:
    last = {event["number"]: event for event in incidents.rows}
    for number, ticket in stored(incidents.store, Kind.TICKET).items():
        event = last[number]
        updated = _minute(event["sys_updated_at"])
        resolved = _minute(event["resolved_at"])
        assert updated is not None
        late = resolved is not None and resolved > updated
        assert ticket["resolved_at"] == (None if late else resolved)
        assert ticket["customer_id"] == (event["caller_id"] if event["caller_id"] != "?" else None)
        assert ticket["reopen_count"] == int(event["reopen_count"])


def _minute(text: str) -> datetime | None:
    if text == "?":
        return None
    day, clock = text.split()
    date, month, year = map(int, day.split("/"))
    hour, minute = map(int, clock.split(":"))
    return datetime(year, month, date, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("database_kind", "which"), [("sqlite", ORDERS), ("sqlite", EVENTS), ("postgres", EVENTS)]
)
def test_importing_again_writes_nothing(
    store: Store, shared_data: Path, tmp_path: Path, which: tuple[str, str]
) -> None:
    take(store, shared_data, tmp_path, which)
    before = _log_length(store)
    report = take(store, shared_data, tmp_path, which)
    assert (report.new, report.changed) == (0, 0)
    assert _log_length(store) == before


def _log_length(store: Store) -> int:
    with store.read() as connection:
        return len(connection.execute(select(table_of(Change).c.id)).all())
