"""A small shop: a workspace on disk, a database of either kind, and the real passes by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest

if TYPE_CHECKING:
    from benchmarks.warm import Nursery
    from outreach.passes.setup import Setup
    from outreach.sources.records import Record
    from outreach.store.database import Store
    from outreach.workspace import Workspace

#: a Friday, 13:00 in Berlin
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SETTINGS = """\
format: 1
timezone: Europe/Berlin
shop: {name: Nordlicht, email: care@nordlicht.example}
contact_policy: []
safety: {hold_above: 1000 per hour}
channels:
  email: {provider: outbox, from: "Mara <care@nordlicht.example>"}
  sms: {provider: outbox}
"""
RULES = """\
format: 1
defaults: {send_window: any time, purpose: transactional, mode: live}
rules:
  - rule: late
    about: order
    purpose: service
    send_window: daytime
    when:
      - promised_at is more than 1 day ago
      - delivered_at is missing
    steps:
      - id: apology
        send: note
  - rule: shipped
    about: order
    when:
      - status is shipped
    steps:
      - id: notice
        send: note
"""
NOTE = """\
---
subject: "{{ rule.name }} to {{ customer.first_name }}"
---
Hello {{ customer.first_name }}, this is about {{ subjects[0].number }}.
"""


class Shop:
    """A shop that changes and passes that run, at the times a test says."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.folder = folder
        self.store = store
        self._setup: Setup | None = None
        self.write(
            **{
                "outreach.yaml": SETTINGS,
                "rules/shop.yaml": RULES,
                "templates/note/en.email.md": NOTE,
                "templates/note/en.sms.txt": "Hello {{ customer.first_name }}",
            }
        )

    # the workspace

    def write(self, **files: str) -> Self:
        """Write files of the workspace by their path."""
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        return self

    def edit(self, name: str, old: str, new: str) -> Self:
        """Replace a part of a file that is there."""
        text = (self.folder / name).read_text("utf-8")
        assert old in text, f"{old!r} is not in {name}"
        return self.write(**{name: text.replace(old, new)})

    @property
    def workspace(self) -> Workspace:
        from outreach.workspace import Workspace

        return Workspace.open(self.folder)

    def apply(self, *, now: datetime = NOON, **options: Any) -> Any:
        """Apply the files, and run on what is applied from now on."""
        from outreach.releases import apply

        self._setup = None
        return apply(self.store, self.workspace, who="anna", now=now, **options)

    def foresee(self, now: datetime, **options: Any) -> Any:
        """Return what applying the files would do."""
        from outreach.releases import foresee, open_setup, read_release

        def opens(store: Store) -> Setup:
            return open_setup(self.workspace, store, env={}, with_senders=False)

        return foresee(self.store, read_release(self.workspace), opens, now=now, **options)

    @property
    def setup(self) -> Setup:
        """What the passes run with: what is applied, which is the files at first."""
        from outreach.releases import applied, open_setup

        if self._setup is None:
            if applied(self.store) is None:
                self.apply()
            self._setup = open_setup(self.workspace, self.store, env={})
        return self._setup

    # what its systems say

    def customer(self, name: str, *, at: datetime = NOON, **values: Any) -> Self:
        return self._take_in(self._customer(name, at, **values))

    def order(self, number: str, of: str = "", *, at: datetime = NOON, **values: Any) -> Self:
        """Say something of an order; the first time it also needs its customer."""
        return self._take_in(self._order(number, of, at, **values))

    def late_orders(self, count: int, *, at: datetime = NOON) -> Self:
        """Let orders be two days late, each of a customer of its own: A-1 of ana1 and so on."""
        numbers, promised = range(1, count + 1), at - timedelta(days=2)
        people = [self._customer(f"ana{n}", at) for n in numbers]
        return self._take_in(
            *people, *(self._order(f"A-{n}", f"ana{n}", at, promised_at=promised) for n in numbers)
        )

    def _customer(self, name: str, at: datetime, **values: Any) -> Record:
        from outreach.model import Kind
        from outreach.sources.records import Record

        usual = {"first_name": name.title(), "email": f"{name}@example.com", "locale": "en"}
        said = {**usual, "zone": "Europe/Berlin", **values}
        return Record(Kind.CUSTOMER, name, said, updated_at=at, at=at)

    def _order(self, number: str, of: str, at: datetime, **values: Any) -> Record:
        from outreach.model import Kind
        from outreach.sources.records import Record

        if of:
            values = {"number": number, "customer_id": of, "status": "placed", **values}
        return Record(Kind.ORDER, number, values, updated_at=at, at=at)

    def _take_in(self, *records: Record) -> Self:
        from outreach.passes.intake import import_rows

        import_rows(self.store, records, now=records[0].at, source="test")
        return self

    # what the machine does

    def run(self, at: datetime = NOON) -> Self:
        """Run the passes once, in their order."""
        self.plan(at)
        self.send(at)
        return self

    def plan(self, at: datetime = NOON) -> Self:
        """Run the passes up to planning and cancelling."""
        from outreach.passes.cancelling import cancel_matching
        from outreach.passes.enrol import enrol
        from outreach.passes.plan import plan_due

        setup = self.setup
        enrol(self.store, setup.enroller, setup.catalogue, zone=setup.zone, now=at)
        plan_due(setup, now=at)
        cancel_matching(setup, now=at)
        return self

    def send(self, at: datetime = NOON) -> Any:
        from outreach.passes.send import send_due

        return send_due(self.setup, now=at)

    # what came of it

    def messages(self, *columns: str) -> list[Any]:
        """Return all messages by customer and planning; tuples of columns when some are named."""
        from sqlalchemy import select

        from outreach.store.frames import table_of
        from outreach.store.ledger import Message

        table = table_of(Message)
        with self.store.read() as connection:
            rows = connection.execute(
                select(table).order_by(table.c.customer_id, table.c.planned_at, table.c.step)
            ).all()
        return [tuple(getattr(row, c) for c in columns) for row in rows] if columns else list(rows)

    def rows(self, model: Any) -> Sequence[Any]:
        """Return all rows of a table, in the order of their keys."""
        from sqlalchemy import select

        from outreach.store.frames import table_of

        table = table_of(model)
        with self.store.read() as connection:
            return connection.execute(select(table).order_by(*table.primary_key)).all()

    @property
    def outbox(self) -> list[str]:
        """Return the addresses that mail was written to, in order of the address."""
        letters = (path.read_text("utf-8") for path in (self.folder / "outbox").glob("*.eml"))
        return sorted(
            line.removeprefix("To: ").strip("<>")
            for text in letters
            for line in text.splitlines()
            if line.startswith("To: ")
        )

    def close(self) -> None:
        from outreach.releases import close_setup

        if self._setup is not None:
            close_setup(self._setup)


@pytest.fixture(scope="session")
def warm_nursery() -> Iterator[Nursery]:
    """What has loaded everything once for all daemons."""
    from benchmarks.warm import Nursery

    with Nursery() as running:
        yield running


@pytest.fixture
def nursery(warm_nursery: Nursery) -> Iterator[Nursery]:
    """Where daemons are started, in processes of their own; none outlives its test.

    Ask for it after the database, or one would go on with what the next test puts there.
    """
    yield warm_nursery
    warm_nursery.kill_all()


@pytest.fixture
def shop(store: Store, tmp_path: Path) -> Any:
    """A shop with two rules and nothing that ever happened, on each kind of database."""
    opened = Shop(tmp_path / "shop", store)
    yield opened
    opened.close()


@pytest.fixture
def noon() -> datetime:
    """The time at which everything in a shop happens unless a test says otherwise."""
    return NOON
