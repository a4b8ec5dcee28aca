"""A daemon that is stopped in the middle of a claim, and woken when others have given it up."""

from __future__ import annotations

import signal
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import text

from benchmarks.warm import Daemon, Nursery
from outreach.channels.sandbox import Sandbox
from outreach.channels.sandbox.faults import held
from outreach.clock import SystemClock
from outreach.passes.housekeeping import settle_lapsed
from outreach.passes.lease import LEASE
from outreach.releases import open_setup
from outreach.store.ledger import Attempt

PATIENCE = 60
MESSAGES, AT_ONCE = 12, 4
#: seconds; enough to claim in on a busy machine
SHORT_LEASE = 6.0
SETTINGS = """\
format: 1
timezone: Europe/Berlin
database: env:TEST_DATABASE
shop: {{name: Nordlicht, email: care@nordlicht.example}}
contact_policy: []
safety: {{hold_above: 1000 per hour}}
channels:
  email: {{provider: sendgrid, from: care@nordlicht.example, url: "{url}", timeout: 100,
    concurrency: {at_once}}}
"""


class Frozen:
    """A shop whose daemon is stopped while the provider lets it wait."""

    def __init__(self, shop: Any, nursery: Nursery, sandbox: Sandbox) -> None:
        self.shop, self.sandbox, self._nursery = shop, sandbox, nursery
        self.log: Path = shop.folder.parent / "run.log"
        now = SystemClock().now()
        shop.write(**{"outreach.yaml": SETTINGS.format(url=sandbox.url, at_once=AT_ONCE)})
        for number in range(MESSAGES):
            shop.customer(f"ana{number}", at=now)
            shop.order(f"A-{number}", f"ana{number}", at=now, status="shipped")

    def start(self, **more: str) -> Daemon:
        url = self.shop.store.engine.url
        database = url.set(drivername=url.get_backend_name()).render_as_string(hide_password=False)
        env = {"SENDGRID_API_KEY": "SG.x", "TEST_DATABASE": database, **more}
        return self._nursery.start("run", "--project", str(self.shop.folder), env=env, log=self.log)

    def until(self, daemon: Daemon, happened: Callable[[], object]) -> None:
        began = monotonic()
        while not happened():
            assert monotonic() < began + PATIENCE, self.log.read_text("utf-8")
            daemon.wait(0.02)

    def freeze(self, daemon: Daemon) -> None:
        """Stop a daemon where it holds no lock: with one, nobody could take anything over."""
        daemon.send(signal.SIGSTOP)
        while self._is_locked():
            daemon.send(signal.SIGCONT)
            daemon.wait(0.02)
            daemon.send(signal.SIGSTOP)

    def _is_locked(self) -> bool:
        if not self.shop.store.is_sqlite:
            with self.shop.store.read() as connection:
                held = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                busy = connection.execute(text(f"{held} AND state LIKE 'idle in transaction%'"))
                return bool(busy.scalar_one())
        with closing(sqlite3.connect(self.shop.store.engine.url.database, timeout=0)) as asked:
            try:
                asked.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return True
        return False

    def states(self) -> Counter[str]:
        return Counter(state for (state,) in self.shop.messages("state"))

    def has_lapsed(self) -> bool:
        ends = [at for (at,) in self.shop.messages("lease_until") if at]
        return max(ends) < SystemClock().now()

    def is_taken_over(self, other: Daemon) -> bool:
        """Whether somebody else has given up what the frozen one had in hand."""
        if self.shop.store.is_sqlite:
            # the lock keeps other daemons out as long as this one lives, frozen or not
            self.until(other, lambda: other.status == 3)
            setup = open_setup(
                self.shop.workspace, self.shop.store, env={"TEST_DATABASE": "x"}, with_senders=False
            )
            settle_lapsed(setup, now=SystemClock().now() + LEASE)
        else:
            other.send(signal.SIGHUP)
            other.wait(0.5)
        return self.states() == {"unknown": MESSAGES}


@pytest.fixture
def frozen(shop: Any, nursery: Nursery) -> Iterator[Frozen]:
    with Sandbox() as sandbox:
        yield Frozen(shop, nursery, sandbox)


def test_woken_after_its_lease_it_sends_nothing_more_of_the_claim(frozen: Frozen) -> None:
    answer = Event()
    frozen.sandbox.script(held(answer), times=MESSAGES)
    daemon = frozen.start(OUTREACH_LEASE=str(SHORT_LEASE))
    frozen.until(daemon, lambda: frozen.sandbox.count == AT_ONCE)
    frozen.freeze(daemon)
    assert frozen.states() == {"sending": MESSAGES}
    other = frozen.start()
    frozen.until(other, frozen.has_lapsed)
    frozen.until(other, lambda: frozen.is_taken_over(other))
    answer.set()
    daemon.send(signal.SIGCONT)
    daemon.send(signal.SIGTERM)  # it ends when it has done with what it has in hand
    frozen.until(daemon, lambda: daemon.status is not None)
    assert daemon.status == 0
    arrived = Counter(message.message_id for message in frozen.sandbox.messages)
    assert (len(arrived), set(arrived.values())) == (AT_ONCE, {1})
    # and it wrote nothing over what the other one had written
    assert frozen.states() == {"unknown": MESSAGES}
    assert {row.outcome for row in frozen.shop.rows(Attempt)} == {"in_doubt"}


@pytest.mark.parametrize("database_kind", ["sqlite"])  # where nobody else can take it
def test_woken_after_its_lease_it_claims_anew_what_nobody_took(frozen: Frozen) -> None:
    answer = Event()
    frozen.sandbox.script(held(answer), times=AT_ONCE)
    daemon = frozen.start(OUTREACH_LEASE=str(SHORT_LEASE))
    frozen.until(daemon, lambda: frozen.sandbox.count == AT_ONCE)
    frozen.freeze(daemon)
    frozen.until(daemon, frozen.has_lapsed)
    answer.set()
    daemon.send(signal.SIGCONT)
    # what it had handed over is recorded, the rest waits a minute like any other non-send
    settled = {"sent": AT_ONCE, "planned": MESSAGES - AT_ONCE}
    frozen.until(daemon, lambda: frozen.states() == settled)
    daemon.send(signal.SIGTERM)
    frozen.until(daemon, lambda: daemon.status is not None)
    assert frozen.sandbox.count == AT_ONCE
