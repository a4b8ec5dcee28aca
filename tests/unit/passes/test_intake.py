"""Sources come in: every row is taken or reported, twice is once, and what broke is said."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, create_engine, func, select, text

from outreach.errors import DataError, Problem
from outreach.model import Kind
from outreach.passes.intake import import_file, import_rows, run_source
from outreach.passes.intake_report import IntakeReport
from outreach.passes.taking import BATCH
from outreach.rules.catalogue import Catalogue
from outreach.rules.yaml_source import read
from outreach.sources.reading import Columns
from outreach.sources.records import Record
from outreach.sources.settings import SourceSettings, read_sources
from outreach.store.database import Store
from outreach.store.frames import table_of

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ORDERS = Columns(Catalogue(), ZoneInfo("UTC"), kind=Kind.ORDER)
Run = Callable[..., IntakeReport]


def statuses(store: Store) -> dict[str, str]:
    orders = table_of(Kind.ORDER).c
    with store.read() as connection:
        return {row.id: row.status for row in connection.execute(select(orders.id, orders.status))}


def count(store: Store, kind: Kind) -> int:
    with store.read() as connection:
        return connection.execute(select(func.count()).select_from(table_of(kind))).scalar() or 0


def write(path: Path, *lines: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def source(folder: Path, text: str) -> SourceSettings:
    problems: list[Problem] = []
    node = read(text, "outreach.yaml", problems)
    found = read_sources(node, Catalogue(), zone=ZoneInfo("UTC"), folder=folder, problems=problems)
    assert not problems
    return found[0]


@pytest.fixture
def take(store: Store, tmp_path: Path) -> Run:
    def run(path: Path, columns: Columns = ORDERS, **options: Any) -> IntakeReport:
        return import_file(store, path, columns, now=NOW, folder=tmp_path, **options)

    return run


def test_every_row_is_taken_or_reported(store: Store, take: Run, tmp_path: Path) -> None:
    path = write(
        tmp_path / "orders.csv",
        "id,customer_id,email,status,placed_at,colour",
        "1,C-1,ana@example.com,shipped,2026-11-01,red",
        "2,C-1,ana@example.com,lost,2026-11-01,red",  # no such status
        "3,C-2,nobody,placed,2026-11-02,red",  # no address
        "4,C-3",
    )
    report = take(path)
    assert (report.rows, report.taken, report.rejected, report.doubts) == (4, 2, 2, 1)
    assert [str(fault).partition(";")[0] for fault in report.faults] == [
        "line 3, status: `lost` is not one of our words",
        "line 5: has 2 values where the file has 6 columns",
    ]
    assert [str(doubt) for doubt in report.doubtful] == ["line 4, email: is not an e-mail address"]
    assert report.notes == ["not used: colour"]
    assert statuses(store) == {"1": "shipped", "3": "placed"}
    assert count(store, Kind.CUSTOMER) == 2


def test_mended_rejects_can_be_imported_as_they_are(
    store: Store, take: Run, tmp_path: Path
) -> None:
    path = write(tmp_path / "orders.csv", "id,status", "1,lost", "2,placed")
    (rejects,) = take(path).rejects_files
    assert rejects.parent == tmp_path / "rejects"
    with rejects.open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["id"], row["reject_line"], row["reject_column"]) == ("1", "2", "status")
    rejects.write_text(rejects.read_text("utf-8").replace("1,lost", "1,shipped"), "utf-8")
    report = take(rejects)
    assert (report.rejected, report.notes) == (0, [])
    assert statuses(store) == {"1": "shipped", "2": "placed"}


def test_importing_again_changes_nothing(take: Run, tmp_path: Path) -> None:
    path = write(
        tmp_path / "orders.csv",
        "id,customer_id,email,status,placed_at",
        # one person with two addresses: the later order's counts, however often it is read
        "1,C-1,old@example.com,placed,2026-11-01",
        "2,C-1,new@example.com,placed,2026-11-02",
    )
    first, second = take(path), take(path)
    assert (first.new, first.changed) == (3, 1)
    assert (second.new, second.changed, second.unchanged, second.stale) == (0, 0, 3, 1)


def test_a_dry_run_counts_and_keeps_nothing(store: Store, take: Run, tmp_path: Path) -> None:
    lines = [f"{number},placed" for number in range(BATCH + 1)]
    path = write(tmp_path / "orders.csv", "id,status", *lines, "0,paid", "x,lost")
    report = take(path, dry_run=True)
    assert (report.new, report.changed, report.rejected) == (BATCH + 1, 1, 1)
    assert statuses(store) == {}
    assert not (tmp_path / "rejects").exists()


def test_progress_tells_rows_and_share(take: Run, tmp_path: Path) -> None:
    told: list[tuple[int, float | None]] = []
    lines = [f"{number},placed" for number in range(2 * BATCH + 1)]
    take(
        write(tmp_path / "orders.csv", "id,status", *lines),
        progress=lambda rows, share: told.append((rows, share)),
    )
    assert [rows for rows, _ in told] == [BATCH, 2 * BATCH, 2 * BATCH + 1]
    assert told[-1][1] == 1.0
    assert 0 < (told[0][1] or 0) < 1


def test_what_was_read_before_a_file_broke_stays(store: Store, take: Run, tmp_path: Path) -> None:
    path = write(tmp_path / "orders.json", '[{"id": 1, "status": "paid"}, {"id" ]')
    report = take(path)
    assert report.new == 1
    assert "the list is no JSON" in report.failures[0]
    assert statuses(store) == {"1": "paid"}


def test_a_file_that_cannot_be_read_at_all_is_an_error(take: Run, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has no column for the id"):
        take(write(tmp_path / "orders.csv", "colour", "red"))


def test_records_can_come_from_anywhere(store: Store) -> None:
    records = (Record(Kind.ORDER, str(number), {"status": "paid"}) for number in range(BATCH + 1))
    report = import_rows(store, records, now=NOW, source="demo")
    assert (report.new, report.rows) == (BATCH + 1, BATCH + 1)


def test_the_report_is_plain_data(take: Run, tmp_path: Path) -> None:
    report = take(write(tmp_path / "orders.csv", "id,status", "1,paid", "2,lost"))
    told = json.loads(json.dumps(report.as_dict()))
    assert (told["rows"], told["taken"], told["new"], told["rejected"]) == (2, 1, 1, 1)
    assert told["kinds"] == {
        "order": {"new": 1, "changed": 0, "unchanged": 0, "stale": 0, "erased": 0}
    }
    assert told["faults"][0]["line"] == 3


@pytest.fixture
def inbox(store: Store, tmp_path: Path) -> Run:
    (tmp_path / "inbox").mkdir()
    shop = source(tmp_path, "shop: {folder: inbox, kind: order}")

    def run(now: datetime = NOW) -> IntakeReport:
        return run_source(store, shop, now=now, folder=tmp_path)

    return run


def test_files_of_a_folder_are_taken_once_by_name(store: Store, inbox: Run, tmp_path: Path) -> None:
    write(tmp_path / "inbox" / "2.csv", "id,status", "1,shipped")
    write(tmp_path / "inbox" / "1.csv", "id,status", "1,placed")
    report = inbox()
    assert (report.files, report.new, report.changed) == (2, 1, 1)
    assert statuses(store) == {"1": "shipped"}
    assert inbox().rows == 0
    write(tmp_path / "inbox" / "3.csv", "id,status", "2,placed")
    assert (inbox().files, inbox().files) == (1, 0)


def test_a_file_that_is_written_anew_is_taken_again(
    store: Store, inbox: Run, tmp_path: Path
) -> None:
    path = write(tmp_path / "inbox" / "orders.csv", "id,status", "1,placed")
    inbox()
    os.utime(path, ns=(0, 1))  # only touched: its content is known
    assert inbox().files == 0
    write(path, "id,status", "1,shipped")
    assert inbox().changed == 1


def test_a_file_that_went_and_came_back_does_no_harm(inbox: Run, tmp_path: Path) -> None:
    path = write(tmp_path / "inbox" / "orders.csv", "id,status", "1,placed")
    inbox()
    path.unlink()
    inbox()
    write(path, "id,status", "1,placed")
    report = inbox()
    assert (report.files, report.unchanged) == (1, 1)


def test_a_bad_file_does_not_stop_the_others(store: Store, inbox: Run, tmp_path: Path) -> None:
    (tmp_path / "inbox" / "1.csv").write_bytes(b"id,status\n1,\xff\n")
    write(tmp_path / "inbox" / "2.csv", "id,status", "2,placed")
    report = inbox()
    assert "1.csv, line 2: the byte 0xff is not UTF-8" in report.failures[0]
    assert statuses(store) == {"2": "placed"}
    write(tmp_path / "inbox" / "1.csv", "id,status", "1,placed")  # mended
    assert (inbox().new, inbox().files) == (1, 0)


def test_a_folder_that_is_not_there_is_told(inbox: Run, tmp_path: Path) -> None:
    (tmp_path / "inbox").rmdir()
    assert inbox().failures == [f"there is no folder {tmp_path / 'inbox'}"]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE orders (no TEXT, state TEXT, changed TIMESTAMP)"))
    yield engine
    engine.dispose()


def put(shop: Engine, no: str, state: str, changed: str) -> None:
    with shop.begin() as connection:
        connection.execute(text("DELETE FROM orders WHERE no = :no"), {"no": no})
        connection.execute(
            text("INSERT INTO orders VALUES (:no, :state, :changed)"),
            {"no": no, "state": state, "changed": changed},
        )


DATABASE = """\
shop:
  database: env:SHOP_URL
  table: orders
  map: {order: {fields: {id: no, status: state, updated_at: changed}}}
"""


@pytest.fixture
def poll(store: Store, shop: Engine, tmp_path: Path) -> Run:
    settings = source(tmp_path, DATABASE)

    def run(env: dict[str, str] | None = None) -> IntakeReport:
        found = {"SHOP_URL": "sqlite:///shop.db"} if env is None else env
        return run_source(store, settings, now=NOW, folder=tmp_path, env=found)

    return run


def test_a_database_is_read_from_where_we_were(store: Store, shop: Engine, poll: Run) -> None:
    put(shop, "1", "placed", "2026-11-20 08:00:00")
    put(shop, "2", "placed", "2026-11-20 10:00:00")
    assert poll().new == 2
    put(shop, "3", "placed", "2026-11-20 09:55:00")  # committed late: within the overlap
    put(shop, "2", "shipped", "2026-11-20 10:30:00")
    report = poll()
    assert (report.rows, report.new, report.changed) == (2, 1, 1)
    assert statuses(store) == {"1": "placed", "2": "shipped", "3": "placed"}
    assert (poll().rows, poll().changed) == (1, 0)


def test_a_bad_row_within_the_overlap_is_reported_once(
    store: Store, shop: Engine, poll: Run, tmp_path: Path
) -> None:
    put(shop, "1", "lost", "2026-11-20 10:00:00")
    assert poll().rejected == 1
    for _ in range(2):
        report = poll()
        assert (report.rejected, report.known_rejects, report.taken) == (0, 1, 0)
    assert len(list((tmp_path / "rejects").iterdir())) == 1
    put(shop, "1", "gone", "2026-11-20 10:01:00")  # another fault
    assert poll().rejected == 1
    put(shop, "1", "cancelled", "2026-11-20 10:02:00")
    assert (poll().new, statuses(store)) == (1, {"1": "cancelled"})


def test_many_pages_of_a_database_go_in(store: Store, shop: Engine, poll: Run) -> None:
    start = datetime(2026, 11, 20, tzinfo=UTC)
    with shop.begin() as connection:
        connection.execute(
            text("INSERT INTO orders VALUES (:no, 'placed', :changed)"),
            [
                {"no": f"{n:05}", "changed": f"{start + timedelta(seconds=n // 7):%F %T}"}
                for n in range(2 * BATCH + 500)
            ],
        )
    assert poll().new == 2 * BATCH + 500
    assert len(statuses(store)) == 2 * BATCH + 500


def test_a_database_that_cannot_be_read_is_told_and_tried_again(shop: Engine, poll: Run) -> None:
    put(shop, "1", "placed", "2026-11-20 08:00:00")
    assert "SHOP_URL is not set" in poll(env={}).failures[0]
    assert "no database file" in poll(env={"SHOP_URL": "sqlite:///gone.db"}).failures[0]
    assert poll().new == 1
