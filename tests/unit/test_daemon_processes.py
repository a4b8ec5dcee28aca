"""The daemon as a real process: told to stop, killed, started twice; nothing lost or sent twice."""

from __future__ import annotations

import signal
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import urllib3
from sqlalchemy import URL

from benchmarks.warm import Nursery
from outreach.channels.sandbox import Sandbox
from outreach.channels.sandbox.faults import held, slow
from outreach.clock import SystemClock
from outreach.passes.housekeeping import settle_lapsed
from outreach.passes.lease import LEASE
from outreach.releases import apply
from outreach.store.database import Store

#: more than one claim holds
MESSAGES = 60
CLAIM = 50
PATIENCE = 60
SETTINGS = """\
format: 1
timezone: Europe/Berlin
database: env:TEST_DATABASE
shop: {{name: Nordlicht, email: care@nordlicht.example}}
contact_policy: []
safety: {{hold_above: 1000 per hour}}
channels:
  email: {{provider: {provider}, from: "Mara <care@nordlicht.example>", concurrency: 64{more}}}
"""


class Process:
    """`outreach run` on a shop, and patience with it."""

    def __init__(self, nursery: Nursery, folder: Path, url: URL, *words: str) -> None:
        database = url.set(drivername=url.get_backend_name())
        env = {"SENDGRID_API_KEY": "SG.x", "TEST_DATABASE": database.render_as_string(False)}
        self.log = folder.parent / "run.log"
        self.log.touch()
        words = ("run", *words, "--project", str(folder))
        self.daemon = nursery.start(*words, env=env, log=self.log)

    def until(self, happened: Callable[[], bool]) -> None:
        """Wait until something has happened; fails when the process ends before."""
        for _ in range(PATIENCE * 50):
            if happened():
                return
            if self.daemon.wait(0.02) is not None:
                break
        raise AssertionError(f"it did not come to that:\n{self.log.read_text('utf-8')}")

    def wait(self) -> int | None:
        return self.daemon.wait(PATIENCE)

    def end(self, how: signal.Signals) -> int | None:
        self.daemon.send(how)
        return self.wait()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        return int(taken.getsockname()[1])


@pytest.fixture
def start(shop: Any, nursery: Nursery) -> Callable[..., Process]:
    """Start the daemon of the shop."""

    def run(*words: str) -> Process:
        return Process(nursery, shop.folder, shop.store.engine.url, *words)

    return run


def prepare(shop: Any, provider: str, more: str = "") -> None:
    """Let so many orders have been shipped this moment."""
    now = SystemClock().now()
    shop.write(**{"outreach.yaml": SETTINGS.format(provider=provider, more=more)})
    for number in range(MESSAGES):
        shop.customer(f"ana{number}", at=now)
        shop.order(f"A-{number}", f"ana{number}", at=now, status="shipped")


def states(shop: Any) -> Counter[str]:
    return Counter(state for (state,) in shop.messages("state"))


def is_settled(shop: Any, *, sending: int = 0) -> Callable[[], bool]:
    """Whether all messages were planned and none waits any more; `sending` are on their way."""

    def ask() -> bool:
        found = states(shop)
        return found.total() == MESSAGES and (found["planned"], found["sending"]) == (0, sending)

    return ask


def arrived_ids(sandbox: Sandbox) -> Counter[str]:
    return Counter(message.message_id for message in sandbox.messages)


def test_a_daemon_told_to_stop_finishes_what_it_claimed_and_begins_nothing_else(
    shop: Any, sandbox: Sandbox, start: Callable[..., Process]
) -> None:
    prepare(shop, "sendgrid", f', url: "{sandbox.url}"')
    answer = Event()
    sandbox.script(held(answer), times=CLAIM)
    daemon = start()
    daemon.until(lambda: sandbox.count > 0)
    daemon.daemon.send(signal.SIGTERM)
    daemon.until(lambda: "Stopping" in daemon.log.read_text("utf-8"))
    answer.set()
    assert daemon.wait() == 0
    assert states(shop) == {"sent": CLAIM, "planned": MESSAGES - CLAIM}
    assert len(arrived_ids(sandbox)) == CLAIM
    # and the next one goes on where it stopped
    again = start()
    again.until(is_settled(shop))
    assert again.end(signal.SIGINT) == 0
    assert states(shop) == {"sent": MESSAGES}
    assert set(arrived_ids(sandbox).values()) == {1}


def test_a_killed_daemon_sends_nothing_twice_and_loses_nothing(
    shop: Any, sandbox: Sandbox, start: Callable[..., Process]
) -> None:
    prepare(shop, "sendgrid", f', url: "{sandbox.url}", timeout: 60')
    sandbox.script(slow(60.0), times=CLAIM)
    daemon = start()
    daemon.until(lambda: sandbox.count == CLAIM)
    daemon.end(signal.SIGKILL)
    assert states(shop) == {"sending": CLAIM, "planned": MESSAGES - CLAIM}
    # where several daemons may share a database, what one sent is waited for until its lease ends
    start().until(is_settled(shop, sending=0 if shop.store.is_sqlite else CLAIM))
    if not shop.store.is_sqlite:
        settle_lapsed(shop_setup(shop), now=SystemClock().now() + LEASE + timedelta(minutes=1))
    assert states(shop) == {"unknown": CLAIM, "sent": MESSAGES - CLAIM}
    assert len(arrived_ids(sandbox)) == MESSAGES
    assert set(arrived_ids(sandbox).values()) == {1}


def shop_setup(shop: Any) -> Any:
    from outreach.releases import open_setup

    environment = {"TEST_DATABASE": "sqlite:///unused.db"}
    return open_setup(shop.workspace, shop.store, env=environment, with_senders=False)


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_daemon_killed_at_any_moment_leaves_every_message_accounted_for(
    shop: Any, start: Callable[..., Process]
) -> None:
    prepare(shop, "outbox")
    outbox = shop.folder / "outbox"
    daemon = start()
    daemon.until(lambda: len(list(outbox.glob("*.eml"))) >= 5)
    daemon.end(signal.SIGKILL)
    start().until(is_settled(shop))
    found = states(shop)
    assert found["sent"] + found["unknown"] == MESSAGES
    written = {path.stem for path in outbox.glob("*.eml")}
    assert not [name for name in written if "-" in name]  # a second copy would be called so
    assert {row.id for row in shop.messages() if row.state == "sent"} <= written


def test_a_daemon_that_listens_answers_until_it_is_told_to_stop(
    shop: Any, start: Callable[..., Process], free_port: int
) -> None:
    prepare(shop, "outbox")
    shop.edit("outreach.yaml", "contact_policy:", f"web: {{port: {free_port}}}\ncontact_policy:")
    daemon = start()
    url = f"http://127.0.0.1:{free_port}/health"

    def answers() -> bool:
        try:
            return urllib3.request("GET", url, retries=False, timeout=5).status == 200
        except urllib3.exceptions.HTTPError:
            return False

    daemon.until(answers)
    assert daemon.end(signal.SIGTERM) == 0
    assert not answers()
    with socket.create_server(("127.0.0.1", free_port)):
        assert start().wait() == 3
    assert f"port {free_port}" in daemon.log.read_text("utf-8")


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_second_daemon_on_one_file_does_not_start(
    shop: Any, start: Callable[..., Process]
) -> None:
    prepare(shop, "outbox")
    first = start()
    first.until(lambda: "Started" in first.log.read_text("utf-8"))
    second = start("--once")
    assert second.wait() == 3
    assert "another `outreach run`" in second.log.read_text("utf-8")
    assert first.end(signal.SIGTERM) == 0


@pytest.mark.parametrize("database_kind", [pytest.param("postgres", marks=pytest.mark.postgres)])
def test_two_daemons_on_postgresql_share_the_work(
    shop: Any, sandbox: Sandbox, start: Callable[..., Process]
) -> None:
    prepare(shop, "sendgrid", f', url: "{sandbox.url}"')
    both = [start(), start()]
    both[0].until(is_settled(shop))
    for daemon in both:
        assert daemon.end(signal.SIGTERM) == 0
    assert states(shop) == {"sent": MESSAGES}
    assert set(arrived_ids(sandbox).values()) == {1}
    assert len(arrived_ids(sandbox)) == MESSAGES


def test_a_new_version_is_taken_up_while_it_runs(
    shop: Any, start: Callable[..., Process], store: Store
) -> None:
    prepare(shop, "outbox")
    daemon = start("--log-format", "json")
    daemon.until(is_settled(shop))
    shop.edit("templates/note/en.email.md", "Hello", "Dear")
    now = SystemClock().now()
    apply(store, shop.workspace, who="anna", now=now)
    shop.customer("ben", at=now).order("A-99", "ben", at=now, status="shipped")
    daemon.daemon.send(signal.SIGHUP)  # rather than in a minute
    daemon.until(lambda: "sent" in states_of(shop, "ben"))
    assert daemon.end(signal.SIGTERM) == 0
    letter = shop.folder / "outbox" / f"{message_of(shop, 'ben')}.eml"
    assert "Dear Ben" in letter.read_text("utf-8")
    log = daemon.log.read_text("utf-8")
    assert '"event": "Took up the applied rules"' in log
    assert "@" not in log  # ids, never addresses


def states_of(shop: Any, customer: str) -> list[str]:
    return [row.state for row in shop.messages() if row.customer_id == customer]


def message_of(shop: Any, customer: str) -> str:
    return next(row.id for row in shop.messages() if row.customer_id == customer)
