"""Preview on real data: the subjects it names are those that plain Python finds in the files."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zlib import crc32
from zoneinfo import ZoneInfo

import pytest

from outreach.deciding.rendering.templates import Templates
from outreach.errors import Problem
from outreach.model import Kind
from outreach.passes.intake import import_file
from outreach.passes.preview import preview
from outreach.passes.setup import Setup
from outreach.rules.catalogue import Catalogue
from outreach.rules.loader import load_rules
from outreach.rules.names import Names
from outreach.sources.reading import Columns
from outreach.sources.settings import read_map_file
from outreach.store.database import Store
from outreach.timing.hours import EVERY_DAY, Hours
from outreach.timing.windows import ANY_TIME, SendWindow

pytestmark = pytest.mark.timeout(600)

ROOT = Path(__file__).resolve().parents[2]
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
CATALOGUE = Catalogue()
DAY = timedelta(days=1)
RULES = """
format: 1
rules:
  - rule: late
    about: order
    purpose: transactional
    send_window: any time
    when:
      - promised_at is more than 1 day ago
      - status not in [delivered, cancelled]
    ignore_older_than: 30 days
    steps: [{send: delay-apology}]
  - rule: check-in
    about: order
    purpose: service
    when:
      - status is delivered
      - delivered_at is within the last 7 days
    steps: [{wait: "3 days after delivered_at, at 10:00", send: delivery-check-in}]
  - rule: resolved
    about: ticket
    purpose: service
    when:
      - status in [resolved, closed]
      - resolved_at is within the last 3 days
    steps: [{wait: 1 day, send: ticket-resolved-check-in}]
"""

Row = dict[str, str]


#: one order and one incident in so many
PART = 3


@pytest.fixture(scope="session")
def some_data(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A part of the real files, under the same names."""
    folder = tmp_path_factory.mktemp("some")
    for name, key in (
        ("olist/orders.csv", "order_id"),
        ("incidents/events_2016-04-04_to_10.csv", "number"),
    ):
        rows = read_rows(shared_data / name)
        (folder / name).parent.mkdir()
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(row for row in rows if crc32(row[key].encode()) % PART == 0)
    shutil.copy(shared_data / "olist/customers.csv", folder / "olist")  # whom orders are of
    return folder


@pytest.fixture
def setup(store: Store, some_data: Path, tmp_path: Path) -> Setup:
    for kind, file, mapping in (
        (Kind.ORDER, "olist/orders.csv", "olist.map.yaml"),
        (Kind.TICKET, "incidents/events_2016-04-04_to_10.csv", "incidents.map.yaml"),
    ):
        problems: list[Problem] = []
        columns = Columns(
            CATALOGUE,
            SAO_PAULO,
            read_map_file(ROOT / "docs/examples" / mapping, CATALOGUE, SAO_PAULO, problems),
            kind,
        )
        assert not problems
        report = import_file(
            store,
            some_data / file,
            columns,
            now=datetime(2026, 1, 1, tzinfo=UTC),
            folder=tmp_path,
        )
        assert not report.failures
    templates = Templates.from_folder(ROOT / "templates", "en", SAO_PAULO)
    channels = {name: templates.channels(name) for name in templates.names()}
    daytime = SendWindow("daytime", EVERY_DAY, Hours(9 * 60, 20 * 60))
    windows = {ANY_TIME.name: ANY_TIME, daytime.name: daytime}
    names = Names(CATALOGUE, SAO_PAULO, daytime, windows, templates=channels)
    ruleset = load_rules({"rules/real.yaml": RULES}, names)
    return Setup(store, ruleset, templates, CATALOGUE, SAO_PAULO)


def read_rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def orders(folder: Path) -> list[Row]:
    return read_rows(folder / "olist/orders.csv")


def incidents(folder: Path) -> list[Row]:
    """Return the last event of each incident, by its update and then by how often it changed."""
    latest: dict[str, Row] = {}
    for row in read_rows(folder / "incidents/events_2016-04-04_to_10.csv"):
        known = latest.get(row["number"])
        if known is None or _updated(row) >= _updated(known):
            latest[row["number"]] = row
    return list(latest.values())


def _updated(row: Row) -> tuple[datetime, int]:
    return day_first(row["sys_updated_at"]), int(row["sys_mod_count"])


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SAO_PAULO).astimezone(UTC)


def day_first(text: str) -> datetime:
    return datetime.strptime(text, "%d/%m/%Y %H:%M").replace(tzinfo=UTC)


def late_orders(folder: Path, at: datetime) -> set[str]:
    """Orders past the promise by a day but not by thirty, not delivered and not cancelled."""
    return {
        row["order_id"]
        for row in orders(folder)
        if row["order_status"] not in ("delivered", "canceled", "unavailable")
        and DAY <= at - local(row["order_estimated_delivery_date"]) < 30 * DAY
    }


def delivered_orders(folder: Path, at: datetime) -> set[str]:
    return {
        row["order_id"]
        for row in orders(folder)
        if row["order_status"] == "delivered"
        and row["order_delivered_customer_date"]
        and timedelta() <= at - local(row["order_delivered_customer_date"]) < 7 * DAY
    }


def resolved_tickets(folder: Path, at: datetime) -> set[str]:
    found = set()
    for row in incidents(folder):
        is_done = row["incident_state"] in ("Resolved", "Closed")
        if is_done and row["resolved_at"] not in ("", "?"):
            resolved = day_first(row["resolved_at"])
            known = resolved <= day_first(row["sys_updated_at"])
            if known and timedelta() <= at - resolved < 3 * DAY:
                found.add(row["number"])
    return found


ORACLES: dict[str, Callable[[Path, datetime], set[str]]] = {
    "late": late_orders,
    "check-in": delivered_orders,
    "resolved": resolved_tickets,
}
INSTANTS = {
    "late": ["2017-03-15", "2017-06-15T12:00", "2017-12-05", "2018-01-20T09:30", "2018-03-01"],
    "check-in": ["2017-02-01", "2017-06-15T12:00", "2017-12-05", "2018-01-20T09:30", "2018-02-20"],
    "resolved": ["2016-04-05T12:00", "2016-04-07", "2016-04-09T08:15", "2016-04-12", "2016-05-01"],
}


def test_preview_names_the_subjects_that_plain_python_finds(setup: Setup, some_data: Path) -> None:
    for rule, instants in INSTANTS.items():
        for text in instants:
            at = local(text)
            found = preview(setup, now=at, rules=[rule])
            named = {subject.id for message in found.messages for subject in message.subjects}
            wanted = ORACLES[rule](some_data, at)
            assert named == wanted, f"{rule} at {text}"
            assert wanted, f"{rule} at {text} should have something to find"
