"""Real orders asked about by the starter rules: nobody is asked while their order is late.

The shop behind the data did ask them: each review says when its survey was sent.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import mean

import pytest
from sqlalchemy import select

from outreach.cli.starter import copy_starter
from outreach.clock import MovingClock
from outreach.deciding.reporting.surveys import Measure
from outreach.model import Reason
from outreach.passes.reporting.surveys import Declared
from outreach.passes.reporting.whole import Asked, make_report
from outreach.proving.scratch import make_hasty
from outreach.proving.simulation import Simulation
from outreach.releases import close_setup, open_setup
from outreach.sources.records import Record
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.ledger import Message, MessageSubject
from outreach.timing.weeks import between
from outreach.workspace import Workspace
from tests.real_data.conftest import COLUMN_OF, SAO_PAULO, customer, local, read_rows, versions

DAY = timedelta(days=1)
#: two weeks of many late orders
START = datetime(2018, 2, 12, 3, tzinfo=UTC)
END = START + timedelta(weeks=2)
#: asks when the shop did, before anything had come
AS_IT_WAS = """
format: 1
defaults: {mode: live, owner: care@nordlicht.example, send_window: daytime, via: [email]}
rules:
- rule: as-it-was
  about: order
  purpose: survey
  when:
    - surveyed_at is within the last 1 day
    - delivered_at is missing
    - status is not cancelled
  steps: [{send: delivery-csat, survey: csat}]
"""
DECLARED = {"csat": Declared(Measure.CSAT, 2)}
Rows = list[dict[str, str]]


@dataclass(frozen=True)
class History:
    """The files, and what arithmetic makes of them."""

    orders: Mapping[str, dict[str, str]]
    reviews: Rows
    people: Mapping[str, dict[str, str]]

    def asked_late(self) -> Rows:
        """Return the reviews whose survey went out past the promise and before the parcel."""
        return [row for row in self.reviews if self.was_late(row["order_id"], _sent(row))]

    def was_late(self, order: str, at: datetime) -> bool:
        row = self.orders[order]
        came = row["order_delivered_customer_date"]
        return local(row["order_estimated_delivery_date"]) < at and (not came or local(came) > at)


def _sent(review: dict[str, str]) -> datetime:
    return local(review["review_creation_date"])


@pytest.fixture(scope="session")
def history(shared_data: Path) -> History:
    folder = shared_data / "olist"
    return History(
        {row["order_id"]: row for row in read_rows(folder / "orders.csv")},
        read_rows(folder / "order_reviews.csv"),
        {row["customer_id"]: row for row in read_rows(folder / "customers.csv")},
    )


def test_the_shop_asked_thousands_while_their_order_was_late(history: History) -> None:
    asked = history.asked_late()
    assert len(asked) == 2193
    assert mean(int(row["review_score"]) for row in asked) == pytest.approx(1.653, abs=0.001)


@dataclass(frozen=True)
class Played:
    """What came of it, the orders of each person, and when the shop asked about each order."""

    store: Store
    of: Mapping[str, Sequence[str]]
    surveyed: Mapping[str, datetime]


@pytest.fixture
def played(store: Store, tmp_path: Path, history: History) -> Played:
    """Play two weeks with the starter's surveys live, and a rule that asks when the shop did."""
    make_hasty(store)
    workspace = Workspace.open(write_workspace(tmp_path / "shop"))
    setup = open_setup(workspace, store, env={"SECRET": "s" * 32}, applied=False)
    surveyed = {r["order_id"]: at for r in history.reviews if START <= (at := _sent(r)) < END}
    simulation = Simulation(setup, MovingClock(START), sweeps=False)
    simulation.add(records(history, surveyed))
    simulation.run_at(START)
    simulation.run_until(END, every=timedelta(hours=1), leap=True)
    close_setup(setup)
    of = defaultdict(list)
    for order in surveyed:
        of[_person(history, order)].append(order)
    return Played(store, of, surveyed)


def write_workspace(folder: Path) -> Path:
    """Write the starter for Brazil: its surveys live, with pages to answer on; the rest is off."""
    copy_starter(folder)
    for path in (folder / "rules").glob("*.yaml"):
        path.write_text(path.read_text("utf-8").replace("mode: shadow", "mode: off"), "utf-8")
    _edit(folder / "rules/surveys.yaml", ("mode: off", "mode: live"))
    _edit(
        folder / "outreach.yaml",
        ("timezone: Europe/Berlin", "timezone: America/Sao_Paulo"),
        ("order: {gift: yes/no}", "order: {surveyed_at: time}"),
        ("report:  ", "web: {public_url: https://shop.example, secret: env:SECRET}\nreport:  "),
    )
    (folder / "rules/as-it-was.yaml").write_text(AS_IT_WAS, "utf-8")
    return folder


def _edit(path: Path, *edits: tuple[str, str]) -> None:
    text = path.read_text("utf-8")
    for before, after in edits:
        assert text.count(before) == 1
        text = text.replace(before, after)
    path.write_text(text, "utf-8")


def records(history: History, surveyed: Mapping[str, datetime]) -> Iterator[Record]:
    """Yield what the shop knew of the orders it asked about in these weeks."""
    for order, at in surveyed.items():
        row = history.orders[order]
        began = _began(row)
        person = customer(history.people[row["customer_id"]], began["placed"])
        # on the shop's clock: of a state with several zones all must be awake
        yield replace(person, values={"email": person.values["email"]})
        for version in versions(row, person.id, began):
            yield replace(version, values={**version.values, "surveyed_at": at})


def _began(row: dict[str, str]) -> dict[str, datetime]:
    """Return when each status of an order began; when it was called off the file does not say."""
    began = {status: local(row[column]) for status, column in COLUMN_OF.items() if row[column]}
    if row["order_status"] in ("canceled", "unavailable"):
        began["cancelled"] = max(began.values()) + DAY
    return began


def _person(history: History, order: str) -> str:
    return history.people[history.orders[order]["customer_id"]]["customer_unique_id"]


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_starter_asks_nobody_whose_order_is_late(played: Played, history: History) -> None:
    message, part = table_of(Message).c, table_of(MessageSubject).c
    sent = select(message.rule, message.customer_id.label("person"), message.sent_at).where(
        message.survey.is_not(None), message.sent_at.is_not(None)
    )
    stopped = (
        select(part.subject_id)
        .join(table_of(Message), message.id == part.message_id)
        .where(message.reason == Reason.LATE_ORDER.value)
    )
    with played.store.read() as connection:
        asked = connection.execute(sent).all()
        spared = set(connection.scalars(stopped))
    for row in asked:
        assert not any(history.was_late(order, row.sent_at) for order in played.of[row.person])
    by_rule = Counter(row.rule for row in asked)
    assert by_rule["delivery-csat"] > 50
    assert by_rule["as-it-was"] > 0  # before it came, and not late
    expected = {o for o, at in played.surveyed.items() if _is_spared(history, o, at)}
    assert spared == expected
    assert len(expected) > 30
    weeks = between(START, END, SAO_PAULO)
    report = make_report(played.store, Asked(weeks, surveys=DECLARED), now=END)
    (csat,) = [survey for survey in report.surveys if survey.name == "csat"]
    assert dict(csat.spared)[Reason.LATE_ORDER] == len(expected)


def _is_spared(history: History, order: str, sent: datetime) -> bool:
    """Whether an order was late at nine in the morning of the day on which the shop asked."""
    opens = sent.astimezone(SAO_PAULO).replace(hour=9).astimezone(UTC)
    off_since = _began(history.orders[order]).get("cancelled")
    return history.was_late(order, opens) and not (off_since and off_since <= opens)
