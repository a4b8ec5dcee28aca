"""Fault points: each is reached, the process dies there, and those that follow settle it all."""

from __future__ import annotations

import signal
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import timedelta
from functools import partial
from time import monotonic
from typing import Any

import pytest
import urllib3
from sqlalchemy import update

from benchmarks.warm import Daemon, Nursery
from outreach.channels.sandbox import Arrived, Sandbox, TwilioCallbacks
from outreach.clock import SystemClock
from outreach.faultpoints import VARIABLE, FaultPoint, arm, reach
from outreach.store.frames import table_of
from outreach.store.ledger import Attempt, Handoff, HandoffNotice, Message, Receipt
from tests.unit.team_server import TeamServer

PATIENCE = 60
TOKEN = "secret"
SETTINGS = """\
format: 1
timezone: Europe/Berlin
database: env:TEST_DATABASE
shop: {{name: Nordlicht, email: care@nordlicht.example}}
contact_policy: []
safety: {{hold_above: 1000 per hour}}
teams: {{desk: {{webhook: env:TEAM_URL, secret: env:TEAM_SECRET}}}}
web: {{port: {port}, public_url: "http://127.0.0.1:{port}"}}
channels:
  sms: {{provider: twilio, from: "+4915550100", url: "{url}", segments_per_second: 1000}}
"""
RULES = """\
format: 1
defaults: {send_window: any time, purpose: transactional, mode: live}
rules:
  - rule: shipped
    about: order
    when: [status is shipped]
    steps: [{send: note, via: [sms]}]
  - rule: look
    about: order
    when: [status is shipped]
    steps: [{handoff: desk, title: "Look at {{ order.number }}"}]
"""
#: those that come only to what others left behind half an hour ago
LATER = [each for each in FaultPoint if each.startswith(("lapse", "doubt"))]
LAPSES = (FaultPoint.LAPSE_WRITTEN, FaultPoint.LAPSE_COMMITTED)
RECEIPTS = (FaultPoint.RECEIPTS_WRITTEN, FaultPoint.RECEIPTS_COMMITTED)


def test_nothing_is_armed_unless_it_is_asked_for() -> None:
    assert arm({}) is None
    assert arm({VARIABLE: ""}) is None
    for point in FaultPoint:
        reach(point)


@pytest.mark.parametrize(
    "said", ["claim", "claim_written", "claim_written:", "claim_written:0", ":1", "all:1"]
)
def test_a_trap_that_would_never_spring_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match=VARIABLE):
        arm({VARIABLE: said})


class Crashing:
    """A shop whose daemons die where they are told to, and the provider they write to."""

    def __init__(self, shop: Any, nursery: Nursery, sandbox: Sandbox, team: TeamServer) -> None:
        self.shop, self.sandbox, self.team, self._nursery = shop, sandbox, team, nursery
        with closing(socket.create_server(("127.0.0.1", 0))) as taken:
            self._port = taken.getsockname()[1]
        settings = SETTINGS.format(port=self._port, url=sandbox.url)
        shop.write(**{"outreach.yaml": settings, "rules/shop.yaml": RULES})
        self.log = shop.folder.parent / "run.log"
        self.callbacks = TwilioCallbacks(TOKEN)
        self._orders = 0

    def ship(self, count: int) -> None:
        """Let so many orders be shipped, each of a customer of its own."""
        now = SystemClock().now()
        for _ in range(count):
            self._orders += 1
            name = f"ana{self._orders}"
            self.shop.customer(name, at=now, email=None, phone=f"+49155502{self._orders:02d}")
            self.shop.order(f"A-{self._orders}", name, at=now, status="shipped")

    def start(self, point: FaultPoint | None = None) -> Daemon:
        database = self.shop.store.engine.url
        env = {
            "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TEAM_URL": self.team.url,
            "TEAM_SECRET": TOKEN,
            "TEST_DATABASE": database.set(drivername=database.get_backend_name()).render_as_string(
                hide_password=False
            ),
            VARIABLE: f"{point}:1" if point else "",
        }
        words = ("run", "--project", str(self.shop.folder))
        return self._nursery.start(*words, env=env, log=self.log)

    def let_time_pass(self) -> None:
        """Let leases run out, and providers be asked again: it all happened half an hour ago."""
        with self.shop.store.write() as connection:
            for model, names in (
                (Message, ["lease_until"]),
                (Attempt, ["started_at", "checked_at"]),
                (HandoffNotice, ["due_at"]),
            ):
                table = table_of(model)
                for row in connection.execute(table.select()).all():
                    ago = {n: at - timedelta(minutes=30) for n in names if (at := getattr(row, n))}
                    if ago:
                        connection.execute(update(table).where(table.c.id == row.id).values(**ago))

    def dies_at(self, point: FaultPoint) -> None:
        """Run a daemon that must come to a point, and must not live longer."""
        daemon = self.start(point)
        self.until(daemon, lambda: False)
        assert daemon.status == -signal.SIGKILL, self.said()

    def until(self, daemon: Daemon, happened: Any, *, later: bool = False) -> None:
        """Wait until something has happened, making every pass run at once now and then."""
        began = asked = monotonic()
        while not happened() and daemon.status is None:
            assert monotonic() < began + PATIENCE, self.said()
            if monotonic() > asked + 1:
                asked = monotonic()
                daemon.send(signal.SIGHUP)
                if later:
                    self.let_time_pass()
            daemon.wait(0.02)

    def tell(self, text: Arrived) -> bool:
        """Tell that a text was delivered; False when the daemon does not live to say yes."""
        with suppress(urllib3.exceptions.HTTPError):
            return self.callbacks.post(text, "delivered") == [200]
        return False

    def states(self) -> dict[str, str]:
        return dict(self.shop.messages("id", "state"))

    def accepted(self) -> Counter[str]:
        return Counter(message.message_id for message in self.sandbox.messages)

    def is_settled(self) -> bool:
        """Whether all that can be known is known: Twilio says of each text whether it took it."""
        states, accepted = self.states(), self.accepted()
        if len(states) < self._orders:
            return False
        untold = [row for row in self.shop.rows(HandoffNotice) if row.state != "told"]
        if untold or len(self.shop.rows(Handoff)) < self._orders:
            return False
        waiting = {"planned", "sending"} & {*states.values()}
        open_doubts = [m for m, state in states.items() if state == "unknown" and accepted[m]]
        return not waiting and not open_doubts

    def said(self) -> str:
        return self.log.read_text("utf-8")


@pytest.fixture
def crashing(shop: Any, nursery: Nursery) -> Iterator[Crashing]:
    with Sandbox() as sandbox, TeamServer() as team:
        yield Crashing(shop, nursery, sandbox, team)


def test_a_process_may_die_at_every_point(crashing: Crashing) -> None:
    told: list[Arrived] = []
    for point in FaultPoint:
        crashing.ship(2)
        if point in LAPSES:
            crashing.dies_at(FaultPoint.CLAIM_COMMITTED)
        if point in LATER:
            crashing.let_time_pass()
        if point in RECEIPTS:
            text = crashing.sandbox.messages[-1]
            told.append(text)
            daemon = crashing.start(point)
            crashing.until(daemon, partial(crashing.tell, text))
            assert daemon.status == -signal.SIGKILL, crashing.said()
        else:
            crashing.dies_at(point)
        assert max(crashing.accepted().values(), default=1) == 1, point
    last = crashing.start()
    crashing.until(last, crashing.is_settled, later=True)
    for text in told:
        crashing.until(last, partial(crashing.tell, text))
    last.send(signal.SIGTERM)
    states, accepted = crashing.states(), crashing.accepted()
    assert set(accepted.values()) == {1}
    for message, state in states.items():
        assert (state in ("sent", "delivered")) == (accepted[message] == 1), (message, state)
        assert state in ("sent", "delivered", "unknown")
    assert {states[text.message_id] for text in told} == {"delivered"}
    # people are asked once about each order, and told of it at least once under the same name
    cases = [row.subject_id for row in crashing.shop.rows(Handoff)]
    assert sorted(cases) == sorted(set(cases))
    assert len(cases) == len(states)
    heard = {
        posted.headers["Outreach-Id"]: posted.json["handoff"] for posted in crashing.team.posted
    }
    assert set(heard) == {row.id for row in crashing.shop.rows(HandoffNotice)}
    assert len(set(heard.values())) == len(cases)
    # each was told at least twice, and is kept once
    kept = Counter(row.message_id for row in crashing.shop.rows(Receipt))
    assert kept == dict.fromkeys({text.message_id for text in told}, 1)
